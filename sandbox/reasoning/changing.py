"""Changing: events that a trigger takes, close to a given one, or that two triggers differ on."""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from difflib import SequenceMatcher
from functools import partial
from itertools import islice, product
from typing import Final

from sandbox.reasoning.budget import STEPS_A_TRIGGER, TooLarge, limited, spend
from sandbox.reasoning.event_places import Place, alike, put, value_at
from sandbox.reasoning.literals import LogicLiteral, Term, traced
from sandbox.reasoning.place_values import values_for
from sandbox.reasoning.satisfiability import Allowed, Assignment, may_throw, satisfying_terms
from sandbox.segment.javascript import MISSING
from sandbox.segment.triggers.evaluation import SegmentEvent
from sandbox.segment.triggers.tree import Group, Node
from sandbox.segment.triggers.trigger import Trigger

_TRIED_VALUES: Final = 3
_TRIED_EVENTS: Final = 60
_TRIED_WAYS: Final = 200
_COMPARED: Final = 100  # how many characters of two strings are compared


def changed_event(
    trigger: Trigger,
    event: SegmentEvent,
    works: Callable[[SegmentEvent], SegmentEvent | None] | None = None,
    allowed: Allowed | None = None,
) -> SegmentEvent | None:
    """Return the event with as few changed members as possible after which the trigger takes it.

    `works` is what the event must pass, by default the trigger: it returns the event, with any
    other changes that it needs, or None. `allowed` says which values an event can have. Returns
    None if no event was found. Raises TooLarge.
    """
    works = works or (lambda event: event if trigger.matches(event) else None)
    failing = {id(t.node) for t in traced(trigger, event).conditions() if t.verdict != "holds"}
    found: list[tuple[SegmentEvent, Term]] = []  # those with the fewest changed places so far
    fewest = 0
    try:
        with limited(STEPS_A_TRIGGER // 2):
            terms = satisfying_terms(
                [(trigger.tree, True)], Assignment(allowed), partial(_failing_in, failing)
            )
            for term in islice(terms, _TRIED_WAYS):
                places = len({each.place for each in term if id(each.condition) in failing})
                if found and places > fewest:
                    continue
                tried = map(works, example_events(term, event))
                changed = next((each for each in tried if each is not None), None)
                if changed is not None:  # {} counts
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
    """Return the least number of failing conditions that must be fixed for the node to hold."""
    if not isinstance(node, Group):
        return id(node) in failing
    counts = [_failing_in(failing, child) for child in node.children]
    return sum(counts) if node.operator == "and" else min(counts)


def _distance(event: SegmentEvent, changed: SegmentEvent, term: Term) -> float:
    """Return how much the changed values differ from the original; similar strings are close."""
    places = {place for literal in term if (place := literal.place) is not None}
    return sum(_apart(value_at(event, place), value_at(changed, place)) for place in places)


def _apart(before: object, after: object) -> float:
    if before is after or before == after:
        return 0.0
    if isinstance(before, str) and isinstance(after, str):
        return 1 - SequenceMatcher(None, before[:_COMPARED], after[:_COMPARED]).ratio()
    return 1.0


def example_events(term: Term, base: SegmentEvent | None = None) -> Iterator[SegmentEvent]:
    """Yield events like `base` on which the literals should come out as wanted."""
    event = base or {}
    by_place: dict[Place, list[LogicLiteral]] = {}
    for literal in term:
        if literal.place is not None:
            by_place.setdefault(literal.place, []).append(literal)

    def is_met(place: Place, event: SegmentEvent) -> bool:
        return all(literal.is_met(event) for literal in by_place[place])

    places = sorted(by_place, key=lambda place: len(place.pieces))
    heads = {place.head for place in places if not is_met(place, event)}
    options = [
        list(_options(event, place, by_place[place])) if place.head in heads else [MISSING]
        for place in places
    ]  # heads without an unmet literal are left alone
    for choice in islice(product(*options), _TRIED_EVENTS):
        changed = event
        spend(len(term))
        for place, value in zip(places, choice, strict=True):
            if not is_met(place, changed):
                changed = put(changed, place, value)
        yield changed


def _options(event: SegmentEvent, at: Place, literals: Sequence[LogicLiteral]) -> Iterator[object]:
    """Yield values for a place; values that the event has elsewhere come before made-up ones."""
    current = value_at(event, at)
    if current is MISSING:
        like = (v for _, v in alike(event, at) if all(each.takes(v) for each in literals))
        yield from islice(like, 1)
    yield from islice(values_for(literals, current), _TRIED_VALUES)


def compare(first: Trigger, second: Trigger) -> tuple[bool, SegmentEvent | None]:
    """Return whether two triggers were proven to take the same events, and an event they differ on.

    The event was tested on both, and is preferably one that the second takes; None if none was
    found.
    """
    if first.as_taken == second.as_taken:
        return True, None
    pairs = ((second.tree, first.tree), (first.tree, second.tree))
    proven = not any(may_throw(tree) for tree, _ in pairs)
    try:
        with limited(STEPS_A_TRIGGER):
            for taken, left in pairs:
                for term in satisfying_terms([(taken, True), (left, False)]):
                    proven = False
                    for event in example_events(term):
                        if first.matches(event) != second.matches(event):
                            return False, event
    except TooLarge:
        proven = False
    return proven, None


def common_event(
    first: Trigger, second: Trigger, base: SegmentEvent | None = None
) -> SegmentEvent | None:
    """Return an event that both triggers take, None if none was found; raises TooLarge."""
    both = satisfying_terms([(first.tree, True), (second.tree, True)])
    events = (event for term in both for event in example_events(term, base))
    return next((e for e in events if first.matches(e) and second.matches(e)), None)
