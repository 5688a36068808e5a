"""`toplyne-sandbox presets`: the ready-made mappings."""

from __future__ import annotations

import click

from sandbox.cli.inputs import json_option
from sandbox.cli.output import Screen, json_line, table
from sandbox.destination import PRESETS
from sandbox.values import members


@click.command("presets")
@json_option
def command(as_json: bool) -> None:
    """Show the presets: name, trigger and action; --json also gives their fields.

    Examples:
      toplyne-sandbox presets
    """
    if as_json:
        for preset in PRESETS:
            json_line(members(preset, "name", "trigger", "action", "fields"))
        return
    rows = ((p.name, p.trigger, f"{p.action_definition.name} ({p.action})") for p in PRESETS)
    table(Screen(), ("Preset", "Trigger", "Action"), rows)
