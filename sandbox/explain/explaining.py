"""Explaining: one event and one mapping in, all that can be said of them out."""

import marshal
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, TypeAlias

from sandbox.destination import map_event, map_taken
from sandbox.explain.explanation import Explanation, FieldFate, TriggerVerdict
from sandbox.explain.fates import field_fates
from sandbox.explain.smallest import smallest_change
from sandbox.lint.draft import Reading
from sandbox.reasoning.budget import limited
from sandbox.segment.definition import Rules
from sandbox.segment.javascript import Json
from sandbox.segment.mapping import Mapping
from sandbox.segment.pipeline import Mapped, Outcome, Rejected
from sandbox.segment.triggers.mistakes import shown
from sandbox.segment.triggers.trigger import Trigger
from sandbox.suspicions import suspicious

Fates: TypeAlias = tuple[FieldFate, ...]
Skipped: TypeAlias = dict[tuple[str, bytes], Fates]

MOST_IGNORED: Final = 100
"""How many things that Segment passes over are told."""


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
    return explain_all(event, [mapping], rules, cancelled=cancelled)[0]


def explain_all(
    event: object,
    mappings: Sequence[Mapping],
    rules: Rules = "documented",
    *,
    cancelled: Callable[[], bool] | None = None,
) -> list[Explanation]:
    """Return what became of the event at each mapping, and why; what they share is done once."""
    outcomes = map_event(event, mappings, rules)
    skipped: Skipped = {}
    with limited(cancelled=cancelled):
        return [_explained(event, outcome, rules, skipped) for outcome in outcomes]


def _explained(event: Json, outcome: Outcome, rules: Rules, skipped: Skipped) -> Explanation:
    mapping = outcome.mapping
    verdict = _trigger_verdict(mapping.parsed_trigger, event)
    return Explanation(
        event=event,
        mapping=mapping,
        outcome=outcome,
        trigger=verdict,
        fields=_fates(event, outcome, rules, skipped),
        suspicions=(
            suspicious(outcome.request, event, mapping) if isinstance(outcome, Mapped) else ()
        ),
        change=None if verdict.verdict == "holds" else smallest_change(event, mapping, rules),
    )


def _fates(event: Json, outcome: Outcome, rules: Rules, skipped: Skipped) -> Fates:
    """Return the fates of the fields, also where the mapping skips the event.

    `skipped` keeps those of mappings that skip it, which are the same where the fields are.
    """
    mapping = outcome.mapping
    if isinstance(outcome, Rejected):
        return field_fates(mapping, event, outcome.problems)
    if isinstance(outcome, Mapped) or not isinstance(event, dict):
        return field_fates(mapping, event, ())
    # as bytes, for to == true is 1; version 2 writes equal values alike
    fields: Any = mapping.fields
    same = mapping.action, marshal.dumps(fields, 2)
    if same not in skipped:
        would_be = map_taken(event, mapping, rules)
        problems = would_be.problems if isinstance(would_be, Rejected) else ()
        skipped[same] = field_fates(mapping, event, problems)
    return skipped[same]


def _trigger_verdict(trigger: Trigger, event: Json) -> TriggerVerdict:
    """Return what the event makes of the trigger and of each of its clauses."""
    is_plain = trigger.is_taken_as_written or Reading(trigger.text).is_plain
    return TriggerVerdict(
        text=trigger.text,
        taken="" if is_plain else trigger.as_taken,
        trace=trigger.trace(event),
        ignored=tuple(_ignored(trigger, is_plain=is_plain)),
    )


def _ignored(trigger: Trigger, *, is_plain: bool) -> Iterator[str]:
    """Yield what Segment passes over, an ignored name together with what is compared with it."""
    for each, end in islice(trigger.ignored_phrases(), MOST_IGNORED):
        if is_plain and each.text == ")":
            continue  # the second parenthesis after a call, which does no harm
        if end == each.end:
            yield each.sentence
        else:
            text = shown(" ".join(trigger.text[each.start : end].split()))
            yield f"Segment ignores `{text}`, for no trigger can look at `{shown(each.text)}`."
