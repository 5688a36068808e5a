"""Sketches: mappings as somebody is writing them, and what is said of each."""

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from mock_server.control.query import BadQuery
from sandbox.destination import PRESETS, Mapping
from sandbox.lint import Draft, Finding, lint
from sandbox.segment.errors import InvalidMapping, InvalidTrigger, Problem, caret, did_you_mean
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.json_text import InvalidJson, parse_json
from sandbox.segment.triggers import parse_trigger
from sandbox.segment.triggers.rows import Row, rows_of, text_of
from sandbox.toplyne import TOPLYNE

MOST_MAPPINGS: Final = TOPLYNE.max_mappings
"""How many mappings one dry run takes."""
_MAPPING: Final = ("name", "action", "trigger", "rows", "fields", "fieldsText", "enabled")
_ROW: Final = ("subject", "path", "operator", "value")
_PLACE: Final = re.compile(r" at line (\d+), column (\d+)|, at line (\d+), column (\d+)")


@dataclass(frozen=True, slots=True)
class Unread:
    """A string that is not valid JSON: the sentence, and the place; 0 if there is none."""

    message: str
    line: int = 0
    column: int = 0

    def to_json(self) -> dict[str, Json]:
        """Return it as an object."""
        return {"message": self.message, "line": self.line, "column": self.column}


@dataclass(frozen=True)
class Sketch:
    """A mapping as it is written: the mapping, or what is wrong with it.

    It is read when that is first asked for, as fifty large triggers take long.
    """

    draft: Draft
    unread: Unread | None = None
    row_problems: tuple[Problem, ...] = ()

    @cached_property
    def _made(self) -> Mapping | InvalidMapping:
        draft = self.draft
        if isinstance(draft.made, Mapping):
            return draft.made
        try:
            return Mapping(
                draft.name,
                action=draft.action,
                trigger=draft.trigger,
                fields=draft.fields,
                enabled=draft.enabled,
            )
        except InvalidMapping as error:
            return error

    @property
    def mapping(self) -> Mapping | None:
        """The mapping, None where something is wrong with it."""
        is_right = self.unread is None and not self.row_problems
        return self._made if is_right and isinstance(self._made, Mapping) else None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong with it."""
        made = self._made.problems if isinstance(self._made, InvalidMapping) else ()
        return (*self.row_problems, *made)

    def to_json(self, event: Json, *, too_large: str = "") -> dict[str, Json]:
        """Return what is said of the mapping; more with an `event` (MISSING: without).

        A mapping that is too large to be looked at is said to be no more than that.
        """
        trigger = self.draft.trigger
        told: dict[str, Json] = {
            "name": self.draft.name,
            "trigger": trigger,
            "rows": None,
            "problems": [],
            "unread": None,
            "warnings": [],
            "findings": [],
            "explanation": None,
            "answer": None,
            "attempts": [],
            "tooLarge": too_large or None,
        }
        if too_large:
            return told
        return told | {
            "rows": _rows(trigger),
            "problems": [_problem(each, trigger) for each in self.problems],
            "unread": self.unread and self.unread.to_json(),
            "warnings": [w.to_json() for w in self.mapping.warnings] if self.mapping else [],
            "findings": [each.to_json() for each in self._findings(event)],
        }

    def _findings(self, event: Json) -> tuple[Finding, ...]:
        if self.unread is not None or self.draft.action_definition is None:
            return ()
        events = [event] if isinstance(event, dict) else []
        return lint([replace(self.draft, made=self.mapping)], events)


def read_text(text: str) -> Json | Unread:
    """Return the value of a JSON text, or what is wrong with it and where."""
    try:
        return parse_json(text, finite=True)
    except InvalidJson as error:
        place = _PLACE.search(str(error))
        line, column = [int(n) for n in place.groups() if n] if place else (0, 0)
        message = str(error)
        return Unread(f"{message[0].upper()}{message[1:]}.", line, column)


def sketches_of(body: dict[str, Json]) -> list[Sketch]:
    """Return the `mappings` of a question, the presets where it has none; raises BadQuery."""
    if "mappings" not in body:
        return [Sketch(Draft.of(mapping)) for mapping in PRESETS]
    mappings = body["mappings"]
    if not isinstance(mappings, list) or len(mappings) > MOST_MAPPINGS:
        raise BadQuery(f"mappings is a list of {MOST_MAPPINGS} at most.")
    return [_sketch(each, f"mappings[{number}]") for number, each in enumerate(mappings)]


def made_of(sketches: list[Sketch], done: str) -> tuple[Mapping, ...]:
    """Return the mappings; raises BadQuery, so nothing was `done`, where one is not right."""
    wrong = next((each for each in sketches if each.mapping is None), None)
    if wrong is not None:
        raise BadQuery(f"The mapping {wrong.draft.name!r} is not right, so nothing was {done}.")
    return tuple(each.mapping for each in sketches if each.mapping is not None)


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
    draft = Draft(
        text_in(given, "name", where),
        text_in(given, "action", where),
        trigger,
        MISSING if isinstance(fields, Unread) else fields,
        given.get("enabled", True) is True,
    )
    return Sketch(draft, unread, problems)


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
    known = {key: given.get(key) for key in _ROW} if isinstance(given, dict) else {}
    is_row = (
        isinstance(given, dict)
        and given.keys() <= known.keys()
        and isinstance(known["path"], str | None)
        and isinstance(known["value"], str | int | float | None)
    )
    if not is_row:
        raise BadQuery(
            f"A row of {where} has {', '.join(_ROW)}, strings; the value may be a number."
        )
    return Row(
        subject=str(known["subject"]),
        operator=str(known["operator"]),
        value=known["value"],
        path=known["path"],
    )


def _rows(trigger: str) -> Json:
    """Return the trigger as the rows of a builder, None where it does not fit them."""
    try:
        found = rows_of(parse_trigger(trigger))
    except InvalidTrigger:
        return None
    if found is None:
        return None
    rows: list[Json] = [{key: getattr(row, key) for key in _ROW} for row in found.rows]
    return {"join": found.join, "rows": rows}


def _problem(problem: Problem, trigger: str) -> dict[str, Json]:
    """Return a problem, one of the trigger with the place where it cannot be read."""
    told = problem.to_json()
    if problem.at == ("trigger",):
        try:
            parse_trigger(trigger)
        except InvalidTrigger as error:
            return {**told, "position": error.position, "caret": caret(trigger, error.position)}
    return {**told}
