"""Pending: the messages that are neither delivered nor given up, within limits."""

import threading
from collections.abc import Callable

from mock_server.bounds import WAITING
from mock_server.exchange import Answer
from mock_server.later import Changes, Condition, Later
from mock_server.real_clock import monotonic
from mock_server.store.journal import View
from mock_server.store.waiting import MOST_REFUSAL


class Pending:
    """The open messages by tenant and number, oldest first."""

    def __init__(self, *, most: int, most_bytes: int) -> None:
        """Limit the queue to `most` messages and `most_bytes` bytes."""
        self._most = most
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self.changes = Changes(WAITING, MOST_REFUSAL)
        self._open: dict[int, dict[int, int]] = {}  # the size of each message
        self._count = 0
        self._bytes = 0

    def has_room(self, coming: int) -> bool:
        """Return whether a batch of that count and size fits. An empty queue takes any."""
        with self._lock:
            fits = self._count + coming <= self._most and self._bytes <= self._most_bytes
            return fits or not self._count

    def add(self, tenant: int, number: int, *, size: int) -> None:
        """Add a message of `size` bytes. Its number must be larger than all before it."""
        with self._lock:
            self._open.setdefault(tenant, {})[number] = size
            self._count += 1
            self._bytes += size

    def done(self, tenant: int, number: int) -> None:
        """Remove a finished message. Does nothing if a reset removed it before."""
        with self._lock:
            size = self._open.get(tenant, {}).pop(number, None)
            if size is None:
                return
            self._count -= 1
            self._bytes -= size
        self.changes.changed(tenant)

    def is_open(self, tenant: int, number: int) -> bool:
        """Return whether the message still has to be delivered."""
        with self._lock:
            return number in self._open.get(tenant, {})

    def waiting(self, view: View | None = None) -> int:
        """Return the number of open messages; without a view, of all tenants."""
        with self._lock:
            tenants = self._open if view is None else view
            return sum(len(self._open.get(tenant, {})) for tenant in tenants)

    def _flushed(self, view: View) -> Callable[[], bool]:
        """Return a function that returns whether all messages that are open now are finished."""
        with self._lock:
            last = {tenant: next(reversed(self._open.get(tenant, {})), 0) for tenant in view}

        def is_flushed() -> bool:
            with self._lock:
                return all(
                    next(iter(self._open.get(tenant, {})), number + 1) > number
                    for tenant, number in last.items()
                )

        return is_flushed

    def flush(self, view: View, seconds: float) -> bool:
        """Wait until all messages open now are finished. Return False after the timeout."""
        condition = Condition(self.changes, view)
        return bool(condition.wait(self._flushed(view), monotonic() + seconds))

    def flush_later(self, view: View, seconds: float, answer: Callable[[bool], Answer]) -> Later:
        """Return the answer for when all messages open now are finished, or time is up.

        `answer` makes it, and is told whether they are finished.
        """
        is_flushed = self._flushed(view)
        return Later(
            condition=Condition(self.changes, view),
            deadline=monotonic() + seconds,
            ready=lambda: answer(True) if is_flushed() else None,
            overdue=lambda: answer(False),
        )

    def reset(self, tenant: int) -> None:
        """Remove a tenant's messages."""
        with self._lock:
            forgotten = self._open.pop(tenant, {}).values()
            self._count -= len(forgotten)
            self._bytes -= sum(forgotten)
        self.changes.changed(tenant)
