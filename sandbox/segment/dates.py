"""Dates: the strings that Segment accepts as dates, and the Unix time of a string or a number.

Taking a value and converting it are two rules in Segment's runtime, and they disagree: `"13"` is
taken and becomes nothing, `"1612137600"` is taken and becomes a day of the year 1613. The time
zone is UTC, always.
"""

import math
import re
from functools import lru_cache
from typing import Final

from sandbox.segment.date_parser import parse_date
from sandbox.segment.javascript import WHITE_SPACE, number_text, to_double, to_number
from sandbox.segment.time_value import (
    LAST_MILLISECOND,
    MILLISECONDS_A_DAY,
    clipped,
    days_since_1970,
)

LONGEST_NUMBER: Final = 25
"""No number is written in more characters: sign, `0.`, five zeros and 17 digits, or an exponent."""

_COMMON = re.compile(
    r"([0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]))"
    r"T([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{3}))?Z\Z"
)
# taking the most at each place is always right, so nothing is ever given back
_LOOSE = re.compile(
    r"([0-9]{4})[-/]?+([0-9]{0,2}+)[-/]?+([0-9]{0,2}+)"
    rf"[Tt{WHITE_SPACE}]*+"
    r"([0-9]{0,2}+):?+([0-9]{0,2}+):?+([0-9]{0,2}+)[.:]?+([0-9]*+)\Z"
)


def is_date_like(text: str) -> bool:
    """Return whether a datetime field takes the text.

    A number, written as JavaScript writes it, is read as seconds and must be within JavaScript's
    range of time; any other text must be one that `milliseconds` reads.
    """
    if _common(text) is not None:
        return True

    if len(text) <= LONGEST_NUMBER and number_text(number := to_number(text)) == text:
        return abs(number * 1000) <= LAST_MILLISECOND
    return not math.isnan(milliseconds(text))


def to_unix(value: str | float) -> int | None:
    """Return the seconds since 1970 that are sent for a value, rounded down; None is sent as null.

    A number is milliseconds, also one that was meant as seconds.
    """
    time = milliseconds(value)
    return None if math.isnan(time) else int(time // 1000)


def milliseconds(value: str | float) -> float:
    """Return the milliseconds since 1970 of a string, or of a number of milliseconds; NaN if none.

    The date library reads digits that start with a year by itself, and leaves every other text to
    JavaScript's own parser.
    """
    if not isinstance(value, str):
        return clipped(to_double(value))
    common = _common(value)
    if common is not None:
        return common

    loose = _LOOSE.match(value)
    return _added_up(loose) if loose else parse_date(value)


def _common(text: str) -> int | None:
    """Read what clients send, `2021-02-01T00:00:00.000Z`, if it is just that and a real time."""
    match = _COMMON.match(text)
    if match is None:
        return None

    date, hour, minute, second, fraction = match.groups()
    seconds = int(hour) * 3600 + int(minute) * 60 + int(second)
    return _midnight(date) + seconds * 1000 + int(fraction or 0)


@lru_cache(maxsize=1024)
def _midnight(date: str) -> int:
    year, month, day = int(date[:4]), int(date[5:7]), int(date[8:])
    return days_since_1970(year, month, day) * MILLISECONDS_A_DAY


def _added_up(match: re.Match[str]) -> int:
    """Add up the parts; each may be beyond its bounds, as in the 61st minute of the 25th hour."""
    year, month, day, hour, minute, second, fraction = match.groups()
    days = days_since_1970(_century_of(int(year)), int(month or 1), int(day or 1))
    seconds = int(hour or 0) * 3600 + int(minute or 0) * 60 + int(second or 0)
    return days * MILLISECONDS_A_DAY + seconds * 1000 + int((fraction or "0")[:3])


def _century_of(year: int) -> int:
    return year + 1900 if year < 100 else year
