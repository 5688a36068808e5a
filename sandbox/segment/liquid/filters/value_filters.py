"""Value filters: default, JSON, arithmetic as in JavaScript, and the filters Segment disables."""

import inspect
import math
from collections.abc import Callable
from typing import Final, NoReturn

from sandbox.segment import javascript as js
from sandbox.segment.effort import A_VALUE
from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import MISSING
from sandbox.segment.json_text import write_json
from sandbox.segment.liquid.filters.arguments import of_values, of_variables
from sandbox.segment.liquid.liquid_errors import refuse
from sandbox.segment.liquid.liquid_values import is_true, number_of, number_or_zero, plain
from sandbox.segment.liquid.variables import LiquidFilter, LiquidVariables

DISABLED: Final = (
    "array_to_sentence_string",
    "concat",
    "find",
    "find_exp",
    "find_index",
    "find_index_exp",
    "group_by",
    "group_by_exp",
    "has",
    "has_exp",
    "map",
    "newline_to_br",
    "reject",
    "reject_exp",
    "reverse",
    "sort",
    "sort_natural",
    "uniq",
    "where_exp",
    "type",
)
"""The filters that Segment disables."""
_WIDEST_INDENT = 10
_MOST_DIGITS = 22
_NEXT_AFTER_ONE = 1 + 2.0**-52


def _default(_: LiquidVariables, value: object, other: object = MISSING, *more: object) -> object:
    """Return `other` for nil, false and empty values; `allow_false` keeps false."""
    value = plain(value)
    if isinstance(value, str | list | tuple):
        return value or other
    if value is False and _allows_false(more):
        return False
    return value if is_true(value) else other


def _allows_false(options: tuple[object, ...]) -> bool:
    allowed: object = MISSING
    for option in options:
        if not isinstance(option, js.CONTAINERS):
            raise Thrown(f"Iterator value {js.to_string(option)} is not an entry object")
        if js.property_of(option, "0") == "allow_false":
            allowed = js.property_of(option, "1")
    return not js.is_falsy(allowed)


def _disabled(name: str) -> LiquidFilter:
    def filtered(_variables: LiquidVariables, *_given: object) -> NoReturn:
        raise Thrown(f'filter "{name}" is disabled')

    return filtered


def _json(variables: LiquidVariables, value: object, indent: object) -> object:
    if value is MISSING:
        return MISSING
    out: list[str] = []
    work = variables.work

    def count(part: object, text: str) -> None:
        """Count a value as liquidjs does."""
        if isinstance(part, list | tuple):
            work.use(len(part) + 1)
        elif isinstance(part, dict):
            work.use(2)
        else:
            work.use(js.length(part) if isinstance(part, str) else len(text))
        work.handle(A_VALUE)

    write_json(value, out.append, count, *_indent(indent))
    return "".join(out)


def _indent(value: object) -> tuple[str, str]:
    """Return what one level is indented by, at most 10 units, and what begins a line, if any.

    Between 0 and 1 V8 breaks the lines and does not indent them; it reads a string up to a NUL.
    """
    if isinstance(value, str):
        text = js.from_units(js.to_units(value)[:_WIDEST_INDENT])
        return text.partition("\0")[0], "\n" if value else ""
    if not js.is_number(value) or not value > 0:
        return "", ""
    return " " * int(min(value, _WIDEST_INDENT)), "\n"


def _of_numbers(calculate: Callable[..., float]) -> LiquidFilter:
    """Return a filter that converts its values to numbers first; a missing argument is NaN."""
    count = len(inspect.signature(calculate).parameters)
    nothing = (math.nan,) * count
    return lambda _, *given: calculate(*(*map(number_or_zero, given), *nothing)[:count])


def _quotient(left: float, right: float) -> float:
    if right != 0:
        return left / right
    return math.copysign(math.inf, left) if left else math.nan


def _remainder(left: float, right: float) -> float:
    return math.nan if right == 0 or math.isinf(left) else math.fmod(left, right)


def _divided_by(left: float, right: float, whole: float) -> float:
    quotient = _quotient(left, right)
    return _rounded_down(quotient) if abs(whole) > 0 else quotient  # NaN if not given


def _rounded_down(number: float) -> float:
    return float(math.floor(number)) if math.isfinite(number) else number


def _rounded(number: float) -> float:
    """Return Math.round(number): halves go up."""
    down = _rounded_down(number)
    return down if not number - down >= 0.5 else down + 1


def _round(value: object, digits: object) -> object:
    places = 0.0 if digits is MISSING else number_or_zero(digits)
    if not places.is_integer() or abs(places) > _MOST_DIGITS:
        refuse("rounding")
    scale = 10.0**places
    return _quotient(_rounded(number_or_zero(value) * scale * _NEXT_AFTER_ONE), scale)


VALUES: Final[dict[str, LiquidFilter]] = {
    "default": _default,
    "raw": of_values(lambda value: value),
    **dict.fromkeys(("inspect", "json", "jsonify"), of_variables(_json)),
    **{name: _disabled(name) for name in DISABLED},
    "abs": _of_numbers(abs),
    "at_least": lambda _variables, *values: max(map(number_or_zero, values)),
    "at_most": lambda _variables, *values: min(map(number_or_zero, values)),
    "ceil": _of_numbers(lambda number: -_rounded_down(-number)),
    "divided_by": _of_numbers(_divided_by),
    "floor": _of_numbers(_rounded_down),
    "minus": _of_numbers(lambda left, right: left - right),
    "modulo": _of_numbers(lambda left, right: _remainder(_remainder(left, right) + right, right)),
    "plus": _of_numbers(lambda left, right: left + right),
    "round": of_values(_round),
    "times": _of_numbers(lambda left, right: left * right),
    "to_integer": of_values(number_of),
}
