"""Reading: a workspace from a TOML or JSON text, or everything that is wrong with the text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from sandbox.destination import PRESETS, Mapping
from sandbox.segment.errors import InvalidMapping
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.json_text import InvalidJson, parse_json
from sandbox.values import Path, Problem
from sandbox.workspace.documents import Document, Format, located, read_document
from sandbox.workspace.file_tables import (
    DESTINATION,
    MAPPING,
    SOURCE,
    UNFINISHED,
    WORKSPACE,
    Notes,
    members_of,
)
from sandbox.workspace.model import (
    ConnectedDestination,
    Source,
    Workspace,
)
from sandbox.workspace.relations import problems_between, problems_of_mapping

Reader: TypeAlias = Callable[[Json, Path, Notes], dict[str, Json]]
"""Reads one table: returns its members that are as they should be, and notes the others."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a string turned out to be: a workspace, or problems; and what is worth a warning."""

    workspace: Workspace | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def check_workspace(text: str, file_format: Format = "toml") -> Checked:
    """Return the workspace of a string, or all that is wrong with it, each problem with its line.

    Raises ValueError for a format that is neither `toml` nor `json`.
    """
    document = read_document(text.removeprefix("\ufeff"), file_format)
    if isinstance(document, Problem):
        return Checked(None, (document,))
    return check_document(document)


def check_document(document: Document, *, unfinished: bool = False) -> Checked:
    """Return the workspace a document holds, or all that is wrong with it.

    With `unfinished` a disabled destination may lack its API key and an enabled mapping.
    """
    notes = Notes(problems=list(document.problems))
    members = members_of(document.value, WORKSPACE, (), notes)
    sources = _each(members, "sources", _source, (), notes)
    reader = partial(_destination, unfinished=unfinished)
    destinations = _each(members, "destinations", reader, (), notes)
    known = sources if "sources" in members else None
    notes.problems.extend(problems_between(known, destinations, unfinished=unfinished))
    warnings = located(notes.warnings, document.lines)
    if notes.problems:
        problems = located(notes.problems, document.lines)
        return Checked(None, tuple(sorted(problems, key=lambda p: p.line)), warnings)
    return Checked(_workspace(sources, destinations), (), warnings)


def _each(
    members: dict[str, Json], key: str, read: Reader, path: Path, notes: Notes
) -> list[dict[str, Json]]:
    entries = enumerate(members.get(key, []))
    return [read(entry, (*path, key, number), notes) for number, entry in entries]


def _source(entry: Json, path: Path, notes: Notes) -> dict[str, Json]:
    return members_of(entry, SOURCE, path, notes)


def _destination(entry: Json, path: Path, notes: Notes, *, unfinished: bool) -> dict[str, Json]:
    is_draft = unfinished and isinstance(entry, dict) and entry.get("enabled") is False
    members = members_of(entry, UNFINISHED if is_draft else DESTINATION, path, notes)
    if is_draft:
        members.setdefault("api_key", "")
    if "mappings" in members:
        members["mappings"] = _each(members, "mappings", _mapping, path, notes)
    return members


def _mapping(entry: Json, path: Path, notes: Notes) -> dict[str, Json]:
    members = members_of(entry, MAPPING, path, notes)
    fields = _json_of(members, "fields", path, notes)
    kept = _json_of(members, "segment", path, notes)
    trigger = members.get("trigger", PRESETS[0].trigger)
    try:
        # where a part is missing or wrong, which was said, any right one lets the others be checked
        mapping = Mapping(
            members.get("name", PRESETS[0].name),
            action=members.get("action", PRESETS[0].action),
            trigger=trigger,
            fields=fields,
            enabled=members.get("enabled", True),
            invalid=members.get("invalid", False),
            kept=kept if isinstance(kept, dict) else {},
        )
    except InvalidMapping as error:
        notes.problems.extend(problems_of_mapping(error, path, trigger=trigger))
        return members
    if "action" in members:
        notes.warnings.extend(warning.under(*path) for warning in mapping.warnings)
    return {**members, "mapping": mapping}


def _json_of(members: dict[str, Json], key: str, path: Path, notes: Notes) -> Json:
    value = members.get(key, MISSING)
    if not isinstance(value, str):
        return value
    try:
        return parse_json(value, finite=True)
    except InvalidJson as error:
        notes.problem((*path, key), f"is a string, which must be JSON, but it is {error}.")
        return MISSING


def _workspace(sources: list[dict[str, Json]], destinations: list[dict[str, Json]]) -> Workspace:
    return Workspace(
        sources=tuple(Source(**source) for source in sources),
        destinations=tuple(_connected(destination) for destination in destinations),
    )


def _connected(members: dict[str, Json]) -> ConnectedDestination:
    if "mappings" not in members:
        return ConnectedDestination(**members)  # with the presets, as on connecting in Segment
    mappings = tuple(entry["mapping"] for entry in members["mappings"])
    return ConnectedDestination(**{**members, "mappings": mappings})
