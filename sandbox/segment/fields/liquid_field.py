"""@liquid: how a template stands in a mapping; the language is imported where one does."""

from __future__ import annotations

from typing import Final

from sandbox.segment.fields.compiling import Step, Table, constant, throwing
from sandbox.segment.javascript import CONTAINERS, Json, length
from sandbox.segment.outside import Outside

MAX_TEMPLATE: Final = 1000
"""How long, in UTF-16 units, Segment lets a template be."""

_NOTHING: Final = Outside()
_CHANGES: Final = ("increment", "decrement")
"""The tags that change the data, so that what is resolved after them sees other numbers."""


def changes_data(fields: Json) -> bool:
    """Return whether a template in the fields may change the data it is rendered on."""
    todo, seen = [fields], set()
    while todo:
        value = todo.pop()
        if not isinstance(value, CONTAINERS) or id(value) in seen:
            continue
        if _is_changing(value):
            return True
        seen.add(id(value))
        todo += value.values() if isinstance(value, dict) else value
    return False


def _is_changing(value: Json) -> bool:
    template = value.get("@liquid") if isinstance(value, dict) else None
    return isinstance(template, str) and any(tag in template for tag in _CHANGES)


def resolve(table: Table, operand: Json, outside: Outside = _NOTHING) -> Step:
    """@liquid: the operand as a template, with the data as its variables."""
    del table
    if not isinstance(operand, str):
        return throwing("liquid template value must be a string")
    if not operand:
        return constant("")
    if length(operand) > MAX_TEMPLATE:
        return throwing(f"liquid template values are limited to {MAX_TEMPLATE} characters")

    from sandbox.segment.liquid.engine import template  # noqa: PLC0415

    return template(operand, outside)
