"""Compiling: a mapping's fields in, one function of the event out.

A wrong piece of a mapping throws when it is run, not when it is compiled: as in Segment's runtime,
it is harmless in a branch that an event does not take.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import PROTOTYPE, is_falsy, kind, ordered_items
from sandbox.segment.not_simulated import Outside
from sandbox.segment.toml_tables import toml_table
from sandbox.values import Json, Path, Problem

FieldFunction: TypeAlias = Callable[[object], object]
"""A compiled piece of a mapping: the data in, the value out; throws if Segment does."""

OperandCheck: TypeAlias = "Callable[[object, Path], Found]"
Resolve: TypeAlias = Callable[[Outside, Any], FieldFunction]
"""Compiles a directive's operand, which is of a kind that the directive accepts."""


class Found(NamedTuple):
    """The problems that a check found, in Segment's order.

    `gathered` says whether Segment throws them as one AggregateError (even a single one), or a
    single one as a ValidationError.
    """

    problems: tuple[Problem, ...] = ()
    gathered: bool = False

    def __bool__(self) -> bool:
        return bool(self.problems)


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive: its name, how its operand is checked and how it resolves.

    `check` takes the operand and its path; `resolve` takes the clock and time zones for templates
    and the operand, and returns the function that runs for each event. If the operand must be an
    object, `having` names its members for a message, and it throws without the members in `needed`;
    a falsy literal counts as missing.
    """

    name: str
    check: OperandCheck = field(repr=False)
    resolve: Resolve = field(repr=False)
    having: str = field(default="", repr=False)
    needed: tuple[str, ...] = field(default=(), repr=False)

    @property
    def summary(self) -> str:
        """A one-line description, from `directives.toml`."""
        return str(self._told["summary"])

    @property
    def example(self) -> Json:
        """A valid operand to start with, from `directives.toml`."""
        return self._told["example"]

    @property
    def _told(self) -> dict[str, Json]:
        told: dict[str, Json] = toml_table(__package__, "directives")[self.name]
        return told

    def compile(self, outside: Outside, operand: object) -> FieldFunction:
        """Return a function that resolves the directive with this operand."""
        if not self.having:
            return self.resolve(outside, operand)
        if not isinstance(operand, dict):
            return throwing(f"{self.name} requires an object with {self.having}")
        missing = [key for key in self.needed if is_falsy(operand.get(key))]
        if missing:
            return throwing(f'{self.name} requires a "{missing[0]}" key')
        return self.resolve(outside, operand)


DIRECTIVES: Final[dict[str, Directive]] = {}
"""All directives, by name; `directives` fills it."""


def at_keys(value: object) -> list[str]:
    """Return the keys of an object that start with `@`, [] for any other value."""
    return [key for key in value if key[:1] == "@"] if isinstance(value, dict) else []


def compile_value(outside: Outside, value: object) -> FieldFunction:
    """Return a function that resolves a value in a mapping.

    Strings are never interpreted; arrays and plain objects are resolved member by member.
    """
    if isinstance(value, dict):
        names = at_keys(value)
        if names and len(value) == len(names) + ("_metadata" in value):
            if directive := DIRECTIVES.get(names[0]):
                return directive.compile(outside, value[names[0]])
            return throwing(f"{names[0]} is not a valid directive, got undefined")
        items = [(k, compile_value(outside, v)) for k, v in ordered_items(value) if k != PROTOTYPE]
        return lambda data: {key: resolved(data) for key, resolved in items}
    if isinstance(value, list | tuple):
        steps = [compile_value(outside, element) for element in value]
        return lambda data: [resolved(data) for resolved in steps]
    return constant(value)


def constant(value: object) -> FieldFunction:
    """Return a function that always returns `value`."""
    return lambda _data: value


def throwing(message: str, name: str = "Error") -> FieldFunction:
    """Return a function that always throws this error."""

    def step(_data: object) -> object:
        raise Thrown(message, name=name)

    return step


def on_text(name: str, use: Callable[[str], FieldFunction]) -> Resolve:
    """Return the `resolve` of a directive on a string; another directive may give the string.

    `use` compiles a string; for a literal string it is called once.
    """

    def resolve(outside: Outside, operand: object) -> FieldFunction:
        if isinstance(operand, str):
            return use(operand)
        given = compile_value(outside, operand)

        def step(data: object) -> object:
            text = given(data)
            if not isinstance(text, str):
                raise Thrown(f"{name}: expected string, got {kind(text)}")
            return use(text)(data)

        return step

    return resolve
