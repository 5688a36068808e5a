"""`toplyne-sandbox explain`: why an event arrived or not, clause by clause, field by field."""

import click

from sandbox.cli.command import option
from sandbox.cli.inputs import ReceivedCommand
from sandbox.cli.records import event_keys, is_failure
from sandbox.destination import Mapping
from sandbox.explain import explain_all, to_json, to_lines
from sandbox.segment.errors import did_you_mean


class ExplainCommand(ReceivedCommand):
    """Show what each mapping does with each event in FILE (- is standard input), and why.

    For each clause of the trigger it shows the value found in the event, for each field what is
    sent. If the mapping does not take the event, it shows the smallest change to the event, and to
    the trigger, after which it does.

    Examples:
      toplyne-sandbox explain events.ndjson
      toplyne-sandbox explain events.ndjson --workspace workspace.toml --mapping "Big orders"
      toplyne-sandbox explain events.ndjson --as-received --json
    """

    name: str | None = option("Explain only this mapping.", "--mapping", metavar="NAME")

    def run(self) -> None:
        """Show each explanation."""
        mappings = self._mappings()
        for event, remark in self.received():
            for explanation in explain_all(event.value, mappings, self.rules):
                self.failed |= is_failure(explanation.outcome)
                if self.as_json:
                    self.screen.record({**event_keys(event), **to_json(explanation), **remark})
                    continue
                for indent, text, style in to_lines(explanation):
                    self.screen.folded(text, indent=indent + 2, style=style)

    def _mappings(self) -> list[Mapping]:
        """Return the mappings of all destinations, or those that `--mapping` names."""
        found = [mapping for each in self.destinations() for mapping in each.mappings]
        named = [mapping for mapping in found if self.name in (None, mapping.name)]
        if not named:
            names = [mapping.name for mapping in found]
            near = did_you_mean(str(self.name), names)
            known = ", ".join(names)
            raise click.UsageError(f"no mapping is called {self.name!r}.{near} Known: {known}.")
        return named
