"""Alike: where else in an event stands what is looked for at a place.

People's traits stand in `context.traits` of a track call, a `user_id` where `userId` is meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sandbox.reasoning.budget import remembered
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
    for other, value in _by_name(event).get(wanted, ()) if wanted else ():
        if other != place:
            yield other, value


def _by_name(event: Event) -> dict[str, list[tuple[Place, Json]]]:
    """Return the plain values of the event and of what it holds, by the names of their places."""
    known, key = remembered(), ("names", id(event))
    if key not in known:
        found: dict[str, list[tuple[Place, Json]]] = {}
        for outer in (None, *_OUTER):
            members = event if outer is None else value_at(event, outer)
            for name, value in members.items() if isinstance(members, dict) else ():
                if not isinstance(value, dict | list):
                    place = Place(outer.head, (*outer.pieces, name)) if outer else Place(name)
                    found.setdefault(_plain(name), []).append((place, value))
        known[key] = event, found  # with the event, so that its id stays its own
    names: dict[str, list[tuple[Place, Json]]] = known[key][1]
    return names


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").replace(" ", "").lower()
