"""Explaining: one event and one mapping in, all that can be said of them out."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.destination import map_event, map_taken
from sandbox.explain.clauses import trigger_verdict
from sandbox.explain.explanation import Change, Edit, Explanation
from sandbox.explain.fates import field_fates
from sandbox.reasoning.budget import TOO_LARGE, limited, within
from sandbox.reasoning.changing import changed_event
from sandbox.reasoning.meant import meant
from sandbox.reasoning.rewording import reworded
from sandbox.reasoning.trigger_comparison import is_never
from sandbox.segment.definition import Rules
from sandbox.segment.errors import Problem
from sandbox.segment.javascript import Json
from sandbox.segment.mapping import Mapping
from sandbox.segment.pipeline import Mapped, Outcome, Rejected, Skipped
from sandbox.segment.triggers import Trigger
from sandbox.suspicions import Suspicion, suspicious
from sandbox.values import difference


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
        change = None if verdict.verdict == "holds" else smallest_change(event, mapping)
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


def smallest_change(event: Json, mapping: Mapping) -> Change:
    """Return the smallest changes after which the mapping's trigger takes the event.

    Both were tried: what is named works. What is too large for the budget says so.
    """
    trigger = mapping.parsed_trigger
    members = event if isinstance(event, dict) else {}
    changed, too_large = within(lambda: changed_event(trigger, members))
    intended = meant(trigger.text)
    if intended is not None and intended.tree == trigger.tree:
        intended = None
    if intended is not None and intended.matches(event):
        other: Trigger | None = intended
    else:
        other, _ = within(lambda: reworded(trigger, members))
    return Change(
        event=changed,
        edits=_edits(event, changed),
        trigger=other.text if other and other.matches(event) else None,
        meant=intended.text if intended else "",
        meant_edits=_meant_edits(intended, members),
        no_event="" if changed is not None else _no_event(trigger, too_large=too_large),
    )


def _meant_edits(intended: Trigger | None, event: dict[str, Json]) -> tuple[Edit, ...]:
    if intended is None:
        return ()
    asked = intended
    return _edits(event, within(lambda: changed_event(asked, event))[0])


def _no_event(trigger: Trigger, *, too_large: bool) -> str:
    is_proven, proof_too_large = within(lambda: is_never(trigger.tree))
    if is_proven:
        return "No event can make this trigger true; the trigger must change."
    if too_large or proof_too_large:
        return f"The trigger is {TOO_LARGE}, so no change of the event was found."
    return "No change of the event was found after which the trigger takes it."


def _edits(event: Json, changed: Json) -> tuple[Edit, ...]:
    if changed is None:
        return ()
    return tuple(Edit(each.at, each.found, each.expected) for each in difference(changed, event))
