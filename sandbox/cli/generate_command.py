"""`toplyne-sandbox generate`: events that Hypothesis makes up, the same for the same seed."""

import click

from sandbox.cli.options import Options, argument, flag, option, to_command
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import json_text

TYPES = ("track", "identify", "group", "page", "screen", "alias")


class GenerateOptions(Options):
    """How many events are made up, and of which kind."""

    number: int = argument(type=click.IntRange(1, 100_000))
    event_type: str | None = option("Only events of this type.", "--type", type=click.Choice(TYPES))
    seed: int = option("The same seed gives the same events.", default=0)
    odd: bool = flag("Everything JSON allows, instead of realistic events.")


@to_command("generate", GenerateOptions)
def command(given: GenerateOptions) -> None:
    """Print NUMBER events as NDJSON; the same to the byte for one version of the sandbox.

    Examples:
      toplyne-sandbox generate 100 --type track > events.ndjson
      toplyne-sandbox generate 1000 --odd --seed 7 | toplyne-sandbox map --json
    """
    from hypothesis import HealthCheck, Phase, seed, settings
    from hypothesis import given as draws

    from sandbox.strategies import events

    made: list[dict[str, Json]] = []

    @seed(given.seed)
    @settings(
        max_examples=given.number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @draws(events(type=given.event_type, odd=given.odd))
    def draw(event: dict[str, Json]) -> None:
        made.append(event)

    while len(made) < given.number:
        draw()
    for event in made[: given.number]:
        click.echo(json_text(event))
