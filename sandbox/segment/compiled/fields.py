"""Fields, compiled: the expressions for what a mapping's fields make of an event.

Paths stand in them; for every other directive they call the step that `fields` compiles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sandbox.segment.compiled.source import EVENT, Names, function_of, looked_up, member
from sandbox.segment.errors import NotSimulated
from sandbox.segment.fields import DIRECTIVES
from sandbox.segment.fields.compiling import compile_value
from sandbox.segment.fields.directive import Step, at_keys
from sandbox.segment.fields.limits import MAX_SIZE
from sandbox.segment.fields.liquid_field import changes_data
from sandbox.segment.fields.paths import pieces_of, without_root
from sandbox.segment.fields.tidying import PROTOTYPE
from sandbox.segment.fields.transforming import ROOT_DIRECTIVE
from sandbox.segment.javascript import Json, is_index

MAX_PIECES: Final = 4
MAX_LEVELS: Final = 30


def is_straight(fields: Json) -> bool:
    """Tell whether the fields are an object whose members are resolved one after the other."""
    return (
        isinstance(fields, dict)
        and not at_keys(fields)
        and not {ROOT_DIRECTIVE, PROTOTYPE} & fields.keys()
        and not any(map(is_index, fields))
        and not changes_data(fields)
    )


def expressions(
    fields: Mapping[str, Json], names: Names, *, absent: str
) -> Iterator[tuple[str, str]]:
    """Give each field's key, in order, with the expression for its value; they may throw.

    `absent` is the expression for what a path does not find.
    """
    for key, value in fields.items():
        step = f"{names.of(compile_value(DIRECTIVES, value))}({EVENT})"
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


def straight_resolve(fields: Json, exact: Step) -> Step:
    """Return the function that resolves fields as `exact` does, faster for what is plain."""
    if not is_straight(fields):
        return exact

    names = Names(exact=exact, size_of=size_of)
    own_size = sum(4 + len(key) for key in fields)
    lines = [f"if type({EVENT}) is not dict:", f"    return exact({EVENT})"]
    lines += [f"size = {own_size}", "resolved = {}"]
    for key, expression in expressions(fields, names, absent="MISSING"):
        lines += [
            f"found = {expression}",
            "if found is not MISSING:",
            f"    resolved[{key!r}] = found",
            "    size += len(found) if type(found) is str else size_of(found)",
        ]
    lines.append(f"return resolved if size <= {MAX_SIZE} else exact({EVENT})")
    straight = function_of(lines, names)

    def resolve(event: Json) -> Json:
        try:
            return straight(event)
        except NotSimulated:  # no clock or time zones are given here
            return exact(event)

    return resolve


def size_of(value: Json, levels: int = MAX_LEVELS) -> int:
    """Return about the length of a value's text, or too much where `exact` has to look at it.

    That is where something is undefined or no JSON, for keys that are no texts or get lost, and
    for what is large or deep.
    """
    kind = type(value)
    if kind in _SCALARS:
        return 0
    members = value
    if kind is dict:
        try:
            size = len("".join(value))
        except TypeError:
            return TOO_MUCH
        if PROTOTYPE in value:
            return TOO_MUCH
        members = value.values()
    elif kind is list:
        size = 0
    else:
        return TOO_MUCH
    if not levels:
        return TOO_MUCH
    for inner in members:
        if type(inner) is str:
            size += len(inner)
        elif type(inner) not in _SCALARS:
            size += size_of(inner, levels - 1)
    return size + 4 * len(value)


TOO_MUCH: Final = MAX_SIZE + 1
_SCALARS = frozenset({int, float, bool, type(None)})
