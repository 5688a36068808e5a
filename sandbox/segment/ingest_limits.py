"""Ingest limits: how much Segment's Tracking API takes at once.

Docs: "HTTP API source", sections on sizes and batches; "Product limits" for the properties.
"""

import json
from dataclasses import dataclass
from typing import Final, Literal

from sandbox.values import Json

_TRIMMED: Final = ("properties", "traits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request and one event may hold; sizes in bytes of JSON."""

    event_bytes: int = 32 * 1024
    """One event; a larger one is dropped (`bad_request`)."""
    batch_bytes: int = 500 * 1024
    """The body of one request; else 400."""
    batch_events: int = 2_500
    """The events of one batch; else 400."""
    message_id_length: int = 100
    """The characters of a messageId; an event with a longer one is dropped."""
    properties: int = 10_000
    """The properties of one event; of more the first are kept."""
    large_event: Literal["event", "batch"] = "event"
    """What goes where one event of a batch is too large: that event, or the whole batch. The
    documentation reads both ways (service rule `event-32-kb-in-batch`).
    """


LIMITS: Final = Limits()


def size_of(value: Json) -> int:
    """Return the bytes the value takes as compact JSON."""
    # not json_text: the layout of numbers makes no size worth counting, and this is 4 times as fast
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode("utf-8", "surrogatepass"))


def without_excess(message: dict[str, Json], limits: Limits) -> tuple[dict[str, Json], str]:
    """Return the message with its properties and traits cut to the limit, and a remark if so.

    Segment keeps the event and drops what is beyond. Within 32 KB no event has 10,000 of them.
    """
    remarks = []
    for key in _TRIMMED:
        members = message.get(key)
        if isinstance(members, dict) and len(members) > limits.properties:
            message = {**message, key: dict(list(members.items())[: limits.properties])}
            kept = f"Segment keeps {limits.properties:,}."
            remarks.append(f"{key} has {len(members):,} members; {kept}")
    return message, " ".join(remarks)
