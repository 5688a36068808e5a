"""`toplyne-sandbox generate`: events that Hypothesis generates; a seed gives the same events."""

import click

from sandbox.cli.command import Command, argument, flag, option
from sandbox.cli.output import json_line
from sandbox.segment.json_text import json_text
from sandbox.values import Json

TYPES = ("track", "identify", "group", "page", "screen", "alias")


class GenerateCommand(Command):
    """Print NUMBER events as NDJSON; the same bytes for the same seed and sandbox version.

    Examples:
      toplyne-sandbox generate 100 --type track > events.ndjson
      toplyne-sandbox generate 1000 --odd --seed 7 | toplyne-sandbox map --json
    """

    number: int = argument(type=click.IntRange(1, 100_000))
    event_type: str | None = option("Generate only this type.", "--type", type=click.Choice(TYPES))
    seed: int = option("The same seed gives the same events.", default=0)
    odd: bool = flag("Generate anything that JSON allows, not only realistic events.")

    def run(self) -> None:
        """Generate the events, then print them."""
        from sandbox.check.searching import look_at_each
        from sandbox.strategies import events

        made: list[dict[str, Json]] = []

        def keep(event: dict[str, Json]) -> None:
            made.append(event)

        while len(made) < self.number:
            look_at_each(events(type=self.event_type, odd=self.odd), keep, self.number, self.seed)
        for event in made[: self.number]:
            click.echo(json_line(json_text(event)))
