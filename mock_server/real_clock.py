"""Real clock: the time, also in tests that freeze it.

freezegun replaces `time.monotonic` in every module that imported it, and if this module is imported
while time is frozen, `time.monotonic` is already the fake. `time.clock_gettime` is never replaced.
"""

import sys
import threading
import time
from collections.abc import Callable
from functools import partial

if sys.platform == "win32":  # it has no clock_gettime
    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
else:
    monotonic = partial(time.clock_gettime, time.CLOCK_MONOTONIC)
    """Return seconds that only ever increase."""
    wall = partial(time.clock_gettime, time.CLOCK_REALTIME)
    """Return seconds since 1970 by this machine's clock."""


def wait_for(changed: threading.Condition, is_met: Callable[[], bool], seconds: float) -> bool:
    """Wait until `is_met()`, with the condition's lock held. Return False after the timeout."""
    deadline = monotonic() + seconds
    while not is_met():
        left = deadline - monotonic()
        if left <= 0:
            return False
        changed.wait(min(left, threading.TIMEOUT_MAX))
    return True


def up_after(seconds: float) -> Callable[[], bool]:
    """Return a function that returns whether that many seconds have passed since this call."""
    deadline = monotonic() + seconds
    return lambda: monotonic() > deadline
