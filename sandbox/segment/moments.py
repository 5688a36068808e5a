"""Moments: a time as its date and time of day.

They also cover years that the standard library does not.
"""

import math
from typing import Final, NamedTuple, Self

from sandbox.segment.time_value import DAYS_TO_1970, MILLISECONDS_A_DAY, clipped, days_since_1970

MONTHS: Final = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS_IN_400_YEARS: Final = 146_097


class Moment(NamedTuple):
    """A time in a zone: `time` is in milliseconds since 1970, moved to the zone.

    `west` is how many minutes the zone is west of UTC, `zone` its name or "". Weekdays count from
    Sunday, 0.
    """

    time: int
    west: float
    zone: str
    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    millisecond: int

    @classmethod
    def of(cls, time: int, west: float = 0, zone: str = "") -> Self:
        """Return the moment of a time."""
        days, rest = divmod(time, MILLISECONDS_A_DAY)
        year, month, day = _date_of(days)
        seconds, millisecond = divmod(rest, 1000)
        minutes, second = divmod(seconds, 60)
        hour, minute = divmod(minutes, 60)
        return cls(time, west, zone, year, month, day, hour, minute, second, millisecond)

    @property
    def weekday(self) -> int:
        """The day of the week."""
        return weekday(self.time // MILLISECONDS_A_DAY)

    @property
    def day_of_year(self) -> int:
        """The number of the day in its year, from 1; liquidjs treats the year 0 as a common one."""
        days = days_since_1970(self.year, self.month, self.day)
        number = days - days_since_1970(self.year, 1, 1) + 1
        return number - (self.year == 0 and self.month > 2)

    @property
    def week_of_year(self) -> int | str:
        """The number of the week, from 0; for liquidjs weeks from Sunday and from Monday are alike.

        "NaN" in the first year of JavaScript's time, whose January is out of range.
        """
        january = days_since_1970(self.year + 1900 if 0 <= self.year < 100 else self.year, 1, 1)
        if math.isnan(clipped(january * MILLISECONDS_A_DAY)):
            return "NaN"
        return (self.day_of_year - self.weekday + weekday(january)) // 7


def weekday(days: int) -> int:
    """Return the day of the week of a day counted from 1970-01-01, a Thursday."""
    return (days + 4) % 7


def _date_of(days: int) -> tuple[int, int, int]:
    """Return year, month and day; years start in March here, so that the leap day is the last."""
    cycles, day = divmod(days + DAYS_TO_1970, _DAYS_IN_400_YEARS)
    year = (day - day // 1_460 + day // 36_524 - day // 146_096) // 365
    day -= year * 365 + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5
    year += cycles * 400 + (month >= 10)
    return year, month + 3 if month < 10 else month - 9, day + 1
