"""Budget: how many steps a question may cost before it ends in "too large to compare".

    with limited(cancelled=lambda: clock() > deadline):
        explain(event, mapping)

A step is about a microsecond of work: one value tried on a clause, one clause tested on an event.
The effort of mappings (`segment.effort`) is counted too. The caller can also cancel the question:
its deadline has passed, or its client is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextvars import ContextVar
from typing import Any, Final, Self, TypeAlias, TypeVar

from sandbox.segment import effort

T = TypeVar("T")
IsCancelled: TypeAlias = Callable[[], bool]

MOST_STEPS: Final = 1_000_000
"""Steps of one question, such as the lint of a workspace."""
STEPS_A_TRIGGER: Final = 100_000
"""Steps of one trigger, so that no trigger uses up the budget of all."""
TOO_LARGE: Final = "too large to compare"

_STEPS_BETWEEN_LOOKS: Final = 2_000


class TooLarge(Exception):
    """Raised if the budget is used up, or the question was cancelled."""

    def __init__(self) -> None:
        super().__init__(TOO_LARGE)


class Budget:
    """The steps of one question, and what was cached for it; `with` makes it the current one."""

    def __init__(self, steps: int, cancelled: IsCancelled | None, outer: Budget | None) -> None:
        self.steps = steps
        self.cancelled: IsCancelled = cancelled or (outer.cancelled if outer else lambda: False)
        self.memory: dict[Any, Any] = outer.memory if outer else {}
        self.spent = 0
        self.effort = effort.used()
        self._outer = outer
        self._next_look = 0

    def __enter__(self) -> Self:
        """Become the current budget."""
        self._token = _CURRENT.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        """Give way to the outer budget, which has spent these steps too."""
        _CURRENT.reset(self._token)
        if self._outer:
            self._outer.spent += self.spent
            self._outer.effort = self.effort

    def spend(self, steps: int) -> None:
        """Count steps; raises TooLarge if none are left, or the question was cancelled."""
        used = effort.used()
        self.spent += steps + int(used - self.effort) // effort.A_VALUE
        self.effort = used
        if self.spent > self.steps:
            raise TooLarge
        if self.spent >= self._next_look:
            self._next_look = self.spent + _STEPS_BETWEEN_LOOKS
            if self.cancelled():
                self.spent = self.steps + 1  # any further step ends at once
                raise TooLarge


_CURRENT: ContextVar[Budget | None] = ContextVar("budget", default=None)


def limited(steps: int = MOST_STEPS, cancelled: IsCancelled | None = None) -> Budget:
    """Return a budget for a block; inside another budget, at most the steps that one has left."""
    outer = _CURRENT.get()
    most = min(steps, outer.steps - outer.spent) if outer else steps
    return Budget(max(0, most), cancelled, outer)


def spend(steps: int) -> None:
    """Count steps on the current budget, if there is one; raises TooLarge."""
    budget = _CURRENT.get()
    if budget is not None:
        budget.spend(steps)


def within(find: Callable[[], T], steps: int = STEPS_A_TRIGGER) -> tuple[T | None, bool]:
    """Return the result of `find`, None if it exceeds the steps, and whether it did."""
    try:
        with limited(steps):
            return find(), False
    except TooLarge:
        return None, True


def once(make: Callable[[], T], *key: Hashable, of: object = None) -> T:
    """Return the result of `make`, called once for the question; the cache keeps `of` alive.

    So the key may contain the id of `of`.
    """
    budget = _CURRENT.get()
    known = {} if budget is None else budget.memory
    if key not in known:
        known[key] = make(), of
    made: T = known[key][0]
    return made
