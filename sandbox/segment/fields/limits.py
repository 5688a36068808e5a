"""Limits: how much one mapping may ask for, so that none of them can hang the sandbox.

Segment's runtime has no such limits beyond those of the machine it runs on; whoever reaches one of
these is told that it is the sandbox which stops.
"""

from __future__ import annotations

from typing import Final

from sandbox.segment.errors import NotSimulated
from sandbox.segment.javascript import Json
from sandbox.segment.not_simulated import MAX_RESULT, not_simulated

MAX_MAPPING_DEPTH: Final = 100
"""How deep the objects and arrays of a mapping's fields may nest."""

MAX_MAPPING_VALUES: Final = 100_000
"""How many values a mapping's fields may hold; one that stands in several places counts again."""

MAX_SIZE: Final = MAX_RESULT
"""How large, in about the characters of its JSON, what a mapping makes of one event may be."""

CONTAINERS: Final = (dict, list, tuple)


def too_large(where: str) -> NotSimulated:
    """Return the error for a value of more than MAX_SIZE made at `where`."""
    return not_simulated("large result", where)


def measure(value: Json, where: str) -> None:
    """Throw when the value, written out, would be larger than MAX_SIZE."""
    size = 0
    todo = [[value]]
    while todo:
        outer = todo.pop()
        size += _own_size(outer)
        if size > MAX_SIZE:
            raise too_large(where)
        todo += _inside(outer)


def _inside(outer: Json) -> list[Json]:
    members = outer.values() if isinstance(outer, dict) else outer
    return [member for member in members if isinstance(member, CONTAINERS)]


def _own_size(outer: Json) -> int:
    names = sum(map(len, outer)) if isinstance(outer, dict) else 0
    members = outer.values() if isinstance(outer, dict) else outer
    return names + sum(len(m) if isinstance(m, str) else 4 for m in members)
