"""Edited drafts: mappings that are still being written, with the problems and findings of each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Final, NamedTuple, NotRequired, TypedDict, cast

from mock_server.bounds import TRIGGER_CHARACTERS
from mock_server.control.resource import BadQuery
from sandbox.destination import PRESETS, Mapping
from sandbox.lint import Draft, lint
from sandbox.segment.definition import Rules
from sandbox.segment.errors import InvalidMapping, InvalidTrigger, Problem, caret
from sandbox.segment.javascript import MISSING
from sandbox.segment.json_text import InvalidJson, parse_json
from sandbox.segment.triggers import parse_trigger
from sandbox.segment.triggers.rows import ConditionRow, rows_of, text_of
from sandbox.toplyne import TOPLYNE
from sandbox.type_schemas import Free, With
from sandbox.values import Json, members

MOST_MAPPINGS: Final = TOPLYNE.max_mappings
"""How many mappings one dry run may have."""
_PARTS: Final = ("name", "action", "trigger", "fields", "enabled")
_ROW: Final = ("subject", "path", "operator", "value")
_PLACE: Final = re.compile(r" at line (\d+), column (\d+)|, at line (\d+), column (\d+)")


class _Row(TypedDict):
    subject: str
    operator: str
    path: NotRequired[str | None]
    value: NotRequired[str | float | None]


class _Rows(TypedDict):
    join: NotRequired[str]
    rows: list[_Row]


class DraftMapping(TypedDict):
    """A mapping that is being written. Its trigger may be the rows of the condition builder."""

    name: str
    action: str
    trigger: NotRequired[str]
    rows: NotRequired[_Rows | None]
    fields: NotRequired[object]
    fieldsText: NotRequired[str]
    enabled: NotRequired[bool]


class MappingsAsked(TypedDict, total=False):
    """The mappings of a request, the presets if there are none, and the rules."""

    mappings: Annotated[list[DraftMapping], With(maxItems=MOST_MAPPINGS)]
    rules: Rules


class JsonMistake(NamedTuple):
    """Why a string is not valid JSON, and where; line and column are 0 if unknown."""

    message: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True)
class EditedDraft(Draft):
    """A mapping that is being written: a draft, and the parts of it that could not be read.

    The mapping is only made when it is needed: fifty large triggers take long.
    """

    unread: JsonMistake | None = None
    row_problems: tuple[Problem, ...] = ()

    @property
    def right(self) -> Mapping | None:
        """The mapping, or None if it is not valid."""
        is_read = self.unread is None and not self.row_problems
        return cast("Mapping | None", self.mapping) if is_read else None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong with it."""
        if self.mapping is None:
            try:
                Mapping(**members(self, *_PARTS))
            except InvalidMapping as error:
                return (*self.row_problems, *error.problems)
        return self.row_problems

    def to_json(self, event: object, *, too_large: str = "") -> Free:
        """Return the mapping with its problems and findings. `event` is MISSING or the tried one.

        With `too_large`, a sentence, it has only the name, the trigger and that sentence.
        """
        told: Free = {
            **members(self, "name", "trigger"),
            "rows": None,
            "unread": None,
            **{kind: [] for kind in ("problems", "warnings", "findings", "attempts")},
            "explanation": None,
            "answer": None,
            "tooLarge": too_large or None,
        }
        if too_large:
            return told
        events = [event] if isinstance(event, dict) else []
        is_known = self.unread is None and self.action_definition is not None
        found = lint([replace(self, made=self.right)], events) if is_known else ()
        return told | {
            "rows": _rows(self.trigger),
            "problems": [_problem(each, self.trigger) for each in self.problems],
            "unread": self.unread and self.unread._asdict(),
            "warnings": [w.to_json() for w in self.right.warnings] if self.right else [],
            "findings": [each.to_json() for each in found],
        }


def read_text(text: str) -> Json | JsonMistake:
    """Return the value of a JSON text, or why it is not valid and where."""
    try:
        return parse_json(text, finite=True)
    except InvalidJson as error:
        message, place = str(error), _PLACE.search(str(error))
        line, column = [int(n) for n in place.groups() if n] if place else (0, 0)
        return JsonMistake(f"{message[0].upper()}{message[1:]}.", line, column)


def drafts_of(body: MappingsAsked) -> list[EditedDraft]:
    """Return the `mappings` of a request, or the presets if it has none. Raises BadQuery."""
    if "mappings" not in body:
        return [EditedDraft.of(mapping) for mapping in PRESETS]
    return [_edited(each, f"mappings[{n}]") for n, each in enumerate(body["mappings"])]


def made_of(drafts: Sequence[EditedDraft], done: str) -> tuple[Mapping, ...]:
    """Return the mappings. Raises BadQuery if one is invalid, so nothing was `done`."""
    made = [each.right for each in drafts]
    if None in made:
        wrong = drafts[made.index(None)].name
        raise BadQuery(f"The mapping {wrong!r} is not valid, so nothing was {done}.")
    return tuple(each for each in made if each is not None)


def _edited(given: DraftMapping, where: str) -> EditedDraft:
    fields: object = given.get("fields", MISSING)
    if "fieldsText" in given:
        fields = read_text(given["fieldsText"])
    unread = fields if isinstance(fields, JsonMistake) else None
    trigger, problems = _trigger(given, where)
    if len(trigger) > TRIGGER_CHARACTERS:
        most = f"{TRIGGER_CHARACTERS} characters (trigger_characters)"
        raise BadQuery(f"The trigger of {where} is longer than {most}.", 413)
    written = given["name"], given["action"], trigger
    kept, enabled = MISSING if unread else fields, given.get("enabled", True)
    return EditedDraft(*written, kept, enabled, unread=unread, row_problems=problems)


def _trigger(given: DraftMapping, where: str) -> tuple[str, tuple[Problem, ...]]:
    """Return the text of the trigger, which may be given as rows of the condition builder."""
    rows, trigger = given.get("rows"), given.get("trigger")
    if rows is None:
        if trigger is None:
            raise BadQuery(f"{where} needs a trigger, which is a string, or rows.")
        return trigger, ()
    wished = [ConditionRow(**row) for row in rows["rows"]]
    try:
        return text_of(rows.get("join", "and"), wished), ()
    except ValueError as error:
        return trigger or "", (Problem(("rows",), f"{error}."),)


def _rows(trigger: str) -> Json:
    """Return the trigger as rows of the condition builder, or None if it does not fit into rows."""
    try:
        found = rows_of(parse_trigger(trigger))
    except InvalidTrigger:
        return None
    return found and {"join": found.join, "rows": [members(row, *_ROW) for row in found.rows]}


def _problem(problem: Problem, trigger: str) -> Free:
    """Return a problem as JSON. A trigger that cannot be parsed gets the position of its error."""
    told: Free = {**problem.to_json()}
    if problem.at == ("trigger",):
        try:
            parse_trigger(trigger)
        except InvalidTrigger as error:
            told |= {"position": error.position, "caret": caret(trigger, error.position)}
    return told
