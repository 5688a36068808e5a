"""Real clock: seconds that pass whatever a test does to `time`.

freezegun replaces `time.monotonic` everywhere it was imported; where this is imported while time
is frozen, `time.monotonic` is already the fake. `time.clock_gettime` is replaced by neither.
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
    """Return seconds since some moment; they only ever grow."""
    wall = partial(time.clock_gettime, time.CLOCK_REALTIME)
    """Return seconds since 1970, as this machine's clock has them."""


def wait_for(changed: threading.Condition, is_met: Callable[[], bool], seconds: float) -> bool:
    """Wait, holding the condition's lock, until `is_met()`; False where time is up before."""
    deadline = monotonic() + seconds
    while not is_met():
        left = deadline - monotonic()
        if left <= 0:
            return False
        changed.wait(min(left, threading.TIMEOUT_MAX))
    return True


def up_after(seconds: float) -> Callable[[], bool]:
    """Return a function that returns whether the seconds have passed since now."""
    deadline = monotonic() + seconds
    return lambda: monotonic() > deadline
