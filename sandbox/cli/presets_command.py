"""`toplyne-sandbox presets`: the ready-made mappings."""

from sandbox.cli.options import JsonOptions, to_command
from sandbox.destination import PRESETS
from sandbox.values import members


@to_command("presets", JsonOptions)
def command(given: JsonOptions) -> None:
    """Show the presets: name, trigger and action; --json also gives their fields.

    Examples:
      toplyne-sandbox presets
    """
    for preset in PRESETS:
        given.screen.record(members(preset, "name", "trigger", "action", "fields"))
    rows = ((p.name, p.trigger, f"{p.action_definition.name} ({p.action})") for p in PRESETS)
    given.screen.table(("Preset", "Trigger", "Action"), rows)
