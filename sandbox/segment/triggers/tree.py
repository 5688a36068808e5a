"""Tree: a trigger as Segment reads it, and how to write a tree as a trigger that reads the same."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, TypeAlias

from sandbox.segment.javascript import MISSING, Missing, from_units, to_units

Scalar: TypeAlias = str | float | bool | Missing

CONTAINERS: Final = ("properties", "traits", "context")
HEADS: Final = ("type", "event", "name", "userId", *CONTAINERS)
"""The members of an event that a condition can read."""

_WORD = re.compile(
    r"""[A-Za-z_][A-Za-z0-9_-]*|[<>!]?=|[<>,\[\]]|[0-9+-][0-9]*(?:\.[0-9]+)?|"[^"]*"|'[^']*'"""
)
_ODD = re.compile(r"[^A-Za-z0-9_.-]")
_ODD_DOT = re.compile(r"\.(?=(?:and|or|null)\Z|[^A-Za-z_\\]|\Z)")
_ODD_START = re.compile(r"\A[^A-Za-z_\\]")
_LAST_FINITE_DIGITS = 309


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition on an event: a member, an operator and the expected value.

    `path` is the path inside properties, traits or context, None for the other heads. `operator` is
    Segment's name (`=`, `number_equals`, `exists`, `not_contains` …) or, if something else was
    written, that text. `value` is MISSING if the operator needs none. `start` and `end` are its
    place in the trigger; comparisons ignore them.
    """

    head: str
    path: str | None = None
    operator: str
    value: Scalar = MISSING
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    @property
    def subject(self) -> str:
        """The member it reads, as a trigger writes it."""
        return self.head if self.path is None else _name(f"{self.head}.{self.path}")

    def written(self, *, calls: bool = True) -> str:
        """Return the condition as a trigger, with or without calls of contains() and match().

        Without calls they are written as operators, which Segment accepts as well: inside
        parentheses, the closing one of a call would close the outer ones, too.
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
        # as a tuple, so that NaN equals itself; dataclasses do so only up to Python 3.12
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
    """Conditions and groups joined by one operator: `and` (all must hold) or `or` (any)."""

    operator: str
    children: tuple[Node, ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f" {self.operator} ".join(_written(child, calls=True) for child in self.children)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """Empty parentheses; Segment throws if it evaluates them."""

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
"""How operators without a sign are written for a value of the given type; else by their name."""


def _argument(form: str, text: str) -> str | None:
    """Return the argument of a call for a string, None if no call can express it."""
    if "match" not in form:
        return _quoted(text)
    if '"' in text:
        return None
    if "*" in form or not text:
        return text
    if text.endswith("*"):
        return None
    # Segment drops the first unit; before half a surrogate pair, the other half is written
    first = "\ud83d" if "\udc00" <= to_units(text)[:1] <= "\udfff" else "*"
    return from_units(first + text)


def _value(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    return _quoted(value) if isinstance(value, str) else ""


def _quoted(text: str) -> str:
    if '"' not in text:
        return f'"{text}"'
    if text[0] == text[-1] == "'" and "'" not in text[1:-1]:
        return text  # Segment keeps single quotes as part of the string
    return _name(text)


def _number(number: float) -> str:
    if number != number:  # noqa: PLR0124  # NaN
        return "-"
    if number in (float("inf"), float("-inf")):
        return ("-" if number < 0 else "") + "9" * _LAST_FINITE_DIGITS
    return format(Decimal(repr(number)), "f").removesuffix(".0")


def _name(text: str) -> str:
    """Return a dotted name, with a backslash before each character that would end it."""
    escaped = _ODD_DOT.sub(r"\\.", _ODD.sub(r"\\\g<0>", text))
    return _ODD_START.sub(r"\\\g<0>", escaped)
