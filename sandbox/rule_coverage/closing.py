"""Closing: how much of a mapping was seen, and for what is left the events that show it.

Events are guessed from the trigger and from the paths the fields look at, and then tried, through
Segment's intake: what is named works when it is sent.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import reduce
from itertools import islice, product
from typing import Final

from sandbox.destination import map_event
from sandbox.reasoning.arriving import arrive
from sandbox.reasoning.changing import changed_event, example_events
from sandbox.reasoning.literals import leaves
from sandbox.reasoning.places import places_in, put
from sandbox.reasoning.ways import Wish, ways
from sandbox.rule_coverage.goals import ACCEPTED, Goal, clause_goals, in_order, seen_by
from sandbox.segment.definition import Rules
from sandbox.segment.intake import Kept
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.json_text import json_text
from sandbox.segment.mapping import Mapping
from sandbox.segment.pipeline import Mapped
from sandbox.segment.triggers.evaluation import Event
from sandbox.segment.triggers.tree import Condition, Group, Node

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


@dataclass(frozen=True, slots=True)
class Gap:
    """What was not seen, and an event that shows it when it is sent; the event was tried."""

    goal: Goal
    event: dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What was seen of a mapping and what was not.

    `not_found` are states of clauses for which no event was found; they are not counted.
    """

    mapping: Mapping
    seen: tuple[Goal, ...]
    gaps: tuple[Gap, ...]
    not_found: tuple[Goal, ...]

    @property
    def total(self) -> int:
        """How much there is to be seen."""
        return len(self.seen) + len(self.gaps)


def coverage_of(mapping: Mapping, seen: AbstractSet[Goal], rules: Rules = "documented") -> Coverage:
    """Return how much of the mapping was seen; a goal counts if it was, or if an event can."""
    known = closing_events(mapping, rules)
    left = sorted(known.keys() - seen, key=lambda goal: in_order(mapping, goal))
    return Coverage(
        mapping=mapping,
        seen=tuple(sorted(seen, key=lambda goal: in_order(mapping, goal))),
        gaps=tuple(Gap(goal, known[goal]) for goal in left),
        not_found=tuple(g for g in clause_goals(mapping) if g not in seen and g not in known),
    )


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
    tree = mapping.parsed_trigger.tree
    for condition, is_true in product(leaves(tree), (True, False)):
        for term in islice(ways(_wishes_at(tree, condition, wanted=is_true)), _MOST_WAYS):
            for base in (*taken, *_BASES):
                yield from islice(example_events(term, base), _MOST_EXAMPLES)


def _wishes_at(node: Node, condition: Condition, *, wanted: bool) -> list[Wish]:
    """Return what must come out how for Segment to come to a condition, and it as wanted.

    Empty where the condition does not stand in the node.
    """
    if node is condition:
        return [(node, wanted)]
    before: list[Wish] = []
    for child in node.children if isinstance(node, Group) else ():
        if found := _wishes_at(child, condition, wanted=wanted):
            return [*before, *found]
        before.append((child, isinstance(node, Group) and node.operator == "and"))
    return []
