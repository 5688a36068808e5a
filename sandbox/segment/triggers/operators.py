"""Operators: Segment's operators, when each one holds, and how messages say so."""

import operator
import re
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from sandbox.segment import javascript as js
from sandbox.segment.effort import counts_search, spend_on_search
from sandbox.segment.javascript import MISSING
from sandbox.segment.triggers.tree import Scalar

_NOT_PLAIN = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")

ValueCheck: TypeAlias = Callable[[object], bool]
"""Returns whether an actual value satisfies a condition."""


class Operator(NamedTuple):
    """One of Segment's operators.

    `check` makes the check for an expected value, once. `kind` is the kind of value that can pass
    it ("" for any), `wanted` describes such a value.
    """

    check: Callable[[Scalar], ValueCheck]
    kind: str
    wanted: str


def never(_: object) -> bool:
    """Return False: the check of a string that is not an operator."""
    return False


def number_of(expected: Scalar) -> float:
    """Return Number(expected)."""
    if isinstance(expected, str):
        return js.to_number(expected)
    assert expected is not MISSING, "no operator that compares numbers comes without a value"
    return float(expected)


def _is_plain(text: str) -> bool:
    """Return whether comparing code points gives the same result as comparing units."""
    return _NOT_PLAIN.search(text) is None


def _equals(expected: Scalar) -> ValueCheck:
    text = js.to_string(expected)
    if _is_plain(text):
        return lambda actual: bool(actual == text)
    most = 2 * len(text)  # units
    return lambda actual: (
        isinstance(actual, str) and len(actual) <= most and js.from_units(actual) == text
    )


def _differs(expected: Scalar) -> ValueCheck:
    equals = _equals(expected)
    return lambda actual: not equals(actual)


def _compares(compare: Callable[[float, float], bool], wanted: str) -> Operator:
    def check(expected: Scalar) -> ValueCheck:
        number = number_of(expected)
        return lambda actual: js.is_number(actual) and compare(js.to_double(actual), number)

    return Operator(check, "number", wanted)


def _finds(find: Callable[[str, str], bool], word: str, *, found: bool = True) -> Operator:
    def check(expected: Scalar) -> ValueCheck:
        text = js.to_string(expected)
        if _is_plain(text):
            return lambda actual: (
                isinstance(actual, str) and counts_search(actual) and find(actual, text) is found
            )
        units = js.to_units(text)
        is_whole = js.SURROGATE.search(text) is None

        def holds(actual: object) -> bool:
            if not isinstance(actual, str):
                return False
            spend_on_search(actual)
            if is_whole and js.SURROGATE.search(actual) is None:
                return find(actual, text) is found  # no surrogates: same result as with units
            return find(js.to_units(actual), units) is found

        return holds

    return Operator(check, "string", f"a string that {word} {{value}}")


def _is(check: ValueCheck, wanted: str) -> Operator:
    return Operator(lambda _: check, "", wanted)


OPERATORS: Final = {
    "=": Operator(_equals, "string", "{value}"),
    "!=": Operator(_differs, "string", "something else"),
    "contains": _finds(operator.contains, "contains"),
    "not_contains": _finds(operator.contains, "does not contain", found=False),
    "starts_with": _finds(str.startswith, "starts with"),
    "not_starts_with": _finds(str.startswith, "does not start with", found=False),
    "ends_with": _finds(str.endswith, "ends with"),
    "not_ends_with": _finds(str.endswith, "does not end with", found=False),
    "exists": _is(js.exists, "a value"),
    "not_exists": _is(lambda actual: not js.exists(actual), "missing or null"),
    "is_true": _is(lambda actual: actual is True, "the boolean true"),
    "is_false": _is(lambda actual: actual is False, "the boolean false"),
    "number_equals": _compares(operator.eq, "{value}"),
    "number_not_equals": _compares(operator.ne, "a number other than {value}"),
    "<": _compares(operator.lt, "a number below {value}"),
    "<=": _compares(operator.le, "a number up to {value}"),
    ">": _compares(operator.gt, "a number above {value}"),
    ">=": _compares(operator.ge, "a number from {value} on"),
}
"""Segment's operators, by name."""
