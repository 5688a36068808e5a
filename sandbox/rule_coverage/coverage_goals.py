"""Coverage goals: which goals of a mapping one event reaches, and events that reach the others.

Events are guessed from the trigger and from the paths in the fields, and then tried, including
Segment's intake, so a suggested event works when it is sent.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import islice, product
from typing import Final, Literal, NamedTuple, TypeAlias

from sandbox.destination import map_event
from sandbox.explain.fates import field_fates
from sandbox.reasoning.arriving import arrive
from sandbox.reasoning.budget import TooLarge, limited, spend
from sandbox.reasoning.changing import changed_event, example_events
from sandbox.reasoning.event_places import places_in, put
from sandbox.reasoning.literals import leaves
from sandbox.reasoning.satisfiability import Wish, satisfying_terms
from sandbox.segment.definition import Rules
from sandbox.segment.intake import Kept
from sandbox.segment.javascript import MISSING, kind
from sandbox.segment.json_text import json_text
from sandbox.segment.mapping import SegmentMapping
from sandbox.segment.pipeline import Mapped, Rejected
from sandbox.segment.triggers import Trigger
from sandbox.segment.triggers.evaluation import SegmentEvent
from sandbox.segment.triggers.tree import Condition, Group, Node
from sandbox.values import Json

GoalState: TypeAlias = Literal[
    "true", "false", "present", "absent", "coerced", "refused", "accepted"
]


class Goal(NamedTuple):
    """One thing a test should show: a state of a clause, of a field, or of the answers.

    `subject` is the number of the clause from 0, the key of the field, or "answer".
    """

    part: Literal["clause", "field", "answer"]
    subject: str
    state: GoalState


class Gap(NamedTuple):
    """A goal that was not seen, and an event that reaches it when it is sent, as was tried."""

    goal: Goal
    event: dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The goals of a mapping that were seen, and those that were not.

    `not_found` has states of clauses for which no event was found; they are not counted.
    """

    mapping: SegmentMapping
    seen: tuple[Goal, ...]
    gaps: tuple[Gap, ...]
    not_found: tuple[Goal, ...]

    @property
    def total(self) -> int:
        """The number of goals that count."""
        return len(self.seen) + len(self.gaps)


ACCEPTED: Final = Goal("answer", "answer", "accepted")
_NEVER: Final[dict[GoalState, str]] = {
    "present": "was never sent",
    "absent": "was never left out",
    "coerced": "was never coerced from another kind of value",
    "refused": "was never refused",
}
_USUAL: Final = {"string": "string", "datetime": "string", "object": "object"}
_BASES: Final[tuple[SegmentEvent, ...]] = (
    {"type": "track", "event": "Signed Up", "userId": "u1"},
    {"type": "identify", "userId": "u1"},
    {"type": "group", "userId": "u1", "groupId": "g1"},
    {"type": "page", "userId": "u1", "name": "Home"},
    {"type": "screen", "userId": "u1", "name": "Home"},
    {"type": "alias", "userId": "u1", "previousId": "u0"},
)
_VALUES: Final[tuple[object, ...]] = (
    "x1", 5, {"plan": "pro"}, "2026-11-23T16:17:19Z", 1795450639000, MISSING, None, "", True,
    "some day", ["x1"], ["x1", "x2"], {},
)  # fmt: skip
_MOST_BASES: Final = 4
_MOST_EXAMPLES: Final = 8  # events tried for one term that reaches a clause
_MOST_TERMS: Final = 6
_STEPS_A_MAPPING: Final = 5_000_000
_STEPS_A_TRY: Final = 100  # about the cost of intake and the fields


@lru_cache(maxsize=8)
def _clauses(trigger: Trigger) -> tuple[Condition, ...]:
    return tuple(leaves(trigger.tree))


def _clause_goals(mapping: SegmentMapping) -> list[Goal]:
    numbers = range(len(_clauses(mapping.parsed_trigger)))
    states: tuple[GoalState, ...] = ("true", "false")
    return [Goal("clause", str(number), state) for number in numbers for state in states]


def clause_text(mapping: SegmentMapping, goal: Goal) -> str:
    """Return the clause of a goal as it is written in the trigger."""
    condition = _clauses(mapping.parsed_trigger)[int(goal.subject)]
    return mapping.trigger[condition.start : condition.end]


def sentence(mapping: SegmentMapping, goal: Goal) -> str:
    """Return a sentence, without its full stop, that says a goal was never seen."""
    if goal.part == "clause":
        return f"`{clause_text(mapping, goal)}` was never {goal.state}"
    if goal.part == "answer":
        return "no request was answered with a 2xx"
    return f"{goal.subject} {_NEVER[goal.state]}"


def seen_by(mapping: SegmentMapping, event: object, rules: Rules = "documented") -> frozenset[Goal]:
    """Return the goals of the mapping that the event reaches, apart from the API's answer.

    `event` is a message as destinations see it. `coerced` means that the sent value was of another
    kind than usual for its field: a number for a string, milliseconds for a time.
    """
    trace = mapping.parsed_trigger.trace(event)
    seen = {
        Goal("clause", str(number), "true" if clause.verdict == "holds" else "false")
        for number, clause in enumerate(trace.conditions())
        if clause.reached and clause.verdict != "throws"
    }
    if not mapping.enabled or trace.verdict != "holds":
        return frozenset(seen)
    (outcome,) = map_event(event, [mapping], rules)
    problems = outcome.problems if isinstance(outcome, Rejected) else ()
    for fate in field_fates(mapping, event, problems):
        match fate.fate:
            case "sent" if fate.type:
                seen.add(Goal("field", fate.key, "present"))
                if kind(fate.raw) != _USUAL[fate.type]:
                    seen.add(Goal("field", fate.key, "coerced"))
            case "left out" if fate.type:
                seen.add(Goal("field", fate.key, "absent"))
            case "refused":
                seen.add(Goal("field", fate.key, "refused"))
    return frozenset(seen)


def coverage_of(
    mapping: SegmentMapping, seen: AbstractSet[Goal], rules: Rules = "documented"
) -> Coverage:
    """Return the coverage of the mapping; a goal counts if it was seen or an event can reach it."""
    known = _closing_events(mapping, rules)
    of_clauses = _clause_goals(mapping)
    keys = [field.key for field in mapping.action_definition.fields]
    fields = (Goal("field", key, state) for key in keys for state in _NEVER)
    order = {goal: number for number, goal in enumerate((*of_clauses, *fields))}

    def in_order(goal: Goal) -> tuple[bool, int, Goal]:
        return goal == ACCEPTED, order.get(goal, len(order)), goal

    return Coverage(
        mapping=mapping,
        seen=tuple(sorted(seen, key=in_order)),
        gaps=tuple(Gap(goal, known[goal]) for goal in sorted(known.keys() - seen, key=in_order)),
        not_found=tuple(goal for goal in of_clauses if goal not in seen and goal not in known),
    )


def _closing_events(mapping: SegmentMapping, rules: Rules) -> dict[Goal, SegmentEvent]:
    """Return the events found, by the goal each reaches; each was tried, the plainest first.

    The search ends when the budget is used up.
    """
    found: dict[Goal, SegmentEvent] = {}
    steps = _STEPS_A_TRY + len(_clause_goals(mapping))
    tried: set[str] = set()
    with suppress(TooLarge), limited(_STEPS_A_MAPPING):
        for event in _candidates(mapping):
            text = json_text(event)
            message = None if text in tried else taken_in(event)
            tried.add(text)
            if message is not None:
                spend(steps)
                (outcome,) = map_event(message, [mapping], rules)
                accepted = {ACCEPTED} if isinstance(outcome, Mapped) else set()
                for goal in seen_by(mapping, message, rules) | accepted:
                    found.setdefault(goal, event)
    return found


def taken_in(event: SegmentEvent) -> SegmentEvent | None:
    """Return the event as destinations see it, None if Segment's intake drops it."""
    taken = arrive(event)
    return taken.message if isinstance(taken, Kept) else None


def _candidates(mapping: SegmentMapping) -> Iterator[SegmentEvent]:
    taken = list(islice(_taken(mapping), _MOST_BASES))
    yield from (*taken, *_BASES)
    for event in taken:
        yield {**{key: event[key] for key in event if key != "userId"}, "anonymousId": "a1"}
    tree = mapping.parsed_trigger.tree
    for condition, is_true in product(leaves(tree), (True, False)):
        terms = satisfying_terms(_wishes_at(tree, condition, wanted=is_true))
        for term in islice(terms, _MOST_TERMS):
            for base in (*taken, *_BASES):
                yield from islice(example_events(term, base), _MOST_EXAMPLES)
    places = places_in(mapping.fields)
    for base, value in product(taken, _VALUES):
        yield from (put(base, place, value) for place in places)
        yield reduce(lambda event, place: put(event, place, value), places, base)


def _taken(mapping: SegmentMapping) -> Iterator[SegmentEvent]:
    """Yield short events that the trigger takes."""
    trigger = mapping.parsed_trigger
    seen = []
    for base in sorted(_BASES, key=lambda base: not trigger.matches(base)):
        event = base if trigger.matches(base) else changed_event(trigger, base)
        if event is not None and event not in seen and taken_in(event) is not None:
            seen.append(event)
            yield event


def _wishes_at(node: Node, condition: Condition, *, wanted: bool) -> list[Wish]:
    """Return the wishes for which Segment evaluates a condition and it comes out as wanted.

    [] if the condition is not in the node.
    """
    if node is condition:
        return [(node, wanted)]
    if not isinstance(node, Group):
        return []
    for number, child in enumerate(node.children):
        if found := _wishes_at(child, condition, wanted=wanted):
            is_all = node.operator == "and"
            return [*((each, is_all) for each in node.children[:number]), *found]
    return []
