"""Compiling: a mapping's fields in, one function of the event out.

What is thrown for a piece of a mapping is thrown when that piece is run, not when it is compiled:
the branch an event does not take does no harm, as in Segment's runtime.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import PROTOTYPE, Json, is_falsy, kind, ordered_items
from sandbox.values import Path, Problem

Step: TypeAlias = Callable[[Json], Json]
"""A compiled piece of a mapping: the data in, the value out; throws where Segment does."""

Table: TypeAlias = "Mapping[str, Directive]"
Check: TypeAlias = "Callable[[Table, Json, Path], Found]"
Resolve: TypeAlias = "Callable[[Table, Json], Step]"


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found wrong, in Segment's order.

    `gathered` tells whether Segment throws them as one AggregateError (also when there is but
    one), or the only one by itself as a ValidationError.
    """

    problems: tuple[Problem, ...] = ()
    gathered: bool = False

    def __bool__(self) -> bool:
        return bool(self.problems)

    @property
    def error_name(self) -> str:
        """The name of the JavaScript error Segment throws."""
        return "AggregateError" if self.gathered else "ValidationError"


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive: its name, a line about it, how its operand is checked and how it resolves.

    `example` is an operand that works, to begin with where the directive is chosen.

    `check` takes the table of all directives, the operand and the operand's path; `resolve` takes
    the table and the operand, and returns the function that runs for each event.
    """

    name: str
    summary: str
    example: Json = field(repr=False)
    check: Check = field(repr=False)
    resolve: Resolve = field(repr=False)


def at_keys(value: Json) -> list[str]:
    """Return the keys of an object that begin with `@`; none for everything else."""
    return [key for key in value if key[:1] == "@"] if isinstance(value, dict) else []


def compile_value(table: Table, value: Json) -> Step:
    """Return the function that resolves a value written in a mapping.

    Text is never interpreted; arrays and plain objects are resolved member by member.
    """
    if isinstance(value, dict):
        names = at_keys(value)
        if names and len(value) == len(names) + ("_metadata" in value):
            return _directive(table, names[0], value[names[0]])
        return _object(table, value)
    if isinstance(value, list | tuple):
        return _array(table, value)
    return constant(value)


def _directive(table: Table, name: str, operand: Json) -> Step:
    directive = table.get(name)
    if directive is None:
        return throwing(f"{name} is not a valid directive, got undefined")
    return directive.resolve(table, operand)


def _object(table: Table, value: dict[str, Json]) -> Step:
    steps = [(k, compile_value(table, v)) for k, v in ordered_items(value) if k != PROTOTYPE]
    return lambda data: {key: resolved(data) for key, resolved in steps}


def _array(table: Table, value: list[Json] | tuple[Json, ...]) -> Step:
    steps = [compile_value(table, element) for element in value]
    return lambda data: [resolved(data) for resolved in steps]


def constant(value: Json) -> Step:
    """Return the function whose result is always `value`."""
    return lambda _data: value


def throwing(message: str, name: str = "Error") -> Step:
    """Return the function that always throws this error."""

    def step(_data: Json) -> Json:
        raise Thrown(message, name=name)

    return step


def text_step(table: Table, operand: Json, name: str, use: Callable[[str], Step]) -> Step:
    """Return the step of a directive on a string, which a directive may have to give first.

    `use` makes the step of a string; for a string that stands in the mapping it is called once.
    """
    if isinstance(operand, str):
        return use(operand)
    given = compile_value(table, operand)

    def step(data: Json) -> Json:
        text = given(data)
        if not isinstance(text, str):
            raise Thrown(f"{name}: expected string, got {kind(text)}")
        return use(text)(data)

    return step


def on_object(name: str, having: str, *needed: str) -> Callable[[Resolve], Resolve]:
    """Return the decorator of a resolver whose operand is an object with the members `needed`.

    A member that is falsy as it is written is missing. What is thrown for another operand says what
    it should be `having`.
    """

    def decorated(resolve: Resolve) -> Resolve:
        def checked(table: Table, operand: Json) -> Step:
            if not isinstance(operand, dict):
                return throwing(f"{name} requires an object with {having}")
            missing = [key for key in needed if is_falsy(operand.get(key))]
            if missing:
                return throwing(f'{name} requires a "{missing[0]}" key')
            return resolve(table, operand)

        return checked

    return decorated
