"""Date filters: which time a value is, in which zone, and how it is written."""

import math
import re
from typing import Final

from sandbox.segment import javascript as js
from sandbox.segment.date_parser import parse_date
from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import MISSING
from sandbox.segment.liquid import liquid_values
from sandbox.segment.liquid.filters.arguments import of_variables
from sandbox.segment.liquid.filters.strftime import american_time, strftime
from sandbox.segment.liquid.liquid_errors import refuse
from sandbox.segment.liquid.variables import Filter, Variables
from sandbox.segment.moments import Moment
from sandbox.segment.not_simulated import Outside
from sandbox.segment.time_value import clipped

DEFAULT_FORMAT: Final = "%A, %B %-e, %Y at %-l:%M %P %z"
_DIGITS = re.compile(r"[0-9]+\Z")
_UTC = "UTC"
_OLD_NAMES: Final = {
    "act": "australia/darwin",
    "aet": "australia/sydney",
    "agt": "america/argentina/buenos_aires",
    "art": "africa/cairo",
    "ast": "america/anchorage",
    "bet": "america/sao_paulo",
    "bst": "asia/dhaka",
    "canada/east-saskatchewan": "america/regina",
    "cat": "africa/harare",
    "cnt": "america/st_johns",
    "cst": "america/chicago",
    "ctt": "asia/shanghai",
    "eat": "africa/addis_ababa",
    "ect": "europe/paris",
    "iet": "america/indiana/indianapolis",
    "ist": "asia/kolkata",
    "jst": "asia/tokyo",
    "mit": "pacific/apia",
    "net": "asia/yerevan",
    "nst": "pacific/auckland",
    "plt": "asia/karachi",
    "pnt": "america/phoenix",
    "prt": "america/puerto_rico",
    "pst": "america/los_angeles",
    "sst": "pacific/guadalcanal",
    "us/pacific-new": "america/los_angeles",
    "vst": "asia/ho_chi_minh",
}
"""Names that ICU knows beside those of the time zone database; observed in Node 20."""
_ICU_ALONE: Final = "systemv/"
_NOT_IN_ICU: Final = "factory"
_OLD_RULES: Final = frozenset({"cst6cdt", "est5edt", "mst7mdt", "pst8pdt"})
_SAME_RULES_FROM: Final = -94_694_400
"""From 1967 on these four have the rules of American cities in all versions of the database."""


def moment(value: object, outside: Outside, zone: object = MISSING) -> Moment | None:
    """Return the time a value is: a number or digits are seconds, other text is read as a date.

    `zone` is minutes to the west of UTC, or the name of a time zone. None where there is no such
    time.
    """
    if liquid_values.is_nothing(value):
        return None
    time = clipped(_time(liquid_values.plain(value), outside))
    if math.isnan(time):
        return None
    name, west = "", 0.0
    if zone is None or zone is MISSING:
        name = _UTC
    elif isinstance(zone, str):
        name, west = zone, minutes_west(zone, time, outside)
    else:
        west = liquid_values.number_of(zone)
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
    return parse_date(text)


def minutes_west(zone: str, time: float, outside: Outside) -> float:
    """Return how many minutes a zone lies to the west of UTC at a time, in milliseconds.

    Liquidjs has the time written for both and reads the two strings again, which goes wrong for
    years of few digits. Throws where there is no such zone.
    """
    seconds = time // 1000
    name = zone.lower() if zone.isascii() else ""
    if name.startswith(_ICU_ALONE) or (name in _OLD_RULES and seconds < _SAME_RULES_FROM):
        refuse("old time zone")
    offset = None
    if name != _NOT_IN_ICU:
        offset = outside.zone_offset(_OLD_NAMES.get(name, name), seconds)
    if offset is None:
        # V8 shows the bytes of the name's UTF-8 one by one
        shown = zone.replace("\0", " ").encode(errors="surrogatepass").decode("latin-1")
        raise Thrown(f"Invalid time zone specified: {shown}", name="RangeError")
    there = Moment.of(int(time + offset * 1000), 0, "")
    here = Moment.of(int(time), 0, "")
    return (parse_date(american_time(here)) - parse_date(american_time(there))) / 60_000


def _date(variables: Variables, value: object, form: object, zone: object) -> object:
    variables.work.use(liquid_values.number_of(liquid_values.added(_length(value), _length(zone))))
    time = moment(value, variables.outside, zone)
    if time is None:
        return value
    written = DEFAULT_FORMAT if liquid_values.is_nothing(form) else liquid_values.printed(form)
    variables.work.use(js.length(written))
    return _written(variables, time, written)


def _length(value: object) -> object:
    size = js.property_of(value, "length")
    return 0 if size is None or size is MISSING else size


def _written(variables: Variables, time: Moment, form: str) -> str:
    return js.from_units(strftime(time, js.to_units(form), variables.work))


def _always(form: str) -> Filter:
    return of_variables(lambda variables, value: _date(variables, value, form, MISSING))


def _in_words(month: str) -> Filter:
    def filtered(variables: Variables, value: object, kind: object, style: object) -> object:
        time = moment(value, variables.outside)
        if time is None:
            return value
        if kind != "ordinal":
            return _written(variables, time, f"%d {month} %Y")
        if style == "US":
            return _written(variables, time, f"{month} {time.day}%q, %Y")
        return _written(variables, time, f"{time.day}%q {month} %Y")

    return of_variables(filtered)


DATES: Final[dict[str, Filter]] = {
    "date": of_variables(_date),
    "date_to_long_string": _in_words("%B"),
    "date_to_rfc822": _always("%a, %d %b %Y %H:%M:%S %z"),
    "date_to_string": _in_words("%b"),
    "date_to_xmlschema": _always("%Y-%m-%dT%H:%M:%S%:z"),
}
