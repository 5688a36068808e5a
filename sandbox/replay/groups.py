"""Groups: events of one type, one day and equal outcomes; counting them is most of the work."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from sandbox.replay.job import Pair
from sandbox.segment.calls import TYPES
from sandbox.segment.dates import milliseconds
from sandbox.segment.pipeline import Mapped, Outcome, Rejected, Skipped
from sandbox.values import Json

Key: TypeAlias = tuple[str, str, tuple[type[Outcome], ...]]
"""Type, day and outcomes of an event."""

NO_DAY: Final = "no day"
OTHER_TYPE: Final = "other"
_FIRST_YEAR, _LAST_YEAR = 2000, 2099
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FATES: Final = {Mapped: "mapped", Skipped: "skipped", Rejected: "rejected"}
_UNCOMMON: Final = "~"  # before the day of a time that is not written as clients do
_common_time: Final = re.compile(
    r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?Z", re.ASCII
).fullmatch


class Group:
    """Events of one type, one day and equal outcomes: most are counted and not looked at again.

    Of the outcomes the first `count` are those of the new side. `mapped` are the indexes of its
    calls, each with whether its times are surely likely; `called` the numbers of the pairs that
    call on both sides; `compared` the pairs whose calls may differ, a side without one being None.
    """

    def __init__(
        self,
        key: Key,
        count: int,
        reads_timestamps: Sequence[bool],
        pairs: Iterable[Pair],
    ) -> None:
        """Start with no event."""
        type_, day, outcomes = key
        self.type = type_ if type_ in TYPES else OTHER_TYPE
        is_known = day.startswith(_UNCOMMON)
        self.day = day.removeprefix(_UNCOMMON) if is_known else _day_of(day)
        has_common_time = self.day == day  # 30 February is a day of March
        self.count = 0
        self.fates = [_FATES[each] for each in outcomes[:count]]
        self.mapped = [
            (index, has_common_time and reads_timestamps[index])
            for index, fate in enumerate(self.fates)
            if fate == "mapped"
        ]
        self.rejected = [index for index, fate in enumerate(self.fates) if fate == "rejected"]
        calls = {index for index, each in enumerate(outcomes) if each is Mapped}
        self.called = []
        self.compared = []
        for number, pair in enumerate(pairs):
            new, old = (index if index in calls else None for index in (pair.new, pair.old))
            is_both = new is not None and old is not None
            if is_both:
                self.called.append(number)
            if (new, old) != (None, None) and not (is_both and pair.is_alike):
                self.compared.append((number, new, old))
        self.is_special = bool(self.rejected or self.compared) or len(self.mapped) > 1


def key_of(event: dict[str, Json], outcomes: tuple[type[Outcome], ...]) -> Key:
    """Return which group an event belongs to."""
    time, type_ = event.get("timestamp"), event.get("type")
    if type(type_) is not str:
        type_ = OTHER_TYPE
    if type(time) is str and _common_time(time):
        return type_, time[:10], outcomes
    return type_, f"{_UNCOMMON}{_day_of(time)}", outcomes


def _day_of(time: Json) -> str:
    """Return the UTC day of an event's timestamp; NO_DAY if there is none in this century."""
    if isinstance(time, bool) or not isinstance(time, str | int | float):
        return NO_DAY
    try:
        day = (_EPOCH + timedelta(milliseconds=milliseconds(time))).date()
    except (OverflowError, ValueError):  # ValueError: it is NaN
        return NO_DAY
    return day.isoformat() if _FIRST_YEAR <= day.year <= _LAST_YEAR else NO_DAY
