"""Time values: milliseconds since 1970 as in JavaScript, and the range of its time.

Days are counted with integers, because the standard library does not have all these years.
"""

import math
from typing import Final

MILLISECONDS_A_DAY: Final = 86_400_000
LAST_MILLISECOND: Final = 100_000_000 * MILLISECONDS_A_DAY
"""JavaScript's time ends 100,000,000 days after 1970, and starts as many before."""

DAYS_TO_1970: Final = 719_468
"""The days from 0000-03-01; years that start in March have their leap day at the end."""


def days_since_1970(year: int, month: int, day: int) -> int:
    """Return the days from 1970-01-01 to a date; month and day may be out of range."""
    year, month = divmod(year * 12 + month - 3, 12)
    leap_days = year // 4 - year // 100 + year // 400
    return year * 365 + leap_days + (153 * month + 2) // 5 + day - 1 - DAYS_TO_1970


def time_value(year: int, month: int, day: int, milliseconds: int) -> float:
    """Return the milliseconds since 1970 of a date and time, NaN beyond JavaScript's range."""
    return clipped(days_since_1970(year, month, day) * MILLISECONDS_A_DAY + milliseconds)


def clipped(time: float) -> float:
    """Return the time without a fraction, NaN beyond JavaScript's range."""
    return math.trunc(time) if abs(time) <= LAST_MILLISECOND else math.nan
