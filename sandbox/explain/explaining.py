"""Explaining: one event and one mapping in, an Explanation out; also as JSON."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final, TypeAlias, cast

from sandbox.destination import map_event, map_taken
from sandbox.explain.fates import FieldFate, field_fates
from sandbox.explain.smallest_change import NOT_LOOKED_FOR, Change, smallest_change
from sandbox.reasoning.budget import limited, once
from sandbox.reasoning.literals import traced
from sandbox.reasoning.meant_trigger import meant_trigger
from sandbox.segment.definition import Rules
from sandbox.segment.errors import NotSimulated, Problem
from sandbox.segment.javascript import CONTAINERS, MISSING, kind
from sandbox.segment.json_text import NOT_IN_JSON
from sandbox.segment.json_text import to_json as json_of
from sandbox.segment.mapping import SegmentMapping
from sandbox.segment.pipeline import Mapped, Outcome, Rejected, Skipped
from sandbox.segment.triggers.operators import OPERATORS
from sandbox.segment.triggers.trace import Trace, Verdict, reason_for, wanted_words
from sandbox.segment.triggers.tree import Condition, Group
from sandbox.segment.triggers.trigger import Trigger
from sandbox.suspicions import Suspicion, suspicious
from sandbox.values import shortened
from sandbox.wire_types import ExplanationJson

Fates: TypeAlias = tuple[FieldFate, ...]

MOST_IGNORED: Final = 100
"""The most ignored parts of a trigger that are listed."""
_MOST_TOLD: Final = 1000
"""The most characters and values of a value that each clause repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerVerdict:
    """A trigger and its verdict on an event.

    `taken` is the trigger as Segment reads it, "" if that is what is written. `ignored` has a
    sentence for each part that Segment ignores.
    """

    text: str
    taken: str
    trace: Trace
    ignored: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Whether the trigger holds, fails or throws."""
        return self.trace.verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What one mapping does with one event.

    `change` is None if the trigger takes the event. `fields` has the result of each field, even if
    the mapping skips the event.
    """

    event: object
    mapping: SegmentMapping
    outcome: Outcome
    trigger: TriggerVerdict
    fields: Fates
    suspicions: tuple[Suspicion, ...] = ()
    change: Change | None = None


def explain(
    event: object,
    mapping: SegmentMapping,
    rules: Rules = "documented",
    *,
    cancelled: Callable[[], bool] | None = None,
) -> Explanation:
    """Return what the mapping does with the event, and why.

    `rules` is as for `map_event`; raises ValueError for any other word. `cancelled` returns whether
    the caller no longer needs the answer: then the search for a change ends.
    """
    return explain_all(event, [mapping], rules, cancelled=cancelled)[0]


def explain_all(
    event: object,
    mappings: Sequence[SegmentMapping],
    rules: Rules = "documented",
    *,
    cancelled: Callable[[], bool] | None = None,
) -> list[Explanation]:
    """Return what each mapping does with the event, and why; shared work is done once."""
    outcomes = map_event(event, mappings, rules)
    with limited(cancelled=cancelled):
        return [_explained(event, outcome, rules) for outcome in outcomes]


def _explained(event: object, outcome: Outcome, rules: Rules) -> Explanation:
    mapping, sent = outcome.mapping, outcome.request if isinstance(outcome, Mapped) else None
    verdict = _trigger_verdict(mapping.parsed_trigger, event)
    change = None
    if isinstance(verdict.trace.thrown, NotSimulated):
        change = NOT_LOOKED_FOR
    elif verdict.verdict != "holds":
        change = smallest_change(event, mapping, rules)
    return Explanation(
        event=event,
        mapping=mapping,
        outcome=outcome,
        trigger=verdict,
        fields=_fates(event, outcome, rules),
        suspicions=suspicious(sent, event, mapping) if sent else (),
        change=change,
    )


def _fates(event: object, outcome: Outcome, rules: Rules) -> Fates:
    """Return the fates of the fields, even if the mapping skips the event.

    For mappings that skip it they are cached: mappings with equal fields have equal fates.
    """
    mapping = outcome.mapping
    if not isinstance(outcome, Skipped) or not isinstance(event, dict):
        return field_fates(mapping, event, _problems(outcome))
    # as bytes, because True == 1; version 2 of marshal writes equal values alike
    fields: Any = mapping.fields
    key = "fates", id(event), rules, mapping.action, marshal.dumps(fields, 2)

    def fates() -> Fates:
        return field_fates(mapping, event, _problems(map_taken(event, mapping, rules)))

    return once(fates, *key, of=event)


def _problems(outcome: Outcome) -> tuple[Problem, ...]:
    return outcome.problems if isinstance(outcome, Rejected) else ()


def _trigger_verdict(trigger: Trigger, event: object) -> TriggerVerdict:
    """Return the verdict of the trigger and of each clause on the event."""
    is_plain = trigger.is_taken_as_written
    if not is_plain:
        intended = meant_trigger(trigger.text, trigger)
        is_plain = intended is not None and intended.tree == trigger.tree
    return TriggerVerdict(
        text=trigger.text,
        taken="" if is_plain else trigger.as_taken,
        trace=traced(trigger, event),
        ignored=tuple(_ignored(trigger, is_plain=is_plain)),
    )


def _ignored(trigger: Trigger, *, is_plain: bool) -> Iterator[str]:
    """Yield a sentence for each part that Segment ignores, a name together with its comparison."""
    for each, end in islice(trigger.ignored_phrases(), MOST_IGNORED):
        if is_plain and each.text == ")":
            continue  # a second parenthesis after a call is harmless
        if end == each.end:
            yield each.sentence
        else:
            text = shortened(" ".join(trigger.text[each.start : end].split()))
            yield f"Segment ignores `{text}`: a trigger cannot read `{shortened(each.text)}`."


def to_json(explanation: Explanation) -> ExplanationJson:
    """Return the explanation as a JSON object; a missing value has no member."""
    mapping, outcome, trigger = explanation.mapping, explanation.outcome, explanation.trigger
    told = {
        "mapping": mapping.name,
        "action": mapping.action,
        "enabled": mapping.enabled,
        "outcome": type(outcome).__name__.lower(),
        "code": None if isinstance(outcome, Mapped) else outcome.code,
        "reason": outcome.reason if isinstance(outcome, Skipped) else None,
        "trigger": {
            "text": trigger.text,
            "taken": trigger.taken or trigger.text,
            "asWritten": not trigger.taken,
            "ignored": list(trigger.ignored),
            "verdict": trigger.verdict,
            "clause": _clause(trigger.trace, trigger.text),
        },
        "fields": [fate.to_json() for fate in explanation.fields],
        "request": outcome.request.to_json() if isinstance(outcome, Mapped) else None,
        "problems": [problem.to_json() for problem in _problems(outcome)],
        "suspicions": [suspicion.to_json() for suspicion in explanation.suspicions],
        "change": explanation.change and explanation.change.to_json(),
    }
    return cast("ExplanationJson", told)


def _is_short(actual: object) -> bool:
    """Return whether a value is short enough to be repeated in thousands of clauses."""
    todo, left = [actual], _MOST_TOLD
    while todo and left > 0:
        value = todo.pop()
        left -= len(value) if isinstance(value, (*CONTAINERS, str)) else 1
        if left > 0 and isinstance(value, CONTAINERS):
            todo += chain.from_iterable(value.items()) if isinstance(value, dict) else value
    return left > 0


def _clause(trace: Trace, text: str) -> dict[str, object]:
    node, actual = trace.node, trace.actual
    told: dict[str, object] = {
        "written": text[node.start : node.end],
        "taken": str(node),
        "verdict": trace.verdict,
        "reached": trace.reached,
        "operator": getattr(node, "operator", ""),
    }
    if isinstance(node, Group):
        return {**told, "clauses": [_clause(each, text) for each in trace.children]}
    if isinstance(node, Condition):
        operator = OPERATORS.get(node.operator)
        told |= {
            "subject": node.subject,
            "expected": wanted_words(operator, node.value, MISSING) if operator else "nothing",
            "expectedKind": operator.kind if operator else "",
        }
        if not isinstance(actual, NOT_IN_JSON) and _is_short(actual):
            told["actual"] = json_of(actual)
        told["actualKind"] = kind(actual)
    return {**told, "sentence": reason_for(trace)}
