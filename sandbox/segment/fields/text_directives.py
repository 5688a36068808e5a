"""Strings: how @path, @template, @case and @replace resolve."""

from __future__ import annotations

from sandbox.segment.errors import Thrown
from sandbox.segment.fields import paths, placeholders
from sandbox.segment.fields.compiling import compile_value, constant, text_step, throwing
from sandbox.segment.fields.directive import Step, Table
from sandbox.segment.fields.replacing import replace
from sandbox.segment.javascript import MISSING, Json, is_falsy, length, lower, to_string, upper

MAX_PATTERN = 10
"""How long the pattern of `@replace` may be; Segment throws at a longer one."""
MAX_REPLACEMENT = 10
"""How long the replacement of `@replace` may be."""


def path(table: Table, operand: Json) -> Step:
    """@path: the part of the data the operand names."""
    return text_step(table, operand, "@path", part)


def part(text: str) -> Step:
    """Return the function that looks up a path as a mapping writes it, with its `$.`."""
    return paths.follow(paths.pieces_of(paths.without_root(text)))


def template(table: Table, operand: Json) -> Step:
    """@template: the operand with its placeholders filled."""
    return text_step(table, operand, "@template", placeholders.template)


def case(table: Table, operand: dict[str, Json]) -> Step:
    """@case: a string in upper or lower case; other values unchanged."""
    operator = operand.get("operator")
    if is_falsy(operator):
        return throwing('@case requires a "operator" key')
    if is_falsy(operand.get("value")):
        return constant(MISSING)
    value = compile_value(table, operand["value"])
    change = {"lower": lower, "upper": upper}.get(operator) if isinstance(operator, str) else None

    def step(data: Json) -> Json:
        text = value(data)
        if not isinstance(text, str):
            return text
        if change is None:
            raise Thrown('operator key should have a value of "lower" or "upper"')
        return change(text)

    return step


def replacing(table: Table, operand: dict[str, Json]) -> Step:
    """@replace: a literal pattern replaced, then a second one; "" for what is not a string."""
    if is_falsy(operand.get("pattern")):
        return throwing('@replace requires a "pattern" key')
    if is_falsy(operand.get("value")):
        return constant(MISSING)
    value = compile_value(table, operand["value"])
    options = operand | {k: v for k, v in _DEFAULTS.items() if operand.get(k) is None}
    replaceable = all(isinstance(options[key], kind) for key, kind in _KINDS.items())

    def step(data: Json) -> Json:
        text = value(data)
        if isinstance(text, bool | int | float):
            text = to_string(text)
        if not replaceable or not isinstance(text, str):
            return ""
        text = _replaced(text, options, "pattern", "replacement")
        if options.get("pattern2") and isinstance(options["pattern2"], str):
            text = _replaced(text, options, "pattern2", "replacement2")
        return text

    return step


_DEFAULTS: dict[str, Json] = {
    "replacement": "",
    "replacement2": "",
    "ignorecase": False,
    "global": True,
}
_KINDS: dict[str, type] = {"pattern": str, "replacement": str, "ignorecase": bool, "global": bool}


def _replaced(text: str, options: dict[str, Json], pattern: str, replacement: str) -> str:
    old, new = options[pattern], options[replacement]
    if not isinstance(new, str):
        return text
    if length(old) > MAX_PATTERN:
        raise Thrown(f'@replace requires a "pattern" less than {MAX_PATTERN} characters')
    if length(new) > MAX_REPLACEMENT:
        raise Thrown(f'@replace requires a "replacement" less than {MAX_REPLACEMENT} characters')
    ignore_case, everywhere = options["ignorecase"], options["global"]
    return replace(text, old, new, ignore_case=ignore_case, everywhere=everywhere)
