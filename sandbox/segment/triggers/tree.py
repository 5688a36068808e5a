"""Tree: what Segment makes of a trigger, and the trigger that says so and is taken so again."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, TypeAlias

from sandbox.segment.javascript import MISSING, Missing, from_units, to_units

Value: TypeAlias = str | float | bool | Missing

CONTAINERS: Final = ("properties", "traits", "context")
HEADS: Final = ("type", "event", "name", "userId", *CONTAINERS)
"""What a condition can look at in an event."""

_WORD = re.compile(
    r"""[A-Za-z_][A-Za-z0-9_-]*|[<>!]?=|[<>,\[\]]|[0-9+-][0-9]*(?:\.[0-9]+)?|"[^"]*"|'[^']*'"""
)
_ODD = re.compile(r"[^A-Za-z0-9_.-]")
_ODD_DOT = re.compile(r"\.(?=(?:and|or|null)\Z|[^A-Za-z_\\]|\Z)")
_ODD_START = re.compile(r"\A[^A-Za-z_\\]")
_LAST_FINITE_DIGITS = 309


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One question to an event: where to look, an operator and the value it asks for.

    `path` is the place inside properties, traits or context, None for the other heads.
    `operator` is Segment's word (`=`, `number_equals`, `exists`, `not_contains` …) or, where
    something else was written, that text. `value` is MISSING where the operator needs none.
    `start` and `end` are where it stands in the trigger; comparisons leave them out.
    """

    head: str
    path: str | None = None
    operator: str
    value: Value = MISSING
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    @property
    def subject(self) -> str:
        """What it looks at, as a trigger writes it."""
        return self.head if self.path is None else _name(f"{self.head}.{self.path}")

    def written(self, *, calls: bool = True) -> str:
        """Return the condition as a trigger, with or without calls of contains() and match().

        Without, those are written as operators, which Segment takes as well: the parenthesis that
        closes a call would close one around it, too.
        """
        subject, value = self.subject, self.value
        takes, form = _FORMS.get(self.operator, (None, ""))
        if type(value) is takes and (takes is not str or (calls and self.head != "type")):
            argument = _argument(form, value) if isinstance(value, str) else _value(value)
            if argument is not None:
                return form.format(subject, argument)
        word = self.operator if _WORD.fullmatch(self.operator) else _name(self.operator)
        return f"{subject} {word} {_value(value)}".rstrip()

    def __eq__(self, other: object) -> bool:
        # as a tuple, so that NaN equals itself; a dataclass compares it so up to Python 3.12 alone
        return isinstance(other, Condition) and self._compared == other._compared

    def __hash__(self) -> int:
        return hash(self._compared)

    @property
    def _compared(self) -> tuple[object, ...]:
        return self.head, self.path, self.operator, self.value

    def __str__(self) -> str:
        return self.written()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Conditions and groups under one operator: `and`, all of them, or `or`, any."""

    operator: str
    children: tuple[Node, ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f" {self.operator} ".join(_written(child, calls=True) for child in self.children)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """Empty parentheses; Segment throws when it reaches them."""

    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return "()"


Node: TypeAlias = Condition | Group | Nothing


def _written(node: Node, *, calls: bool) -> str:
    match node:
        case Condition():
            return node.written(calls=calls)
        case Group():
            children = (_written(child, calls=False) for child in node.children)
            return f"({f' {node.operator} '.join(children)})"
        case Nothing():
            return str(node)


_FORMS: Final[dict[str, tuple[type, str]]] = {
    "exists": (Missing, "{} != null"),
    "not_exists": (Missing, "{} = null"),
    "is_true": (Missing, "{} = true"),
    "is_false": (Missing, "{} = false"),
    "number_equals": (float, "{} = {}"),
    "number_not_equals": (float, "{} != {}"),
    "contains": (str, "contains({}, {})"),
    "not_contains": (str, "!contains({}, {})"),
    "starts_with": (str, 'match({}, "{}*")'),
    "not_starts_with": (str, '!match({}, "{}*")'),
    "ends_with": (str, 'match({}, "{}")'),
    "not_ends_with": (str, '!match({}, "{}")'),
}
"""How operators that are no sign are written for a value of a type; as words for any other."""


def _argument(form: str, text: str) -> str | None:
    """Return what stands in a call for a string; None if nothing can."""
    if "match" not in form:
        return _quoted(text)
    if '"' in text:
        return None
    if "*" in form or not text:
        return text
    if text.endswith("*"):
        return None
    # Segment drops the first unit; where half a character is left, it was the other half
    first = "\ud83d" if "\udc00" <= to_units(text)[:1] <= "\udfff" else "*"
    return from_units(first + text)


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    return _quoted(value) if isinstance(value, str) else ""


def _quoted(text: str) -> str:
    if '"' not in text:
        return f'"{text}"'
    if text[0] == text[-1] == "'" and "'" not in text[1:-1]:
        return text  # text in single quotes keeps them
    return _name(text)


def _number(number: float) -> str:
    if number != number:  # noqa: PLR0124  # NaN
        return "-"
    if number in (float("inf"), float("-inf")):
        return ("-" if number < 0 else "") + "9" * _LAST_FINITE_DIGITS
    return format(Decimal(repr(number)), "f").removesuffix(".0")


def _name(text: str) -> str:
    """Return a dotted name, with a backslash before all that would not be read as part of it."""
    escaped = _ODD_DOT.sub(r"\\.", _ODD.sub(r"\\\g<0>", text))
    return _ODD_START.sub(r"\\\g<0>", escaped)
