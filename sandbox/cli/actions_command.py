"""`toplyne-sandbox actions`: what each action needs and where it sends it."""

from sandbox.cli.options import JsonOptions, to_command
from sandbox.segment.definition import ActionDefinition, Field
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import json_text
from sandbox.toplyne import TOPLYNE
from sandbox.values import members


@to_command("actions", JsonOptions)
def command(given: JsonOptions) -> None:
    """Show the actions: their fields with type, need and default, and the endpoint they call.

    Examples:
      toplyne-sandbox actions
    """
    screen = given.screen
    for number, action in enumerate(TOPLYNE.actions):
        screen.record(_record(action))
        if number:
            screen.line()
        screen.line((action.name, "bold cyan"), f"  {action.key}  POST {action.endpoint.path}")
        rows = (
            (f"  {f.label}", f.key, f.type, _need(action, f), _default(f)) for f in action.fields
        )
        screen.table(("  Field", "Key", "Type", "Needed", "Default"), rows)


def _need(action: ActionDefinition, field: Field) -> str:
    other = action.field(field.required_unless) if field.required_unless else None
    return "yes" if field.required else (f"if no {other.label}" if other else "no")


def _default(field: Field) -> str:
    path = field.default.get("@path") if isinstance(field.default, dict) else None
    return str(path) if path else json_text(field.default)


def _record(action: ActionDefinition) -> dict[str, Json]:
    fields = [
        {
            **members(field, "key", "label", "type", "required"),
            "requiredUnless": field.required_unless,
            "default": field.default,
        }
        for field in action.fields
    ]
    sent = {"method": "POST", "path": action.endpoint.path}
    return {"action": action.key, "name": action.name, **sent, "fields": fields}
