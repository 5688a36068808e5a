"""File schema: the JSON Schema of a workspace file, for editors that complete and check it."""

from collections.abc import Iterable
from typing import Any

from sandbox.segment.definition import ActionDefinition, DestinationDefinition
from sandbox.segment.fields.directives import DIRECTIVES
from sandbox.toplyne import TOPLYNE
from sandbox.workspace.file_tables import MAPPING, WORKSPACE, Member

Schema = dict[str, Any]


def workspace_schema(definition: DestinationDefinition = TOPLYNE) -> Schema:
    """Return the schema: tables, actions, fields and directives, as the declaration has them."""
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
        "properties": {
            member.key: {"description": member.says, **_value(member)} for member in members
        },
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
    return {
        "type": ["object", "string"],
        "properties": {
            field.key: {
                "title": field.label,
                "description": field.description,
                "allOf": [{"$ref": "#/definitions/value"}],
            }
            for field in action.fields
        },
    }
