"""Compiling: a mapping's fields in, one function of the event out.

What is thrown for a piece of a mapping is thrown when that piece is run, not when it is compiled:
the branch an event does not take does no harm, as in Segment's runtime.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.segment.errors import Thrown
from sandbox.segment.fields.directive import Resolve, Step, Table, at_keys
from sandbox.segment.fields.tidying import PROTOTYPE
from sandbox.segment.javascript import Json, kind, ordered_items


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

    def step(data: Json) -> Json:
        return {key: resolved(data) for key, resolved in steps}

    return step


def _array(table: Table, value: list[Json] | tuple[Json, ...]) -> Step:
    steps = [compile_value(table, element) for element in value]

    def step(data: Json) -> Json:
        return [resolved(data) for resolved in steps]

    return step


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


def on_object(complaint: str, resolve: Resolve) -> Resolve:
    """Return `resolve` for operands that are objects; others throw the complaint."""

    def checked(table: Table, operand: Json) -> Step:
        return resolve(table, operand) if isinstance(operand, dict) else throwing(complaint)

    return checked
