"""Record: what happened to one message of an SDK, as the ledger shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from sys import intern
from typing import TYPE_CHECKING, Final, Literal, Self, TypeAlias, get_args

from mock_server.store.journal_entry import iso_time
from sandbox.delivery import Delivery
from sandbox.segment.errors import Problem
from sandbox.segment.json_text import parse_json
from sandbox.segment.not_simulated import NOT_SIMULATED
from sandbox.segment.pipeline import Request
from sandbox.suspicions import Suspicion

if TYPE_CHECKING:
    from sandbox.wire_types import AttemptJson, DeliveryJson, MessageJson

LedgerOutcome: TypeAlias = Literal[
    "queued",
    "retrying",
    "dropped",
    "failed",
    "rejected",
    "delivered",
    "filtered",
    "unmapped",
    "disabled",
    "duplicate",
]
"""What happened to a message. If its destinations differ, the first in this order counts."""

OUTCOMES: Final[tuple[LedgerOutcome, ...]] = get_args(LedgerOutcome)
_LOST: Final = frozenset({"dropped", "failed", "rejected"})
"""The outcomes that make a message a drop, unless the code is NOT_SIMULATED."""

_OPEN: Final = frozenset({"queued", "retrying"})

RETRY: Final = "RETRY"
ABANDONED: Final = "ABANDONED"
NO_ANSWER_KNOWN: Final = "NO_ANSWER_KNOWN"
_NO_ANSWER: Final = (
    "the server ended before the answer was stored; the request may or may not have arrived"
)
_RANK: Final = {outcome: rank for rank, outcome in enumerate(OUTCOMES)}
_SHOWN_TEXT: Final = 2000

Wanted: TypeAlias = Mapping[str, object]
"""The values that a record must have, by member; None matches any value. `code` may be the code of
any part, and `drop` is whether the record is a drop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt to deliver a request, and its answer. Without an answer `status` is None.

    `entry` is the number of the journal entry that the answer names.
    """

    at: float
    code: str
    status: int | None
    error: str
    entry: int | None
    text: str

    def to_json(self) -> AttemptJson:
        """Return the attempt as `/_sandbox/ledger` shows it."""
        return {
            "at": iso_time(self.at),
            "code": self.code,
            "status": self.status,
            "error": self.error or None,
            "entry": self.entry,
            "answer": self.text,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRecord:
    """What happened to a message at one destination, by one mapping if one matched.

    `suspicions` are what is surely wrong with the request even if it is accepted. `due` is the time
    of the next attempt.
    """

    destination: str
    outcome: LedgerOutcome
    code: str
    mapping: str | None = None
    action: str | None = None
    reason: str = ""
    problems: tuple[Problem, ...] = ()
    request: Request | None = None
    suspicions: tuple[Suspicion, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    due: float | None = None

    def to_json(self) -> DeliveryJson:
        """Return the part as `/_sandbox/ledger` shows it."""
        return {
            "destination": self.destination,
            "mapping": self.mapping,
            "action": self.action,
            "outcome": self.outcome,
            "code": self.code,
            "reason": self.reason or None,
            "problems": [p.to_json() for p in self.problems],
            "request": self.request and self.request.to_json(),
            "suspicions": [s.to_json() for s in self.suspicions],
            "attempts": [attempt.to_json() for attempt in self.attempts],
            "entry": next((a.entry for a in reversed(self.attempts) if a.entry is not None), None),
        }

    def answered(self, outcome: LedgerOutcome, code: str, delivery: Delivery, at: float) -> Self:
        """Return the part after one more attempt, with its outcome."""
        attempt = Attempt(
            at=at,
            code=delivery.code,
            status=delivery.status,
            error=delivery.error,
            entry=delivery.entry,
            text=intern(delivery.text[:_SHOWN_TEXT]),  # a server says the same to thousands
        )
        new = replace(self, outcome=outcome, code=code, reason=delivery.error, due=None)
        return replace(new, attempts=(*self.attempts, attempt))

    def without_answer(self, at: float) -> Self:
        """Return the part in the state for a server that ends before the attempt is answered."""
        assert self.request is not None
        lost = partial(Delivery, status=None, code=NO_ANSWER_KNOWN, error=_NO_ANSWER)
        return self.answered("retrying", RETRY, lost(request=self.request, url=""), at)

    def given_up(self, why: str) -> Self:
        """Return the part as failed, because no more attempts are made."""
        last, number = self.attempts[-1], len(self.attempts)
        attempts = "1 attempt" if number == 1 else f"{number} attempts"
        reason = f"given up after {attempts}, because {why}. {last.error}"
        return replace(self, outcome="failed", code=last.code, reason=reason, due=None)

    def abandoned(self, reason: str) -> Self:
        """Return the part as failed, because the mock itself cannot go on with it."""
        return replace(self, outcome="failed", code=ABANDONED, reason=reason, due=None)


PartsAt: TypeAlias = Mapping[int, DeliveryRecord]
"""Parts of one destination, by their position among all its parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One message: its source, and what happened to it so far.

    `outcome`, `code` and `reason` are those of the part that matters most, or of intake if the
    message got no further. `message` is its JSON, and `waiting` is the number of destinations that
    have not processed it. `under_way` has the parts whose requests are being sent, each with its
    position, in the state for a server that ends now. It is only needed in a file.
    """

    number: int
    tenant: int
    at: float
    source: str | None
    message: bytes
    message_id: str | None = None
    type: str | None = None
    event: str | None = None
    outcome: LedgerOutcome
    code: str = ""
    reason: str = ""
    batch_code: str = ""
    remarks: tuple[str, ...] = ()
    waiting: int = 0
    parts: tuple[DeliveryRecord, ...] = ()
    under_way: tuple[tuple[int, DeliveryRecord], ...] = ()

    @property
    def lost(self) -> Record | DeliveryRecord | None:
        """What makes the message a drop: itself, or its first part that did not arrive."""
        every: tuple[Record | DeliveryRecord, ...] = (self, *self.parts)
        lost = (each for each in every if each.outcome in _LOST and each.code != NOT_SIMULATED)
        return next(lost, None)

    @property
    def is_open(self) -> bool:
        """Whether a destination has yet to process it, or a retry waits."""
        return self.outcome in _OPEN

    @property
    def size(self) -> int:
        """The approximate number of bytes kept."""
        requests = (part.request for part in self.parts if part.request is not None)
        answers = (len(attempt.text) for part in self.parts for attempt in part.attempts)
        return len(self.message) + sum(len(each.content) for each in requests) + sum(answers)

    def matches(self, wanted: Wanted) -> bool:
        """Return whether the record has all the wanted values."""

        def has(name: str, value: object) -> bool:
            if name == "code":
                return value in {self.code, *(part.code for part in self.parts)}
            if name == "drop":
                return value == (self.lost is not None)
            return bool(value == getattr(self, name))

        return all(value is None or has(name, value) for name, value in wanted.items())

    def parts_of(self, destination: str) -> dict[int, DeliveryRecord]:
        """Return the parts of a destination so far, by position."""
        seen = enumerate(part for part in self.parts if part.destination == destination)
        sent = (each for each in self.under_way if each[1].destination == destination)
        return {**dict(seen), **dict(sent)}

    def sending(self, parts: PartsAt) -> Record:
        """Return the record with the requests of these parts under way."""
        return replace(self, under_way=(*self._not_under_way(parts), *parts.items()))

    def with_parts(self, parts: PartsAt) -> Record:
        """Return the record with parts of one destination: first all, later the changed ones.

        Once it is complete, its outcome is that of the part that matters most.
        """
        name = next(iter(parts.values())).destination
        places = [n for n, each in enumerate(self.parts) if each.destination == name]
        made = list(self.parts)
        if places:
            for place, part in parts.items():
                made[places[place]] = part
        else:
            made += parts.values()
        waiting = self.waiting if places else self.waiting - 1
        first = self if waiting else min(made, key=lambda part: _RANK[part.outcome])
        return replace(
            self,
            waiting=waiting,
            parts=tuple(made),
            under_way=self._not_under_way(parts),
            outcome=first.outcome,
            code=first.code,
            reason=first.reason,
        )

    def _not_under_way(self, parts: PartsAt) -> tuple[tuple[int, DeliveryRecord], ...]:
        name = next(iter(parts.values())).destination
        return tuple((n, p) for n, p in self.under_way if n not in parts or p.destination != name)

    def to_json(self, tenant: str | None) -> MessageJson:
        """Return the record as `/_sandbox/ledger` shows it."""
        return {
            "number": self.number,
            "at": iso_time(self.at),
            "tenant": tenant,
            "source": self.source,
            "messageId": self.message_id,
            "type": self.type,
            "event": self.event,
            "outcome": self.outcome,
            "code": self.code or None,
            "reason": self.reason or None,
            "drop": self.lost is not None,
            "batchCode": self.batch_code or None,
            "remarks": list(self.remarks),
            "message": parse_json(self.message) if self.message else None,
            "deliveries": [part.to_json() for part in self.parts],
        }
