"""Explanation: the values an explanation is made of, and the same as JSON, for machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

from sandbox.segment.errors import Problem
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.json_text import to_json as json_of
from sandbox.segment.mapping import Mapping
from sandbox.segment.pipeline import Mapped, Outcome, Rejected, Skipped
from sandbox.segment.triggers.evaluation import Inherited
from sandbox.segment.triggers.operators import OPERATORS
from sandbox.segment.triggers.reasons import kind_of, said, wanted_words
from sandbox.segment.triggers.trace import Trace, Verdict
from sandbox.segment.triggers.tree import Condition, Group, Nothing
from sandbox.suspicions import Suspicion
from sandbox.values import Path, json_path, members

if TYPE_CHECKING:
    from sandbox import wire_types

Fate: TypeAlias = Literal["sent", "left out", "refused", "dropped", "not mapped", "not simulated"]

_WORDS: Final[dict[type, Literal["mapped", "skipped", "rejected"]]] = {
    Mapped: "mapped",
    Skipped: "skipped",
    Rejected: "rejected",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerVerdict:
    """A trigger and what an event makes of it.

    `taken` is what Segment takes it for where that is not what is written, else "". `ignored` says
    what Segment passes over.
    """

    text: str
    taken: str
    trace: Trace
    ignored: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Whether the trigger holds, fails, or makes Segment throw."""
        return self.trace.verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFate:
    """One field of a mapping: what it is made of, and what becomes of it.

    `source` is the directive or value as written (MISSING where the field is not mapped), `raw`
    what it gives for the event, `value` what is sent; both MISSING for nothing. `why` is a
    sentence, empty where the value is sent as it was found.
    """

    key: str
    label: str
    type: str
    fate: Fate
    source: Json = MISSING
    raw: Json = MISSING
    value: Json = MISSING
    why: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """One member of an event changed: where, what was there, and what is there now."""

    at: Path
    before: Json
    after: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The smallest changes found after which the mapping takes the event; each was tried.

    `event` is the changed event and `edits` how it differs, `trigger` the changed trigger; None
    where none was found, and `no_event` then says why. `meant` is what the trigger probably means
    where Segment takes it for something else, else ""; it takes the event if it is `trigger`, and
    otherwise after `meant_edits`. The changed event is delivered when it is sent; `against_spec`
    says where it has what its call should not have.
    """

    event: Json = None
    edits: tuple[Edit, ...] = ()
    trigger: str | None = None
    meant: str = ""
    meant_edits: tuple[Edit, ...] = ()
    no_event: str = ""
    against_spec: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What became of one event at one mapping.

    `change` is None where the trigger takes the event. `fields` say what the fields make of it,
    also where the mapping skips it.
    """

    event: Json
    mapping: Mapping
    outcome: Outcome
    trigger: TriggerVerdict
    fields: tuple[FieldFate, ...]
    suspicions: tuple[Suspicion, ...] = ()
    change: Change | None = None


def to_json(explanation: Explanation) -> wire_types.ExplanationJson:
    """Return the explanation as a JSON object; a value that is not there leaves its member out."""
    mapping, outcome = explanation.mapping, explanation.outcome
    return {
        "mapping": mapping.name,
        "action": mapping.action,
        "enabled": mapping.enabled,
        "outcome": _WORDS[type(outcome)],
        "code": None if isinstance(outcome, Mapped) else outcome.code,
        "reason": outcome.reason if isinstance(outcome, Skipped) else None,
        "trigger": _trigger(explanation),
        "fields": [_field(fate) for fate in explanation.fields],
        "request": outcome.request.to_json() if isinstance(outcome, Mapped) else None,
        "problems": [p.to_json() for p in outcome.problems]
        if isinstance(outcome, Rejected)
        else [],
        "suspicions": [s.to_json() for s in explanation.suspicions],
        "change": _change(explanation.change) if explanation.change else None,
    }


def _trigger(explanation: Explanation) -> wire_types.TriggerJson:
    verdict = explanation.trigger
    return {
        "text": verdict.text,
        "taken": verdict.taken or verdict.text,
        "asWritten": not verdict.taken,
        "ignored": list(verdict.ignored),
        "verdict": verdict.verdict,
        "clause": _clause(verdict.trace, verdict.text),
    }


def _clause(trace: Trace, text: str) -> wire_types.ClauseJson:
    node = trace.node
    common = {
        "written": text[node.start : node.end],
        "taken": str(node),
        "verdict": trace.verdict,
        "reached": trace.reached,
        "operator": "" if isinstance(node, Nothing) else node.operator,
    }
    if isinstance(node, Group):
        clauses = [_clause(each, text) for each in trace.children]
        return cast("wire_types.ClauseJson", {**common, "clauses": clauses})
    return cast(
        "wire_types.ClauseJson", {**common, **_asked(node, trace.actual), "sentence": said(trace)}
    )


def _asked(node: Condition | Nothing, actual: Json) -> dict[str, Json]:
    if isinstance(node, Nothing):
        return {}
    operator = OPERATORS.get(node.operator)
    return {
        "subject": node.subject,
        "expected": wanted_words(operator, node.value, MISSING) if operator else "nothing",
        "expectedKind": operator.kind if operator else "",
        **_present(actual=MISSING if isinstance(actual, Inherited) else actual),
        "actualKind": kind_of(actual),
    }


def _field(fate: FieldFate) -> wire_types.FieldJson:
    told = {
        **members(fate, "key", "label", "type", "fate", "why"),
        **_present(**members(fate, "source", "raw", "value")),
        "problems": [problem.to_json() for problem in fate.problems],
    }
    return cast("wire_types.FieldJson", told)


def _change(change: Change) -> wire_types.ChangeJson:
    return {
        "event": change.event,
        "edits": _edits(change.edits),
        "noEvent": change.no_event or None,
        "againstSpec": change.against_spec or None,
        "trigger": change.trigger,
        "meant": change.meant or None,
        "meantEdits": _edits(change.meant_edits),
    }


def _edits(edits: tuple[Edit, ...]) -> list[wire_types.EditJson]:
    told = [{"path": json_path(e.at), **_present(**members(e, "before", "after"))} for e in edits]
    return cast("list[wire_types.EditJson]", told)


def _present(**members: Json) -> dict[str, Json]:
    return {key: json_of(value) for key, value in members.items() if value is not MISSING}
