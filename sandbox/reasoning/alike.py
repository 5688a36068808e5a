"""Alike: where else in an event stands what is looked for at a place.

People's traits stand in `context.traits` of a track call, a `user_id` where `userId` is meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sandbox.reasoning.places import Place, value_at
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.triggers.evaluation import Event

_OUTER: Final = (
    Place("context", ("traits",)),
    Place("traits"),
    Place("properties"),
    Place("context"),
)


def alike(event: Event, place: Place) -> Iterator[tuple[Place, Json]]:
    """Yield other places of the event whose name is alike, each with the value that is there."""
    for outer in _OUTER:
        if place.pieces and outer.head != place.head:
            other = Place(outer.head, (*outer.pieces, *place.pieces))
            value = value_at(event, other)
            if value is not MISSING:
                yield other, value
    wanted = _plain((place.head, *place.pieces)[-1])
    if not wanted:
        return
    containers = [(event, "", ())] + [
        (inner, outer.head, outer.pieces)
        for outer in _OUTER
        if isinstance(inner := value_at(event, outer), dict)
    ]
    for members, head, pieces in containers:
        for key, value in members.items():
            other = Place(head, (*pieces, key)) if head else Place(key)
            if other != place and _plain(key) == wanted and not isinstance(value, dict | list):
                yield other, value


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").replace(" ", "").lower()
