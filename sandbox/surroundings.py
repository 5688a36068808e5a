"""Surroundings: the clock of this machine and the time zones, for the templates of mappings.

The offsets of time zones are read from the tzdata package.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import TYPE_CHECKING, Final

from sandbox.segment import fields as segment_fields
from sandbox.segment.not_simulated import Outside
from sandbox.values import Json, Missing

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_IN_400_YEARS: Final = 146_097 * 86_400
"""The calendar repeats after 400 years, including weekdays and the rules of summer time."""
_FIRST: Final = -62_135_000_000
"""A time in the year 1; earlier times have the same offset."""
_LAST: Final = 253_370_000_000
"""A time in the year 9998; later times are moved before it by whole cycles of the calendar."""


def zone_offset(zone: str, seconds: float) -> float | None:
    """Return how many seconds a zone is ahead of UTC at a time, None for an unknown zone.

    The zone's name is in lower case, the time in seconds since 1970.
    """
    name = _names().get(zone)
    if name is None:
        return None
    cycles = max(0, -(-(seconds - _LAST) // _SECONDS_IN_400_YEARS))
    seconds = max(seconds - cycles * _SECONDS_IN_400_YEARS, _FIRST)
    offset = (_EPOCH + timedelta(seconds=seconds)).astimezone(_zone(name)).utcoffset()
    return offset.total_seconds() if offset is not None else None


@cache
def _tables() -> Traversable:
    from importlib.resources import files  # noqa: PLC0415 - few templates name a time zone

    return files("tzdata")


@cache
def _names() -> dict[str, str]:
    names = _tables().joinpath("zones").read_text(encoding="ascii").split()
    return {name.lower(): name for name in names}


@cache
def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - few templates name a time zone

    with _tables().joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


# a lambda, because tests replace time.time
OUTSIDE: Final = Outside(now=lambda: time.time(), zone_offset=zone_offset)  # noqa: PLW0108
"""The clock and time zones that mappings use by default."""


def resolve(fields: object, event: object, *, outside: Outside = OUTSIDE) -> Json | Missing:
    """Return the fields resolved for the event, as JSON; MISSING if the result is undefined.

    >>> resolve({"plan": {"@path": "$.traits.plan"}}, {"traits": {"plan": "pro"}})
    {'plan': 'pro'}

    Raises InvalidMapping as check_fields does, and Thrown if Segment's runtime throws.
    """
    return segment_fields.resolve(fields, event, outside)
