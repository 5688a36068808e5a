"""`toplyne-sandbox map`: show the requests that events become, without sending them."""

import sys

from sandbox.cli.inputs import ReceivedCommand
from sandbox.cli.output import json_line
from sandbox.cli.records import is_failure, outcome_line, show_result


class MapCommand(ReceivedCommand):
    """Show the request that each mapping makes of each event in FILE (- is standard input).

    FILE holds one JSON event, an array, an SDK body ({"batch": […]}) or NDJSON; .gz too. The
    mappings are the presets, or those of a workspace.

    Examples:
      toplyne-sandbox map events.ndjson
      toplyne-sandbox map events.ndjson --workspace workspace.toml --json
      toplyne-sandbox generate 3 | toplyne-sandbox map
    """

    def run(self) -> None:
        """Show or print every outcome."""
        destinations = self.destinations()
        lines = sys.stdout.buffer  # buffers the lines; echo would flush each
        for event, remark in self.received():
            for destination in destinations:
                for outcome in destination.map(event.value, rules=self.rules):
                    self.failed |= is_failure(outcome)
                    if self.as_json:
                        name = {"destination": destination.name} if destination.name else {}
                        line = json_line(outcome_line(event, outcome, **name, **remark))
                        lines.write(f"{line}\n".encode())
                    else:
                        show_result(self.screen, outcome)
