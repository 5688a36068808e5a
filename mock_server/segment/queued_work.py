"""Queued work: a message on its way to a destination, a request to be tried again, their pace."""

from __future__ import annotations

from collections import abc
from collections.abc import Callable
from dataclasses import dataclass, field

from mock_server.segment.record import Part
from sandbox.segment.javascript import Json
from sandbox.segment.retry import Backoff


@dataclass(frozen=True, slots=True)
class Job:
    """A message on its way to a destination, and its number in its tenant's ledger.

    `known` are the parts of it that an earlier start of the server has sent, by their place.
    """

    tenant: int
    number: int
    message: dict[str, Json]
    known: abc.Mapping[int, Part] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retry:
    """A request that failed: the part of the record it is, and when it was first tried.

    `place` is the part's among those of its destination.
    """

    tenant: int
    number: int
    part: Part
    started: float
    place: int = 0


class Ended(Exception):
    """The message is gone, as a reset or the end of the server came first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Time and chance for deliveries: `clock` is the time of day, `timer` only ever goes on."""

    clock: Callable[[], float]
    timer: Callable[[], float]
    chance: Callable[[], float]
    backoff: Backoff
