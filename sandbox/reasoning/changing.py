"""Changing: the smallest change to an event after which a trigger takes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import islice, product
from typing import Final

from sandbox.reasoning.budget import spend
from sandbox.reasoning.literals import Literal, Term
from sandbox.reasoning.place_values import values_for
from sandbox.reasoning.places import Place, place_of, put, value_at
from sandbox.reasoning.ways import nearest_ways
from sandbox.segment.javascript import Json
from sandbox.segment.triggers.evaluation import Event
from sandbox.segment.triggers.trigger import Trigger

_TRIED_VALUES: Final = 3
_TRIED_EVENTS: Final = 60
_TRIED_WAYS: Final = 200
_COMPARED: Final = 100  # how many characters of two texts are compared


def changed_event(trigger: Trigger, event: Event) -> Event | None:
    """Return the event with as few members changed as possible, so that the trigger takes it.

    None where no way was found. The trigger was asked about what is returned. Raises TooLarge.
    """
    found: list[tuple[float, Event]] = []
    fewest = 0
    unmet = {id(t.node): t.verdict != "holds" for t in trigger.trace(event).conditions()}

    def place_to_change(literal: Literal) -> Place | None:
        return place_of(literal.condition) if unmet[id(literal.condition)] else None

    for term in islice(nearest_ways(trigger.tree, place_to_change), _TRIED_WAYS):
        places = len({place for lit in term if (place := place_to_change(lit)) is not None})
        if found and places > fewest:
            break
        changed = next((e for e in example_events(term, event) if trigger.matches(e)), None)
        if changed is not None:
            fewest = places
            found.append((_distance(event, changed, term), changed))
    return min(found, key=lambda each: each[0])[1] if found else None


def _distance(event: Event, changed: Event, term: Term) -> float:
    """Return how far the changed values are from what was there: a like text is near."""
    places = {place for lit in term if (place := place_of(lit.condition)) is not None}
    pairs = ((value_at(event, place), value_at(changed, place)) for place in places)
    return sum(_apart(before, after) for before, after in pairs)


def _apart(before: Json, after: Json) -> float:
    if before is after or before == after:
        return 0.0
    if isinstance(before, str) and isinstance(after, str):
        return 1 - SequenceMatcher(None, before[:_COMPARED], after[:_COMPARED]).ratio()
    return 1.0


def example_events(term: Term, base: Event | None = None) -> Iterator[Event]:
    """Yield events on which the literals should come out as wanted, `base` otherwise."""
    yield from islice(_changed(term, base or {}), _TRIED_EVENTS)


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
        spend(len(term))
        for place, value in zip(places, choice, strict=True):
            if not all(literal.is_met(changed) for literal in by_place[place]):
                changed = put(changed, place, value)
        yield changed


def _options(event: Event, place: Place, literals: Sequence[Literal]) -> Iterator[Json]:
    yield from islice(values_for(literals, value_at(event, place)), _TRIED_VALUES)
