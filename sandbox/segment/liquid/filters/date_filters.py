"""Date filters: read a time from a value, move it to a time zone, and write it in a format."""

import math
import re
from collections.abc import Callable
from typing import Final

from sandbox.segment import javascript as js
from sandbox.segment.date_parser import parse_date
from sandbox.segment.effort import A_VALUE, spend
from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import MISSING
from sandbox.segment.liquid import liquid_values
from sandbox.segment.liquid.filters.arguments import of_variables
from sandbox.segment.liquid.liquid_errors import refuse
from sandbox.segment.liquid.variables import LiquidFilter, LiquidVariables, Work
from sandbox.segment.moments import MONTHS, Moment
from sandbox.segment.not_simulated import Outside
from sandbox.segment.time_value import clipped
from sandbox.segment.toml_tables import toml_table

DEFAULT_FORMAT: Final = "%A, %B %-e, %Y at %-l:%M %P %z"
_DIGITS = re.compile(r"[0-9]+\Z")
_UTC = "UTC"
_ICU_ALONE: Final = "systemv/"
_OLD_RULES: Final = frozenset({"cst6cdt", "est5edt", "mst7mdt", "pst8pdt"})
_SAME_RULES_FROM: Final = -94_694_400
"""From 1967 on all versions of the database give these four the rules of American cities."""
_CODE = re.compile(r"%([-_0^#:]+)?([0-9]+)?([EO])?([^\n\r\u2028\u2029])")
_WEEKDAYS: Final = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
_WIDTHS: Final = dict.fromkeys("deHIklmMSUW", 2) | {"j": 3, "L": 3}
_PADDED_WITH_SPACES: Final = frozenset("aAbBceklpP")
_NANOSECOND_DIGITS = 9
_ORDINALS: Final = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}


def moment(value: object, outside: Outside, zone: object = MISSING) -> Moment | None:
    """Return the time of a value: a number or digits are seconds, another string is read as a date.

    `zone` is minutes west of UTC, or the name of a time zone. None if the value is not a time.
    """
    if liquid_values.is_nothing(value):
        return None
    time = clipped(_time(liquid_values.plain(value), outside))
    if math.isnan(time):
        return None
    if not js.exists(zone):
        name, west = _UTC, 0.0
    elif isinstance(zone, str):
        name, west = zone, minutes_west(zone, time, outside)
    else:
        name, west = "", liquid_values.number_of(zone)
    shown = clipped(time - west * 60_000)
    return None if math.isnan(shown) else Moment.of(int(shown), west, name)


def _time(value: object, outside: Outside) -> float:
    if value in ("now", "today"):
        return math.floor(round(outside.now() * 1000, 3))  # a clock shows microseconds at best
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int | float):
        return js.to_double(value) * 1000
    text = liquid_values.primitive(value)
    if isinstance(value, str) and _DIGITS.match(value):
        return js.to_number(value) * 1000
    spend(A_VALUE * len(text))  # almost every character may be a token
    return parse_date(text)


def minutes_west(zone: str, time: float, outside: Outside) -> float:
    """Return how many minutes a zone is west of UTC at a time, which is in milliseconds.

    Liquidjs writes the time in both zones and reads the two strings again, which goes wrong for
    years with few digits. Throws for an unknown zone.
    """
    seconds = time // 1000
    name = zone.lower() if zone.isascii() else ""
    if name.startswith(_ICU_ALONE) or (name in _OLD_RULES and seconds < _SAME_RULES_FROM):
        refuse("old time zone")
    now = toml_table(__package__, "old_time_zones").get(name, name)
    offset = outside.zone_offset(now, seconds)
    if offset is None:
        # V8 shows the bytes of the name's UTF-8 one by one
        shown = zone.replace("\0", " ").encode(errors="surrogatepass").decode("latin-1")
        raise Thrown(f"Invalid time zone specified: {shown}")
    there = Moment.of(int(time + offset * 1000))
    here = Moment.of(int(time))
    return (parse_date(american_time(here)) - parse_date(american_time(there))) / 60_000


def _date(variables: LiquidVariables, value: object, form: object, zone: object) -> object:
    variables.work.use(liquid_values.number_of(liquid_values.added(_length(value), _length(zone))))
    time = moment(value, variables.outside, zone)
    if time is None:
        return value
    written = DEFAULT_FORMAT if liquid_values.is_nothing(form) else liquid_values.printed(form)
    variables.work.use(js.length(written))
    return _written(variables, time, written)


def _length(value: object) -> object:
    size = js.property_of(value, "length")
    return size if js.exists(size) else 0


def _written(variables: LiquidVariables, time: Moment, form: str) -> str:
    return js.from_units(strftime(time, js.to_units(form), variables.work))


def _always(form: str) -> LiquidFilter:
    return of_variables(lambda variables, value: _date(variables, value, form, MISSING))


def _in_words(month: str) -> LiquidFilter:
    def filtered(variables: LiquidVariables, value: object, kind: object, style: object) -> object:
        time = moment(value, variables.outside)
        if time is None:
            return value
        form = f"%d {month} %Y"
        if kind == "ordinal":
            day = f"{time.day}%q"
            form = f"{month} {day}, %Y" if style == "US" else f"{day} {month} %Y"
        return _written(variables, time, form)

    return of_variables(filtered)


def strftime(moment: Moment, form: str, work: Work) -> str:
    """Return the moment in a format; unknown codes are unchanged."""
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
    width = js.to_number(digits)
    if letter == "N":
        written = _fraction(moment, width or _NANOSECOND_DIGITS, work)
    elif letter in "zZ":
        written = _zone(moment, letter, ":" if ":" in flags else "")
    elif letter in _WRITTEN:
        written = str(_WRITTEN[letter](moment))
    else:
        return code[0]
    if "^" in flags:
        written = js.upper(written)
    elif "#" in flags:
        written = js.upper(written) if _LOWER_CASE.search(written) else js.lower(written)
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
    hours, rest = js.number_text(minutes // 60), js.number_text(minutes % 60)
    return f"{'-' if moment.west > 0 else '+'}{hours:0>2}{colon}{rest:0>2}"


def _hour_of_twelve(moment: Moment) -> int:
    return moment.hour % 12 or 12


def _half(moment: Moment) -> str:
    return "AM" if moment.hour < 12 else "PM"


def _ordinal(moment: Moment) -> str:
    return _ORDINALS.get(moment.day, "th")


def _american_date(moment: Moment) -> str:
    # years before the year 1 count backwards, starting at 1
    year = moment.year if moment.year > 0 else 1 - moment.year
    return f"{moment.month}/{moment.day}/{year}"


def american_time(moment: Moment) -> str:
    """Return the moment as JavaScript writes it in the locale en-US."""
    return f"{_american_date(moment)}, {_american_clock(moment)}"


def _american_clock(moment: Moment) -> str:
    return f"{_hour_of_twelve(moment)}:{moment.minute:02}:{moment.second:02} {_half(moment)}"


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
    "U": lambda moment: moment.week_of_year,
    "w": lambda moment: moment.weekday,
    "W": lambda moment: moment.week_of_year,
    "x": _american_date,
    "X": _american_clock,
    "y": lambda moment: str(moment.year)[2:4],
    "Y": lambda moment: moment.year,
    "%": lambda _moment: "%",
}
"""The text of each code, before padding."""
DATES: Final[dict[str, LiquidFilter]] = {
    "date": of_variables(_date),
    "date_to_long_string": _in_words("%B"),
    "date_to_rfc822": _always("%a, %d %b %Y %H:%M:%S %z"),
    "date_to_string": _in_words("%b"),
    "date_to_xmlschema": _always("%Y-%m-%dT%H:%M:%S%:z"),
}
