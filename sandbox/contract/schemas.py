"""Schemas: what a payload and an upload must look like, as JSON Schema 2020-12.

Everything is derived from a destination's definition. Under `documented` rules a schema describes
the API as documented, under `observed` as it was seen to behave. The differences are in
`FIELD_RULES` and in the lines that compare `rules`.
"""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Final, NamedTuple, TypeAlias

from sandbox.segment.definition import MAX_ITEMS, PASSTHROUGH, Field, FieldType, Rules, Upload
from sandbox.values import Evidence, Json

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
INT64: Final = {"minimum": -(2**63), "maximum": 2**63 - 1}
_LEAST, _MOST = INT64["minimum"], INT64["maximum"]

Accepts: TypeAlias = Callable[[object], bool]


class FieldRule(NamedTuple):
    """What a field of a type accepts: as a schema, in words, and as a quick test.

    A value of another type breaks the rule `type_rule`. The test accepts what the schema accepts:
    tests/properties/test_contract_laws.py.
    """

    schema: dict[str, Json]
    right: str
    takes: Accepts
    type_rule: str = "field-type"


def _is_integer(value: object) -> bool:
    if type(value) is int:  # the usual case first
        return _LEAST <= value <= _MOST
    return isinstance(value, float) and value.is_integer() and _LEAST <= value <= _MOST


def _is_number_or_null(value: object) -> bool:
    if value is None or isinstance(value, bool):
        return value is None
    return isinstance(value, int | float) and not (value < _LEAST or value > _MOST)


_STRING: Final = FieldRule({"type": "string"}, "a string", lambda value: isinstance(value, str))
_FILLED: Final = FieldRule(
    {"type": "string", "minLength": 1},
    "a non-empty string",
    lambda value: isinstance(value, str) and value != "",
)
_OBJECT: Final = FieldRule(
    {"type": "object", "additionalProperties": True},
    "an object",
    lambda value: isinstance(value, dict),
)
FIELD_RULES: Final[dict[tuple[FieldType, Rules], FieldRule]] = {
    ("string", "documented"): _FILLED,
    ("string", "observed"): _STRING,
    ("datetime", "documented"): FieldRule(
        {"type": "integer", "format": "int64", **INT64},
        "Unix seconds, a number without a fraction",
        _is_integer,
        "time-integer",
    ),
    ("datetime", "observed"): FieldRule(
        {"type": ["number", "null"], **INT64},
        "Unix seconds, a number or null",
        _is_number_or_null,
        "time-number",
    ),
    ("object", "documented"): _OBJECT,
    ("object", "observed"): _OBJECT,
}
_EXAMPLES: Final[dict[FieldType, Json]] = {
    "string": "text",
    "datetime": 1612137600,
    "object": {"key": "value"},
}


def payload_schema(upload: Upload, rules: Rules) -> dict[str, Json]:
    """Return the schema of one item in an upload's list."""
    return {"$schema": DIALECT, **item_schema(upload, rules)}


def upload_schema(upload: Upload, rules: Rules, *, max_items: int = MAX_ITEMS) -> dict[str, Json]:
    """Return the schema of a whole body: an object with one list of 1 to `max_items` items."""
    schema = body_schema(upload, items=item_schema(upload, rules), max_items=max_items)
    return {"$schema": DIALECT, **schema}


def body_schema(
    upload: Upload, *, items: dict[str, Json] | None = None, max_items: int = MAX_ITEMS
) -> dict[str, Json]:
    """Return `upload_schema` without the dialect; None lets the items be anything."""
    envelope = upload.endpoint.envelope
    array: dict[str, Json] = {"type": "array", "minItems": 1, "maxItems": max_items}
    if items is not None:
        array["items"] = items
    return {
        "title": f"{upload.name}: body",
        "description": f"{upload.description} {proof(upload.endpoint.evidence)}",
        "type": "object",
        "properties": {envelope: array},
        "required": [envelope],
        "additionalProperties": False,
    }


def item_schema(upload: Upload, rules: Rules) -> dict[str, Json]:
    """Return `payload_schema` without the dialect; flat, so that an error names the wrong field."""
    groups = needed(upload, rules)
    schema = _object_schema(upload, rules, [keys[0] for keys in groups if not keys[1:]])
    choices: list[dict[str, Json]] = [
        {"anyOf": [{"required": [key]} for key in keys]} for keys in groups if keys[1:]
    ]
    if len(choices) == 1:
        return schema | choices[0]
    return {**schema, "allOf": [*choices]} if choices else schema


def full_schemas(upload: Upload, rules: Rules) -> dict[tuple[str, ...], dict[str, Json]]:
    """Return the alternative schemas of an item, by the keys each alternative requires.

    `{"anyOf": [...]}` of them accepts what `item_schema` accepts (a law). A typed client generated
    from them does not compile with an item that has none of the keys.
    """
    groups = needed(upload, rules)
    found = {}
    for each in product(*groups):
        chosen = tuple(key for key, keys in zip(each, groups, strict=True) if keys[1:])
        found[chosen] = _object_schema(upload, rules, each, "".join(f" with {k}" for k in chosen))
    return found


def needed(upload: Upload, rules: Rules) -> tuple[tuple[str, ...], ...]:
    """Return groups of keys; an item needs one key of each. A group of one is a required field."""
    groups: list[tuple[str, ...]] = [(field.key,) for field in upload.fields if field.required]
    if rules == "documented":
        for field in upload.fields:
            if field.required_unless and (field.required_unless, field.key) not in groups:
                groups.append((field.key, field.required_unless))
    return tuple(groups)


def stand_ins(upload: Upload) -> list[tuple[str, ...]]:
    """Return the groups of several keys of which the documentation requires one."""
    return [keys for keys in needed(upload, "documented") if keys[1:]]


def _object_schema(
    upload: Upload, rules: Rules, required: Sequence[str], title: str = ""
) -> dict[str, Json]:
    properties: dict[str, Json] = {f.key: _field_schema(f, rules) for f in upload.fields}
    if rules == "observed":
        properties |= {key: {"description": _PASSED_THROUGH} for key in PASSTHROUGH}
    return {
        "title": f"{upload.name}: item{title}",
        "type": "object",
        "properties": properties,
        "required": [*required],
        "additionalProperties": False,
    }


_PASSED_THROUGH = "Not a field: Segment's runtime lets the key through with any value."


def _field_schema(field: Field, rules: Rules) -> dict[str, Json]:
    return {
        "title": field.label,
        "description": f"{field.description} {proof(field.evidence)}",
        **FIELD_RULES[field.type, rules].schema,
        "examples": [example_of(field)],
    }


def example_of(field: Field) -> Json:
    """Return an example value of the field in an upload."""
    return _EXAMPLES[field.type] if field.example is None else field.example


def proof(evidence: Evidence) -> str:
    """Return the evidence as the sentence that ends a description."""
    return f"Evidence: {evidence.mark} ({evidence.where})."
