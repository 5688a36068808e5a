"""Faults: the waiting faults of each tenant, and which one the next call gets."""

import hashlib
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from mock_server.bounds import ANSWERS_BYTES, FAULTS_WAITING
from mock_server.exchange import Received
from mock_server.store.database import Store
from mock_server.toplyne.fault import AnswerToGive, Fault, InvalidFault, fault_of
from sandbox.segment.errors import Problem
from sandbox.values import Json

__tracebackhide__ = True
NEEDS_SOCKET: Final = (
    "needs the server's socket, and a Flask application cannot reach it. Use MockServer or"
    " `toplyne-sandbox serve`."
)
_NAME: Final = "faults"


@dataclass(frozen=True, slots=True)
class CountedFault:
    """A waiting fault, with the number of calls it has seen and of those it has hit."""

    fault: Fault
    seen: int = 0
    met: int = 0

    @property
    def unmet(self) -> str:
        """A line about a fault that was asked for and has not happened often enough, or ""."""
        if self.fault.times is None or self.is_over:
            return ""
        path = f" at {self.fault.path}" if self.fault.path else ""
        return f"{self.fault.name}{path}: met {self.met} of {self.fault.times} calls"

    @property
    def is_over(self) -> bool:
        """Whether it has happened as often as it was asked for."""
        return self.fault.times is not None and self.met >= self.fault.times

    def to_json(self) -> dict[str, Json]:
        """Return the fault with its two counts."""
        return {**self.fault.to_json(), "seen": self.seen, "met": self.met}

    @classmethod
    def of_json(cls, shown: dict[str, Any]) -> Self:
        """Return what `to_json` shows."""
        seen, met = shown.pop("seen"), shown.pop("met")
        return cls(fault_of(shown), seen, met)


class TenantFaults:
    """The waiting faults of each tenant, in the order they were asked for."""

    def __init__(self, store: Store, *, reaches_socket: bool = True) -> None:
        """Load the faults of the store. Without a socket, faults on the wire are refused."""
        self._store = store
        kept = store.setting(_NAME)
        self._waiting = {tenant: tuple(map(CountedFault.of_json, kept[tenant])) for tenant in kept}
        self._lock = threading.Lock()
        self._reaches_socket = reaches_socket

    def add(self, tenant: int, *faults: Fault) -> None:
        """Add faults for the tenant's next calls. If one raises InvalidFault, none is added."""
        for fault in faults:
            self.check(fault)
        with self._lock:
            known = self._waiting.get(tenant, ())
            _check_bounds([*(each.fault for each in known), *faults])
            self._keep(tenant, [*known, *(CountedFault(fault) for fault in faults)])

    def check(self, fault: Fault) -> None:
        """Raise InvalidFault if this server cannot play the fault."""
        if fault.wire != "whole" and not self._reaches_socket:
            raise InvalidFault(Problem(("wire",), f"is {fault.wire}, which {NEEDS_SOCKET}"))

    def take(self, tenant: int, received: Received) -> Fault | None:
        """Return the fault that this call gets, and count it; or None.

        The first fault that hits counts. Those after it do not see the call.
        """
        if not self._waiting.get(tenant):
            return None
        with self._lock:
            waiting = list(self._waiting.get(tenant, ()))
            for index, known in enumerate(waiting):
                if known.fault.path not in {None, received.path}:
                    continue
                met = is_met(known.fault, known.seen)
                now = replace(known, seen=known.seen + 1, met=known.met + met)
                waiting[index : index + 1] = [] if now.is_over else [now]
                if met:
                    self._keep(tenant, waiting)
                    return _drawn(known.fault, known.seen)
            self._keep(tenant, waiting)
        return None

    def _keep(self, tenant: int, waiting: list[CountedFault]) -> None:
        shown = [each.to_json() for each in waiting]
        self._store.keep_setting(_NAME, shown or None, tenant=tenant)
        self._waiting[tenant] = tuple(waiting)

    def waiting(self, tenant: int) -> tuple[CountedFault, ...]:
        """Return the waiting faults in order."""
        return self._waiting.get(tenant, ())

    def forget(self, tenant: int) -> None:
        """Delete the tenant's faults from the store, inside a transaction that a reset follows."""
        self._store.keep_setting(_NAME, None, tenant=tenant)

    def reset(self, tenant: int, unwanted: Iterable[Fault] | None = None) -> int:
        """Remove these faults of the tenant, by default all, and return how many were removed."""
        # compared with every default filled in
        shown = None if unwanted is None else [fault.to_json() for fault in unwanted]
        with self._lock:
            known = self._waiting.get(tenant, ())
            kept = [w for w in known if shown is not None and w.fault.to_json() not in shown]
            if len(kept) < len(known):
                self._keep(tenant, kept)
        return len(known) - len(kept)


def _check_bounds(faults: Sequence[Fault]) -> None:
    """Raise InvalidFault if these are too many, or their answers together too long."""
    if len(faults) > FAULTS_WAITING:
        said = f"would be {len(faults)} in all; at most {FAULTS_WAITING} may wait (faults_waiting)."
        raise InvalidFault(Problem(("faults",), said))
    given = [fault for fault in faults if isinstance(fault, AnswerToGive)]
    texts = [text for answer in given for pair in answer.headers for text in pair]
    size = sum(map(len, texts)) + sum(len(answer.body) for answer in given)
    if size > ANSWERS_BYTES:
        said = f"would have {size} bytes with the waiting ones; at most {ANSWERS_BYTES} may wait"
        raise InvalidFault(Problem(("answers",), f"{said} (answers_bytes)."))


def _drawn(fault: Fault, seen: int) -> Fault:
    """Return the fault with the random delay for this call, if it has one."""
    if fault.most_delay is None:
        return fault
    share = _share(f"delay:{fault.seed}:{seen}")
    delay = round(fault.delay + share * (fault.most_delay - fault.delay), 6)
    return replace(fault, delay=delay, most_delay=None)


def is_met(fault: Fault, seen: int) -> bool:
    """Return whether a fault that has seen `seen` calls hits the next one.

    It follows from the seed and the number alone, in every version of Python.
    """
    if fault.probability >= 1:
        return True
    return _share(f"{fault.seed}:{seen}") < fault.probability


def _share(text: str) -> float:
    """Return a number from 0 up to 1 derived from a string, uniformly distributed."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64
