"""`toplyne-sandbox map`: the requests that events become, without sending anything."""

from __future__ import annotations

import click

from sandbox.cli.inputs import EventInput, exit_code, file_argument, json_option, rules_option
from sandbox.cli.output import Screen, json_line
from sandbox.cli.records import is_failure, record, show_event, show_result
from sandbox.destination import map_event
from sandbox.segment.definition import Rules


@click.command("map")
@file_argument
@rules_option
@json_option
@click.pass_context
def command(ctx: click.Context, file: str, rules: Rules, as_json: bool) -> None:
    """Show what each preset makes of each event in FILE (- is standard input).

    FILE holds one JSON event, an array, an SDK body ({"batch": […]}) or NDJSON; .gz too.
    """
    screen = Screen()
    events = EventInput(file)
    failed = False
    for event in events:
        outcomes = map_event(event.value, rules=rules)
        if not as_json:
            show_event(screen, event)
        for outcome in outcomes:
            failed |= is_failure(outcome)
            json_line(record(event, outcome)) if as_json else show_result(screen, outcome)
    ctx.exit(exit_code(failed=failed, unreadable=events.unreadable))
