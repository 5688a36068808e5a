"""Sketches: mappings as somebody is writing them, and what is said of each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Final, NamedTuple, TypedDict, cast

from mock_server.bounds import TRIGGER_CHARACTERS
from mock_server.control.resource import Asked, BadQuery
from mock_server.control.type_schemas import Free, With
from sandbox.destination import PRESETS, Mapping
from sandbox.known_rules import check_rules
from sandbox.lint import Draft, lint
from sandbox.segment.definition import Rules
from sandbox.segment.errors import InvalidMapping, InvalidTrigger, Problem, caret, did_you_mean
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.json_text import InvalidJson, parse_json
from sandbox.segment.triggers import parse_trigger
from sandbox.segment.triggers.rows import Row, rows_of, text_of
from sandbox.toplyne import TOPLYNE
from sandbox.values import members

MOST_MAPPINGS: Final = TOPLYNE.max_mappings
"""How many mappings one dry run takes."""
_PARTS: Final = ("name", "action", "trigger", "fields", "enabled")
_MAPPING: Final = ("name", "action", "trigger", "rows", "fields", "fieldsText", "enabled")
_ROW: Final = ("subject", "path", "operator", "value")
_PLACE: Final = re.compile(r" at line (\d+), column (\d+)|, at line (\d+), column (\d+)")


class MappingsAsked(TypedDict, total=False):
    """What a question about mappings may hold."""

    mappings: Annotated[list[Free], With(maxItems=MOST_MAPPINGS)]
    rules: Rules


class Unread(NamedTuple):
    """A string that is not valid JSON: the sentence, and the place; 0 if there is none."""

    message: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True)
class Sketch(Draft):
    """A mapping as it is written: a draft, and what of it could not be read.

    It is made when that is first asked for, as fifty large triggers take long.
    """

    unread: Unread | None = None
    row_problems: tuple[Problem, ...] = ()

    @property
    def right(self) -> Mapping | None:
        """The mapping, None where something is wrong with it."""
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

    def to_json(self, event: Json, *, too_large: str = "") -> dict[str, Json]:
        """Return what is said of the mapping; more with an `event` (MISSING: without).

        A mapping that is too large to be looked at is said to be no more than that.
        """
        told: dict[str, Json] = {
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


def read_text(text: str) -> Json | Unread:
    """Return the value of a JSON text, or what is wrong with it and where."""
    try:
        return parse_json(text, finite=True)
    except InvalidJson as error:
        message, place = str(error), _PLACE.search(str(error))
        line, column = [int(n) for n in place.groups() if n] if place else (0, 0)
        return Unread(f"{message[0].upper()}{message[1:]}.", line, column)


def sketches_of(body: dict[str, Json]) -> list[Sketch]:
    """Return the `mappings` of a question, the presets where it has none; raises BadQuery."""
    if "mappings" not in body:
        return [Sketch.of(mapping) for mapping in PRESETS]
    mappings = body["mappings"]
    if not isinstance(mappings, list) or len(mappings) > MOST_MAPPINGS:
        raise BadQuery(f"mappings is a list of {MOST_MAPPINGS} at most.")
    return [_sketch(each, f"mappings[{number}]") for number, each in enumerate(mappings)]


def made_of(sketches: Sequence[Sketch], done: str) -> tuple[Mapping, ...]:
    """Return the mappings; raises BadQuery, so nothing was `done`, where one is not right."""
    made = [each.right for each in sketches]
    if None in made:
        wrong = sketches[made.index(None)].name
        raise BadQuery(f"The mapping {wrong!r} is not right, so nothing was {done}.")
    return tuple(each for each in made if each is not None)


def rules_of(asked: Asked, body: dict[str, Json]) -> Rules:
    """Return the `rules` of a question, else the server's own; raises BadQuery."""
    try:
        return check_rules(body.get("rules", asked.mock.rules))
    except ValueError as error:
        raise BadQuery(f"{error}.") from None


def check_names(given: dict[str, Json], names: tuple[str, ...], where: str) -> None:
    """Raise BadQuery for a member that is not one of the names."""
    for name in given:
        if name not in names:
            near = did_you_mean(name, list(names))
            raise BadQuery(f"{where} has no {name[:50]!r}; there are {', '.join(names)}.{near}")


def text_in(given: dict[str, Json], name: str, where: str) -> str:
    """Return a member that is a string; raises BadQuery for any other."""
    value = given.get(name)
    if not isinstance(value, str):
        raise BadQuery(f"{name} of {where} is a string, not {value!r:.50}.")
    return value


def _sketch(given: Json, where: str) -> Sketch:
    if not isinstance(given, dict):
        raise BadQuery(f"{where} is an object with {', '.join(_MAPPING)}.")
    check_names(given, _MAPPING, where)
    fields = given.get("fields", MISSING)
    if "fieldsText" in given:
        fields = read_text(text_in(given, "fieldsText", where))
    unread = fields if isinstance(fields, Unread) else None
    trigger, problems = _trigger(given, where)
    if len(trigger) > TRIGGER_CHARACTERS:
        most = f"{TRIGGER_CHARACTERS} characters (trigger_characters)"
        raise BadQuery(f"The trigger of {where} is longer than {most}.", 413)
    return Sketch(
        text_in(given, "name", where),
        text_in(given, "action", where),
        trigger,
        MISSING if unread else fields,
        given.get("enabled", True) is True,
        unread=unread,
        row_problems=problems,
    )


def _trigger(given: dict[str, Json], where: str) -> tuple[str, tuple[Problem, ...]]:
    """Return the text of the trigger, which rows of a builder may stand for."""
    rows = given.get("rows")
    if rows is None:
        return text_in(given, "trigger", where), ()
    if not isinstance(rows, dict) or not isinstance(rows.get("rows"), list):
        raise BadQuery(f"rows of {where} is an object with join and rows, a list.")
    wished = [_row(row, where) for row in rows["rows"]]
    try:
        return text_of(str(rows.get("join", "and")), wished), ()
    except ValueError as error:
        return str(given.get("trigger", "")), (Problem(("rows",), f"{error}."),)


def _row(given: Json, where: str) -> Row:
    row = dict.fromkeys(_ROW) | given if isinstance(given, dict) else {}
    if (
        row.keys() != {*_ROW}
        or not isinstance(row["path"], str | None)
        or not isinstance(row["value"], str | int | float | None)
    ):
        raise BadQuery(
            f"A row of {where} has {', '.join(_ROW)}, strings; the value may be a number."
        )
    return Row(str(row["subject"]), str(row["operator"]), row["value"], row["path"])


def _rows(trigger: str) -> Json:
    """Return the trigger as the rows of a builder, None where it does not fit them."""
    try:
        found = rows_of(parse_trigger(trigger))
    except InvalidTrigger:
        return None
    return found and {"join": found.join, "rows": [members(row, *_ROW) for row in found.rows]}


def _problem(problem: Problem, trigger: str) -> dict[str, Json]:
    """Return a problem, one of the trigger with the place where it cannot be read."""
    told: dict[str, Json] = {**problem.to_json()}
    if problem.at == ("trigger",):
        try:
            parse_trigger(trigger)
        except InvalidTrigger as error:
            told |= {"position": error.position, "caret": caret(trigger, error.position)}
    return told
