"""Seeing: what one event shows of a mapping's clauses and fields."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.destination import map_event
from sandbox.explain.explanation import FieldFate
from sandbox.explain.fates import field_fates
from sandbox.rule_coverage.goals import Goal
from sandbox.segment.definition import Rules
from sandbox.segment.javascript import kind
from sandbox.segment.mapping import Mapping
from sandbox.segment.pipeline import Rejected
from sandbox.segment.triggers.evaluation import Event
from sandbox.segment.triggers.trace import Trace

_USUAL = {"string": "string", "datetime": "string", "object": "object"}


def seen_by(mapping: Mapping, event: Event, rules: Rules = "documented") -> frozenset[Goal]:
    """Return what the event shows of the mapping; the answer of the API is not looked at.

    `event` is a message as destinations see it. `coerced` is a value that is sent and was of
    another kind than its field usually has: a number for a string, milliseconds for a time.
    """
    trace = mapping.parsed_trigger.trace(event)
    found = set(_clauses(trace))
    if mapping.enabled and trace.verdict == "holds":
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


def _clauses(trace: Trace) -> Iterator[Goal]:
    for number, clause in enumerate(trace.conditions()):
        if clause.reached and clause.verdict != "throws":
            yield Goal("clause", str(number), "true" if clause.verdict == "holds" else "false")
