"""Operators: when each of Segment's words for a comparison holds, and how it is said."""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from sandbox.segment import javascript as js
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.triggers.writing import Value

_NOT_PLAIN = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")

Check: TypeAlias = Callable[[Json], bool]
"""Whether an actual value is what a condition asks for."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One of Segment's words for what a condition asks.

    `check` makes the check for an expected value, once. `kind` is the kind of value that can pass
    it ("" for any), `wanted` says what does.
    """

    check: Callable[[Value], Check]
    kind: str
    wanted: str


def never(_: Json) -> bool:
    """Return False: the check of a string that is not an operator."""
    return False


def is_number(actual: Json) -> bool:
    """Return whether JavaScript calls the value a number; booleans are not."""
    return isinstance(actual, int | float) and not isinstance(actual, bool)


def number_of(expected: Value) -> float:
    """Return Number(expected)."""
    if isinstance(expected, str):
        return js.to_number(expected)
    assert expected is not MISSING, "no operator that compares numbers comes without a value"
    return float(expected)


def _equals(expected: Value) -> Check:
    text = js.to_string(expected)
    if _is_plain(text):
        return lambda actual: bool(actual == text)
    return lambda actual: isinstance(actual, str) and js.from_units(actual) == text


def _differs(expected: Value) -> Check:
    equals = _equals(expected)
    return lambda actual: not equals(actual)


def _compares(compare: Callable[[float, float], bool]) -> Callable[[Value], Check]:
    def check(expected: Value) -> Check:
        number = number_of(expected)
        return lambda actual: is_number(actual) and compare(js.to_double(actual), number)

    return check


def _finds(find: Callable[[str, str], bool]) -> Callable[[Value], Check]:
    def check(expected: Value) -> Check:
        text = js.to_string(expected)
        if _is_plain(text):
            return lambda actual: isinstance(actual, str) and find(actual, text)
        units = js.to_units(text)
        return lambda actual: isinstance(actual, str) and find(js.to_units(actual), units)

    return check


def _finds_not(find: Callable[[str, str], bool]) -> Callable[[Value], Check]:
    def check(expected: Value) -> Check:
        finds = _finds(find)(expected)
        return lambda actual: isinstance(actual, str) and not finds(actual)

    return check


def _is_plain(text: str) -> bool:
    """Return whether comparing code points is comparing units."""
    return _NOT_PLAIN.search(text) is None


def _is(*, wanted: bool) -> Callable[[Value], Check]:
    return lambda _: lambda actual: actual is wanted


def _exists(_: Value) -> Check:
    return lambda actual: actual is not None and actual is not MISSING


def _not_exists(_: Value) -> Check:
    return lambda actual: actual is None or actual is MISSING


OPERATORS: Final = {
    "=": Operator(_equals, "string", "{value}"),
    "!=": Operator(_differs, "string", "something else"),
    "number_equals": Operator(_compares(operator.eq), "number", "{value}"),
    "number_not_equals": Operator(_compares(operator.ne), "number", "a number other than {value}"),
    "<": Operator(_compares(operator.lt), "number", "a number below {value}"),
    "<=": Operator(_compares(operator.le), "number", "a number up to {value}"),
    ">": Operator(_compares(operator.gt), "number", "a number above {value}"),
    ">=": Operator(_compares(operator.ge), "number", "a number from {value} on"),
    "contains": Operator(_finds(operator.contains), "string", "a string that contains {value}"),
    "starts_with": Operator(_finds(str.startswith), "string", "a string that starts with {value}"),
    "ends_with": Operator(_finds(str.endswith), "string", "a string that ends with {value}"),
    "not_contains": Operator(
        _finds_not(operator.contains), "string", "a string that does not contain {value}"
    ),
    "not_starts_with": Operator(
        _finds_not(str.startswith), "string", "a string that does not start with {value}"
    ),
    "not_ends_with": Operator(
        _finds_not(str.endswith), "string", "a string that does not end with {value}"
    ),
    "exists": Operator(_exists, "", "a value"),
    "not_exists": Operator(_not_exists, "", "missing or null"),
    "is_true": Operator(_is(wanted=True), "", "the boolean true"),
    "is_false": Operator(_is(wanted=False), "", "the boolean false"),
}
"""Segment's words for what a condition can ask."""
