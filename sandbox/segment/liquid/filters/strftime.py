"""Strftime: a moment written in a format such as `%Y-%m-%d`."""

import re
from collections.abc import Callable
from typing import Final

from sandbox.segment.javascript import lower, number_text, to_number, upper
from sandbox.segment.liquid.variables import Work
from sandbox.segment.moments import MONTHS, Moment

_CODE = re.compile(r"%([-_0^#:]+)?([0-9]+)?([EO])?([^\n\r\u2028\u2029])")
_WEEKDAYS: Final = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
_WIDTHS: Final = dict.fromkeys("deHIklmMSUW", 2) | {"j": 3, "L": 3}
_PADDED_WITH_SPACES: Final = frozenset("aAbBceklpP")
_NANOSECOND_DIGITS = 9


def strftime(moment: Moment, form: str, work: Work) -> str:
    """Return the moment in a format; unknown codes stay as they are."""
    out: list[str] = []
    end = 0
    for code in _CODE.finditer(form):
        written = _code(moment, code, work)
        work.write(len(written))
        out += (form[end : code.start()], written)
        end = code.end()
    return "".join(out) + form[end:]


def _code(moment: Moment, code: re.Match[str], work: Work) -> str:
    flags, digits, letter = code[1] or "", code[2] or "", code[4]
    width = to_number(digits)
    if letter == "N":
        written = _fraction(moment, width or _NANOSECOND_DIGITS, work)
    elif letter in "zZ":
        written = _zone(moment, letter, ":" if ":" in flags else "")
    elif letter in _WRITTEN:
        written = str(_WRITTEN[letter](moment))
    else:
        return code[0]
    if "^" in flags:
        written = upper(written)
    elif "#" in flags:
        written = upper(written) if _LOWER_CASE.search(written) else lower(written)
    filler = " " if "_" in flags or ("0" not in flags and letter in _PADDED_WITH_SPACES) else "0"
    width = 0 if "-" in flags else width or _WIDTHS.get(letter, 0)
    work.use(width - len(written))
    return written.rjust(int(width), filler)


def _fraction(moment: Moment, width: float, work: Work) -> str:
    digits = f"{moment.millisecond:03}"[: int(min(width, 3))]
    work.use(width - len(digits))
    return digits.ljust(int(width), "0")


def _zone(moment: Moment, letter: str, colon: str) -> str:
    if letter == "Z" and moment.zone:
        return moment.zone
    minutes = abs(moment.west)
    hours, rest = number_text(minutes // 60), number_text(minutes % 60)
    return f"{'-' if moment.west > 0 else '+'}{hours:0>2}{colon}{rest:0>2}"


def _hour_of_twelve(moment: Moment) -> int:
    return moment.hour % 12 or 12


def _half(moment: Moment) -> str:
    return "AM" if moment.hour < 12 else "PM"


def _ordinal(moment: Moment) -> str:
    if moment.day in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(moment.day % 10, "th")


def _american_date(moment: Moment) -> str:
    # before the year 1 years are counted backwards, from 1 on
    year = moment.year if moment.year > 0 else 1 - moment.year
    return f"{moment.month}/{moment.day}/{year}"


def american_time(moment: Moment) -> str:
    """Return the moment as JavaScript writes it for Americans."""
    return f"{_american_date(moment)}, {_american_clock(moment)}"


def _american_clock(moment: Moment) -> str:
    hour = _hour_of_twelve(moment)
    return f"{hour}:{moment.minute:02}:{moment.second:02} {_half(moment)}"


_LOWER_CASE = re.compile("[a-z]")
_WRITTEN: Final[dict[str, Callable[[Moment], str | int]]] = {
    "a": lambda moment: _WEEKDAYS[moment.weekday][:3],
    "A": lambda moment: _WEEKDAYS[moment.weekday],
    "b": lambda moment: MONTHS[moment.month - 1][:3],
    "B": lambda moment: MONTHS[moment.month - 1],
    "c": american_time,
    "C": lambda moment: int(str(moment.year)[:2]),
    "d": lambda moment: moment.day,
    "e": lambda moment: moment.day,
    "h": lambda moment: MONTHS[moment.month - 1][:3],
    "H": lambda moment: moment.hour,
    "I": _hour_of_twelve,
    "j": lambda moment: moment.day_of_year,
    "k": lambda moment: moment.hour,
    "l": _hour_of_twelve,
    "L": lambda moment: moment.millisecond,
    "m": lambda moment: moment.month,
    "M": lambda moment: moment.minute,
    "n": lambda _moment: "\n",
    "p": _half,
    "P": lambda moment: _half(moment).lower(),
    "q": _ordinal,
    "s": lambda moment: (moment.time + 500) // 1000,
    "S": lambda moment: moment.second,
    "t": lambda _moment: "\t",
    "u": lambda moment: moment.weekday or 7,
    "U": lambda moment: moment.week_of_year(0),
    "w": lambda moment: moment.weekday,
    "W": lambda moment: moment.week_of_year(1),
    "x": _american_date,
    "X": _american_clock,
    "y": lambda moment: str(moment.year)[2:4],
    "Y": lambda moment: moment.year,
    "%": lambda _moment: "%",
}
"""What each code writes, before it is padded."""
