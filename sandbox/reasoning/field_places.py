"""Field places: where in an event a mapping's fields look."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from sandbox.reasoning.places import Place
from sandbox.segment.fields.paths import pieces_of, without_root
from sandbox.segment.javascript import Json

_MOST_PLACES: Final = 40
_PLACEHOLDER: Final = re.compile(r"\{\{\{?\s*([\w.$\[\]\"']+)")


def places_in(fields: Json) -> list[Place]:
    """Return where in an event the fields look, so far as their paths are written out."""
    found = (pieces_of(without_root(path)) for path in _paths(fields))
    unique = dict.fromkeys(Place(p[0], p[1:]) for p in found if p and p[0] not in {"$", "type"})
    return list(unique)[:_MOST_PLACES]


def _paths(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield from _PLACEHOLDER.findall(value)
    for inner in value if isinstance(value, list) else ():
        yield from _paths(inner)
    for key, inner in value.items() if isinstance(value, dict) else ():
        if key == "@path" and isinstance(inner, str):
            yield inner
        else:
            yield from _paths(inner)
