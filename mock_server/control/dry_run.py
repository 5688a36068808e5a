"""Trying: a dry run, an event through mappings into a Toplyne of its own that is then forgotten."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mock_server.control.export_snippets import copies
from mock_server.mock import Mock
from mock_server.real_clock import up_after
from mock_server.segment.senders import InsideSender
from mock_server.store.state import KINDS
from sandbox.destination import Mapping
from sandbox.explain import explain, to_json
from sandbox.lint import Draft, lint
from sandbox.reasoning.budget import limited
from sandbox.segment.calls import BATCH
from sandbox.segment.definition import Rules
from sandbox.segment.errors import InvalidMapping, InvalidTrigger, Problem
from sandbox.segment.intake import Dropped, take_in
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.json_text import InvalidJson, parse_json
from sandbox.segment.pipeline import Mapped, Outcome

_PLACE: Final = re.compile(r" at line (\d+), column (\d+)|, at line (\d+), column (\d+)")
_SECRET: Final = "the-token-of-a-dry-run"  # noqa: S105 - of a Toplyne nobody else can reach
_TENANT: Final = "dry run"


@dataclass(frozen=True, slots=True)
class Unread:
    """A text that is no JSON: the sentence, and where; 0 where there is no place."""

    message: str
    line: int = 0
    column: int = 0

    def to_json(self) -> dict[str, Json]:
        """Return it as an object."""
        return {"message": self.message, "line": self.line, "column": self.column}


@dataclass(frozen=True, slots=True)
class Sketch:
    """A mapping as it was written: the mapping, or what is wrong with it."""

    draft: Draft
    mapping: Mapping | None
    problems: tuple[Problem, ...] = ()
    position: int | None = None
    unread: Unread | None = None


def read_text(text: str) -> Json | Unread:
    """Return the value of a JSON text, or what is wrong with it and where."""
    try:
        return parse_json(text, finite=True)
    except InvalidJson as error:
        place = _PLACE.search(str(error))
        line, column = [int(n) for n in place.groups() if n] if place else (0, 0)
        message = str(error)
        return Unread(f"{message[0].upper()}{message[1:]}.", line, column)


SECONDS_TO_REASON: Final = 3.0
"""How long lint and explain may take for one question; what is left over is "too large"."""


def sketch(draft: Draft) -> Sketch:
    """Return the mapping a draft makes, or everything that is wrong with it."""
    try:
        made = Mapping(
            draft.name,
            action=draft.action,
            trigger=draft.trigger,
            fields=draft.fields,
            enabled=draft.enabled,
        )
    except InvalidMapping as error:
        position = error.position if isinstance(error, InvalidTrigger) else None
        return Sketch(draft, None, error.problems, position)
    return Sketch(draft, made)


def _sent(outcome: Outcome, scratch: Mock) -> dict[str, Json] | None:
    """Send what was mapped, and return what Toplyne answers to it."""
    if not isinstance(outcome, Mapped):
        return None
    delivery = InsideSender(scratch.api.answer, api_key=_SECRET)(outcome.request)
    problems = scratch.view().entries[-1]["problems"]
    return {"status": delivery.status, "text": delivery.text, "problems": problems}


def try_out(event: Json | Unread, sketches: Sequence[Sketch], rules: Rules) -> dict[str, Json]:
    """Return all that comes of an event: per mapping, in Toplyne's state, and as copies.

    An event that could not be read is answered with that, and the mappings with what is wrong
    with them alone.
    """
    if isinstance(event, Unread):
        with limited(cancelled=up_after(SECONDS_TO_REASON)):
            shown = [_shown(each, MISSING, rules, None) for each in sketches]
        return {"problem": event.to_json(), "intake": None, "mappings": shown, "state": None}

    scratch = Mock(tokens={_TENANT: _SECRET}, rules=rules)
    try:
        with limited(cancelled=up_after(SECONDS_TO_REASON)):
            shown = [_shown(each, event, rules, scratch) for each in sketches]
        state = {kind: scratch.view().items(kind) for kind in KINDS}
    finally:
        scratch.store.close()
    made = [each.mapping for each in sketches if each.mapping is not None]
    return {
        "problem": None,
        "intake": _intake(event),
        "mappings": shown,
        "state": state,
        "copies": copies(event, made, rules),
    }


def _shown(each: Sketch, event: Json, rules: Rules, scratch: Mock | None) -> dict[str, Json]:
    """Return what is known of one mapping, with what the event becomes there, if there is one."""
    mapping = each.mapping
    shown: dict[str, Json] = {
        "name": each.draft.name,
        "problems": [p.to_json() for p in each.problems],
        "position": each.position,
        "unread": each.unread and each.unread.to_json(),
        "warnings": [w.to_json() for w in mapping.warnings] if mapping else [],
        "findings": [] if each.unread else [found.to_json() for found in lint([each.draft])],
        "explanation": None,
        "answer": None,
    }
    if mapping is None or scratch is None:
        return shown
    explained = explain(event, mapping, rules)
    answer = _sent(explained.outcome, scratch)
    return shown | {"explanation": to_json(explained), "answer": answer}


def _intake(event: Json) -> dict[str, Json]:
    """Return what Segment's Tracking API makes of the event before any destination sees it."""
    (taken,) = take_in({"batch": [event]}, call=BATCH, received_at=0, new_id=lambda: "a-message-id")
    if isinstance(taken, Dropped):
        return {"code": taken.code, "reason": taken.reason, "remarks": []}
    return {"code": None, "reason": None, "remarks": list(taken.remarks)}
