"""Reading: a workspace from a TOML or JSON text, or everything that is wrong with the text."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.destination import PRESETS, Mapping
from sandbox.segment.errors import InvalidMapping
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.json_text import InvalidJson, parse_json
from sandbox.values import Path, Problem
from sandbox.workspace.documents import Document, Format, located, read_document
from sandbox.workspace.file_tables import WORKSPACE, Notes, members_of
from sandbox.workspace.model import ConnectedDestination, Source, Workspace
from sandbox.workspace.relations import problems_between, problems_of_mapping


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
    notes = Notes(problems=list(document.problems), unfinished=unfinished)
    members = members_of(document.value, WORKSPACE, (), notes)
    destinations = members.get("destinations", [])
    for number, destination in enumerate(destinations):
        if "mappings" in destination:
            at = ("destinations", number, "mappings")
            entries = enumerate(destination["mappings"])
            destination["mappings"] = [_mapping(entry, (*at, n), notes) for n, entry in entries]
    notes.problems.extend(
        problems_between(members.get("sources"), destinations, unfinished=unfinished)
    )
    warnings = located(notes.warnings, document.lines)
    if notes.problems:
        problems = located(notes.problems, document.lines)
        return Checked(None, tuple(sorted(problems, key=lambda p: p.line)), warnings)
    workspace = Workspace(
        sources=tuple(Source(**source) for source in members["sources"]),
        destinations=tuple(_connected(**destination) for destination in destinations),
    )
    return Checked(workspace, (), warnings)


def _connected(*, api_key: str = "", **members: Json) -> ConnectedDestination:
    if "mappings" in members:  # left out, they are the presets, as on connecting in Segment
        members["mappings"] = tuple(entry["mapping"] for entry in members["mappings"])
    return ConnectedDestination(api_key=api_key, **members)


def _mapping(members: dict[str, Json], path: Path, notes: Notes) -> dict[str, Json]:
    """Return the members of a mapping and what they make; note why they make none."""
    fields, kept = (_json_of(members, key, path, notes) for key in ("fields", "segment"))
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
