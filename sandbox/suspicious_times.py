"""Times: what is off with a time that is sent, or with the value it is made of."""

import math
import re
import tomllib
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from sandbox.segment.dates import milliseconds
from sandbox.segment.javascript import Json, number_text, to_double
from sandbox.segment.json_text import text_literal
from sandbox.segment.triggers.operators import is_number

FIRST_LIKELY: Final = 315_532_800
"""Unix seconds from which a time is likely: the year 1980."""
END_OF_LIKELY: Final = 4_102_444_800
"""Unix seconds up to which a time is likely: the year 2100."""

_DIGITS: Final = re.compile(r"(?:[0-9]{1,3}|[0-9]{5}|[0-9]{7}|[0-9]{9,17}(?:\.[0-9]+)?)\Z")
"""Digits that are no year, no year with a month and no whole date."""

_WRITTEN: Final = re.compile(
    r"\s*([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})(?:[Tt ]([0-9:.]+))?\s*([+-][0-9]{2}:?[0-9]{2})?"
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MIDNIGHT: Final = re.compile(r"0{1,2}:00(?::00(?:[.:]0*)?)?\Z")


class Oddity(NamedTuple):
    """What is off with a time: a short code, and a sentence that says what would be right."""

    code: str
    sentence: str


@cache
def codes() -> dict[str, dict[str, str]]:
    """Return the codes of all suspicions, each with what is said of it: see suspicions.toml."""
    text = Path(__file__).with_name("suspicions.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def odd_time(seconds: Json) -> Oddity | None:
    """Return what is off with a time as it stands in a request, in Unix seconds; None if nothing.

    `null` is what Segment sends for a value that is no time.
    """
    if seconds is None:
        return Oddity("null-time", codes()["null-time"]["sent"])
    if not is_number(seconds) or FIRST_LIKELY <= seconds < END_OF_LIKELY:
        return None
    if seconds >= END_OF_LIKELY:
        code = "time-too-late"
    else:
        code = "seconds-for-milliseconds" if seconds >= 0 else "digits-as-date"
    return Oddity(code, codes()[code]["sent"].format(when=moment(seconds)))


def odd_source(value: Json) -> Oddity | None:
    """Return what is off with the value a time is made of, that the time itself does not show."""
    if isinstance(value, str):
        code, milli = _odd_text(value), milliseconds(value)
    elif is_number(value) and FIRST_LIKELY <= value < END_OF_LIKELY:
        code, milli = "seconds-for-milliseconds", to_double(value)
    else:
        return None
    if not code:
        return None
    when = "nothing" if math.isnan(milli) else moment(math.floor(milli / 1000))
    text = text_literal(value) if isinstance(value, str) else number_text(value)
    return Oddity(code, codes()[code]["given"].format(text=text, when=when))


def moment(seconds: float) -> str:
    """Return the time in words people read, `2021-02-01T00:00:00Z`."""
    try:
        when = _EPOCH + timedelta(seconds=math.floor(seconds))
    except OverflowError:
        return f"{number_text(seconds)} seconds since 1970"
    return f"{when:%Y-%m-%dT%H:%M:%SZ}".rjust(len("2021-02-01T00:00:00Z"), "0")


def _odd_text(text: str) -> str:
    """Return the code of what is off with a string, "" if nothing is.

    Segment counts a day that the month does not have on into the next one, and a day at midnight of
    a zone may be another day in UTC.
    """
    if _DIGITS.match(text):
        return "digits-as-date"
    written = _WRITTEN.match(text)
    if written is None:
        return ""
    year, month, day, time, zone = written.groups()
    try:
        datetime(int(year), int(month), int(day), tzinfo=UTC)
    except ValueError:
        return "rolled-over-day"
    if not zone or not _MIDNIGHT.match(time or ""):
        return ""
    milli = milliseconds(text)
    is_same = not math.isnan(milli) and moment(milli / 1000).startswith(f"{year}-{month}-{day}")
    return "" if is_same else "moved-by-zone"
