"""Math filters: numbers as JavaScript calculates with them; what is not a number counts as 0."""

import inspect
import math
from collections.abc import Callable
from typing import Final

from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.liquid.filters.arguments import of_values
from sandbox.segment.liquid.liquid_errors import refuse
from sandbox.segment.liquid.liquid_values import number_of, number_or_zero
from sandbox.segment.liquid.variables import Filter

_MOST_DIGITS = 22
_NEXT_AFTER_ONE = 1 + 2.0**-52


def _of_numbers(calculate: Callable[..., float]) -> Filter:
    """Return the filter that turns all it is given into numbers first; what is not given is NaN."""
    count = len(inspect.signature(calculate).parameters)
    return lambda _variables, *given: calculate(
        *(*map(number_or_zero, given), *(math.nan,) * count)[:count]
    )


def _quotient(left: float, right: float) -> float:
    if right != 0:
        return left / right
    return math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, left)


def _remainder(left: float, right: float) -> float:
    if right == 0 or math.isinf(left) or math.isnan(left) or math.isnan(right):
        return math.nan
    return math.fmod(left, right)


def _divided_by(left: float, right: float, whole: float) -> float:
    quotient = _quotient(left, right)
    return _rounded_down(quotient) if abs(whole) > 0 else quotient  # NaN where it is not given


def _rounded_down(number: float) -> float:
    return float(math.floor(number)) if math.isfinite(number) else number


def _rounded_up(number: float) -> float:
    return float(math.ceil(number)) if math.isfinite(number) else number


def _rounded(number: float) -> float:
    """Return Math.round(number): halves go up."""
    down = _rounded_down(number)
    return down if not number - down >= 0.5 else down + 1


def _round(value: Json, digits: Json) -> Json:
    places = 0.0 if digits is MISSING else number_or_zero(digits)
    if not places.is_integer() or abs(places) > _MOST_DIGITS:
        refuse("rounding")
    scale = 10.0**places
    return _quotient(_rounded(number_or_zero(value) * scale * _NEXT_AFTER_ONE), scale)


MATH: Final[dict[str, Filter]] = {
    "abs": _of_numbers(abs),
    "at_least": lambda _variables, *values: max(map(number_or_zero, values)),
    "at_most": lambda _variables, *values: min(map(number_or_zero, values)),
    "ceil": _of_numbers(_rounded_up),
    "divided_by": _of_numbers(_divided_by),
    "floor": _of_numbers(_rounded_down),
    "minus": _of_numbers(lambda left, right: left - right),
    "modulo": _of_numbers(lambda left, right: _remainder(_remainder(left, right) + right, right)),
    "plus": _of_numbers(lambda left, right: left + right),
    "round": of_values(_round),
    "times": _of_numbers(lambda left, right: left * right),
    "to_integer": of_values(number_of),
}
