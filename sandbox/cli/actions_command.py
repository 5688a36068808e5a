"""`toplyne-sandbox actions`: what each action needs and where it sends it."""

from sandbox.cli.command import JsonCommand
from sandbox.segment.definition import ActionDefinition, Field
from sandbox.segment.json_text import json_text
from sandbox.toplyne import TOPLYNE
from sandbox.values import Json, members


class ActionsCommand(JsonCommand):
    """Show the actions: their fields with type, need and default, and the endpoint they call.

    Examples:
      toplyne-sandbox actions
    """

    def run(self) -> None:
        """Show the actions."""
        for number, action in enumerate(TOPLYNE.actions):
            path = action.endpoint.path
            told = {"action": action.key, "name": action.name, "method": "POST", "path": path}
            self.screen.record(told | {"fields": [*map(_record, action.fields)]})
            if number:
                self.screen.line()
            self.screen.line((action.name, "bold cyan"), f"  {action.key}  POST {path}")
            rows = (_row(action, field) for field in action.fields)
            self.screen.table(("  Field", "Key", "Type", "Needed", "Default"), rows)


def _row(action: ActionDefinition, field: Field) -> tuple[str, ...]:
    other = action.field(field.required_unless) if field.required_unless else None
    need = "yes" if field.required else (f"if no {other.label}" if other else "no")
    path = field.default.get("@path") if isinstance(field.default, dict) else None
    return f"  {field.label}", field.key, field.type, need, str(path or json_text(field.default))


def _record(field: Field) -> dict[str, Json]:
    told = members(field, "key", "label", "type", "required")
    return told | {"requiredUnless": field.required_unless, "default": field.default}
