"""Waiting: until so many entries, events, profiles or accounts are there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from mock_server import real_clock
from mock_server.store.journal import View

Counts: TypeAlias = dict[str, int]
COUNTED: Final = ("entries", "events", "profiles", "accounts")
MOST_AT_ONCE: Final = 200


class TooManyWaiting(Exception):
    """More wait at once than there are threads for."""


class Waiting:
    """Those who wait, and the one listener that wakes them."""

    def __init__(self, counts: Callable[[View, tuple[str, ...]], Counts]) -> None:
        """Count with `counts`, which gets a view and the kinds to count."""
        self._counts = counts
        self._lock = threading.Lock()
        self._waiters: list[tuple[View, threading.Event]] = []
        self._closed = False

    def heard(self, tenant: int) -> None:
        """Wake who waits for the tenant: something was journaled."""
        if self._waiters:
            with self._lock:
                for view, woken in self._waiters:
                    if tenant in view:
                        woken.set()

    def wait(self, view: View, wanted: Mapping[str, int], timeout: float) -> bool:
        """Return True as soon as at least as many as wanted are there, False when time is up.

        Raises TooManyWaiting.
        """
        deadline = real_clock.monotonic() + timeout
        waiter = (view, threading.Event())
        with self._lock:
            if len(self._waiters) >= MOST_AT_ONCE:
                raise TooManyWaiting(f"{MOST_AT_ONCE} wait already; let some of them end")
            self._waiters.append(waiter)
        try:
            return self._is_met(view, wanted, waiter[1], deadline)
        finally:
            with self._lock:
                self._waiters.remove(waiter)

    def _is_met(
        self, view: View, wanted: Mapping[str, int], woken: threading.Event, deadline: float
    ) -> bool:
        while True:
            woken.clear()
            counts = self._counts(view, tuple(wanted))
            if all(counts[kind] >= number for kind, number in wanted.items()):
                return True
            left = deadline - real_clock.monotonic()
            if left <= 0 or self._closed:
                return False
            woken.wait(min(left, threading.TIMEOUT_MAX))

    def close(self) -> None:
        """Let nobody wait any longer."""
        self._closed = True
        with self._lock:
            for _, woken in self._waiters:
                woken.set()
