"""`toplyne-sandbox explain`: why an event arrived or did not, clause by clause, field by field."""

from __future__ import annotations

from pathlib import Path

import click

from sandbox.cli.inputs import event_options
from sandbox.cli.output import Screen, json_line
from sandbox.cli.receiving import Receiving, as_received_option
from sandbox.cli.records import is_failure, place_of
from sandbox.cli.workspaces import destinations_of
from sandbox.destination import Mapping
from sandbox.explain import Explanation, explain_all, to_json, to_lines
from sandbox.segment.definition import Rules
from sandbox.segment.errors import did_you_mean


@click.command("explain")
@event_options
@click.option("--mapping", "name", metavar="NAME", help="Explain this mapping alone.")
@as_received_option
def command(
    file: str,
    workspace: Path | None,
    name: str | None,
    rules: Rules,
    as_received: bool,
    as_json: bool,
) -> None:
    """Say what became of each event in FILE (- is standard input) at each mapping, and why.

    Each clause of the trigger with what was there, each field with what became of it, and where
    the event is not taken the smallest change to it, and to the trigger, after which it is.

    Examples:
      toplyne-sandbox explain events.ndjson
      toplyne-sandbox explain events.ndjson --workspace workspace.toml --mapping "Big orders"
      toplyne-sandbox explain events.ndjson --as-received --json
    """
    mappings = _mappings(workspace, name)
    screen = Screen()
    receiving = Receiving(file, screen, as_received=as_received, as_json=as_json)
    failed = False
    for event, remark in receiving:
        for explanation in explain_all(event.value, mappings, rules):
            failed |= is_failure(explanation.outcome)
            if as_json:
                json_line({**place_of(event), **to_json(explanation), **remark})
            else:
                _show(screen, explanation)
    raise SystemExit(receiving.exit_code(failed=failed))


def _mappings(workspace: Path | None, name: str | None) -> list[Mapping]:
    """Return the mappings of all destinations, or those of that name."""
    found = [mapping for each in destinations_of(workspace) for mapping in each.mappings]
    named = [mapping for mapping in found if name in (None, mapping.name)]
    if not named:
        names = [mapping.name for mapping in found]
        near = did_you_mean(str(name), names)
        raise click.UsageError(f"no mapping is called {name!r}.{near} Known: {', '.join(names)}.")
    return named


def _show(screen: Screen, explanation: Explanation) -> None:
    for indent, text, style in to_lines(explanation):
        screen.folded(text, indent=indent + 2, style=style)
