"""`toplyne-sandbox map`: the requests that events become, without sending anything."""

import sys

from sandbox.cli.inputs import destinations_of
from sandbox.cli.options import to_command
from sandbox.cli.receiving import Received, ReceivedOptions
from sandbox.cli.records import is_failure, outcome_line, show_result


@to_command("map", ReceivedOptions)
def command(given: ReceivedOptions) -> None:
    """Show what each mapping makes of each event in FILE (- is standard input).

    FILE holds one JSON event, an array, an SDK body ({"batch": […]}) or NDJSON; .gz too. The
    mappings are the presets, or those of a workspace.

    Examples:
      toplyne-sandbox map events.ndjson
      toplyne-sandbox map events.ndjson --workspace workspace.toml --json
      toplyne-sandbox generate 3 | toplyne-sandbox map
    """
    destinations = destinations_of(given.workspace)
    received = Received(given)
    failed = False
    lines = sys.stdout.buffer  # collects lines, where echo writes each
    for event, remark in received:
        for destination in destinations:
            for outcome in destination.map(event.value, rules=given.rules):
                failed |= is_failure(outcome)
                if given.as_json:
                    name = {"destination": destination.name} if destination.name else {}
                    lines.write(f"{outcome_line(event, outcome, **name, **remark)}\n".encode())
                else:
                    show_result(received.screen, outcome)
    received.finish(failed=failed)
