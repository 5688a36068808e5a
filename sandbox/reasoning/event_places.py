"""Event places: members of an event that conditions and fields read; similar ones; setting one.

A track call has people's traits in `context.traits`, or a `user_id` instead of `userId`: a value
that is missing at a place may be at another place with a similar name.
"""

from collections.abc import Iterator
from functools import partial
from typing import Final, NamedTuple

from sandbox.reasoning.budget import once
from sandbox.reasoning.named_paths import directives
from sandbox.segment import javascript as js
from sandbox.segment.fields.paths import path_names as pieces_of_field
from sandbox.segment.javascript import MISSING
from sandbox.segment.triggers.evaluation import SegmentEvent, member_names
from sandbox.segment.triggers.tree import CONTAINERS, Condition

LONGEST_FILLED: Final = 1000
"""The longest string or list that is made only to have a certain length."""
_MOST_PLACES: Final = 40


class Place(NamedTuple):
    """A member of an event, and the keys that lead from it to a nested member."""

    head: str
    pieces: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether only the event itself can have a value there, not an inherited member."""
        return js.INHERITED.isdisjoint(self.pieces)


def place_of(condition: Condition) -> Place | None:
    """Return the place a condition reads, None for a path of only dots."""
    if condition.path is None:
        return Place(condition.head)
    pieces = member_names(condition.path)
    return Place(condition.head, pieces) if pieces else None


def value_at(event: SegmentEvent, place: Place) -> object:
    """Return the event's own value at the place."""
    value: object = event.get(place.head, MISSING)
    for piece in place.pieces:
        value = js.property_of(value, piece)
    return value


def put(event: SegmentEvent, place: Place, value: object) -> SegmentEvent:
    """Return the event with the value at the place; MISSING removes the member.

    A value on the way that has no members is replaced by an object.
    """
    if place.head in CONTAINERS and place.pieces and not isinstance(event.get(place.head), dict):
        inner = _members_with({}, place.pieces, value)  # Segment accepts only objects there
        return {**event, place.head: inner} if inner else _members_with(event, place[:1], MISSING)
    return _members_with(event, (place.head, *place.pieces), value)


def _with(outer: object, pieces: tuple[str, ...], value: object) -> object:
    if not pieces:
        return value
    if isinstance(outer, dict):
        return _members_with(outer, pieces, value)
    if pieces == ("length",) and js.is_number(value) and value in range(LONGEST_FILLED + 1):
        if isinstance(outer, list):
            return (outer + [None] * int(value))[: int(value)]
        return (outer if isinstance(outer, str) else "")[: int(value)].ljust(int(value), "x")
    if isinstance(outer, list) and js.is_index(pieces[0]) and int(pieces[0]) <= len(outer):
        at = int(pieces[0])
        inner = _with(outer[at] if at < len(outer) else MISSING, pieces[1:], value)
        return [*outer[:at], None if inner is MISSING else inner, *outer[at + 1 :]]
    if value is MISSING:
        # a path ends at a falsy value and gives that, so it is removed as well
        return MISSING if js.is_falsy(outer) or isinstance(outer, str | list) else outer
    return _members_with({}, pieces, value)


def _members_with(outer: SegmentEvent, pieces: tuple[str, ...], value: object) -> SegmentEvent:
    inner = _with(outer.get(pieces[0], MISSING), pieces[1:], value)
    if inner is MISSING:
        return {key: member for key, member in outer.items() if key != pieces[0]}
    return {**outer, pieces[0]: inner}


def places_in(fields: object) -> list[Place]:
    """Return the places that the fields read, as far as their paths are written out."""
    named = (pieces_of_field(path) for each in directives(fields) for path in each.paths())
    unique = dict.fromkeys(Place(p[0], p[1:]) for p in named if p and p[0] not in {"$", "type"})
    return list(unique)[:_MOST_PLACES]


_OUTER: Final = (Place("context", ("traits",)), *map(Place, ("traits", "properties", "context")))


def alike(event: SegmentEvent, place: Place) -> Iterator[tuple[Place, object]]:
    """Yield other places of the event with a similar name, each with its value."""
    for outer in _OUTER:
        if place.pieces and outer.head != place.head:
            other = Place(outer.head, (*outer.pieces, *place.pieces))
            value = value_at(event, other)
            if value is not MISSING:
                yield other, value
    by_name = once(partial(_by_name, event), "names", id(event), of=event)
    wanted = plain_name((place.head, *place.pieces)[-1])
    for other, value in by_name.get(wanted, ()) if wanted else ():
        if other != place:
            yield other, value


def _by_name(event: SegmentEvent) -> dict[str, list[tuple[Place, object]]]:
    """Return the scalar values of the event and its containers with their places, by name."""
    found: dict[str, list[tuple[Place, object]]] = {}
    for outer in (None, *_OUTER):
        members = event if outer is None else value_at(event, outer)
        for name, value in members.items() if isinstance(members, dict) else ():
            if not isinstance(value, dict | list):
                place = Place(outer.head, (*outer.pieces, name)) if outer else Place(name)
                found.setdefault(plain_name(name), []).append((place, value))
    return found


def plain_name(name: str) -> str:
    """Return a name without what people write in different ways: case, blanks, `_` and `-`."""
    return name.replace("_", "").replace("-", "").replace(" ", "").lower()
