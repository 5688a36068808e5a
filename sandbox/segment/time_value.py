"""Time values: milliseconds since 1970 as JavaScript counts them, and where its time ends.

Days are counted in integers, for years no calendar of the standard library has.
"""

import math
from typing import Final

MILLISECONDS_A_DAY: Final = 86_400_000
LAST_MILLISECOND: Final = 100_000_000 * MILLISECONDS_A_DAY
"""JavaScript's time ends 100,000,000 days after 1970, and starts as many before."""

_DAYS_BEFORE = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
_DAYS_BEFORE_1970 = 719_528


def days_since_1970(year: int, month: int, day: int) -> int:
    """Return the days from 1970-01-01 to a date; month and day may be beyond their bounds."""
    year, month = year + (month - 1) // 12, (month - 1) % 12
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    past = year - 1
    leap_days = past // 4 - past // 100 + past // 400 + 1  # the year 0 is a leap year
    days = year * 365 + leap_days + _DAYS_BEFORE[month] + (leap and month > 1)
    return days + day - 1 - _DAYS_BEFORE_1970


def time_value(year: int, month: int, day: int, milliseconds: int) -> float:
    """Return the milliseconds since 1970 of a date and the time in it, NaN beyond JavaScript's."""
    return clipped(days_since_1970(year, month, day) * MILLISECONDS_A_DAY + milliseconds)


def clipped(time: float) -> float:
    """Return the time without a fraction, NaN if it is beyond JavaScript's."""
    return math.trunc(time) if abs(time) <= LAST_MILLISECOND else math.nan
