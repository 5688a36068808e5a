"""Queued work: a message for a destination, a request to retry, and the pace of retries."""

from collections import abc
from collections.abc import Callable
from dataclasses import dataclass, field

from mock_server.segment.record import Part
from sandbox.segment.javascript import Json
from sandbox.segment.retry import Backoff


@dataclass(frozen=True, slots=True)
class Job:
    """A message for a destination, with its number in the tenant's ledger.

    `known` are the parts that an earlier start of the server has sent, by position.
    """

    tenant: int
    number: int
    message: dict[str, Json]
    known: abc.Mapping[int, Part] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retry:
    """A failed request: its part of the record, and the time of its first attempt.

    `place` is the part's position among those of its destination.
    """

    tenant: int
    number: int
    part: Part
    started: float
    place: int = 0


class Ended(Exception):
    """The message is gone, because of a reset or the end of the server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Time and chance for deliveries: `clock` is the time of day, `timer` is monotonic."""

    clock: Callable[[], float]
    timer: Callable[[], float]
    chance: Callable[[], float]
    backoff: Backoff
