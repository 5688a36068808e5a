"""Changing: the smallest change to an event after which a trigger takes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import islice, product
from typing import Final

from sandbox.reasoning.literals import Literal, Term, TooManyTerms, terms
from sandbox.reasoning.place_values import values_for
from sandbox.reasoning.places import Place, place_of, put
from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import MISSING, Json, property_of
from sandbox.segment.triggers.evaluation import reader
from sandbox.segment.triggers.trigger import Trigger

Event = dict[str, Json]

_TRIED_VALUES: Final = 3
_TRIED_EVENTS: Final = 60
_COMPARED: Final = 100  # how many characters of two texts are compared


def changed_event(trigger: Trigger, event: Event) -> Event | None:
    """Return the event with as few members changed as possible, so that the trigger takes it.

    None where no way was found. The trigger was asked about what is returned.
    """
    found: list[tuple[float, Event]] = []
    fewest = 0
    for places, term in sorted(_ways(trigger, event), key=lambda way: way[0]):
        if found and places > fewest:
            break
        changed = _first_taken(trigger, term, event)
        if changed is not None:
            fewest = places
            found.append((_distance(event, changed, term), changed))
    return min(found, key=lambda each: each[0])[1] if found else None


def _first_taken(trigger: Trigger, term: Term, event: Event) -> Event | None:
    changed = islice(_changed(term, event), _TRIED_EVENTS)
    return next((each for each in changed if trigger.matches(each)), None)


def _distance(event: Event, changed: Event, term: Term) -> float:
    """Return how far the changed values are from what was there: a like text is near."""
    places = {place for lit in term if (place := place_of(lit.condition)) is not None}
    pairs = ((_value_at(event, place), _value_at(changed, place)) for place in places)
    return sum(_apart(before, after) for before, after in pairs)


def _apart(before: Json, after: Json) -> float:
    if isinstance(before, str) and isinstance(after, str):
        return 1 - SequenceMatcher(None, before[:_COMPARED], after[:_COMPARED]).ratio()
    return 0.0 if before is after else 1.0


def example_event(term: Term, base: Event | None = None) -> Iterator[Event]:
    """Yield events on which the literals should come out as wanted, `base` otherwise."""
    yield from islice(_changed(term, base or {}), _TRIED_EVENTS)


def _ways(trigger: Trigger, event: Event) -> list[tuple[int, Term]]:
    """Return the terms of the trigger, each with how many places it needs changed."""
    try:
        found = terms(trigger.tree)
    except TooManyTerms:
        return []
    return [(len(_unmet_places(term, event)), term) for term in found]


def _unmet_places(term: Term, event: Event) -> set[Place | None]:
    return {place_of(lit.condition) for lit in term if not is_met(lit, event)}


def is_met(literal: Literal, event: Event) -> bool:
    """Tell whether the literal comes out as wanted; where Segment throws it does not."""
    try:
        return literal.takes(reader(literal.condition)(event))
    except Thrown:
        return False


def _changed(term: Term, event: Event) -> Iterator[Event]:
    by_place: dict[Place, list[Literal]] = {}
    for literal in term:
        place = place_of(literal.condition)
        if place is not None:
            by_place.setdefault(place, []).append(literal)
    places = sorted(by_place, key=lambda place: len(place.pieces))
    options = [list(_options(event, place, by_place[place])) for place in places]
    for choice in product(*options):
        changed = event
        for place, value in zip(places, choice, strict=True):
            if not all(is_met(literal, changed) for literal in by_place[place]):
                changed = put(changed, place, value)
        yield changed


def _options(event: Event, place: Place, literals: Sequence[Literal]) -> Iterator[Json]:
    yield from islice(values_for(literals, _value_at(event, place)), _TRIED_VALUES)


def _value_at(event: Event, place: Place) -> Json:
    value = event.get(place.head, MISSING)
    for piece in place.pieces:
        value = property_of(value, piece)
    return value
