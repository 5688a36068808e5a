"""Pending: which messages are neither delivered nor given up, and how many there may be."""

from __future__ import annotations

import threading
from typing import NamedTuple

from mock_server import real_clock
from mock_server.store.journal import View


class _Open(NamedTuple):
    """A message that is not done: how many destinations have yet to be, and its size."""

    lanes: int
    size: int


class Pending:
    """The messages that are not done, by tenant and number, oldest first."""

    def __init__(self, *, most: int, most_bytes: int) -> None:
        """Be full above so many messages, or so many bytes of them."""
        self._most = most
        self._most_bytes = most_bytes
        self._changed = threading.Condition()
        self._open: dict[int, dict[int, _Open]] = {}
        self._count = 0
        self._bytes = 0

    def has_room(self, coming: int) -> bool:
        """Tell whether so many more may come; an empty queue has room for a batch of any size."""
        with self._changed:
            fits = self._count + coming <= self._most and self._bytes <= self._most_bytes
            return fits or not self._count

    def add(self, tenant: int, number: int, *, lanes: int, size: int) -> None:
        """Wait for a message that so many lanes have to be done with; numbers only ever grow."""
        with self._changed:
            self._open.setdefault(tenant, {})[number] = _Open(lanes, size)
            self._count += 1
            self._bytes += size

    def done(self, tenant: int, number: int) -> None:
        """Note that one lane is done with a message; nothing where a reset came before."""
        with self._changed:
            numbers = self._open.get(tenant, {})
            if number not in numbers:
                return
            lanes, size = numbers[number]
            if lanes > 1:
                numbers[number] = _Open(lanes - 1, size)
                return
            del numbers[number]
            self._forget(1, size)

    def _forget(self, count: int, size: int) -> None:
        self._count -= count
        self._bytes -= size
        self._changed.notify_all()

    def is_open(self, tenant: int, number: int) -> bool:
        """Tell whether the message is still to be delivered."""
        with self._changed:
            return number in self._open.get(tenant, {})

    def waiting(self, view: View | None = None) -> int:
        """Return how many messages are not done; of every tenant, where no view is given."""
        with self._changed:
            tenants = self._open if view is None else view
            return sum(len(self._open.get(tenant, {})) for tenant in tenants)

    def flush(self, view: View, seconds: float) -> bool:
        """Wait until all that is here now is done; False where time is up."""
        with self._changed:
            last = {tenant: next(reversed(self._open.get(tenant, {})), 0) for tenant in view}

            def is_flushed() -> bool:
                return all(
                    next(iter(self._open.get(tenant, {})), number + 1) > number
                    for tenant, number in last.items()
                )

            return real_clock.wait_for(self._changed, is_flushed, seconds)

    def reset(self, tenant: int) -> None:
        """Forget a tenant's messages."""
        with self._changed:
            forgotten = self._open.pop(tenant, {}).values()
            self._forget(len(forgotten), sum(each.size for each in forgotten))
