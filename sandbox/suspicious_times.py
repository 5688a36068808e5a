"""Times: what is off with a time that is sent, or with the value it is made of."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
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


def odd_time(seconds: Json) -> Oddity | None:
    """Return what is off with a time as it stands in a request, in Unix seconds; None if nothing.

    `null` is what Segment sends for a value that is no time.
    """
    if seconds is None:
        return Oddity(
            "null-time",
            "is null: Segment took the value for a date and could read none from it. Send a "
            'string like "2026-11-23T16:17:19Z", or milliseconds.',
        )
    if not is_number(seconds) or FIRST_LIKELY <= seconds < END_OF_LIKELY:
        return None
    when = moment(seconds)
    if seconds >= END_OF_LIKELY:
        return Oddity(
            "time-too-late",
            f"is {when}: the number given was larger than milliseconds since 1970 are. Send "
            'milliseconds, or a string like "2026-11-23T16:17:19Z".',
        )
    if seconds >= 0:
        return Oddity(
            "seconds-for-milliseconds",
            f"is {when}: Segment takes a number for milliseconds, and seconds were probably given. "
            "Multiply them by 1000.",
        )
    return Oddity(
        "digits-as-date",
        f"is {when}, before 1970: Segment reads the digits of a string as year, month and day, "
        "and a number was probably given as a string. Send the number of milliseconds.",
    )


def odd_source(value: Json) -> Oddity | None:
    """Return what is off with the value a time is made of, that the time itself does not show."""
    if isinstance(value, str):
        return _odd_digits(value) or _rolled_over(value) or _moved(value)
    if is_number(value) and FIRST_LIKELY <= value < END_OF_LIKELY:
        became = moment(math.floor(to_double(value) / 1000))
        return Oddity(
            "seconds-for-milliseconds",
            f"is {number_text(value)}: Segment takes a number for milliseconds, so it becomes "
            f"{became}. Seconds must be multiplied by 1000.",
        )
    return None


def moment(seconds: float) -> str:
    """Return the time in words people read, `2021-02-01T00:00:00Z`."""
    try:
        when = _EPOCH + timedelta(seconds=math.floor(seconds))
    except OverflowError:
        return f"{number_text(seconds)} seconds since 1970"
    return f"{when:%Y-%m-%dT%H:%M:%SZ}".rjust(len("2021-02-01T00:00:00Z"), "0")


def _odd_digits(text: str) -> Oddity | None:
    if not _DIGITS.match(text):
        return None
    return Oddity(
        "digits-as-date",
        f"is the string {text_literal(text)}: Segment reads digits in a string as year, month and "
        f"day, so it becomes {_read(text)}. Give the number of milliseconds, without quotes.",
    )


def _rolled_over(text: str) -> Oddity | None:
    """Find a day that the month does not have, which Segment counts on into the next one."""
    written = _WRITTEN.match(text)
    if written is None:
        return None
    year, month, day = (int(part) for part in written.groups()[:3])
    try:
        datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return Oddity(
            "rolled-over-day",
            f"is {text_literal(text)}, a day that does not exist: Segment counts on, and it "
            f"becomes {_read(text)}.",
        )
    return None


def _moved(text: str) -> Oddity | None:
    """Find a day at midnight of a zone, which is another day in UTC."""
    written = _WRITTEN.match(text)
    if written is None or not written[5] or not _MIDNIGHT.match(written[4] or ""):
        return None
    sent = _read(text)
    if sent.startswith("-".join(written.groups()[:3])):
        return None
    return Oddity(
        "moved-by-zone",
        f"is {text_literal(text)}, midnight in its zone: in UTC that is {sent}, another day. Send "
        "the day in UTC if a day was meant.",
    )


def _read(text: str) -> str:
    time = milliseconds(text)
    return "nothing" if math.isnan(time) else moment(math.floor(time / 1000))
