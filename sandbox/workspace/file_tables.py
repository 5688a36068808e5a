"""Tables: the keys of each table in a workspace file, and the types of their values.

Both the reader, whose messages `workspace check` prints, and the JSON Schema with which editors
complete and check a file are derived from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from sandbox.segment.definition import ActionDefinition, DestinationDefinition
from sandbox.segment.errors import did_you_mean
from sandbox.segment.fields.directives import DIRECTIVES
from sandbox.segment.javascript import kind
from sandbox.toplyne import TOPLYNE
from sandbox.type_schemas import Schema
from sandbox.values import Json, Path, Problem


class Member(NamedTuple):
    """One key of a table: its name, the types of its value, a description, whether it is required.

    A list of tables has `items`, their members. A disabled destination that is still being set up
    may lack a member that is required `when_finished`.
    """

    key: str
    kinds: tuple[str, ...]
    says: str
    required: bool = False
    when_finished: bool = False
    items: tuple[Member, ...] = ()


SCHEMA_FILE: Final = ".toplyne-sandbox/workspace.schema.json"
"""Where `workspace init` writes the schema of these tables, next to its file."""

_TEXT: Final = ("string",)
_SWITCH: Final = ("boolean",)
_LIST: Final = ("array",)
_OBJECT: Final = ("object", "string")
_SOURCE: Final = (
    Member("name", _TEXT, "Its name, which no other source has.", required=True),
    Member("write_key", _TEXT, "The write key of its SDKs.", required=True),
    Member("enabled", _SWITCH, "Whether its events are accepted; true by default."),
)
MAPPING: Final = (
    Member("name", _TEXT, "Its name.", required=True),
    Member("action", _TEXT, "The action it calls.", required=True),
    Member("trigger", _TEXT, "Which events it takes.", required=True),
    Member("enabled", _SWITCH, "Whether it takes events; true by default."),
    Member("invalid", _SWITCH, "Whether Segment cannot parse the trigger."),
    Member("fields", _OBJECT, "What it sends; by default the action's fields."),
    Member("segment", _OBJECT, "Other members that an import found."),
)
_MAPPINGS: Final = "At most 50, at least one enabled; by default the presets."
_DESTINATION: Final = (
    Member("name", _TEXT, "Its name, which no other destination has.", required=True),
    Member("source", _TEXT, "The name of the source it is connected to.", required=True),
    Member("api_key", _TEXT, "Toplyne's API token.", required=True, when_finished=True),
    Member("base_url", _TEXT, "The URL of Toplyne's API, ends in /v1; by default the mock's."),
    Member("enabled", _SWITCH, "Whether it gets events; true by default."),
    Member("mappings", _LIST, _MAPPINGS, items=MAPPING),
)
WORKSPACE: Final = (
    Member("sources", _LIST, "The sources of events.", required=True, items=_SOURCE),
    Member("destinations", _LIST, "The destinations of events.", items=_DESTINATION),
)
"""The tables of a workspace file.

A string in `fields` or `segment` is JSON, because TOML has no null. `invalid` marks a trigger that
Segment cannot parse; `segment` has the other members that an import found.
"""

_KINDS: Final = {
    "string": "a string",
    "boolean": "true or false",
    "array": "a list",
    "object": "a table",
    "number": "a number",
    "null": "null",
}


def members_of(
    value: object,
    table: tuple[Member, ...],
    problems: list[Problem],
    path: Path = (),
) -> dict[str, Any]:
    """Return the valid members of a table; add the problems of others to `problems`."""
    if not isinstance(value, dict):
        problems.append(Problem(path, f"must be a table, but it was {_KINDS[kind(value)]}."))
        return {}

    known = [member.key for member in table]
    for key in value:
        if key not in known:
            near = did_you_mean(key, known)
            said = f"is unknown.{near} Known: {', '.join(known)}."
            problems.append(Problem((*path, key), said))
    is_draft = value.get("enabled") is False
    found: dict[str, Any] = {}
    for member in table:
        if wrong := _wrong(value, member, is_draft=is_draft):
            problems.append(Problem((*path, member.key) if member.key in value else path, wrong))
        elif member.key in value:
            found[member.key] = value[member.key]
    for member in table:
        if member.items and member.key in found:
            at, entries = (*path, member.key), enumerate(found[member.key])
            found[member.key] = [
                members_of(each, member.items, problems, (*at, number)) for number, each in entries
            ]
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


def workspace_schema(definition: DestinationDefinition = TOPLYNE) -> Schema:
    """Return the schema, with the actions, fields and directives of the declaration."""
    sources, destinations = WORKSPACE
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A workspace of toplyne-sandbox",
        **_table(WORKSPACE),
        "definitions": {
            "source": _table(sources.items),
            "destination": _table(destinations.items),
            "mapping": _mapping(definition),
            "value": {"anyOf": [{"$ref": "#/definitions/directive"}, {}]},
            "directive": {
                "type": "object",
                "properties": {key: {} for key in DIRECTIVES},
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": 1,
            },
        },
    }


def _table(members: Iterable[Member]) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [member.key for member in members if member.required],
        "properties": {m.key: {"description": m.says, **_value(m)} for m in members},
    }


def _value(member: Member) -> Schema:
    if member.items:
        item = member.key.removesuffix("s")
        return {"type": "array", "items": {"$ref": f"#/definitions/{item}"}}
    return {"type": list(member.kinds) if len(member.kinds) > 1 else member.kinds[0]}


def _mapping(definition: DestinationDefinition) -> Schema:
    mapping = _table(MAPPING)
    del mapping["properties"]["action"]["type"]
    mapping["properties"]["action"]["enum"] = [action.key for action in definition.actions]
    mapping["allOf"] = [
        {
            "if": {"properties": {"action": {"const": action.key}}, "required": ["action"]},
            "then": {"properties": {"fields": _fields(action)}},
        }
        for action in definition.actions
    ]
    return mapping


def _fields(action: ActionDefinition) -> Schema:
    value = [{"$ref": "#/definitions/value"}]
    properties = {
        field.key: {"title": field.label, "description": field.description, "allOf": value}
        for field in action.fields
    }
    return {"type": ["object", "string"], "properties": properties}
