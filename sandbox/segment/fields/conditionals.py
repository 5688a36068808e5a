"""Choices: how @if, @literal and @excludeWhenNull resolve."""

from __future__ import annotations

from sandbox.segment.fields.compiling import (
    Step,
    Table,
    compile_value,
    constant,
    on_object,
    throwing,
)
from sandbox.segment.fields.limits import measure
from sandbox.segment.javascript import MISSING, Json, is_falsy, to_string
from sandbox.segment.json_text import copied


@on_object("@if", 'an "exists" key')
def if_(table: Table, operand: dict[str, Json]) -> Step:
    """@if: `then` or `else`, by whether a value exists, or is something else than blank.

    Despite its name, `blank` takes `then` when the value is not blank.
    """
    if is_falsy(operand.get("exists")) and is_falsy(operand.get("blank")):
        return throwing('@if requires an "exists" key or a "blank" key')
    key, holds = ("exists", _exists) if "exists" in operand else ("blank", _is_filled)
    condition = compile_value(table, operand[key])
    then = compile_value(table, operand.get("then", MISSING))
    otherwise = operand.get("else")
    else_ = constant(MISSING) if is_falsy(otherwise) else compile_value(table, otherwise)
    return lambda data: then(data) if holds(condition(data)) else else_(data)


def _exists(value: Json) -> bool:
    return value is not None and value is not MISSING


def _is_filled(value: Json) -> bool:
    """Return whether the value exists and is not loosely equal to "", as `[[]]` and 0 are."""
    if isinstance(value, str):
        return value != ""
    if isinstance(value, bool | int | float):
        return value != 0
    return _exists(value) and to_string(value) != ""


def literal(table: Table, operand: Json) -> Step:
    """@literal: the operand; directives inside it are resolved all the same."""
    return compile_value(table, operand)


def exclude_when_null(table: Table, operand: Json) -> Step:
    """@excludeWhenNull: the operand without null, also without null members of objects.

    Arrays are left as they are.
    """
    value = compile_value(table, operand)

    def step(data: Json) -> Json:
        resolved = value(data)
        if isinstance(resolved, dict):
            measure(resolved, "@excludeWhenNull")
        return copied(resolved, _or_missing, opened=(dict,), keeps=lambda _key, _member: True)

    return step


def _or_missing(value: Json) -> Json:
    return MISSING if value is None else value
