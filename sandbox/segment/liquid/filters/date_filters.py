"""Date filters: which time a value is, and how it is written."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Final

from sandbox.segment.date_parser import parse_date
from sandbox.segment.javascript import (
    MISSING,
    Json,
    from_units,
    length,
    property_of,
    to_double,
    to_number,
    to_units,
)
from sandbox.segment.liquid.filters.moments import Moment
from sandbox.segment.liquid.filters.strftime import strftime
from sandbox.segment.liquid.filters.zone_names import minutes_west
from sandbox.segment.liquid.liquid_values import added, number_of, plain, primitive, printed
from sandbox.segment.liquid.variables import Variables
from sandbox.segment.outside import Outside
from sandbox.segment.time_value import clipped

DEFAULT_FORMAT: Final = "%A, %B %-e, %Y at %-l:%M %P %z"
_DIGITS = re.compile(r"[0-9]+\Z")
_UTC = "UTC"


def moment(value: Json, outside: Outside, zone: Json = MISSING) -> Moment | None:
    """Return the time a value is: a number or digits are seconds, other text is read as a date.

    `zone` is minutes to the west of UTC, or the name of a time zone. None where there is no such
    time.
    """
    value = plain(value)
    if value is None or value is MISSING:
        return None
    time = clipped(_time(value, outside))
    if math.isnan(time):
        return None
    name, west = "", 0.0
    if zone is None or zone is MISSING:
        name = _UTC
    elif isinstance(zone, str):
        name, west = zone, minutes_west(zone, time, outside)
    else:
        west = number_of(zone)
    shown = clipped(time - west * 60_000)
    return None if math.isnan(shown) else Moment.of(int(shown), west, name)


def _time(value: Json, outside: Outside) -> float:
    if value in ("now", "today"):
        return math.floor(round(outside.now() * 1000, 3))  # a clock shows microseconds at best
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int | float):
        return to_double(value) * 1000
    text = primitive(value)
    if isinstance(value, str) and _DIGITS.match(value):
        return to_number(value) * 1000
    return parse_date(text)


def _date(
    variables: Variables, value: Json, form: Json = MISSING, zone: Json = MISSING, *_: Json
) -> Json:
    variables.work.use(number_of(added(_length(value), _length(zone))))
    time = moment(value, variables.outside, zone)
    if time is None:
        return value
    form = plain(form)
    form = DEFAULT_FORMAT if form is None or form is MISSING else printed(form)
    variables.work.use(length(form))
    return _written(variables, time, form)


def _length(value: Json) -> Json:
    size = property_of(value, "length")
    return 0 if size is None or size is MISSING else size


def _written(variables: Variables, time: Moment, form: str) -> str:
    return from_units(strftime(time, to_units(form), variables.work))


def _always(form: str) -> Callable[..., Json]:
    def filtered(variables: Variables, value: Json, *_: Json) -> Json:
        return _date(variables, value, form)

    return filtered


def _in_words(month: str) -> Callable[..., Json]:
    def filtered(
        variables: Variables, value: Json, kind: Json = MISSING, style: Json = MISSING, *_: Json
    ) -> Json:
        time = moment(value, variables.outside)
        if time is None:
            return value
        if kind != "ordinal":
            return _written(variables, time, f"%d {month} %Y")
        if style == "US":
            return _written(variables, time, f"{month} {time.day}%q, %Y")
        return _written(variables, time, f"{time.day}%q {month} %Y")

    return filtered


DATES: Final[dict[str, Callable[..., Json]]] = {
    "date": _date,
    "date_to_long_string": _in_words("%B"),
    "date_to_rfc822": _always("%a, %d %b %Y %H:%M:%S %z"),
    "date_to_string": _in_words("%b"),
    "date_to_xmlschema": _always("%Y-%m-%dT%H:%M:%S%:z"),
}
