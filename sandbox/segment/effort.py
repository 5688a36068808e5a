"""Effort: a bound on the work of mapping one event, so that no mapping can hang the sandbox.

Each single step has its own bound, but a mapping may have thousands of steps. Work is counted in
units: about one for each character, `A_VALUE` for each value that is processed by itself.
"""

import math
import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

from sandbox.segment.javascript import CONTAINERS
from sandbox.segment.not_simulated import MAX_EFFORT, not_simulated

A_VALUE: Final = 100
"""The units of a value that is processed by itself."""
NOT_ASCII: Final = 20
"""The units of a character in a string that is not ASCII, which is converted to UTF-16."""
SEARCHED: Final = 0.25
"""The units of a character in a string that a trigger searches."""
_SHORT: Final = 1000
"""The search of a string of at most this many characters is not counted."""

Result = TypeVar("Result")


class _Meter(threading.local):
    """The units this thread has used, and its limit, which is infinite while no event is mapped."""

    used: float = 0.0
    most: float = math.inf


_meter: Final = _Meter()


def metered(step: Callable[[Any], Result]) -> Callable[[Any], Result]:
    """Return a function that runs the step for one event and limits it to MAX_EFFORT.

    Inside another metered step it gets at most what that one has left.
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
    """Count work before it is done; throws beyond the limit of one event."""
    used = _meter.used + units
    _meter.used = used
    if used > _meter.most:
        raise not_simulated("effort", "the mapping")


def used() -> float:
    """Return the units this thread has used; only differences are meaningful."""
    return _meter.used


def spend_on_text(text: str) -> None:
    """Count a string that is processed."""
    spend(len(text) if text.isascii() else len(text) * NOT_ASCII)


def spend_on_search(text: str) -> None:
    """Count a string that a clause of a trigger searches or measures."""
    spend(len(text) * SEARCHED)


def counts_search(text: str) -> bool:
    """Count the search of a string, unless it is short. Return True, to stand in a condition."""
    if len(text) > _SHORT:
        spend_on_search(text)
    return True


def spend_on(value: object) -> None:
    """Count a container with all its values, or a string; other values cost nothing."""
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
