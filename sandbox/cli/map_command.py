"""`toplyne-sandbox map`: the requests that events become, without sending anything."""

from __future__ import annotations

from pathlib import Path

import click

from sandbox.cli.inputs import (
    EventInput,
    exit_code,
    file_argument,
    json_option,
    rules_option,
    workspace_option,
)
from sandbox.cli.output import Screen, json_line
from sandbox.cli.records import is_failure, show_event, show_result
from sandbox.cli.workspaces import destinations_of, record_of
from sandbox.segment.definition import Rules


@click.command("map")
@file_argument
@workspace_option
@rules_option
@json_option
@click.pass_context
def command(
    ctx: click.Context, file: str, workspace: Path | None, rules: Rules, as_json: bool
) -> None:
    """Show what each mapping makes of each event in FILE (- is standard input).

    FILE holds one JSON event, an array, an SDK body ({"batch": […]}) or NDJSON; .gz too. The
    mappings are the presets, or those of a workspace.
    """
    destinations = destinations_of(workspace)
    screen = Screen()
    events = EventInput(file)
    failed = False
    for event in events:
        if not as_json:
            show_event(screen, event)
        for destination in destinations:
            for outcome in destination.map(event.value, rules=rules):
                failed |= is_failure(outcome)
                if as_json:
                    json_line(record_of(event, outcome, destination))
                else:
                    show_result(screen, outcome)
    ctx.exit(exit_code(failed=failed, unreadable=events.unreadable))
