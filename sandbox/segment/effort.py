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

Result = TypeVar("Result")


class _Meter(threading.local):
    """What the event that this thread maps may still use; without end where none is mapped."""

    left: float = math.inf


_meter: Final = _Meter()


def metered(step: Callable[[Any], Result]) -> Callable[[Any], Result]:
    """Return the function that does a step with MAX_EFFORT to use, for one event."""

    def run(data: object) -> Result:
        before = _meter.left
        _meter.left = MAX_EFFORT
        try:
            return step(data)
        finally:
            _meter.left = before

    return run


def spend(units: float) -> None:
    """Count what is about to be gone through; throws beyond what one event may use."""
    left = _meter.left - units
    _meter.left = left
    if left < 0:
        raise not_simulated("effort", "the mapping")


def spend_on_text(text: str) -> None:
    """Count a string that is gone through."""
    spend(len(text) if text.isascii() else len(text) * NOT_ASCII)


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
