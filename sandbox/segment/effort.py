"""Effort: how much the mapping of one event has gone through, so that no mapping can hang anybody.

Each single step has a bound of its own; a mapping may hold thousands of them. What is gone through
counts in units: about one for a character, `A_VALUE` for a value that is looked at by itself.
"""

import math
import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

from sandbox.segment.javascript import CONTAINERS
from sandbox.segment.not_simulated import MAX_EFFORT, not_simulated

A_VALUE: Final = 100
"""How many units a value counts that is looked at by itself."""
NOT_ASCII: Final = 20
"""How many units a character counts in a string that is not ASCII: its UTF-16 units are made."""
SEARCHED: Final = 0.25
"""How many units a character counts in a string that a trigger searches."""
_SHORT: Final = 1000
"""The search of a string of at most this many characters is not counted."""

Result = TypeVar("Result")


class _Meter(threading.local):
    """What this thread has used, and up to where; without end where no event is mapped."""

    used: float = 0.0
    most: float = math.inf


_meter: Final = _Meter()


def metered(step: Callable[[Any], Result]) -> Callable[[Any], Result]:
    """Return the function that does a step with MAX_EFFORT to use, for one event.

    Inside another such step it has at most what that one has left.
    """

    def run(data: object) -> Result:
        before = _meter.most
        _meter.most = min(before, _meter.used + MAX_EFFORT)
        try:
            return step(data)
        finally:
            _meter.most = before

    return run


def spend(units: float) -> None:
    """Count what is about to be gone through; throws beyond what one event may use."""
    used = _meter.used + units
    _meter.used = used
    if used > _meter.most:
        raise not_simulated("effort", "the mapping")


def used() -> float:
    """Return how many units this thread has used, counted from anywhere."""
    return _meter.used


def spend_on_text(text: str) -> None:
    """Count a string that is gone through."""
    spend(len(text) if text.isascii() else len(text) * NOT_ASCII)


def spend_on_search(text: str) -> None:
    """Count a string that a clause of a trigger searches, or whose units it counts."""
    spend(len(text) * SEARCHED)


def counts_search(text: str) -> bool:
    """Count the search of a string, unless it is short. Return True, to stand in a condition."""
    if len(text) > _SHORT:
        spend_on_search(text)
    return True


def spend_on(value: object) -> None:
    """Count a value with all that is in it; a string by its characters, others count nothing."""
    if isinstance(value, str):
        spend_on_text(value)
    elif isinstance(value, CONTAINERS):
        _spend_on_members(value)


def _spend_on_members(value: Any) -> None:
    todo: list[Any] = [value]
    while todo:  # no recursion: an event may be 500 levels deep
        outer = todo.pop()
        spend(A_VALUE * (len(outer) + 1))
        for member in outer.values() if isinstance(outer, dict) else outer:
            if type(member) is str:
                spend_on_text(member)
            elif isinstance(member, CONTAINERS):
                todo.append(member)
