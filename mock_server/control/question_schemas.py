"""Question schemas: what a schema is made of, and what `/_sandbox/try` and its kin are asked."""

from typing import Final, TypeAlias, get_args

from mock_server.bounds import EARLIER_REQUESTS
from sandbox.segment.definition import Rules
from sandbox.segment.javascript import Json
from sandbox.toplyne import TOPLYNE

Schema: TypeAlias = dict[str, Json]

WHOLE: Final[Schema] = {"type": "integer", "minimum": 0}
TEXT: Final[Schema] = {"type": "string"}
FREE: Final[Schema] = {"type": "object", "additionalProperties": True}


def object_of(required: Schema, **optional: Json) -> Schema:
    """Return the schema of an object with these members, and no others."""
    properties = {**required, **optional}
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def or_null(schema: Schema) -> Schema:
    """Return the schema that also takes null."""
    return {"anyOf": [schema, {"type": "null"}]}


def list_of(items: Schema) -> Schema:
    """Return the schema of a list of these."""
    return {"type": "array", "items": items}


def ref(name: str) -> Schema:
    """Return a reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


BODY: Final[Schema] = {"anyOf": [TEXT, object_of({"base64": TEXT})]}
_WITH: Final[Schema] = {
    "mappings": {"type": "array", "items": FREE, "maxItems": TOPLYNE.max_mappings},
    "rules": {"type": "string", "enum": list(get_args(Rules))},
}
_EARLIER: Final = object_of({"path": {"enum": [u.endpoint.path for u in TOPLYNE.uploads]}}, json={})
_TRIED: Final = {
    **object_of(
        {},
        event={},
        eventText=TEXT,
        **_WITH,
        earlier={"type": "array", "items": _EARLIER, "maxItems": EARLIER_REQUESTS},
        meets={"type": "integer", "minimum": 400, "maximum": 599},
    ),
    "oneOf": [{"required": ["event"]}, {"required": ["eventText"]}],
}
TRIED: Final[dict[str, Schema]] = {
    "replay_file": object_of({"file": BODY}, name=TEXT, **_WITH),
    "try_it": _TRIED,
    "send_it": _TRIED,
}
"""What is asked about mappings that are being written."""
