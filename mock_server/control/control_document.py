"""Control document: `/_sandbox` as an OpenAPI 3.1 document, from the declared resources.

Paths, methods, parameters and types are those of the resources. A body without a declared type is a
free object.
"""

import re
from typing import Final, is_typeddict

from mock_server.control.resource import Resource, resources
from mock_server.later import Later
from mock_server.routes import CONTROL
from mock_server.store.state import KINDS
from sandbox.contract.answer_schemas import error_schema
from sandbox.type_schemas import Free, Schema, ref, schema_of
from sandbox.values import ProblemJson, as_object

_IN_PATH: Final[dict[str, Schema]] = {
    "number": {"type": "integer", "minimum": 1},
    "kind": {"type": "string", "enum": list(KINDS)},
}
_TEXT: Final[Schema] = {"type": "string"}
_PART: Final = re.compile(r"<(?:path:)?(\w+)>")


def control_document() -> Free:
    """Return the OpenAPI document of everything below `/_sandbox`."""
    paths: dict[str, Free] = {}
    schemas: Free = {}
    for each in resources():
        path = CONTROL + _PART.sub(r"{\1}", each.path)
        paths.setdefault(path, {})[each.method.lower()] = _operation(each, schemas)
    error = error_schema()
    problems = {"type": "array", "items": schema_of(ProblemJson, schemas)}
    properties = {**as_object(error["properties"]), "problems": problems}
    schemas["Error"] = {**error, "properties": properties}
    refused = {"description": "A refusal, with the reason.", "content": _json(ref("Error"))}
    scheme = {"type": "http", "scheme": "bearer", "description": "The tenant's API token."}
    responses, schemes = {"Refused": refused}, {"token": scheme}
    return {
        "openapi": "3.1.0",
        "info": {"title": "The sandbox's own paths", "version": "1"},
        "servers": [{"url": "/"}],
        "security": [{}, {"token": []}],
        "paths": dict(paths),
        "components": {"schemas": schemas, "responses": responses, "securitySchemes": schemes},
    }


def _operation(each: Resource, schemas: Free) -> Free:
    said = " ".join((each.function.__doc__ or "").split())
    parts: list[object] = [
        {"name": part, "in": "path", "required": True, "schema": _IN_PATH.get(part, _TEXT)}
        for part in _PART.findall(each.path)
    ]
    parts += [
        {"name": part, "in": "query", "schema": schema_of(kind, schemas)}
        for part, kind in each.query.items()
    ]
    returned = each.function.__annotations__.get("return")
    gives = each.gives or (returned if is_typeddict(returned) else Free)
    content = {name: {"schema": schema_of(gives, schemas)} for name in each.content_types}
    answers: Free = {str(each.status): {"description": said, "content": content}}
    if returned is Later:
        answers["408"] = {"description": "The time is up.", "content": content}
    answers["default"] = {"$ref": "#/components/responses/Refused"}
    operation: Free = {
        "operationId": each.function.__name__,
        "summary": said.partition(". ")[0],
        "parameters": parts,
        "responses": answers,
    }
    if each.is_open:
        operation["security"] = []
    if each.takes is not None:
        taken = _json(schema_of(each.takes, schemas))
        operation["requestBody"] = {"required": each.method != "DELETE", "content": taken}
    return operation


def _json(schema: Schema) -> Free:
    return {"application/json": {"schema": schema}}
