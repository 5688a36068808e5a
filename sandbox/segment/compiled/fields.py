"""Fields, compiled: the expressions for what a mapping's fields make of an event.

Paths stand in them; for every other directive they call the step that `fields` compiles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sandbox.segment.compiled.source import EVENT, Names, function_of, looked_up
from sandbox.segment.fields import DIRECTIVES
from sandbox.segment.fields.compiling import compile_value
from sandbox.segment.fields.directive import Step, at_keys
from sandbox.segment.fields.liquid import changes_data
from sandbox.segment.fields.paths import pieces_of, without_root
from sandbox.segment.fields.tidying import PROTOTYPE, without_missing
from sandbox.segment.fields.transforming import ROOT_DIRECTIVE
from sandbox.segment.javascript import Json, is_index

MAX_PIECES: Final = 4


def is_straight(fields: Json) -> bool:
    """Tell whether the fields are an object whose members are resolved one after the other."""
    return (
        isinstance(fields, dict)
        and not at_keys(fields)
        and not {ROOT_DIRECTIVE, PROTOTYPE} & fields.keys()
        and not any(map(is_index, fields))
        and not changes_data(fields)
    )


def expressions(fields: Mapping[str, Json], names: Names) -> Iterator[tuple[str, str]]:
    """Give each field's key, in order, with the expression for its value; they may throw."""
    for key, value in fields.items():
        step = f"{names.of(compile_value(DIRECTIVES, value))}({EVENT})"
        pieces = _pieces(value)
        yield key, looked_up(pieces, step) if 0 < len(pieces) <= MAX_PIECES else step


def _pieces(value: Json) -> tuple[str, ...]:
    match value:
        case {"@path": str(path)} if len(value) == 1:
            return pieces_of(without_root(path))
        case _:
            return ()


def straight_resolve(fields: Json, exact: Step) -> Step:
    """Return the function that resolves fields as `exact` does, faster for those that can be."""
    if not is_straight(fields):
        return exact

    names = Names(exact=exact, tidied=without_missing)
    lines = [f"if type({EVENT}) is not dict:", f"    return exact({EVENT})", "resolved = {}"]
    for key, expression in expressions(fields, names):
        lines += [
            f"found = {expression}",
            "if found is not MISSING:",
            f"    resolved[{key!r}] = found",
        ]
    return function_of([*lines, "return tidied(resolved)"], names)
