"""Groups: events of one type, one day and equal outcomes; counting them is most of the work."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeAlias

from sandbox.segment.calls import TYPES
from sandbox.segment.dates import milliseconds
from sandbox.segment.pipeline import Mapped, Outcome, Rejected
from sandbox.values import Json

Key: TypeAlias = tuple[str, str, tuple[type[Outcome], ...]]
"""Type, day and outcomes of an event."""

NO_DAY: Final = "no day"
OTHER_TYPE: Final = "other"
_FIRST_YEAR, _LAST_YEAR = 2000, 2099
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNCOMMON: Final = "~"  # before the day of a time that is not written as clients do
_common_time: Final = re.compile(
    r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?Z", re.ASCII
).fullmatch


class Group:
    """Events of one type, one day and equal outcomes: most are counted and not looked at again."""

    __slots__ = (
        *("count", "day", "has_common_time", "is_special", "mapped", "outcomes", "rejected"),
        "type",
    )

    def __init__(self, key: Key) -> None:
        """Start with no event."""
        type_, day, self.outcomes = key
        self.type = type_ if type_ in TYPES else OTHER_TYPE
        self.has_common_time = not day.startswith(_UNCOMMON) and _is_day(day)
        self.day = day.removeprefix(_UNCOMMON)
        if not (self.has_common_time or self.day == NO_DAY):
            self.day = _day_of(self.day)  # 30 February is a day of March
        self.count = 0
        self.mapped = tuple(i for i, each in enumerate(self.outcomes) if each is Mapped)
        self.rejected = tuple(i for i, each in enumerate(self.outcomes) if each is Rejected)
        self.is_special = bool(self.rejected) or len(self.mapped) > 1


def key_of(event: dict[str, Json], outcomes: tuple[type[Outcome], ...]) -> Key:
    """Return which group an event belongs to."""
    time, type_ = event.get("timestamp"), event.get("type")
    if isinstance(time, str) and _common_time(time):
        day = time[:10]
    else:
        day = f"{_UNCOMMON}{_day_of(time)}"
    return type_ if type(type_) is str else OTHER_TYPE, day, outcomes


def _is_day(text: str) -> bool:
    try:
        return _FIRST_YEAR <= date.fromisoformat(text).year <= _LAST_YEAR
    except ValueError:
        return False


def _day_of(time: Json) -> str:
    """Return the UTC day of an event's timestamp; NO_DAY where there is none in this century."""
    if isinstance(time, bool) or not isinstance(time, str | int | float):
        return NO_DAY
    since = milliseconds(time)
    if math.isnan(since):
        return NO_DAY
    try:
        day = (_EPOCH + timedelta(milliseconds=since)).date()
    except OverflowError:
        return NO_DAY
    return day.isoformat() if _FIRST_YEAR <= day.year <= _LAST_YEAR else NO_DAY
