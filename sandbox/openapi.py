"""OpenAPI: the API of a destination as an OpenAPI 3.1 document, derived from its definition."""

from typing import Final
from urllib.parse import urlsplit

from sandbox.contract import check_item
from sandbox.contract.answer_schemas import (
    error_body,
    error_schema,
    message_schema,
    success_body,
    success_schema,
)
from sandbox.contract.schemas import body_schema, example_of, full_schemas, proof, stand_ins
from sandbox.segment.definition import DestinationDefinition, ErrorAnswer, Rules, Upload
from sandbox.values import Json

_UPLOAD_ERRORS: Final = (400, 401, 403, 404, 405, 413, 415, 500, 503)
_AUTH_ERRORS: Final = (401, 403, 404, 405, 500, 503)
_READINGS: Final[dict[Rules, str]] = {
    "documented": "Rules: documented, that is, the API as its documentation describes it.",
    "observed": "Rules: observed, that is, the API as recordings and Segment's runtime show it.",
}
_MARKS: Final = (
    "Each rule has its evidence: recorded (real traffic), source (open source of Segment's "
    "side), docs (public documentation) or assumed (nobody outside knows)."
)


def openapi(
    definition: DestinationDefinition, *, rules: Rules, server: str = "/"
) -> dict[str, Json]:
    """Return the OpenAPI 3.1 document of the API under the given rules.

    Paths are as on the wire, so `server` is a root URL. Every example in it is valid.
    """
    root = urlsplit(definition.base_url).path
    paths: dict[str, Json] = {f"{root}{definition.auth_path}": {"get": _auth_operation()}}
    for upload in definition.uploads:
        operation = _upload_operation(upload, rules, definition)
        paths[f"{root}{upload.endpoint.path}"] = {"post": operation}
    return {
        "openapi": "3.1.0",
        "info": _info(definition, rules),
        "servers": [{"url": server}],
        "security": [{"token": []}],
        "paths": paths,
        "components": _components(definition, rules),
    }


def operation_id(name: str) -> str:
    """Return a name as an identifier: `Send user profiles` is `sendUserProfiles`."""
    first, *others = name.split()
    return first.lower() + "".join(word.capitalize() for word in others)


def _info(definition: DestinationDefinition, rules: Rules) -> dict[str, Json]:
    held = [rule for rule in definition.rules if rules in rule.under and not rule.ours]
    said = "\n".join(f"* {rule.statement} {proof(rule.evidence)}" for rule in held)
    headers = "\n".join(f"* `{name}: {value}`" for name, value in definition.answer_headers)
    return {
        "title": f"The API that {definition.name} calls",
        "version": urlsplit(definition.base_url).path.strip("/") or "1",
        "description": (
            f"{_READINGS[rules]} {_MARKS}\n\nRules:\n\n{said}\n\n"
            f"Every answer has these headers:\n\n{headers}"
        ),
    }


def _components(definition: DestinationDefinition, rules: Rules) -> dict[str, Json]:
    schemas: dict[str, Json] = {}
    for upload in definition.uploads:
        schemas |= _item_schemas(upload, rules)
    setting = definition.settings[0]
    return {
        "schemas": {**schemas, "Error": error_schema()},
        "responses": {
            str(status): _error_response(definition.error(status), definition)
            for status in sorted({*_UPLOAD_ERRORS, *_AUTH_ERRORS})
        },
        "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer", "description": setting.description}
        },
    }


def _item_schemas(upload: Upload, rules: Rules) -> dict[str, Json]:
    """Return the schema of an item, by name, and of each alternative if there are several.

    A typed client generated from full objects does not compile with an item without an id.
    """
    name, objects = _schema_name(upload), full_schemas(upload, rules)
    named: dict[str, Json] = {
        "".join((name, *(f"With{key[0].upper()}{key[1:]}" for key in chosen))): schema
        for chosen, schema in objects.items()
    }
    if len(named) == 1:
        return named
    return {name: {"anyOf": [_reference("schemas", each) for each in named]}, **named}


def _reference(kind: str, name: object) -> dict[str, Json]:
    return {"$ref": f"#/components/{kind}/{name}"}


def _auth_operation() -> dict[str, Json]:
    named: dict[str, Json] = {"named": success_body("Initech")}
    return {
        "operationId": "auth",
        "summary": "Answer whether the token is valid.",
        "responses": {
            "200": {
                "description": "The token is valid; data is the client's name.",
                "content": _json(success_schema({"type": "string"}), named),
            },
            **{str(status): _reference("responses", status) for status in _AUTH_ERRORS},
        },
    }


def _upload_operation(
    upload: Upload, rules: Rules, definition: DestinationDefinition
) -> dict[str, Json]:
    item = _reference("schemas", _schema_name(upload))
    schema = body_schema(upload, items=item, max_items=definition.max_items)
    endpoint = upload.endpoint
    accepted = success_schema(message_schema(endpoint.accepted))
    example: dict[str, Json] = {"accepted": success_body({"message": endpoint.accepted})}
    return {
        "operationId": operation_id(upload.name),
        "summary": upload.name,
        "description": f"{upload.description} {proof(endpoint.evidence)}",
        "requestBody": {
            "required": True,
            "description": "JSON, also gzipped.",
            "content": _json(schema, examples_of(upload, rules)),
        },
        "responses": {
            "202": {
                "description": f"Every item was accepted. {proof(endpoint.evidence)}",
                "content": _json(accepted, example),
            },
            **{str(status): _reference("responses", status) for status in _UPLOAD_ERRORS},
        },
    }


def examples_of(upload: Upload, rules: Rules) -> dict[str, Json]:
    """Return bodies the contract accepts, by name: every field, the fewest, and odd ones."""
    whole = {field.key: example_of(field) for field in upload.fields}
    stand_in = [pair[0] for pair in stand_ins(upload)]
    needed = {f.key: whole[f.key] for f in upload.fields if f.required or f.key in stand_in}
    items: dict[str, list[Json]] = {"everyField": [whole], "fewestFields": [needed]}
    items["severalItems"] = [whole, needed]
    if rules == "observed":
        required = [field for field in upload.fields if field.required]
        items["onlyRequired"] = [{field.key: whole[field.key] for field in required}]
        times = {f.key: time for f in required if isinstance(time := whole[f.key], int)}
        items["noTime"] = [{**needed, **dict.fromkeys(times)}]
        items["timeWithFraction"] = [{**needed, **{key: time + 0.5 for key, time in times.items()}}]
    return {name: {upload.endpoint.envelope: list_} for name, list_ in items.items()}


def _error_response(error: ErrorAnswer, definition: DestinationDefinition) -> dict[str, Json]:
    details = error.when
    if error.status == 400:
        problem = check_item(definition.uploads[0], {}, rules="documented")[-1]
        envelope = definition.uploads[0].endpoint.envelope
        details = problem.under(envelope, 0).sentence()
    response: dict[str, Json] = {
        "description": f"{error.when} {proof(error.evidence)}",
        "content": _json(_reference("schemas", "Error"), {"refused": error_body(error, details)}),
    }
    if error.status == 405:
        schema: Json = {"type": "string"}
        allow: Json = {"description": "The methods the path has.", "schema": schema}
        response["headers"] = {"Allow": allow}
    return response


def _json(schema: dict[str, Json], examples: dict[str, Json]) -> dict[str, Json]:
    named: dict[str, Json] = {name: {"value": value} for name, value in examples.items()}
    return {"application/json": {"schema": schema, "examples": named}}


def _schema_name(upload: Upload) -> str:
    name = operation_id(upload.name)
    return name[0].upper() + name[1:]
