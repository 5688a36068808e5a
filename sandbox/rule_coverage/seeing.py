"""Seeing: what one event shows of a mapping's clauses and fields."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.destination import map_event
from sandbox.explain.explanation import FieldFate
from sandbox.explain.fates import field_fates
from sandbox.reasoning.literals import leaves
from sandbox.rule_coverage.goals import Goal
from sandbox.segment.definition import Rules
from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import Json, kind
from sandbox.segment.mapping import Mapping
from sandbox.segment.pipeline import Rejected
from sandbox.segment.triggers.evaluation import Clause, Event, prepare

_USUAL = {"string": "string", "datetime": "string", "object": "object"}


def seen_by(mapping: Mapping, event: Event, rules: Rules = "documented") -> frozenset[Goal]:
    """Return what the event shows of the mapping; the answer of the API is not looked at.

    `event` is a message as destinations see it. `coerced` is a value that is sent and was of
    another kind than its field usually has: a number for a text, milliseconds for a time.
    """
    found = set(_clauses(mapping, event))
    if mapping.enabled and mapping.parsed_trigger.matches(event):
        (outcome,) = map_event(event, [mapping], rules)
        problems = outcome.problems if isinstance(outcome, Rejected) else ()
        for fate in field_fates(mapping, event, problems):
            found |= set(_states(fate))
    return frozenset(found)


def _states(fate: FieldFate) -> Iterator[Goal]:
    match fate.fate:
        case "sent" if fate.type:
            yield Goal("field", fate.key, "present")
            if kind(fate.raw) != _USUAL[fate.type]:
                yield Goal("field", fate.key, "coerced")
        case "left out" if fate.type:
            yield Goal("field", fate.key, "absent")
        case "refused":
            yield Goal("field", fate.key, "refused")


def _clauses(mapping: Mapping, event: Json) -> Iterator[Goal]:
    members = event if isinstance(event, dict) else {}
    try:
        for number, verdict in _asked(prepare(mapping.parsed_trigger.tree), members, 0):
            yield Goal("clause", str(number), "true" if verdict else "false")
    except Thrown:
        return  # Segment comes no further either


def _asked(clause: Clause, event: Event, first: int) -> Iterator[tuple[int, bool]]:
    """Yield number and verdict of each condition Segment comes to; raises Thrown as it does."""
    if not clause.children:
        yield first, clause.test(event)
        return
    decides = getattr(clause.node, "operator", "") == "or"
    for child in clause.children:
        yield from _asked(child, event, first)
        if child.test(event) is decides:
            return
        first += sum(1 for _ in leaves(child.node))
