"""Field code: the expressions for what a mapping's fields make of an event.

Paths stand in them; for every other directive they call the step that `fields` compiles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sandbox.compiled.source import EVENT, Names, looked_up, member
from sandbox.segment.fields.compiling import Table, at_keys, compile_value
from sandbox.segment.fields.liquid_field import changes_data
from sandbox.segment.fields.paths import pieces_of, without_root
from sandbox.segment.fields.transforming import ROOT_DIRECTIVE
from sandbox.segment.javascript import PROTOTYPE, Json, is_index

MAX_PIECES: Final = 4
MAX_LEVELS: Final = 30


def is_straight(fields: Json) -> bool:
    """Return whether the fields are an object whose members are resolved one after the other."""
    return (
        isinstance(fields, dict)
        and not at_keys(fields)
        and not {ROOT_DIRECTIVE, PROTOTYPE} & fields.keys()
        and not any(map(is_index, fields))
        and not changes_data(fields)
    )


def expressions(
    fields: Mapping[str, Json], names: Names, table: Table, *, absent: str
) -> Iterator[tuple[str, str]]:
    """Give each field's key, in order, with the expression for its value; they may throw.

    `table` holds the directives, `absent` is the expression for what a path does not find.
    """
    for key, value in fields.items():
        step = f"{names.of(compile_value(table, value))}({EVENT})"
        first, *rest = _pieces(value) or ("",)
        if first and len(rest) < MAX_PIECES:
            root = member(EVENT, first, absent)
            yield key, looked_up(root, tuple(rest), step, absent=absent)
        else:
            yield key, step


def _pieces(value: Json) -> tuple[str, ...]:
    match value:
        case {"@path": str(path)} if len(value) == 1:
            return pieces_of(without_root(path))
        case _:
            return ()
