"""Faults: which accident, if any, the next call of a tenant meets."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, replace

from mock_server.exchange import Answer, Received, Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One accident, for the next `times` calls to `path`, or to any path.

    With a `status` the call is answered with it instead of being worked on; without one the work
    is done, stored too, and then `delay` and `wire` happen to its answer.
    """

    status: int | None = None
    path: str | None = None
    times: int = 1
    delay: float = 0.0
    wire: Wire = "whole"

    @property
    def name(self) -> str:
        """What the journal notes."""
        parts = [str(self.status)] if self.status is not None else []
        parts += [self.wire] if self.wire != "whole" else []
        parts += [f"delay {self.delay:g} s"] if self.delay else []
        return ", ".join(parts)

    def upon(self, answer: Answer) -> Answer:
        """Return the answer with the accident that befalls it."""
        return replace(answer, delay=self.delay, wire=self.wire)


class Faults:
    """The faults that wait, per tenant, in the order they were asked for."""

    def __init__(self) -> None:
        """Start without any."""
        self._waiting: dict[int, deque[Fault]] = {}
        self._lock = threading.Lock()

    def add(self, tenant: int, fault: Fault) -> None:
        """Let a fault happen to the tenant's next calls."""
        with self._lock:
            self._waiting.setdefault(tenant, deque()).append(fault)

    def take(self, tenant: int, received: Received) -> Fault | None:
        """Return the fault this call meets and count it, or None."""
        if tenant not in self._waiting:
            return None
        with self._lock:
            waiting = self._waiting.get(tenant, deque())
            for index, fault in enumerate(waiting):
                if fault.path is None or fault.path == received.path:
                    waiting[index] = replace(fault, times=fault.times - 1)
                    if fault.times <= 1:
                        del waiting[index]
                    if not waiting:
                        self._waiting.pop(tenant, None)
                    return fault
        return None

    def reset(self, tenant: int) -> None:
        """Forget the tenant's faults."""
        with self._lock:
            self._waiting.pop(tenant, None)
