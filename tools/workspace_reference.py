"""Workspace reference: what a workspace file holds, as its JSON Schema says it."""

from __future__ import annotations

from typing import Any

from sandbox.segment.definition import DestinationDefinition
from sandbox.segment.fields.directives import DIRECTIVES
from sandbox.segment.json_text import json_text
from sandbox.workspace.file_tables import workspace_schema
from tools.markdown_tables import code, table

_HEADINGS = {
    "source": "[[sources]]",
    "destination": "[[destinations]]",
    "mapping": "[[destinations.mappings]]",
}


def workspace_tables(definition: DestinationDefinition) -> str:
    """Return a table for each table of the file."""
    schema = workspace_schema(definition)
    parts = [_table("The file", schema)]
    for name, heading in _HEADINGS.items():
        parts.append(_table(f"`{heading}`", schema["definitions"][name]))
    return "\n\n".join(parts)


def directives_table() -> str:
    """Return the directives that a value in `fields` may be."""
    rows = (
        (code(name), each.summary, code(json_text({name: each.example})))
        for name, each in DIRECTIVES.items()
    )
    return table(("Directive", "What it gives", "Example"), rows)


def _table(heading: str, schema: dict[str, Any]) -> str:
    required = schema.get("required", ())
    rows = (
        (code(key), _type(each), "yes" if key in required else "no", each.get("description", ""))
        for key, each in schema["properties"].items()
    )
    return f"### {heading}\n\n{table(('Key', 'Type', 'Needed', 'What it is'), rows)}"


def _type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(code(json_text(each)) for each in schema["enum"])
    return " or ".join(each["type"] for each in schema.get("anyOf", [schema]))
