"""`toplyne-sandbox generate`: events that Hypothesis makes up, the same for the same seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sandbox.cli.inputs import flag
from sandbox.cli.output import json_line

if TYPE_CHECKING:
    from sandbox.segment.javascript import Json

TYPES = ("track", "identify", "group", "page", "screen", "alias")


@click.command("generate")
@click.argument("number", type=click.IntRange(1, 100_000))
@click.option("--type", "event_type", type=click.Choice(TYPES), help="Only events of this type.")
@click.option("--seed", default=0, help="The same seed gives the same events.")
@flag("--odd", help="Everything JSON allows, instead of realistic events.")
def command(number: int, event_type: str | None, seed: int, odd: bool) -> None:
    """Print NUMBER events as NDJSON; the same to the byte for one version of the sandbox.

    Examples:
      toplyne-sandbox generate 100 --type track > events.ndjson
      toplyne-sandbox generate 1000 --odd --seed 7 | toplyne-sandbox map --json
    """
    for event in generated(number, event_type=event_type, seed=seed, odd=odd):
        json_line(event)


def generated(
    number: int, *, event_type: str | None, seed: int, odd: bool
) -> list[dict[str, Json]]:
    """Return that many events of the strategy, chosen by the seed alone."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded

    from sandbox.strategies import events

    made: list[dict[str, Json]] = []

    @seeded(seed)
    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(events(type=event_type, odd=odd))
    def draw(event: dict[str, Json]) -> None:
        made.append(event)

    while len(made) < number:
        draw()
    return made[:number]
