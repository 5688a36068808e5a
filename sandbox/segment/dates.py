"""Dates: the strings that Segment accepts as dates, and the Unix time of a string or a number.

Segment's runtime accepts a value by one rule and converts it by another, and they disagree: `"13"`
is accepted and becomes null, `"1612137600"` is accepted and becomes a day in the year 1613. The
time zone is always UTC.
"""

import math
import re
from functools import lru_cache
from typing import Final

from sandbox.segment.date_parser import fraction_value, parse_date
from sandbox.segment.javascript import WHITE_SPACE, number_text, to_double, to_number
from sandbox.segment.time_value import LAST_MILLISECOND, clipped, time_value
from sandbox.values import Json

LONGEST_NUMBER: Final = 25
"""The longest number that JavaScript writes: sign, `0.`, five zeros and 17 digits."""

_HOURS: Final = {f"T{hour:02}:": hour * 3_600_000 for hour in range(24)}
_MINUTES: Final = {f"{minute:02}:": minute * 60_000 for minute in range(60)}
_SECONDS: Final = {f"{second:02}": second * 1000 for second in range(60)}
_DAY = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\Z")
_END = re.compile(r"(?:\.([0-9]{1,9}))?(?:Z|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))\Z")
_LONGEST = len("2021-02-01T00:00:00.000000000+00:00") + 1  # one more shows that it is too long
# possessive: the longest match of each part is always right, so backtracking never helps
_LOOSE = re.compile(
    r"([0-9]{4})[-/]?+([0-9]{0,2}+)[-/]?+([0-9]{0,2}+)"
    rf"[Tt{WHITE_SPACE}]*+"
    r"([0-9]{0,2}+):?+([0-9]{0,2}+):?+([0-9]{0,2}+)[.:]?+([0-9]*+)\Z"
)


def is_date_like(text: str) -> bool:
    """Return whether a datetime field accepts the string.

    A number, written as JavaScript writes it, is read as seconds and must be within JavaScript's
    range of time; any other string must be one that `milliseconds` can read.
    """
    if common_time(text) is not None:
        return True

    if len(text) <= LONGEST_NUMBER and number_text(number := to_number(text)) == text:
        return abs(number * 1000) <= LAST_MILLISECOND
    return not math.isnan(milliseconds(text))


def to_unix(value: str | float) -> int | None:
    """Return the seconds since 1970 that are sent for a value, rounded down; None is sent as null.

    A number is read as milliseconds, even if it was meant as seconds.
    """
    time = milliseconds(value)
    return None if math.isnan(time) else int(time // 1000)


def milliseconds(value: str | float) -> float:
    """Return the milliseconds since 1970 of a string, or of a number of milliseconds; NaN if none.

    The date library itself reads digits that start with a year, and leaves any other string to
    JavaScript's own parser.
    """
    common = common_time(value)
    if common is not None:
        return common
    if not isinstance(value, str):
        return clipped(to_double(value))
    loose = _LOOSE.match(value)
    return _added_up(loose) if loose else parse_date(value)


def common_time(value: Json) -> int | None:
    """Return `milliseconds` of what clients send: `2021-02-01T00:00:00.000Z`, or an integer.

    None for anything else, including other times that `milliseconds` can read.
    """
    if type(value) is str:
        try:
            clock = _HOURS[value[10:14]] + _MINUTES[value[14:17]] + _SECONDS[value[17:19]]
            return _midnight(value[:10]) + clock + _after_seconds(value[19:_LONGEST])
        except (KeyError, ValueError):
            return None
    if type(value) is int and -LAST_MILLISECOND <= value <= LAST_MILLISECOND:
        return value
    return None


# Cached: the events of a stream share their days, and there are only 1000 milliseconds. An invalid
# string raises ValueError, which the cache does not keep.
@lru_cache(maxsize=1024)
def _midnight(date: str) -> int:
    match = _DAY.match(date)
    if match is None:
        raise ValueError(date)
    year, month, day = map(int, match.groups())
    return int(time_value(year, month, day, 0))


@lru_cache(maxsize=4096)
def _after_seconds(text: str) -> int:
    match = _END.match(text)
    if match is None:
        raise ValueError(text)
    fraction, sign, hours, minutes = match.groups()
    offset = (int(hours or 0) * 60 + int(minutes or 0)) * 60_000
    return fraction_value(fraction or "0") + (offset if sign == "-" else -offset)


def _added_up(match: re.Match[str]) -> float:
    """Add up the parts; each may be out of range, for instance the 61st minute of the 25th hour."""
    year, month, day, hour, minute, second, fraction = match.groups()
    seconds = int(hour or 0) * 3600 + int(minute or 0) * 60 + int(second or 0)
    milliseconds_of_day = seconds * 1000 + int((fraction or "0")[:3])
    century = 1900 if int(year) < 100 else 0
    return time_value(int(year) + century, int(month or 1), int(day or 1), milliseconds_of_day)
