"""Date parser: the time that JavaScript's `Date` reads in a string.

An ISO date is read at once. Any other string, such as `Mon Feb 1 2021, 5:00 pm EST (cold)`, has no
grammar: one pass over numbers, words and signs, starting where the string is no longer an ISO date,
with the numbers read so far. What was read before decides what each one means; anything else is
ignored. Observed on V8 11.3, in the time zone UTC.
"""

import math
import re
from collections.abc import Iterator

from sandbox.segment.moments import MONTHS
from sandbox.segment.time_value import time_value

_MINUS_ZERO = "-000000"
_DATE = re.compile(
    r"([+-][0-9]{6}|[0-9]{4})(?![0-9])"
    r"(?:-(?:(0[1-9]|1[0-2])(?![0-9])(?:-(?:(0[1-9]|[12][0-9]|3[01])(?![0-9]))?)?)?)?"
)
_TIME = re.compile(
    r"(?:[Tt]([0-9]{2}):([0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]+))?)?"
    r"(?:[Zz]|([+-])([01][0-9]|2[0-3]):?([0-5][0-9]))?)?\Z"
)
_SPACE = "\t-\r \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\ufeff"
# a word contains any character from `A` on, except white space
_WORD = "[^\0-@\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\ufeff]"
_TOKEN = re.compile(rf"([0-9]+|{_WORD}+|[:.()+-])|([{_SPACE}]+)|.", re.DOTALL)
_BLANK = " "
_IGNORED = "?"
_END = ""

_MONTHS = {name[:3].lower(): number for number, name in enumerate(MONTHS, 1)}
_HALVES = {"am": 0, "pm": 12}
_UTC = dict.fromkeys(("ut", "utc", "gmt", "z"), 0)
_AMERICA = {"cdt": 5, "cst": 6, "edt": 4, "est": 5, "mdt": 6, "mst": 7, "pdt": 7, "pst": 8}
_HOURS_WEST = _UTC | _AMERICA
_SIGNIFICANT_DIGITS = 9
_INTS = 2**32


def parse_date(text: str) -> float:
    """Return the milliseconds since 1970 of `new Date(text)`, NaN if it is invalid."""
    text = text.partition("\0")[0]  # a NUL ends the text
    date = _DATE.match(text)
    if date is None:
        return read_legacy(text, [])
    if date[1] == _MINUS_ZERO:
        return read_legacy(text[len(_MINUS_ZERO) :], [])

    numbers = [int(number) for number in date.groups() if number]
    rest = text[date.end() :]
    # after a hyphen at the end a month or day is missing; a T that begins no valid time is a word,
    # with which no string is a date
    time = None if date[0].endswith("-") else _TIME.match(rest)
    if time is None:
        return read_legacy(rest, numbers)
    hour, minute, second, fraction, sign, zone_hours, zone_minutes = time.groups()
    seconds = int(hour or 0) * 3600 + int(minute or 0) * 60 + int(second or 0)
    if seconds > 24 * 3600 or (seconds == 24 * 3600 and (fraction or "").strip("0")):
        return math.nan
    offset = int(zone_hours or 0) * 3600 + int(zone_minutes or 0) * 60
    seconds += offset if sign == "-" else -offset
    year, month, day = [*numbers, 1, 1][:3]
    return time_value(year, month, day, seconds * 1000 + fraction_value(fraction or "0"))


class _NotADate(Exception):
    """Raised where JavaScript stops reading: the string is not a date."""


def read_legacy(text: str, numbers: list[int]) -> float:
    """Return the milliseconds since 1970 of a string, after `numbers` that were read before it.

    NaN if it is not a date. The string contains no NUL.
    """
    try:
        reading = _Reading(text, numbers)
        reading.read()
        return reading.value()
    except _NotADate:
        return math.nan


def fraction_value(digits: str) -> int:
    """Return the milliseconds of the digits after a decimal point."""
    # leading zeros are dropped, but count as digits, up to nine
    counted = min(len(digits), _SIGNIFICANT_DIGITS)
    return _number(digits) * 1000 // int(10**counted)


def _is_number(part: str) -> bool:
    return part.isascii() and part.isdecimal()


def _number(digits: str) -> int:
    return int(digits.lstrip("0")[:_SIGNIFICANT_DIGITS] or 0)


def _tokens(text: str) -> Iterator[str]:
    """Yield numbers, words and signs as they are, white space as one blank, brackets as ignored."""
    depth = 0
    for match in _TOKEN.finditer(text):
        part, blank = match.groups()
        if part == "(":
            depth += 1
            if depth == 1:
                yield _IGNORED
        elif depth:
            depth -= part == ")"
        else:
            yield part or (_BLANK if blank else _IGNORED)


class _Reading:
    """The parts of one string read so far: up to three numbers of a date, a time, a zone."""

    def __init__(self, text: str, numbers: list[int]) -> None:
        self._tokens = _tokens(text)
        self._ahead = next(self._tokens, _END)
        self._seen_number = bool(numbers)
        self._numbers = numbers
        self._month: int | None = None
        self._time: list[int] = []
        self._half: int | None = None
        self._zone: tuple[int, int, int | None] | None = None
        """Sign, hours and minutes; None for minutes that may still follow."""

    def read(self) -> None:
        """Read to the end; raises _NotADate if the string cannot be a date."""
        while (part := self._next()) != _END:
            if _is_number(part):
                self._seen_number = True
                self._read_number(_number(part))
            elif part >= "A":
                self._read_word(part)
            elif part in {"+", "-"} and (self._time or (self._zone or ())[1:] == (0, 0)):
                self._read_offset(1 if part == "+" else -1)
            elif part in {"+", "-", ")"} and self._seen_number:
                raise _NotADate

    def _next(self) -> str:
        part, self._ahead = self._ahead, next(self._tokens, _END)
        return part

    def _skip(self, sign: str) -> bool:
        if self._ahead != sign:
            return False
        self._next()
        return True

    def _read_number(self, number: int) -> None:
        # whether it can be the next part of a time
        is_expected = number < {1: 60, 2: 60, 3: 1000}.get(len(self._time), 0)
        if self._skip(":"):
            if self._skip(":"):
                _add_to(self._time, number, most=1)
                number = 0
            _add_to(self._time, number, most=4)
        elif self._skip(".") and is_expected:
            if not _is_number(self._ahead):
                raise _NotADate
            self._time += [number, fraction_value(self._next()), 0]
        elif self._zone is not None and self._zone[2] is None and number < 60:
            self._zone = (*self._zone[:2], number)
        elif is_expected:
            self._time += [number, 0, 0]
            if self._ahead.lower() not in {_END, _BLANK, "z", "+", "-"}:
                raise _NotADate
        else:
            _add_to(self._numbers, number, most=3)
            self._skip("-")

    def _read_word(self, word: str) -> None:
        # lower() turns no letter beyond ASCII into one of a keyword: none has a k
        key = word[:3].lower()
        if key in _HALVES and self._time:
            self._half = _HALVES[key]
        elif key in _MONTHS:
            self._month = _MONTHS[key]
            self._skip("-")
        elif len(word) <= 3 and key in _HOURS_WEST and self._seen_number:
            self._zone = -1, _HOURS_WEST[key], 0
        elif self._seen_number or _is_number(self._ahead):
            raise _NotADate

    def _read_offset(self, sign: int) -> None:
        digits = self._next() if _is_number(self._ahead) else ""
        if self._ahead == ":":
            self._zone = sign, _number(digits), None
        elif len(digits) in {1, 2}:
            self._zone = sign, _number(digits), 0
        elif len(digits) in {3, 4}:
            self._zone = (sign, *divmod(_number(digits), 100))
        else:
            raise _NotADate

    def value(self) -> float:
        """Return the time value of the parts read. Raises _NotADate if they are not a date."""
        year, month, day = self._date()
        return time_value(year, month, day, self._milliseconds() - self._zone_offset())

    def _date(self) -> tuple[int, int, int]:
        if not self._numbers:
            raise _NotADate
        numbers = [*self._numbers, 1, 1][: 3 if self._month is None else 2]
        if not 1 <= numbers[0] <= 31:  # it is the year, which comes last otherwise
            numbers.append(numbers.pop(0))
        month, day, year = numbers if self._month is None else (self._month, *numbers)
        if not (1 <= month <= 12 and 1 <= day <= 31):
            raise _NotADate
        if 0 <= year <= 99:
            year += 2000 if year < 50 else 1900
        return year, month, day

    def _milliseconds(self) -> int:
        hour, minute, second, millisecond = [*self._time, 0, 0, 0, 0][:4]
        if self._half is not None:
            if hour > 12:
                raise _NotADate
            hour = hour % 12 + self._half
        in_range = hour < 24 and minute < 60 and second < 60 and millisecond < 1000
        if not in_range and (hour, minute, second, millisecond) != (24, 0, 0, 0):
            raise _NotADate
        return ((hour * 60 + minute) * 60 + second) * 1000 + millisecond

    def _zone_offset(self) -> int:
        if self._zone is None:
            return 0
        sign, hours, minutes = self._zone
        # V8 adds in 32 bits and refuses a negative result
        seconds = (hours * 3600 + (minutes or 0) * 60) % _INTS
        if seconds >= _INTS // 2:
            raise _NotADate
        return sign * seconds * 1000


def _add_to(numbers: list[int], number: int, *, most: int) -> None:
    if len(numbers) >= most:
        raise _NotADate
    numbers.append(number)
