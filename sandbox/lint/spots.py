"""Spots: the directives in a mapping's fields, and the paths they name."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from sandbox.lint.draft import Draft
from sandbox.lint.registry import Note
from sandbox.segment.fields.compiling import at_keys
from sandbox.segment.fields.text_directives import MAX_TEMPLATE
from sandbox.segment.fields.transforming import ROOT_DIRECTIVE
from sandbox.segment.javascript import MISSING, Json, length
from sandbox.segment.json_text import json_text
from sandbox.segment.liquid.survey import survey
from sandbox.values import Path

PLACEHOLDER = re.compile(r"\{\{\{?\s*([^{}]+?)\s*\}\}\}?")
_OWN_DATA = {("@transform", "mapping"), ("@arrayPath", 1)}
"""Where a directive's operand holds fields that are resolved on something else than the event."""


class Spot(NamedTuple):
    """A directive in the fields: where, its name, its operand."""

    at: Path
    name: str
    operand: Json


def walk(value: Json, path: Path = ("fields",)) -> Iterator[tuple[Path, Json]]:
    """Yield a value and all that it holds, the outer ones first, each with its path."""
    yield path, value
    inner = enumerate(value) if isinstance(value, list) else ()
    for key, member in value.items() if isinstance(value, dict) else inner:
        yield from walk(member, (*path, key))


def spots(value: Json, path: Path = ("fields",)) -> Iterator[Spot]:
    """Yield the directives in a value, the outer ones first."""
    for at, each in walk(value, path):
        names = at_keys(each)
        if names and set(each) <= {names[0], "_metadata"}:
            yield Spot(at, names[0], each[names[0]])


def directives(draft: Draft, *names: str) -> Iterator[Spot]:
    """Yield the directives of these names in the fields of a mapping."""
    return (spot for spot in spots(draft.own_fields) if spot.name in names)


def inside(
    spot: Spot, says: str = "text", *, message: str = "", rewrite: Json = MISSING, **parts: object
) -> Note:
    """Return a note about a directive's operand, which could be `rewrite` instead."""
    other = None if rewrite is MISSING else json_text({spot.name: rewrite})
    at = (*spot.at, spot.name)
    return Note(at=at, says=says, parts=parts, message=message, rewrite=other)


def event_spots(fields: Json) -> Iterator[Spot]:
    """Yield the directives that are resolved on the event, and not on what others make of it."""
    has_root = isinstance(fields, dict) and ROOT_DIRECTIVE in fields
    for spot in spots(fields):
        if not _OWN_DATA & set(pairwise(spot.at)) and (not has_root or ROOT_DIRECTIVE in spot.at):
            yield spot


def paths_in(spot: Spot) -> tuple[str, ...]:
    """Return the paths that a directive on a string names, without `$.`, each of them once."""
    if not isinstance(spot.operand, str):
        return ()
    match spot.name:
        case "@path":
            return (spot.operand.removeprefix("$."),)
        case "@template":
            return tuple(dict.fromkeys(PLACEHOLDER.findall(spot.operand)))
        case "@liquid" if length(spot.operand) <= MAX_TEMPLATE:
            return tuple(".".join(names) for names in survey(spot.operand).variables)
        case _:
            return ()
