"""Waiting: until so many entries, events, profiles or accounts are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from mock_server.bounds import WAITING
from mock_server.later import Changes, Condition
from mock_server.real_clock import monotonic
from mock_server.store.journal import View

Counts: TypeAlias = dict[str, int]
COUNTED: Final = ("entries", "events", "profiles", "accounts")
MOST_REFUSAL: Final = f"{WAITING} wait already; let some of them end"


class Waiting:
    """What was journaled, for those who wait for it."""

    def __init__(self, counts: Callable[[View, tuple[str, ...]], Counts]) -> None:
        """Count with `counts`, which gets a view and the kinds to count."""
        self._counts = counts
        self.changes = Changes(WAITING, MOST_REFUSAL)

    def is_met(self, view: View, wanted: Mapping[str, int]) -> bool:
        """Tell whether at least as many as wanted are there."""
        counts = self._counts(view, tuple(wanted))
        return all(counts[kind] >= number for kind, number in wanted.items())

    def wait(self, view: View, wanted: Mapping[str, int], timeout: float) -> bool:
        """Return True as soon as at least as many as wanted are there, False when time is up.

        Raises TooManyWaiting.
        """
        condition = Condition(self.changes, view)
        return condition.wait(lambda: self.is_met(view, wanted), monotonic() + timeout)
