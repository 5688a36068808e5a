"""Places: where in an event conditions and fields look, what is alike, and putting a value there.

People's traits stand in `context.traits` of a track call, a `user_id` where `userId` is meant: what
is looked for at a place may stand at another one whose name is alike.
"""

from collections.abc import Iterator
from functools import partial
from typing import Final, NamedTuple

from sandbox.reasoning.budget import once
from sandbox.reasoning.named_paths import directives
from sandbox.segment.fields.paths import pieces_of as pieces_of_field
from sandbox.segment.javascript import (
    INHERITED,
    MISSING,
    is_falsy,
    is_index,
    is_number,
    property_of,
)
from sandbox.segment.triggers.evaluation import Event, pieces_of
from sandbox.segment.triggers.tree import CONTAINERS, Condition

LONGEST_FILLED: Final = 1000
"""How long a string or list may be that is made only to have a length."""
_MOST_PLACES: Final = 40


class Place(NamedTuple):
    """A member of an event, and the names that lead on from there."""

    head: str
    pieces: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether only what an event holds is found there, and nothing objects inherit."""
        return INHERITED.isdisjoint(self.pieces)


def place_of(condition: Condition) -> Place | None:
    """Return where the condition looks; None for a name of dots alone, which leads nowhere."""
    if condition.path is None:
        return Place(condition.head)
    pieces = pieces_of(condition.path)
    return Place(condition.head, pieces) if pieces else None


def value_at(event: Event, place: Place) -> object:
    """Return the value an event itself has at the place."""
    value: object = event.get(place.head, MISSING)
    for piece in place.pieces:
        value = property_of(value, piece)
    return value


def put(event: Event, place: Place, value: object) -> Event:
    """Return the event with the value at the place; MISSING takes what is there away.

    What stands in the way and holds no members is replaced by an object.
    """
    if place.head in CONTAINERS and place.pieces and not isinstance(event.get(place.head), dict):
        inner = _members_with({}, place.pieces, value)  # Segment takes objects alone in them
        return {**event, place.head: inner} if inner else _members_with(event, place[:1], MISSING)
    return _members_with(event, (place.head, *place.pieces), value)


def _with(outer: object, pieces: tuple[str, ...], value: object) -> object:
    if not pieces:
        return value
    if isinstance(outer, dict):
        return _members_with(outer, pieces, value)
    if pieces == ("length",) and is_number(value) and value in range(LONGEST_FILLED + 1):
        if isinstance(outer, list):
            return (outer + [None] * int(value))[: int(value)]
        return (outer if isinstance(outer, str) else "")[: int(value)].ljust(int(value), "x")
    if isinstance(outer, list) and is_index(pieces[0]) and int(pieces[0]) <= len(outer):
        at = int(pieces[0])
        inner = _with(outer[at] if at < len(outer) else MISSING, pieces[1:], value)
        return [*outer[:at], None if inner is MISSING else inner, *outer[at + 1 :]]
    if value is MISSING:
        # a falsy value on the way is what the names after it find, so it goes as well
        return MISSING if is_falsy(outer) or isinstance(outer, str | list) else outer
    return _members_with({}, pieces, value)


def _members_with(outer: Event, pieces: tuple[str, ...], value: object) -> Event:
    inner = _with(outer.get(pieces[0], MISSING), pieces[1:], value)
    if inner is MISSING:
        return {key: member for key, member in outer.items() if key != pieces[0]}
    return {**outer, pieces[0]: inner}


def places_in(fields: object) -> list[Place]:
    """Return where in an event the fields look, so far as their paths are written out."""
    named = (pieces_of_field(path) for each in directives(fields) for path in each.paths())
    unique = dict.fromkeys(Place(p[0], p[1:]) for p in named if p and p[0] not in {"$", "type"})
    return list(unique)[:_MOST_PLACES]


_OUTER: Final = (
    Place("context", ("traits",)),
    Place("traits"),
    Place("properties"),
    Place("context"),
)


def alike(event: Event, place: Place) -> Iterator[tuple[Place, object]]:
    """Yield other places of the event whose name is alike, each with the value that is there."""
    for outer in _OUTER:
        if place.pieces and outer.head != place.head:
            other = Place(outer.head, (*outer.pieces, *place.pieces))
            value = value_at(event, other)
            if value is not MISSING:
                yield other, value
    by_name = once(partial(_by_name, event), "names", id(event), of=event)
    wanted = _plain((place.head, *place.pieces)[-1])
    for other, value in by_name.get(wanted, ()) if wanted else ():
        if other != place:
            yield other, value


def _by_name(event: Event) -> dict[str, list[tuple[Place, object]]]:
    """Return the plain values of the event and of what it holds, by the names of their places."""
    found: dict[str, list[tuple[Place, object]]] = {}
    for outer in (None, *_OUTER):
        members = event if outer is None else value_at(event, outer)
        for name, value in members.items() if isinstance(members, dict) else ():
            if not isinstance(value, dict | list):
                place = Place(outer.head, (*outer.pieces, name)) if outer else Place(name)
                found.setdefault(_plain(name), []).append((place, value))
    return found


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").replace(" ", "").lower()
