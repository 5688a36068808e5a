"""`toplyne-sandbox actions`: what each action takes and where it sends it."""

from __future__ import annotations

import click

from sandbox.cli.inputs import json_option
from sandbox.cli.output import Screen, json_line, table
from sandbox.segment.definition import ActionDefinition, Field
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import json_text
from sandbox.toplyne import TOPLYNE
from sandbox.values import members


@click.command("actions")
@json_option
def command(as_json: bool) -> None:
    """Show the actions: their fields with type, need and default, and the endpoint they call.

    Examples:
      toplyne-sandbox actions
    """
    screen = Screen()
    for number, action in enumerate(TOPLYNE.actions):
        if as_json:
            json_line(_record(action))
            continue
        if number:
            screen.line()
        screen.line((action.name, "bold cyan"), f"  {action.key}  POST {action.endpoint.path}")
        rows = (
            (f"  {f.label}", f.key, f.type, need(action, f), _default(f)) for f in action.fields
        )
        table(screen, ("  Field", "Key", "Type", "Needed", "Default"), rows)


def need(action: ActionDefinition, field: Field) -> str:
    """Return when the field is needed, in words."""
    other = action.field(field.required_unless) if field.required_unless else None
    return "yes" if field.required else (f"if no {other.label}" if other else "no")


def _default(field: Field) -> str:
    path = field.default.get("@path") if isinstance(field.default, dict) else None
    return str(path) if path else json_text(field.default)


def _record(action: ActionDefinition) -> dict[str, Json]:
    return {
        "action": action.key,
        "name": action.name,
        "method": "POST",
        "path": action.endpoint.path,
        "fields": [
            {
                **members(field, "key", "label", "type", "required"),
                "requiredUnless": field.required_unless,
                "default": field.default,
            }
            for field in action.fields
        ],
    }
