"""Waiting: wait until a number of entries, events, profiles or accounts is received."""

from collections.abc import Callable, Mapping
from typing import Final

from mock_server.bounds import WAITING
from mock_server.later import ChangeCondition, Changes
from mock_server.real_clock import monotonic
from mock_server.store.journal import View

COUNTED: Final = ("entries", "events", "profiles", "accounts")
MOST_REFUSAL: Final = f"{WAITING} clients wait already. Try again later"


class Waiting:
    """Waits for journaled entries and for the state they make."""

    def __init__(self, counts: Callable[[View, tuple[str, ...]], dict[str, int]]) -> None:
        """Count with `counts`, a function of a view and the kinds to count."""
        self._counts = counts
        self.changes = Changes(WAITING, MOST_REFUSAL)

    def is_met(self, view: View, wanted: Mapping[str, int]) -> bool:
        """Return whether the wanted numbers have been reached."""
        counts = self._counts(view, tuple(wanted))
        return all(counts[kind] >= number for kind, number in wanted.items())

    def wait(
        self,
        view: View,
        wanted: Mapping[str, int],
        timeout: float,
        is_left: Callable[[], bool] = bool,
    ) -> bool:
        """Wait until the wanted numbers are reached, or the caller `is_left`.

        Return False after the timeout. Raises TooManyWaiting.
        """
        condition, deadline = ChangeCondition(self.changes, view), monotonic() + timeout
        return bool(condition.wait(lambda: is_left() or self.is_met(view, wanted), deadline))
