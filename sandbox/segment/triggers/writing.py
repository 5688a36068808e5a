"""Writing: how a condition Segment took would be written, so that Segment takes it again."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, TypeAlias

from sandbox.segment.javascript import Missing, from_units, to_units

Value: TypeAlias = str | float | bool | Missing

Form: TypeAlias = tuple[type, Callable[[str, Any], str | None]]
"""Which kind of value, and how the condition is written with it; None if it cannot be."""

_WORD = re.compile(
    r"""[A-Za-z_][A-Za-z0-9_-]*|[<>!]?=|[<>,\[\]]|[0-9+-][0-9]*(?:\.[0-9]+)?|"[^"]*"|'[^']*'"""
)
_ODD = re.compile(r"[^A-Za-z0-9_.-]")
_ODD_DOT = re.compile(r"\.(?=(?:and|or|null)\Z|[^A-Za-z_\\]|\Z)")
_ODD_START = re.compile(r"\A[^A-Za-z_\\]")
_LAST_FINITE_DIGITS = 309


def condition(subject: str, operator: str, value: Value, *, calls: bool = True) -> str:
    """Return the condition as a trigger; `value` is MISSING where the operator needs none.

    Without calls, contains() and match() are written as operators, which Segment takes as well:
    the parenthesis that closes a call would close one around it, too.
    """
    takes, form = _FORMS.get(operator, (object, None))
    if form is not None and type(value) is takes and (calls or takes is not str):
        written = form(subject, value)
        if written is not None:
            return written
    word = operator if _WORD.fullmatch(operator) else name(operator)
    return f"{subject} {word} {_value(value)}".rstrip()


def name(text: str) -> str:
    """Return a dotted name, with a backslash before all that would not be read as part of it."""
    escaped = _ODD_DOT.sub(r"\\.", _ODD.sub(r"\\\g<0>", text))
    return _ODD_START.sub(r"\\\g<0>", escaped)


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    return _text(value) if isinstance(value, str) else ""


def _text(text: str) -> str:
    if '"' not in text:
        return f'"{text}"'
    if text[0] == text[-1] == "'" and "'" not in text[1:-1]:
        return text  # text in single quotes keeps them
    return name(text)


def _number(number: float) -> str:
    if number != number:  # noqa: PLR0124  # NaN
        return "-"
    if number in (float("inf"), float("-inf")):
        return ("-" if number < 0 else "") + "9" * _LAST_FINITE_DIGITS
    return format(Decimal(repr(number)), "f").removesuffix(".0")


def _contains(function: str) -> Form:
    def written(subject: str, value: Any) -> str | None:
        return None if subject == "type" else f"{function}({subject}, {_text(value)})"

    return str, written


def _starts(function: str) -> Form:
    def written(subject: str, value: Any) -> str | None:
        if subject == "type" or '"' in value:
            return None
        return f'{function}({subject}, "{value}*")'

    return str, written


def _ends(function: str) -> Form:
    def written(subject: str, value: Any) -> str | None:
        if subject == "type" or '"' in value or value.endswith("*"):
            return None
        # Segment drops the first unit; where half a character is left, it was the other half
        first = "\ud83d" if "\udc00" <= to_units(value)[:1] <= "\udfff" else "*"
        return f'{function}({subject}, "{from_units(first + value) if value else ""}")'

    return str, written


def _without_value(ending: str) -> Form:
    return Missing, lambda subject, _: f"{subject} {ending}"


def _with_number(operator: str) -> Form:
    return float, lambda subject, value: f"{subject} {operator} {_number(value)}"


_FORMS: Final[dict[str, Form]] = {
    "exists": _without_value("!= null"),
    "not_exists": _without_value("= null"),
    "is_true": _without_value("= true"),
    "is_false": _without_value("= false"),
    "number_equals": _with_number("="),
    "number_not_equals": _with_number("!="),
    "contains": _contains("contains"),
    "not_contains": _contains("!contains"),
    "starts_with": _starts("match"),
    "not_starts_with": _starts("!match"),
    "ends_with": _ends("match"),
    "not_ends_with": _ends("!match"),
}
