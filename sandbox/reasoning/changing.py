"""Changing: the events triggers take: the nearest to one, and those on which two of them differ."""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from difflib import SequenceMatcher
from functools import partial
from itertools import islice, product
from typing import Final

from sandbox.reasoning.budget import STEPS_A_TRIGGER, TooLarge, limited, spend
from sandbox.reasoning.literals import Literal, Term
from sandbox.reasoning.place_values import values_for
from sandbox.reasoning.places import Place, alike, put, value_at
from sandbox.reasoning.ways import Allowed, Attempt, may_throw, ways
from sandbox.segment.javascript import MISSING
from sandbox.segment.triggers.evaluation import Event
from sandbox.segment.triggers.tree import Group, Node
from sandbox.segment.triggers.trigger import Trigger

_TRIED_VALUES: Final = 3
_TRIED_EVENTS: Final = 60
_TRIED_WAYS: Final = 200
_COMPARED: Final = 100  # how many characters of two strings are compared


def changed_event(
    trigger: Trigger,
    event: Event,
    works: Callable[[Event], Event | None] | None = None,
    allowed: Allowed | None = None,
) -> Event | None:
    """Return the event with as few members changed as possible, so that the trigger takes it.

    `works` says what it takes beyond the trigger's own word: it returns the event, with what else
    must be changed, or None. `allowed` says which values an event can have. None where no way was
    found. Raises TooLarge.
    """
    works = works or (lambda event: event if trigger.matches(event) else None)
    failing = {id(t.node) for t in trigger.trace(event).conditions() if t.verdict != "holds"}
    found: list[tuple[Event, Term]] = []  # with as few places changed as any so far
    fewest = 0
    try:
        with limited(STEPS_A_TRIGGER // 2):
            terms = ways([(trigger.tree, True)], Attempt(allowed), partial(_failing_in, failing))
            for term in islice(terms, _TRIED_WAYS):
                places = len({each.place for each in term if id(each.condition) in failing})
                if found and places > fewest:
                    continue
                tried = map(works, example_events(term, event))
                changed = next((each for each in tried if each is not None), None)
                if changed is not None:  # also of {}
                    found = found if places == fewest else []
                    fewest = places
                    found.append((changed, term))
    except TooLarge:
        if not found:
            raise
    if len(found) > 1:
        return min(found, key=lambda each: _distance(event, *each))[0]
    return found[0][0] if found else None


def _failing_in(failing: AbstractSet[int], node: Node) -> int:
    """Return how many conditions that fail must hold for a node to hold, at least."""
    if not isinstance(node, Group):
        return id(node) in failing
    counts = [_failing_in(failing, child) for child in node.children]
    return sum(counts) if node.operator == "and" else min(counts)


def _distance(event: Event, changed: Event, term: Term) -> float:
    """Return how far the changed values are from what was there: a similar string is near."""
    places = {place for literal in term if (place := literal.place) is not None}
    return sum(_apart(value_at(event, place), value_at(changed, place)) for place in places)


def _apart(before: object, after: object) -> float:
    if before is after or before == after:
        return 0.0
    if isinstance(before, str) and isinstance(after, str):
        return 1 - SequenceMatcher(None, before[:_COMPARED], after[:_COMPARED]).ratio()
    return 1.0


def example_events(term: Term, base: Event | None = None) -> Iterator[Event]:
    """Yield events on which the literals should come out as wanted, `base` otherwise."""
    event = base or {}
    by_place: dict[Place, list[Literal]] = {}
    for literal in term:
        if literal.place is not None:
            by_place.setdefault(literal.place, []).append(literal)

    def is_met(place: Place, event: Event) -> bool:
        return all(literal.is_met(event) for literal in by_place[place])

    places = sorted(by_place, key=lambda place: len(place.pieces))
    heads = {place.head for place in places if not is_met(place, event)}
    options = [
        list(_options(event, place, by_place[place])) if place.head in heads else [MISSING]
        for place in places
    ]  # what is met elsewhere stays met
    for choice in islice(product(*options), _TRIED_EVENTS):
        changed = event
        spend(len(term))
        for place, value in zip(places, choice, strict=True):
            if not is_met(place, changed):
                changed = put(changed, place, value)
        yield changed


def _options(event: Event, place: Place, literals: Sequence[Literal]) -> Iterator[object]:
    """Yield values for a place; one that the event has elsewhere comes before made-up ones."""
    current = value_at(event, place)
    if current is MISSING:
        like = (v for _, v in alike(event, place) if all(each.takes(v) for each in literals))
        yield from islice(like, 1)
    yield from islice(values_for(literals, current), _TRIED_VALUES)


def compare(first: Trigger, second: Trigger) -> tuple[bool, Event | None]:
    """Return whether two triggers were proven to take the same events, and one where they differ.

    The event was put to both, and is rather one that the second takes; None where none was found.
    """
    if first.as_taken == second.as_taken:
        return True, None
    pairs = ((second.tree, first.tree), (first.tree, second.tree))
    proven = not any(may_throw(tree) for tree, _ in pairs)
    try:
        with limited(STEPS_A_TRIGGER):
            for taken, left in pairs:
                for term in ways([(taken, True), (left, False)]):
                    proven = False
                    for event in example_events(term):
                        if first.matches(event) != second.matches(event):
                            return False, event
    except TooLarge:
        proven = False
    return proven, None


def common_event(first: Trigger, second: Trigger, base: Event | None = None) -> Event | None:
    """Return an event both triggers take, None where none was found; raises TooLarge."""
    both = ways([(first.tree, True), (second.tree, True)])
    events = (event for term in both for event in example_events(term, base))
    return next((e for e in events if first.matches(e) and second.matches(e)), None)
