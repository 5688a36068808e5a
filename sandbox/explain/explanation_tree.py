"""Tree: an explanation as JSON, for machines."""

from __future__ import annotations

from sandbox.explain.explanation import Change, ClauseVerdict, Edit, Explanation, FieldFate
from sandbox.segment.errors import Problem
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.json_text import to_json as json_of
from sandbox.segment.pipeline import Mapped, Rejected, Skipped


def to_json(explanation: Explanation) -> dict[str, Json]:
    """Return the explanation as a JSON object; a value that is not there leaves its member out."""
    outcome = explanation.outcome
    record: dict[str, Json] = {
        "mapping": explanation.mapping.name,
        "action": explanation.mapping.action,
        "enabled": explanation.mapping.enabled,
        "outcome": type(outcome).__name__.lower(),
        "code": None if isinstance(outcome, Mapped) else outcome.code,
        "reason": outcome.reason if isinstance(outcome, Skipped) else None,
        "trigger": _trigger(explanation),
        "fields": [_field(fate) for fate in explanation.fields],
        "request": _request(outcome),
        "problems": _problems(outcome.problems) if isinstance(outcome, Rejected) else [],
        "suspicions": [
            {"code": s.code, "path": s.path, "message": s.message} for s in explanation.suspicions
        ],
        "change": _change(explanation.change) if explanation.change else None,
    }
    return record


def _trigger(explanation: Explanation) -> dict[str, Json]:
    verdict = explanation.trigger
    return {
        "text": verdict.text,
        "taken": verdict.taken or verdict.text,
        "asWritten": not verdict.taken,
        "ignored": list(verdict.ignored),
        "verdict": verdict.verdict,
        "clause": _clause(verdict.clause),
    }


def _clause(clause: ClauseVerdict) -> dict[str, Json]:
    common = {
        "written": clause.written,
        "taken": clause.taken,
        "verdict": clause.verdict,
        "reached": clause.reached,
        "operator": clause.operator,
    }
    if clause.clauses:
        return {**common, "clauses": [_clause(each) for each in clause.clauses]}
    return common | _present(
        subject=clause.subject,
        expected=clause.expected,
        expectedKind=clause.expected_kind,
        actual=clause.actual,
        actualKind=clause.actual_kind,
        sentence=clause.sentence,
    )


def _field(fate: FieldFate) -> dict[str, Json]:
    return {
        "key": fate.key,
        "label": fate.label,
        "type": fate.type,
        "fate": fate.fate,
        **_present(source=fate.source, raw=fate.raw, value=fate.value),
        "why": fate.why,
        "problems": _problems(fate.problems),
    }


def _change(change: Change) -> dict[str, Json]:
    return {
        "event": change.event,
        "edits": _edits(change.edits),
        "noEvent": change.no_event or None,
        "trigger": change.trigger,
        "meant": change.meant or None,
        "meantEdits": _edits(change.meant_edits),
    }


def _edits(edits: tuple[Edit, ...]) -> list[Json]:
    return [{"path": e.path, **_present(before=e.before, after=e.after)} for e in edits]


def _request(outcome: object) -> Json:
    if not isinstance(outcome, Mapped):
        return None
    request = outcome.request
    return {"method": request.method, "path": request.path, "json": request.json}


def _problems(problems: tuple[Problem, ...]) -> list[Json]:
    return [{"path": p.path, "message": p.message} for p in problems]


def _present(**members: Json) -> dict[str, Json]:
    return {key: json_of(value) for key, value in members.items() if value is not MISSING}
