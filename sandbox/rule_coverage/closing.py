"""Closing: for each thing that can be seen of a mapping, an event that shows it.

Events are guessed from the trigger and from the paths the fields look at, and then tried, through
Segment's intake: what is named works when it is sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import islice
from typing import Final, TypeAlias

from sandbox.destination import map_event
from sandbox.reasoning.arriving import arrive
from sandbox.reasoning.changing import changed_event, example_events
from sandbox.reasoning.field_places import places_in
from sandbox.reasoning.literals import leaves
from sandbox.reasoning.places import put
from sandbox.reasoning.ways import Wish, ways
from sandbox.rule_coverage.goals import ACCEPTED, Goal, clause_goals
from sandbox.rule_coverage.seeing import seen_by
from sandbox.segment.definition import Rules
from sandbox.segment.intake import Kept
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.json_text import json_text
from sandbox.segment.mapping import Mapping
from sandbox.segment.pipeline import Mapped
from sandbox.segment.triggers.tree import Group, Node

Event: TypeAlias = dict[str, Json]

_BASES: Final[tuple[Event, ...]] = (
    {"type": "track", "event": "Signed Up", "userId": "u1"},
    {"type": "identify", "userId": "u1"},
    {"type": "group", "userId": "u1", "groupId": "g1"},
    {"type": "page", "userId": "u1", "name": "Home"},
    {"type": "screen", "userId": "u1", "name": "Home"},
    {"type": "alias", "userId": "u1", "previousId": "u0"},
)
_VALUES: Final[tuple[Json, ...]] = (
    "x1", 5, {"plan": "pro"}, "2026-11-23T16:17:19Z", 1795450639000, MISSING, None, "", True,
    "some day", ["x1"], ["x1", "x2"], {},
)  # fmt: skip
_MOST_BASES: Final = 4
_MOST_EXAMPLES: Final = 8  # events tried for one way to come to a clause
_MOST_WAYS: Final = 6


def closing_events(mapping: Mapping, rules: Rules = "documented") -> dict[Goal, Event]:
    """Return an event for each goal one was found for, each tried; the plainest come first."""
    found: dict[Goal, Event] = {}
    tried = set()
    for event in _candidates(mapping):
        text = json_text(event)
        if text not in tried:
            tried.add(text)
            for goal in _shown(mapping, event, rules):
                found.setdefault(goal, event)
    return found


def _shown(mapping: Mapping, event: Event, rules: Rules) -> frozenset[Goal]:
    """Return what is seen of the mapping where a client sends the event."""
    message = taken_in(event)
    if message is None:
        return frozenset()
    seen = seen_by(mapping, message, rules)
    (outcome,) = map_event(message, [mapping], rules)
    return seen | {ACCEPTED} if isinstance(outcome, Mapped) else seen


def taken_in(event: Event) -> Event | None:
    """Return the event as destinations see it, None where Segment's intake drops it."""
    taken = arrive(event)
    return taken.message if isinstance(taken, Kept) else None


def _candidates(mapping: Mapping) -> Iterator[Event]:
    taken = list(islice(_taken(mapping), _MOST_BASES))
    yield from (*taken, *_BASES, *map(_anonymous, taken))
    yield from _at_clauses(mapping, taken)
    places = places_in(mapping.fields)
    for base in taken:
        for value in _VALUES:
            yield from (put(base, place, value) for place in places)
            yield reduce(lambda event, place: put(event, place, value), places, base)


def _anonymous(event: Event) -> Event:
    return {**{key: value for key, value in event.items() if key != "userId"}, "anonymousId": "a1"}


def _taken(mapping: Mapping) -> Iterator[Event]:
    """Yield short events the trigger takes."""
    trigger = mapping.parsed_trigger
    seen = []
    for base in sorted(_BASES, key=lambda base: not trigger.matches(base)):
        event = base if trigger.matches(base) else changed_event(trigger, base)
        if event is not None and event not in seen and taken_in(event) is not None:
            seen.append(event)
            yield event


def _at_clauses(mapping: Mapping, taken: list[Event]) -> Iterator[Event]:
    for goal in clause_goals(mapping):
        tree, is_true = mapping.parsed_trigger.tree, goal.state == "true"
        found = ways(_wishes_at(tree, int(goal.subject), wanted=is_true))
        for term in islice(found, _MOST_WAYS):
            for base in (*taken, *_BASES):
                yield from islice(example_events(term, base), _MOST_EXAMPLES)


def _wishes_at(node: Node, number: int, *, wanted: bool) -> list[Wish]:
    """Return what must come out how for Segment to come to a condition, and it as wanted.

    `number` is that of the condition among those of the node.
    """
    if not isinstance(node, Group):
        return [(node, wanted)]
    before: list[Wish] = []
    for child in node.children:
        size = sum(1 for _ in leaves(child))
        if number < size:
            return [*before, *_wishes_at(child, number, wanted=wanted)]
        before.append((child, node.operator == "and"))
        number -= size
    raise AssertionError("a condition is among those of its tree")
