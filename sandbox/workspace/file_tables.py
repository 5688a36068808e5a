"""Tables: the types of the tables in a workspace file.

Both the reader, whose messages `workspace check` prints, and the JSON Schema with which editors
complete and check a file are derived from them.
"""

from typing import Annotated, Any, Final, NotRequired, TypedDict

from sandbox.segment.definition import ActionDefinition, DestinationDefinition
from sandbox.segment.fields.directives import DIRECTIVES
from sandbox.toplyne import TOPLYNE
from sandbox.type_reading import problems_of
from sandbox.type_schemas import Free, Schema, With, schema_of
from sandbox.values import Path, Problem

SCHEMA_FILE: Final = ".toplyne-sandbox/workspace.schema.json"
"""Where `workspace init` writes the schema of these tables, next to its file."""

_MAPPINGS: Final = "At most 50, at least one enabled; by default the presets."
_ACCEPTS: Final = "Whether its events are accepted; true by default."
_BASE_URL: Final = "The URL of Toplyne's API, ends in /v1; by default the mock's."


def _what(description: str, **more: Any) -> With:
    return With(description=description, **more)


def _text(description: str, **more: Any) -> With:
    return _what(description, minLength=1, **more)


class SourceTable(TypedDict):
    """A source."""

    name: Annotated[str, _text("Its name, which no other source has.")]
    write_key: Annotated[str, _text("The write key of its SDKs.", writeOnly=True)]
    enabled: NotRequired[Annotated[bool, _what(_ACCEPTS)]]


class MappingTable(TypedDict):
    """A mapping; `segment` has the other members that an import found.

    A string in `fields` or `segment` is JSON, because TOML has no null. `invalid` marks a trigger
    that Segment cannot parse.
    """

    name: Annotated[str, _text("Its name.")]
    action: Annotated[str, _text("The action it calls.")]
    trigger: Annotated[str, _text("Which events it takes.")]
    enabled: NotRequired[Annotated[bool, _what("Whether it takes events; true by default.")]]
    invalid: NotRequired[Annotated[bool, _what("Whether Segment cannot parse the trigger.")]]
    fields: NotRequired[
        Annotated[Free | str, _what("What it sends; by default the action's fields.")]
    ]
    segment: NotRequired[Annotated[Free | str, _what("Other members that an import found.")]]


class DestinationTable(TypedDict):
    """A destination; a disabled one may lack its API key."""

    name: Annotated[str, _text("Its name, which no other destination has.")]
    source: Annotated[str, _text("The name of the source it is connected to.")]
    api_key: Annotated[str, _what("Toplyne's API token.", writeOnly=True)]
    base_url: NotRequired[Annotated[str, _what(_BASE_URL)]]
    enabled: NotRequired[Annotated[bool, _what("Whether it gets events; true by default.")]]
    mappings: NotRequired[Annotated[list[MappingTable], _what(_MAPPINGS)]]


class WorkspaceTable(TypedDict):
    """A workspace file."""

    sources: Annotated[list[SourceTable], _what("The sources of events.")]
    destinations: NotRequired[
        Annotated[list[DestinationTable], _what("The destinations of events.")]
    ]


def read_tables(value: object) -> tuple[list[Problem], dict[str, Any]]:
    """Return the problems of a workspace's value, and its members that have none."""
    found = problems_of(WorkspaceTable, value, most=None)
    problems = [each for each in found if not _is_of_draft(value, each.at)]
    schema = schema_of(WorkspaceTable)
    return problems, _valid(schema, value, (), {problem.at for problem in found})


def _is_of_draft(value: Any, at: Path) -> bool:
    """Return whether a path is that of the missing API key of a disabled destination."""
    match at:
        case ("destinations", number, "api_key"):
            destination = value["destinations"][number]
            return destination.get("enabled") is False and "api_key" not in destination
    return False


def _valid(schema: Schema, value: Any, at: Path, wrong: set[Path]) -> Any:
    """Return a value without the parts at the wrong paths; a wrong element becomes {}."""
    if "items" in schema:
        items = enumerate(value)
        return [_valid(schema["items"], each, (*at, number), wrong) for number, each in items]
    if "properties" not in schema:
        return value
    parts = schema["properties"].items() if at not in wrong else ()
    return {
        key: _valid(part, value[key], (*at, key), wrong)
        for key, part in parts
        if key in value and (*at, key) not in wrong
    }


def workspace_schema(definition: DestinationDefinition = TOPLYNE) -> Schema:
    """Return the schema, with the actions, fields and directives of the declaration."""
    whole, destination = schema_of(WorkspaceTable), schema_of(DestinationTable)
    for table, key in ((whole, "sources"), (whole, "destinations"), (destination, "mappings")):
        table["properties"][key]["items"] = {"$ref": f"#/definitions/{key.removesuffix('s')}"}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A workspace of toplyne-sandbox",
        **whole,
        "definitions": {
            "source": schema_of(SourceTable),
            "destination": destination,
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


def _mapping(definition: DestinationDefinition) -> Schema:
    mapping = schema_of(MappingTable)
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
