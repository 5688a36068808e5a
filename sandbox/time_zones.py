"""Time zones: how far they are ahead of UTC, by the tables of the tzdata package."""

from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_IN_400_YEARS: Final = 146_097 * 86_400
"""The calendar repeats itself after 400 years, weekdays and the rules of summer time included."""
_FIRST: Final = -62_135_000_000
"""A time in the year 1: before it no zone had other rules."""
_LAST: Final = 253_370_000_000
"""A time in the year 9998, to which later times are moved by whole cycles of the calendar."""


def zone_offset(zone: str, seconds: float) -> float | None:
    """Return how many seconds a zone is ahead of UTC at a time; None if there is no such zone.

    The zone's name is given in lower case, the time in seconds since 1970.
    """
    name = _names().get(zone)
    if name is None:
        return None
    cycles = max(0, -(-(seconds - _LAST) // _SECONDS_IN_400_YEARS))
    seconds = max(seconds - cycles * _SECONDS_IN_400_YEARS, _FIRST)
    offset = (_EPOCH + timedelta(seconds=seconds)).astimezone(_zone(name)).utcoffset()
    return offset.total_seconds() if offset is not None else None


@cache
def _names() -> dict[str, str]:
    names = files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
    return {name.lower(): name for name in names}


@cache
def _zone(name: str) -> ZoneInfo:
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)
