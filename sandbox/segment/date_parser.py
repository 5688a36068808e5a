"""Date parser: the time that JavaScript's `Date` reads in a string.

An ISO date is read here. For another string, `legacy_dates` goes on from the place where it
stopped being one, with the numbers found so far. Observed on V8 11.3, in the time zone UTC.
"""

import math
import re

from sandbox.segment.legacy_dates import fraction_value, read_legacy
from sandbox.segment.time_value import time_value

_MINUS_ZERO = "-000000"
_DATE = re.compile(
    r"([+-][0-9]{6}|[0-9]{4})(?![0-9])"
    r"(?:-(?:(0[1-9]|1[0-2])(?![0-9])(?:-(?:(0[1-9]|[12][0-9]|3[01])(?![0-9]))?)?)?)?"
)
_TIME = re.compile(
    r"[Tt]([0-9]{2}):([0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]+))?)?"
    r"(?:[Zz]|([+-])([01][0-9]|2[0-3]):?([0-5][0-9]))?\Z"
)


def parse_date(text: str) -> float:
    """Return the milliseconds since 1970 that `new Date(text)` holds, NaN if it is invalid."""
    text = text.partition("\0")[0]  # a NUL ends the text
    date = _DATE.match(text)
    if date is None:
        return read_legacy(text, [])
    if date[1] == _MINUS_ZERO:
        return read_legacy(text[len(_MINUS_ZERO) :], [])

    numbers = [int(number) for number in date.groups() if number]
    rest = text[date.end() :]
    if date[0].endswith("-"):  # no month or day where one was announced
        return read_legacy(rest, numbers)
    if not rest:
        return _iso_value(numbers, 0)
    # a time that does not fit leaves a word with T, and with that nothing is a date any more
    time = _TIME.match(rest)
    return _with_time(numbers, time) if time else read_legacy(rest, numbers)


def _with_time(numbers: list[int], time: re.Match[str]) -> float:
    hour, minute, second, fraction, sign, zone_hours, zone_minutes = time.groups()
    seconds = int(hour) * 3600 + int(minute) * 60 + int(second or 0)
    if seconds > 24 * 3600 or (seconds == 24 * 3600 and (fraction or "").strip("0")):
        return math.nan
    offset = int(zone_hours or 0) * 3600 + int(zone_minutes or 0) * 60
    seconds += offset if sign == "-" else -offset
    return _iso_value(numbers, seconds * 1000 + fraction_value(fraction or "0"))


def _iso_value(numbers: list[int], milliseconds: int) -> float:
    year, month, day = [*numbers, 1, 1][:3]
    return time_value(year, month, day, milliseconds)
