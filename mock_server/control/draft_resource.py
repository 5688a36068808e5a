"""Draft: `/_sandbox/draft`, what is to be said of a mapping that is being written.

The trigger comes as a text or as the rows of a builder, and both are answered, so that one follows
the other; with an event also what the mapping makes of it.
"""

from __future__ import annotations

from typing import Final

from mock_server.control.dry_run import SECONDS_TO_REASON, sketch
from mock_server.control.query import BadQuery
from mock_server.control.resource import Asked, resource, shown
from mock_server.exchange import Answer
from mock_server.real_clock import up_after
from sandbox.explain import explain
from sandbox.explain import to_json as explanation_json
from sandbox.lint import Draft, Finding, lint
from sandbox.reasoning.budget import limited
from sandbox.segment.errors import InvalidTrigger, Problem, caret
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.triggers import parse_trigger
from sandbox.segment.triggers.rows import Row, Rows, rows_of, text_of

_MEMBERS: Final = ("name", "action", "trigger", "rows", "fields", "enabled")
_ROW: Final = ("subject", "path", "operator", "value")
_EXAMPLE: Final = (
    'The body is like {"mapping": {"name": "Orders", "action": "sendEvents", "trigger": "…"},'
    ' "event": {…}}'
)


@resource("POST", "/draft")
def draft(asked: Asked) -> Answer:
    """Answer what is wrong or odd with a draft, its rows, and what it makes of an event."""
    question = asked.body()
    given = question.get("mapping")
    if question.keys() - {"mapping", "event"} or not isinstance(given, dict):
        raise BadQuery(f"{_EXAMPLE}.")
    unknown = given.keys() - set(_MEMBERS)
    if unknown or not isinstance(given.get("name", ""), str):
        raise BadQuery(f"{_EXAMPLE}; a mapping has {', '.join(_MEMBERS)}.")

    problems: list[Json] = []
    text = _trigger_text(given, problems)
    name, fields = given.get("name", "New Mapping"), given.get("fields", MISSING)
    written = sketch(Draft(name, str(given.get("action", "")), text, fields))
    mapping = written.mapping
    problems += [_problem(each, text) for each in written.problems]
    event = question.get("event", MISSING)
    with limited(cancelled=up_after(SECONDS_TO_REASON)):
        findings = _findings(written.draft, event)
        explained = None
        if mapping is not None and event is not MISSING:
            explained = explanation_json(explain(event, mapping, asked.mock.rules))
    return shown(
        {
            "trigger": text,
            "rows": _rows_shown(text),
            "problems": problems,
            "warnings": [_problem(each, text) for each in (mapping.warnings if mapping else ())],
            "findings": [each.to_json() for each in findings],
            "explanation": explained,
        }
    )


def _trigger_text(given: dict[str, Json], problems: list[Json]) -> str:
    rows = given.get("rows")
    if not isinstance(rows, dict):
        trigger = given.get("trigger", "")
        if not isinstance(trigger, str):
            raise BadQuery(f"{_EXAMPLE}; the trigger is a text.")
        return trigger
    given_rows = rows.get("rows")
    wished = [_row(row) for row in given_rows] if isinstance(given_rows, list) else []
    try:
        return text_of(str(rows.get("join", "and")), wished)
    except ValueError as error:
        problems.append(Problem(("rows",), f"{error}.").to_json())
        return str(given.get("trigger", ""))


def _row(given: Json) -> Row:
    known = {key: given.get(key) for key in _ROW} if isinstance(given, dict) else {}
    is_row = (
        isinstance(given, dict)
        and given.keys() <= known.keys()
        and isinstance(known["path"], str | None)
        and isinstance(known["value"], str | int | float | None)
    )
    if not is_row:
        raise BadQuery(f"A row has {', '.join(_ROW)}, texts; the value may be a number.")
    return Row(
        subject=str(known["subject"]),
        operator=str(known["operator"]),
        value=known["value"],
        path=known["path"],
    )


def _problem(problem: Problem, text: str) -> dict[str, Json]:
    return {
        **problem.to_json(),
        **(_place(text) if problem.at == ("trigger",) else {}),
    }


def _place(text: str) -> dict[str, Json]:
    """Return where a trigger cannot be read; other problems beside it do not hide that."""
    try:
        parse_trigger(text)
    except InvalidTrigger as error:
        return {"position": error.position, "caret": caret(text, error.position)}
    return {}


def _rows_shown(text: str) -> Json:
    try:
        found: Rows | None = rows_of(parse_trigger(text))
    except InvalidTrigger:
        return None
    if found is None:
        return None
    rows = [{key: getattr(row, key) for key in _ROW} for row in found.rows]
    return {"join": found.join, "rows": rows}


def _findings(written: Draft, event: Json) -> tuple[Finding, ...]:
    if written.action_definition is None:
        return ()
    return lint([written], [event] if isinstance(event, dict) else [])
