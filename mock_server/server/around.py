"""Around: what all connections of one server share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from mock_server.answering import Answering
from mock_server.bounds import Bounds
from mock_server.exchange import Answer, Received
from mock_server.server.awaiting import HandOver
from mock_server.server.http_text import Heads
from mock_server.server.outbox import Outbox

if TYPE_CHECKING:
    from mock_server.server.recorder import Recorder


class Open(Protocol):
    """A connection, as the server sees it."""

    active: float

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being answered, so that it may be closed for another's sake."""

    @property
    def is_waiting(self) -> bool:
        """Whether its client waits for news, perhaps for long."""

    def look_at_the_clock(self, now: float) -> None:
        """End what takes longer than its bound."""

    def shut_down(self) -> None:
        """Close as soon as nothing is being answered."""

    def abort(self) -> None:
        """Close at once."""


@dataclass(frozen=True, slots=True)
class Around:
    """What answers, where, within which bounds, and all connections that are open."""

    answering: Answering
    scheme: str
    loop: asyncio.AbstractEventLoop
    threads: Executor
    outbox: Outbox
    bounds: Bounds
    heads: Heads
    recorder: Recorder | None = None
    open: set[Open] = field(default_factory=set)

    def by_app(self, came: Received, hand_over: HandOver, is_left: Callable[[], bool]) -> Answer:
        """Return the application's answer; what waits is handed over."""
        return self.answering.by_app(came, hand_over, is_left=is_left, scheme=self.scheme)
