"""Tables: which keys each table of a workspace file has, and what they hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sandbox.segment.errors import did_you_mean
from sandbox.segment.javascript import Json, kind
from sandbox.values import Path, Problem


@dataclass(frozen=True, slots=True)
class Member:
    """One key of a table: its name, the kinds of value it takes, what it is, and the need of it.

    A list of tables has `items`, their members. A destination that is disabled and still being set
    up may lack what is required of it `when_finished`.
    """

    key: str
    kinds: tuple[str, ...]
    says: str
    required: bool = False
    when_finished: bool = False
    items: tuple[Member, ...] = ()


SCHEMA_FILE: Final = ".toplyne-sandbox/workspace.schema.json"
"""Where `workspace init` puts the schema of these tables, beside the file it writes."""

_TEXT: Final = ("string",)
_SWITCH: Final = ("boolean",)
_LIST: Final = ("array",)
_OBJECT: Final = ("object", "string")
_SOURCE: Final = (
    Member("name", _TEXT, "Its name, which no other source has.", required=True),
    Member("write_key", _TEXT, "The write key of its SDKs.", required=True),
    Member("enabled", _SWITCH, "Whether its events are taken; true if left out."),
)
MAPPING: Final = (
    Member("name", _TEXT, "Its name.", required=True),
    Member("action", _TEXT, "What it does with an event.", required=True),
    Member("trigger", _TEXT, "Which events it takes.", required=True),
    Member("enabled", _SWITCH, "Whether it takes any; true if left out."),
    Member("invalid", _SWITCH, "Whether Segment cannot parse the trigger."),
    Member("fields", _OBJECT, "What it sends; the action's defaults if left out."),
    Member("segment", _OBJECT, "What an import found beside our own keys."),
)
_MAPPINGS: Final = "At most 50, one of them enabled; the presets if left out."
_DESTINATION: Final = (
    Member("name", _TEXT, "Its name, which no other destination has.", required=True),
    Member("source", _TEXT, "The name of the source it is connected to.", required=True),
    Member("api_key", _TEXT, "Toplyne's API token.", required=True, when_finished=True),
    Member("base_url", _TEXT, "The URL of Toplyne's API, ends in /v1; else the mock's own."),
    Member("enabled", _SWITCH, "Whether it gets events; true if left out."),
    Member("mappings", _LIST, _MAPPINGS, items=MAPPING),
)
WORKSPACE: Final = (
    Member("sources", _LIST, "What sends events.", required=True, items=_SOURCE),
    Member("destinations", _LIST, "Where they go.", items=_DESTINATION),
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
    """What was found on the way through a document, wrong or only worth a warning.

    `unfinished` tells whether a disabled destination may still be being set up.
    """

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    unfinished: bool = False

    def problem(self, path: Path, message: str) -> None:
        """Note something that is wrong."""
        self.problems.append(Problem(path, message))


def members_of(value: Json, table: tuple[Member, ...], path: Path, notes: Notes) -> dict[str, Json]:
    """Return the members of a table that are as they should be; note what is wrong with others."""
    if not isinstance(value, dict):
        notes.problem(path, f"must be a table, but it was {_KINDS[kind(value)]}.")
        return {}

    known = [member.key for member in table]
    for key in value:
        if key not in known:
            near = did_you_mean(key, known)
            notes.problem((*path, key), f"is not known here.{near} Known: {', '.join(known)}.")
    found = {}
    is_draft = notes.unfinished and value.get("enabled") is False
    for member in table:
        if wrong := _wrong(value, member, is_draft=is_draft):
            there = member.key in value
            notes.problem((*path, member.key) if there else path, wrong)
        elif member.key in value:
            found[member.key] = value[member.key]
    for member in table:
        if member.items and member.key in found:
            at = (*path, member.key)
            entries = enumerate(found[member.key])
            found[member.key] = [members_of(e, member.items, (*at, n), notes) for n, e in entries]
    return found


def _wrong(value: dict[str, Json], member: Member, *, is_draft: bool) -> str:
    required = member.required and not (is_draft and member.when_finished)
    if member.key not in value:
        return f"needs {member.key}, {_KINDS[member.kinds[0]]}." if required else ""
    given = value[member.key]
    if kind(given) not in member.kinds:
        wanted = " or ".join(_KINDS[each] for each in member.kinds)
        return f"must be {wanted}, but it was {_KINDS[kind(given)]}."
    return "must not be empty." if required and given == "" else ""
