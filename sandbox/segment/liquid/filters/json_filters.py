"""JSON filters: a value as JSON text, indented or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sandbox.segment.javascript import (
    MISSING,
    Json,
    from_units,
    length,
    ordered_items,
    to_units,
)
from sandbox.segment.json_text import json_text, text_literal
from sandbox.segment.liquid.liquid_values import Drop, whole
from sandbox.segment.liquid.variables import A_VALUE, Variables

_WIDEST_INDENT = 10


def _json(variables: Variables, value: Json, indent: Json = MISSING, *_: Json) -> Json:
    if value is MISSING:
        return MISSING
    out: list[str] = []
    width, line = _indent(indent)
    work = variables.work

    def count(size: int) -> None:
        work.use(size)
        work.handle(A_VALUE)

    _write(value, out.append, count, width, line)
    return "".join(out)


def _indent(value: Json) -> tuple[str, str]:
    """Return what one level is indented by, at most 10 units, and what begins a line, if any.

    Between 0 and 1 V8 breaks the lines and does not indent them.
    """
    if isinstance(value, str):
        return from_units(to_units(value)[:_WIDEST_INDENT]), "\n" if value else ""
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        return "", ""
    return " " * int(min(whole(value), _WIDEST_INDENT)), "\n"


def _write(
    value: Json, put: Callable[[str], None], count: Callable[[int], None], indent: str, line: str
) -> None:
    """Write a value and count it as liquidjs does; `line` begins a line on the value's level."""
    if isinstance(value, list | tuple):
        count(len(value) + 1)
        for index, element in enumerate(value):
            put(f"{',' if index else '['}{line}{indent}")
            _write(None if element is MISSING else element, put, count, indent, line + indent)
        put(f"{line}]" if value else "[]")
    elif isinstance(value, dict | Drop):
        count(2)
        opening = "{"
        for key, member in _members(value):
            put(f"{opening}{line}{indent}{text_literal(key)}:{' ' if line else ''}")
            _write(member, put, count, indent, line + indent)
            opening = ","
        put("{}" if opening == "{" else f"{line}}}")
    else:
        scalar = json_text(value)
        count(length(value) if isinstance(value, str) else len(scalar))
        put(scalar)


def _members(value: Json) -> list[tuple[str, Json]]:
    """Return the members that are written; the words of the language have none."""
    if isinstance(value, Drop):
        return []
    return [(key, member) for key, member in ordered_items(value) if member is not MISSING]


JSON: Final[dict[str, Callable[..., Json]]] = dict.fromkeys(("inspect", "json", "jsonify"), _json)
