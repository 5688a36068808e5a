"""API reference: an OpenAPI document as Markdown, for Toplyne's API and for `/_sandbox`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from mock_server.control.control_document import control_document
from mock_server.control.resource import Resource, resources
from sandbox.openapi import openapi
from sandbox.segment.definition import DestinationDefinition
from sandbox.segment.json_text import json_text
from tools.markdown_tables import code, table


def toplyne_operations(definition: DestinationDefinition) -> str:
    """Return a section for each call of Toplyne's API, with bodies that are true."""
    document = openapi(definition, rules="documented")
    return _page(document, {})


def control_operations() -> str:
    """Return a section for each path and method below `/_sandbox`."""
    who = {each.function.__name__: _who(each) for each in resources()}
    return _page(control_document(), who)


def _who(resource: Resource) -> str:
    if resource.is_open:
        return "Everybody: no token is looked at."
    if resource.is_admins:
        return "The admin token where the server has one, else everybody on this machine."
    return "Each tenant by its API token, without one the default tenant; or the admin token."


def _page(document: Mapping[str, Any], who: Mapping[str, str]) -> str:
    parts: list[str] = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parts += _operation(f"{method.upper()} {path}", operation, document, who)
    schemas = document["components"]["schemas"]
    parts.append("## Types")
    parts += [part for name, schema in schemas.items() for part in _type(name, schema)]
    return "\n\n".join(parts)


def _operation(
    name: str, operation: Mapping[str, Any], document: Mapping[str, Any], who: Mapping[str, str]
) -> Iterator[str]:
    yield f"## {name}"
    yield " ".join(_told(operation).split())
    if allowed := who.get(operation["operationId"]):
        yield f"Who may: {allowed[0].lower()}{allowed[1:]}"
    if parameters := operation.get("parameters"):
        rows = ((code(p["name"]), p["in"], code(shape(p["schema"]))) for p in parameters)
        yield table(("Parameter", "In", "Type"), rows)
    body = operation.get("requestBody")
    if body:
        optional = "" if body["required"] else " (may be left out)"
        yield f"Body{optional}: {code(shape(_content(body)['schema']))}"
        yield from _examples(body)
    answers = (
        _answer(status, _resolved(each, document), said=_told(operation))
        for status, each in operation["responses"].items()
    )
    yield table(("Answer", "When", "Body"), answers)


def _told(operation: Mapping[str, Any]) -> str:
    first = next(iter(operation["responses"].values()))
    return str(operation.get("description", first["description"]))


def _examples(body: Mapping[str, Any]) -> Iterator[str]:
    for example in list(_content(body).get("examples", {}).values())[:1]:
        yield f"```json\n{json_text(example['value'])}\n```"


def _resolved(answer: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in answer:
        return answer
    named: Mapping[str, Any] = document["components"]["responses"][shape(answer)]
    return named


def _answer(status: str, answer: Mapping[str, Any], *, said: str) -> tuple[str, str, str]:
    told = str(answer["description"])
    kind, content = next(iter(answer["content"].items()))
    return (
        "else" if status == "default" else status,
        HTTPStatus(int(status)).phrase if told == said else told,
        code(shape(content["schema"])) if "json" in kind.split("-")[0] else code(kind),
    )


def _content(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    content: Mapping[str, Any] = next(iter(holder["content"].values()))
    return content


def _type(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {name}"
    if "properties" not in schema:
        yield code(shape(schema))
        return
    required = schema.get("required", ())
    rows = (
        (code(key), code(shape(each)), "yes" if key in required else "no")
        for key, each in schema["properties"].items()
    )
    yield table(("Member", "Type", "Always there"), rows)


def shape(schema: Mapping[str, Any]) -> str:
    """Return what a JSON Schema takes in one line, `{name: string, expires?: string or null}`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[1]
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return " or ".join(shape(each) for each in schema[choice])
    if "const" in schema:
        return json_text(schema["const"])
    if "enum" in schema:
        return " or ".join(json_text(each) for each in schema["enum"])
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array":
        return f"[{shape(schema.get('items', {}))}, …]"
    if kind == "object" and schema.get("properties"):
        required = schema.get("required", ())
        members = (
            f"{key}{'' if key in required else '?'}: {shape(each)}"
            for key, each in schema["properties"].items()
        )
        return f"{{{', '.join(members)}}}"
    return f"{kind}{_limits(schema)}"


def _limits(schema: Mapping[str, Any]) -> str:
    least = schema.get("minimum", schema.get("minLength"))
    most = schema.get("maximum", schema.get("maxLength"))
    said = [f"from {least}" if least is not None else "", f"to {most}" if most is not None else ""]
    said += [f"above {schema['exclusiveMinimum']}"] if "exclusiveMinimum" in schema else []
    said += [f"like {schema['pattern']}"] if "pattern" in schema else []
    said += [str(schema["format"])] if "format" in schema else []
    inside = " ".join(each for each in said if each)
    return f" ({inside})" if inside else ""
