"""Tables: which keys each table of a workspace file has, and what they hold."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from sandbox.segment.errors import did_you_mean
from sandbox.segment.javascript import Json, kind
from sandbox.values import Path, Problem


@dataclass(frozen=True, slots=True)
class Member:
    """One key of a table: its name, the kinds of value it takes, what it is, and the need of it."""

    key: str
    kinds: tuple[str, ...]
    says: str
    required: bool = False


SCHEMA_FILE: Final = ".toplyne-sandbox/workspace.schema.json"
"""Where `workspace init` puts the schema of these tables, beside the file it writes."""

_TEXT: Final = ("string",)
_SWITCH: Final = ("boolean",)
_LIST: Final = ("array",)
_OBJECT: Final = ("object", "string")

WORKSPACE: Final = (
    Member("sources", _LIST, "What sends events.", required=True),
    Member("destinations", _LIST, "Where they go."),
)
SOURCE: Final = (
    Member("name", _TEXT, "Its name, which no other source has.", required=True),
    Member("write_key", _TEXT, "The write key of its SDKs.", required=True),
    Member("enabled", _SWITCH, "Whether its events are taken; true if left out."),
)
DESTINATION: Final = (
    Member("name", _TEXT, "Its name, which no other destination has.", required=True),
    Member("source", _TEXT, "The name of the source it is connected to.", required=True),
    Member("api_key", _TEXT, "Toplyne's API token.", required=True),
    Member("base_url", _TEXT, "The URL of Toplyne's API, ends in /v1; else the mock's own."),
    Member("enabled", _SWITCH, "Whether it gets events; true if left out."),
    Member("mappings", _LIST, "At most 50, one of them enabled; the presets if left out."),
)
UNFINISHED: Final = tuple(
    replace(member, required=member.required and member.key != "api_key") for member in DESTINATION
)
"""A destination that is disabled and still being set up: it may lack its API key."""
MAPPING: Final = (
    Member("name", _TEXT, "Its name.", required=True),
    Member("action", _TEXT, "What it does with an event.", required=True),
    Member("trigger", _TEXT, "Which events it takes.", required=True),
    Member("enabled", _SWITCH, "Whether it takes any; true if left out."),
    Member("invalid", _SWITCH, "Whether Segment cannot parse the trigger."),
    Member("fields", _OBJECT, "What it sends; the action's defaults if left out."),
    Member("segment", _OBJECT, "What an import found beside our own keys."),
)
"""The tables of a workspace file.

A string in `fields` or `segment` is JSON, for what TOML cannot say: null. `invalid` marks a trigger
that Segment cannot parse; `segment` holds what an import found beside our own parts.
"""

_KINDS: Final = {
    "string": "a string",
    "boolean": "true or false",
    "array": "a list",
    "object": "a table",
    "number": "a number",
    "null": "null",
}


@dataclass(frozen=True, slots=True)
class Notes:
    """What was found on the way through a document, wrong or only worth a warning."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def problem(self, path: Path, message: str) -> None:
        """Note something that is wrong."""
        self.problems.append(Problem(path, message))


def members_of(value: Json, table: tuple[Member, ...], path: Path, notes: Notes) -> dict[str, Json]:
    """Return the members of a table that are as they should be; note what is wrong with others."""
    if not isinstance(value, dict):
        notes.problem(path, f"must be a table, but it was {a_kind(value)}.")
        return {}

    known = [member.key for member in table]
    for key in value:
        if key not in known:
            near = did_you_mean(key, known)
            notes.problem((*path, key), f"is not known here.{near} Known: {', '.join(known)}.")
    found = {}
    for member in table:
        if wrong := _wrong(value, member):
            there = member.key in value
            notes.problem((*path, member.key) if there else path, wrong)
        elif member.key in value:
            found[member.key] = value[member.key]
    return found


def _wrong(value: dict[str, Json], member: Member) -> str:
    if member.key not in value:
        needed = _KINDS[member.kinds[0]]
        return f"needs {member.key}, {needed}." if member.required else ""
    given = value[member.key]
    if kind(given) not in member.kinds:
        return (
            f"must be {' or '.join(_KINDS[k] for k in member.kinds)}, but it was {a_kind(given)}."
        )
    return "must not be empty." if member.required and given == "" else ""


def a_kind(value: Json) -> str:
    """Return the kind of a value in the words of the file's problems, `a table`."""
    return _KINDS[kind(value)]
