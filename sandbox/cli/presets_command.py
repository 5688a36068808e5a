"""`toplyne-sandbox presets`: the ready-made mappings."""

from sandbox.cli.command import JsonCommand
from sandbox.destination import PRESETS
from sandbox.values import members


class PresetsCommand(JsonCommand):
    """Show the presets: name, trigger and action; --json also gives their fields.

    Examples:
      toplyne-sandbox presets
    """

    def run(self) -> None:
        """Show the presets."""
        for preset in PRESETS:
            self.screen.record(members(preset, "name", "trigger", "action", "fields"))
        rows = ((p.name, p.trigger, f"{p.action_definition.name} ({p.action})") for p in PRESETS)
        self.screen.table(("Preset", "Trigger", "Action"), rows)
