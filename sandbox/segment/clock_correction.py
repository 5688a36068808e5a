"""Clock correction: the time of an event by the server's clock instead of the client's.

Segment's rule (docs, "Spec: Common Fields"): `timestamp` is `receivedAt - (sentAt -
originalTimestamp)`, and what a client sends as `timestamp` becomes `originalTimestamp`. All times
are ISO 8601 in UTC, with milliseconds.
"""

import math
import re
from functools import lru_cache
from typing import Final

from sandbox.segment.dates import milliseconds
from sandbox.segment.moments import Moment
from sandbox.values import Json

_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ]|\Z)")
_BASIC: Final = re.compile(
    r"([0-9]{4})([0-9]{2})([0-9]{2})"
    r"(?:T([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})([.,][0-9]+)?)?)?(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?\Z"
)
"""ISO 8601 without hyphens and colons, `20210201T000000Z`."""

_REMARKABLE: Final = 60_000
"""A larger correction, in milliseconds, gives a remark (service rule `large-correction`)."""


def corrected_times(message: dict[str, Json], *, received_at: int) -> tuple[dict[str, Json], str]:
    """Return the times Segment gives a message, and a remark if the client's were wrong.

    `message` is as the client sent it, with the `sentAt` of its body; `received_at` is the server's
    clock in milliseconds since 1970. The times are `timestamp`, `receivedAt` and, if the client
    sent a time, `originalTimestamp`. An event without a time gets the server's. A string that is
    not an ISO 8601 date is ignored (assumed). Without `sentAt` nothing is corrected.
    """
    received = iso_text(received_at)
    given = (message.get(key) for key in ("timestamp", "originalTimestamp"))
    told = next((time for time in given if time not in (None, "")), None)
    if told is None:
        return {"timestamp": received, "receivedAt": received}, ""

    original, sent = read_time(told), read_time(message.get("sentAt"))
    moved = received_at - sent if original is not None and sent is not None else 0
    happened = received_at if original is None else original + moved
    remark = ""
    if original is None:
        remark = f"timestamp {told!r:.60} is not an ISO 8601 date, so the server's time is used."
    elif abs(moved) > _REMARKABLE:
        seconds = f"{abs(moved) / 1000:,.0f} s {'later' if moved > 0 else 'earlier'}"
        remark = f"by sentAt the client's clock was wrong, so the time is {seconds} than it said."
    times: dict[str, Json] = {"timestamp": iso_text(happened), "originalTimestamp": told}
    return {**times, "receivedAt": received}, remark


def read_time(value: Json) -> int | None:
    """Return the milliseconds since 1970 of an ISO 8601 string, in UTC if it has no zone, or None.

    Numbers are ignored: Segment documents only ISO 8601.
    """
    if not isinstance(value, str):
        return None
    text = _extended(value)
    if _ISO.match(text) is None:
        return None
    time = milliseconds(text)
    return None if math.isnan(time) else int(time)


def _extended(text: str) -> str:
    """Return an ISO 8601 string in its extended form: hyphens, colons, a point before fractions."""
    basic = _BASIC.match(text)
    if basic is None:
        return text.replace(",", ".", 1) if _ISO.match(text) else text
    year, month, day, hour, minute, second, fraction, zone = basic.groups()
    clock = f"T{hour}:{minute or '00'}:{second or '00'}" if hour else ""
    end = (fraction or "").replace(",", ".")
    offset = zone or ""
    if offset[1:].isdigit():
        offset = f"{offset[:3]}:{offset[3:] or '00'}"
    return f"{year}-{month}-{day}{clock}{end}{offset}"


@lru_cache(maxsize=64)  # the events of a batch arrive at the same time
def iso_text(time: int) -> str:
    """Return milliseconds since 1970 as JavaScript's toISOString writes them."""
    at = Moment.of(time)
    sign = "+" if at.year > 0 else "-"
    year = f"{at.year:04d}" if 0 <= at.year <= 9999 else f"{sign}{abs(at.year):06d}"
    clock = f"{at.hour:02d}:{at.minute:02d}:{at.second:02d}.{at.millisecond:03d}"
    return f"{year}-{at.month:02d}-{at.day:02d}T{clock}Z"
