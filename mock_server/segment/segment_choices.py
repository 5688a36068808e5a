"""Choices: how Segment's side works where that can be chosen."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from mock_server import real_clock
from sandbox.segment.ingest_limits import LIMITS, Limits
from sandbox.segment.retry import SEGMENTS_BACKOFF, Backoff


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentChoices:
    """What can be chosen of Segment's side; as it is, it works as Segment does.

    `synchronous` lets a client's answer wait until its messages are delivered or given up, five
    minutes at most. `most_queued` is how many messages may wait before clients are told to come
    back later, `most_queued_bytes` how large they may be together. `seconds_to_drain` is how long
    the end of the server waits for what is queued. `allow_remote` lets a destination be set up
    that delivers to another machine while the server runs. `any_write_key` takes a key nobody knows
    for the first source's. `limits` are those of the intake, `client_ip` stands in context.ip where
    Segment fills it in. `timer` only ever goes on, `chance` is
    from 0 up to 1, `new_id` makes the messageId of a message without one.
    """

    synchronous: bool = False
    limits: Limits = LIMITS
    client_ip: str = "127.0.0.1"
    backoff: Backoff = SEGMENTS_BACKOFF
    most_queued: int = 20_000
    most_queued_bytes: int = 128 * 2**20
    seconds_to_drain: float = 8.0
    allow_remote: bool = False
    any_write_key: bool = False
    timer: Callable[[], float] = real_clock.monotonic
    chance: Callable[[], float] = random.random
    new_id: Callable[[], str] = lambda: str(uuid.uuid4())
