"""Choices: the settings of Segment's side."""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from mock_server import real_clock
from sandbox.segment.ingest_checks import LIMITS, IngestLimits
from sandbox.segment.retry import SEGMENTS_BACKOFF, Backoff


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentChoices:
    """Settings of Segment's side. The defaults are Segment's behaviour.

    With `synchronous`, a client is answered when its messages are delivered or given up, after five
    minutes at most. `most_queued` messages and `most_queued_bytes` bytes may be queued before
    clients are told to retry later. `seconds_to_drain` is how long the server waits for the queue
    when it stops. `allow_remote` allows destinations on other machines to be added while the server
    runs. With `any_write_key`, an unknown key counts as the first source's. `limits` are those of
    intake. `client_ip` becomes context.ip if the message has none. `timer` must be monotonic,
    `chance` returns numbers from 0 up to 1, and `new_id` makes the messageId of a message without
    one.
    """

    synchronous: bool = False
    limits: IngestLimits = LIMITS
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
