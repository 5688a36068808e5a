"""Explaining: one event and one mapping in, all that can be said of them out."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.destination import map_event, map_taken
from sandbox.explain.clauses import trigger_verdict
from sandbox.explain.explanation import Explanation
from sandbox.explain.fates import field_fates
from sandbox.explain.smallest import smallest_change
from sandbox.reasoning.budget import limited
from sandbox.segment.definition import Rules
from sandbox.segment.errors import Problem
from sandbox.segment.javascript import Json
from sandbox.segment.mapping import Mapping
from sandbox.segment.pipeline import Mapped, Outcome, Rejected, Skipped
from sandbox.suspicions import Suspicion, suspicious


def explain(
    event: object,
    mapping: Mapping,
    rules: Rules = "documented",
    *,
    cancelled: Callable[[], bool] | None = None,
) -> Explanation:
    """Return what became of the event at the mapping, and why.

    `rules` are those of `map_event`; raises ValueError for any other word. `cancelled` tells
    whether nobody waits for the answer any more: then no change is looked for.
    """
    (outcome,) = map_event(event, [mapping], rules)
    verdict = trigger_verdict(mapping.parsed_trigger, event)
    with limited(cancelled=cancelled):
        change = None if verdict.verdict == "holds" else smallest_change(event, mapping, rules)
    return Explanation(
        event=event,
        mapping=mapping,
        outcome=outcome,
        trigger=verdict,
        fields=field_fates(mapping, event, _refusals(event, mapping, outcome, rules)),
        suspicions=_suspicions(event, mapping, outcome),
        change=change,
    )


def _suspicions(event: Json, mapping: Mapping, outcome: Outcome) -> tuple[Suspicion, ...]:
    return suspicious(outcome.request, event, mapping) if isinstance(outcome, Mapped) else ()


def _refusals(event: Json, mapping: Mapping, outcome: Outcome, rules: Rules) -> tuple[Problem, ...]:
    """Return what the payload is, or would be, refused for; also of an event that is skipped."""
    if isinstance(outcome, Skipped) and isinstance(event, dict):
        outcome = map_taken(event, mapping, rules)
    return outcome.problems if isinstance(outcome, Rejected) else ()
