"""Math filters: numbers as JavaScript calculates with them; what is not a number counts as 0."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.liquid.liquid_errors import refuse
from sandbox.segment.liquid.liquid_values import number_of, number_or_zero
from sandbox.segment.liquid.variables import Variables

_MOST_DIGITS = 22
_NEXT_AFTER_ONE = 1 + 2.0**-52


def _of_numbers(calculate: Callable[..., float]) -> Callable[..., Json]:
    """Return the filter that turns all it is given into numbers first."""

    def filtered(variables: Variables, *values: Json) -> Json:
        del variables
        return calculate(*map(number_or_zero, values))

    return filtered


def _quotient(left: float, right: float) -> float:
    if right != 0:
        return left / right
    return math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, left)


def _remainder(left: float, right: float) -> float:
    if right == 0 or math.isinf(left) or math.isnan(left) or math.isnan(right):
        return math.nan
    return math.fmod(left, right)


def _divided_by(left: float, right: float = math.nan, whole: float = 0, *_: float) -> float:
    quotient = _quotient(left, right)
    return _rounded_down(quotient) if whole else quotient


def _modulo(left: float, right: float = math.nan, *_: float) -> float:
    return _remainder(_remainder(left, right) + right, right)


def _rounded_down(number: float) -> float:
    return float(math.floor(number)) if math.isfinite(number) else number


def _rounded_up(number: float) -> float:
    return float(math.ceil(number)) if math.isfinite(number) else number


def _rounded(number: float) -> float:
    """Return Math.round(number): halves go up."""
    down = _rounded_down(number)
    return down if not number - down >= 0.5 else down + 1


def _round(variables: Variables, value: Json, digits: Json = MISSING, *_: Json) -> Json:
    del variables
    places = 0.0 if digits is MISSING else number_or_zero(digits)
    if not places.is_integer() or abs(places) > _MOST_DIGITS:
        refuse("rounding")
    scale = 10.0**places
    return _quotient(_rounded(number_or_zero(value) * scale * _NEXT_AFTER_ONE), scale)


MATH: Final[dict[str, Callable[..., Json]]] = {
    "abs": _of_numbers(lambda value, *_: abs(value)),
    "at_least": _of_numbers(lambda *values: max(values)),
    "at_most": _of_numbers(lambda *values: min(values)),
    "ceil": _of_numbers(lambda value, *_: _rounded_up(value)),
    "divided_by": _of_numbers(_divided_by),
    "floor": _of_numbers(lambda value, *_: _rounded_down(value)),
    "minus": _of_numbers(lambda left, right=math.nan, *_: left - right),
    "modulo": _of_numbers(_modulo),
    "plus": _of_numbers(lambda left, right=math.nan, *_: left + right),
    "round": _round,
    "times": _of_numbers(lambda left, right=math.nan, *_: left * right),
    "to_integer": lambda _variables, value=MISSING, *_: number_of(value),
}
