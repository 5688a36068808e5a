"""Budget: how many steps a question may cost until it ends in "too large to compare".

    with limited(cancelled=lambda: clock() > deadline):
        explain(event, mapping)

A step is about a microsecond of work: a value tried on a clause, a clause put to an event. What
mappings use meanwhile (`segment.effort`) is counted too. Whoever asks can also say that the answer
is not wanted any more: the deadline has passed, the client is gone.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, TypeVar

from sandbox.segment import effort

T = TypeVar("T")

MOST_STEPS: Final = 1_000_000
"""Steps of one question, such as the lint of a workspace."""
STEPS_A_TRIGGER: Final = 100_000
"""Steps of one trigger of many, so that one of them does not use up what is for all."""
TOO_LARGE: Final = "too large to compare"

_STEPS_BETWEEN_LOOKS: Final = 2_000


class TooLarge(Exception):
    """The budget is used up, or the answer is not wanted any more."""

    def __init__(self) -> None:
        super().__init__(TOO_LARGE)


class Budget:
    """The steps that are left of one question, and what was prepared for it."""

    def __init__(self, steps: int, cancelled: Callable[[], bool], memory: dict[Any, Any]) -> None:
        self.steps = steps
        self.cancelled = cancelled
        self.memory = memory
        self.spent = 0
        self.effort = effort.used()
        self._next_look = 0

    def spend(self, steps: int) -> None:
        """Take steps off; raises TooLarge where none are left, or nobody waits any more."""
        used = effort.used()
        self.spent += steps + int(used - self.effort) // effort.A_VALUE
        self.effort = used
        if self.spent > self.steps:
            raise TooLarge
        if self.spent >= self._next_look:
            self._next_look = self.spent + _STEPS_BETWEEN_LOOKS
            if self.cancelled():
                self.spent = self.steps + 1  # whatever comes next ends at once
                raise TooLarge


_CURRENT: ContextVar[Budget | None] = ContextVar("budget", default=None)


@contextmanager
def limited(
    steps: int = MOST_STEPS, cancelled: Callable[[], bool] | None = None
) -> Iterator[Budget]:
    """Give what is done inside a budget; inside another one, at most what that has left."""
    outer = _CURRENT.get() or Budget(steps, lambda: False, {})
    most = max(0, min(steps, outer.steps - outer.spent))
    budget = Budget(most, cancelled or outer.cancelled, outer.memory)
    token = _CURRENT.set(budget)
    try:
        yield budget
    finally:
        _CURRENT.reset(token)
        outer.spent += budget.spent
        outer.effort = budget.effort


def spend(steps: int) -> None:
    """Take steps off the budget of the question, if it has one; raises TooLarge."""
    budget = _CURRENT.get()
    if budget is not None:
        budget.spend(steps)


def within(find: Callable[[], T], steps: int = STEPS_A_TRIGGER) -> tuple[T | None, bool]:
    """Return what is found within the steps, and whether the search was given up."""
    try:
        with limited(steps):
            return find(), False
    except TooLarge:
        return None, True


def remembered() -> dict[Any, Any]:
    """Return what was prepared for the question and can be used again, by what it was made of."""
    budget = _CURRENT.get()
    return {} if budget is None else budget.memory


def once(make: Callable[[], T], *key: Hashable, of: object = None) -> T:
    """Return what `make` returns, made once for the question; `of` lives as long as it.

    So the id of `of`, which may stand in the key, stays its own.
    """
    known = remembered()
    if key not in known:
        known[key] = make(), of
    made: T = known[key][0]
    return made
