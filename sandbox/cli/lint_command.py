"""`toplyne-sandbox lint`: traps in the triggers and fields of workspaces."""

from __future__ import annotations

from pathlib import Path

import click

from sandbox.cli.file_kinds import file_errors
from sandbox.cli.inputs import EXIT_FAILED, EXIT_USAGE, EventInput, flag, json_option, several
from sandbox.cli.lint_inputs import Linted, finding_record, presets, show_finding, trigger_alone
from sandbox.cli.lint_inputs import workspace as workspace_mappings
from sandbox.cli.output import Screen, json_line, table
from sandbox.lint import RULES, Rule, lint, selected
from sandbox.values import members


@click.command("lint")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@several("--trigger", "triggers", metavar="TEXT", help="Check this trigger.")
@click.option(
    "--events", "events_file", metavar="FILE", help="Also hold the mappings against these events."
)
@click.option("--select", metavar="CODES", help="Only these rules: TS1,TS201.")
@click.option("--ignore", metavar="CODES", help="All rules but these.")
@flag("--list", "lists_rules", help="List the rules.")
@json_option
def command(
    files: tuple[Path, ...],
    triggers: tuple[str, ...],
    events_file: str | None,
    select: str | None,
    ignore: str | None,
    lists_rules: bool,
    as_json: bool,
) -> None:
    """Find traps in the triggers and fields of workspace FILES (.toml, .json), or of the presets.

    Each finding names the place, what Segment makes of it, and other words for it: the same, which
    is proven, or what was probably meant, which then takes other events. Exits with 1 where
    anything was found.

    Examples:
      toplyne-sandbox lint workspace.toml
      toplyne-sandbox lint --trigger 'event = "Signed Up" or type = "identify"'
      toplyne-sandbox lint workspace.toml --events events.ndjson --ignore TS201 --json
      toplyne-sandbox lint --list
    """
    rules = _rules(select or "", ignore or "")
    screen = Screen()
    if lists_rules:
        _list(screen, rules, as_json=as_json)
        return
    events = EventInput(events_file) if events_file else None
    values = [event.value for event in events] if events else []
    count = 0
    for linted in _to_lint(files, triggers):
        for finding in lint(linted.drafts, values, rules=rules):
            count += 1
            if as_json:
                json_line(finding_record(linted, finding))
            else:
                show_finding(screen, linted, finding)
    if not as_json:
        screen.line(f"{count or 'no'} finding{'' if count == 1 else 's'}")
    unreadable = events is not None and events.unreadable
    raise SystemExit(EXIT_USAGE if unreadable else EXIT_FAILED if count else 0)


def _list(screen: Screen, rules: tuple[Rule, ...], *, as_json: bool) -> None:
    if as_json:
        for rule in rules:
            json_line(members(rule, "code", "name", "summary"))
        return
    heads = ("code", "name", "what it finds")
    table(screen, heads, ((rule.code, rule.name, rule.summary) for rule in rules))


def _rules(select: str, ignore: str) -> tuple[Rule, ...]:
    starts = [[code for code in codes.split(",") if code] for codes in (select, ignore)]
    try:
        return selected(*starts)
    except ValueError as error:
        raise click.UsageError(f"{error} `--list` shows all {len(RULES)} rules.") from None


def _to_lint(files: tuple[Path, ...], triggers: tuple[str, ...]) -> list[Linted]:
    found = [trigger_alone(text) for text in triggers]
    for file in files:
        with file_errors(file, "workspace", "mappings"):
            found += workspace_mappings(file)
    return found or [presets()]
