"""`toplyne-sandbox map`: the requests that events become, without sending anything."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sandbox.cli.inputs import event_options
from sandbox.cli.output import Screen
from sandbox.cli.receiving import Receiving, as_received_option
from sandbox.cli.records import is_failure, outcome_line, show_result
from sandbox.cli.workspaces import destinations_of
from sandbox.segment.definition import Rules


@click.command("map")
@event_options
@as_received_option
def command(
    file: str,
    workspace: Path | None,
    rules: Rules,
    as_received: bool,
    as_json: bool,
) -> None:
    """Show what each mapping makes of each event in FILE (- is standard input).

    FILE holds one JSON event, an array, an SDK body ({"batch": […]}) or NDJSON; .gz too. The
    mappings are the presets, or those of a workspace.

    Examples:
      toplyne-sandbox map events.ndjson
      toplyne-sandbox map events.ndjson --workspace workspace.toml --json
      toplyne-sandbox generate 3 | toplyne-sandbox map
    """
    destinations = destinations_of(workspace)
    screen = Screen()
    receiving = Receiving(file, screen, as_received=as_received, as_json=as_json)
    failed = False
    lines = sys.stdout.buffer  # collects lines, where echo writes each
    for event, remark in receiving:
        for destination in destinations:
            for outcome in destination.map(event.value, rules=rules):
                failed |= is_failure(outcome)
                if as_json:
                    name = {"destination": destination.name} if destination.name else {}
                    lines.write(f"{outcome_line(event, outcome, **name, **remark)}\n".encode())
                else:
                    show_result(screen, outcome)
    raise SystemExit(receiving.exit_code(failed=failed))
