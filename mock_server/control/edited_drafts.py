"""Edited drafts: mappings that are still being written, with the problems and findings of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, NotRequired, TypedDict, cast

from mock_server.bounds import TRIGGER_CHARACTERS
from mock_server.control.resource import BadQuery
from sandbox.destination import PRESETS, Mapping
from sandbox.lint import Draft, lint
from sandbox.lint.draft import DraftTrigger
from sandbox.segment.definition import Rules
from sandbox.segment.errors import InvalidTrigger, Problem, caret
from sandbox.segment.javascript import MISSING
from sandbox.segment.triggers import Trigger
from sandbox.segment.triggers.rows import ConditionRow, rows_of, text_of
from sandbox.toplyne import TOPLYNE
from sandbox.type_schemas import Free, With
from sandbox.values import members

MOST_MAPPINGS: Final = TOPLYNE.max_mappings
"""How many mappings one dry run may have."""
_UNTOLD: Final[Free] = {
    **{kind: [] for kind in ("problems", "warnings", "findings", "attempts")},
    **dict.fromkeys(("rows", "explanation", "answer", "tooLarge")),
}


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
    enabled: NotRequired[bool]


class MappingsAsked(TypedDict, total=False):
    """The mappings of a request, the presets if there are none, and the rules."""

    mappings: Annotated[list[DraftMapping], With(maxItems=MOST_MAPPINGS)]
    rules: Rules


@dataclass(frozen=True)
class EditedDraft(Draft):
    """A mapping that is being written: a draft, and what is wrong with the rows of its trigger.

    The mapping is only made when it is needed: fifty large triggers take long.
    """

    row_problems: tuple[Problem, ...] = ()

    @property
    def right(self) -> Mapping | None:
        """The mapping, or None if it is not valid."""
        return None if self.row_problems else cast("Mapping | None", self.mapping)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong with it."""
        return (*self.row_problems, *self.refusals)

    @property
    def untold(self) -> Free:
        """The JSON of a draft with only its name and its trigger."""
        return {**members(self, "name", "trigger"), **_UNTOLD}

    def to_json(self, event: object) -> Free:
        """Return it as JSON with its problems and findings. `event` is MISSING or the tried one."""
        events = [event] if isinstance(event, dict) else []
        found = lint([self], events) if self.action_definition else ()
        reading = DraftTrigger(self.trigger)
        return {
            **self.untold,
            "rows": None if reading.error else _rows(reading.trigger),
            "problems": [_problem(each, reading.error) for each in self.problems],
            "warnings": [each.to_json() for each in self.right.warnings] if self.right else [],
            "findings": [each.to_json() for each in found],
        }


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
    rows, trigger, problems = given.get("rows"), given.get("trigger", ""), tuple[Problem, ...]()
    if rows is None and "trigger" not in given:
        raise BadQuery(f"{where} needs a trigger, which is a string, or rows.")
    if rows is not None:
        wished = [ConditionRow(**row) for row in rows["rows"]]
        try:
            trigger = text_of(rows.get("join", "and"), wished)
        except ValueError as error:
            problems = (Problem(("rows",), f"{error}."),)
    if len(trigger) > TRIGGER_CHARACTERS:
        most = f"{TRIGGER_CHARACTERS} characters (trigger_characters)"
        raise BadQuery(f"The trigger of {where} is longer than {most}.", 413)
    fields, enabled = given.get("fields", MISSING), given.get("enabled", True)
    written = given["name"], given["action"], trigger, fields, enabled
    return EditedDraft(*written, row_problems=problems)


def _rows(trigger: Trigger) -> Free | None:
    """Return the trigger as rows of the condition builder, or None if it does not fit into rows."""
    found = rows_of(trigger)
    return found and {"join": found.join, "rows": [row._asdict() for row in found.rows]}


def _problem(problem: Problem, error: InvalidTrigger | None) -> Free:
    """Return a problem as JSON. That of a trigger that cannot be parsed gets its position."""
    told: Free = {**problem.to_json()}
    if error and problem.at == ("trigger",):
        told |= {"position": error.position, "caret": caret(error.text, error.position)}
    return told
