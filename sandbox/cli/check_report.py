"""Check report: what a check found, saved in files, and shown as text, JSON lines or JUnit XML."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from sandbox.cli.options import JSON, RULES, Options, finish, flag, option
from sandbox.cli.output import Screen
from sandbox.contract.wording import counted
from sandbox.segment.json_text import json_text

if TYPE_CHECKING:
    from sandbox.check.failures import Failure, Report, Reproduction
    from sandbox.check.trial import Subject
    from sandbox.segment.definition import Rules

TIMEOUT_SECONDS: Final = 10.0
_LONG: Final = 2000


class CheckOptions(Options):
    """What both checks are given."""

    max_examples: int = option(
        "How many cases are generated.", type=click.IntRange(1, 10_000_000), default=1000
    )
    seed: int = option("The same seed, the same cases.", default=0)
    replay: bool = flag("Try the saved failures first.")
    timeout: float = option(
        "How many seconds an answer may take.",
        type=click.FloatRange(0.01, 3600),
        default=TIMEOUT_SECONDS,
    )
    allow_assumed: bool = flag("Assumed rules that are broken fail nothing.")
    junit: str | None = option("Also write the report as JUnit XML.", metavar="FILE")
    rules: Rules = RULES
    as_json: bool = JSON


def finish_check(report: Report, subject: Subject[Any], given: CheckOptions) -> NoReturn:
    """Save the failures, show the report, and end the command with its exit code."""
    from sandbox.check.failures import FOLDER, save

    shown: list[tuple[Failure, Reproduction, Path]] = []
    with _written(FOLDER):
        for failure in (*report.known, *report.assumed):
            made = subject.reproduced(failure)
            shown.append((failure, made, save(failure, made, given.rules)))
    if given.junit is not None:
        from sandbox.check.junit import junit_xml

        with _written(given.junit):
            xml = junit_xml(report, allow_assumed=given.allow_assumed)
            Path(given.junit).write_bytes(xml)
    _show(given.screen, report, shown)
    finish(failed=bool(report.known if given.allow_assumed else report.failures))


@contextmanager
def _written(file: str | Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise click.UsageError(f"{str(file)!r} cannot be written: {error.strerror}.") from None


def _show(screen: Screen, report: Report, shown: list[tuple[Failure, Reproduction, Path]]) -> None:
    heading = ""
    for failure, made, path in shown:
        record = {**failure.to_json(), "lines": list(made.lines), "saved": str(path)}
        screen.record({**record, "pytest": made.pytest})
        assumed = failure.rule.assumed
        before, heading = heading, f"Broken rules{' that are assumed' if assumed else ''}"
        if heading != before:
            screen.line((heading, "bold yellow" if assumed else "bold red"))
        if not screen.is_json:
            _show_failure(screen, failure, made, path)
    known, assumed_ones = len(report.known), len(report.assumed)
    counts = {"broken": known, "assumed_broken": assumed_ones}
    screen.record({"check": report.check, "examples": report.examples, **counts})
    tried = f"{counted(report.examples, 'example')} tried"
    if shown:
        screen.line(f"{tried}; broken: {known} known, {assumed_ones} assumed.")
    else:
        screen.line((f"{tried}; nothing breaks a rule.", "bold green"))


def _show_failure(screen: Screen, failure: Failure, made: Reproduction, path: Path) -> None:
    rule = failure.rule
    screen.line()
    screen.line(("✗ ", "red"), (rule.key, "bold"), f"  ({rule.evidence.mark})")
    screen.folded(rule.statement, indent=2)
    screen.folded(f"known from: {rule.evidence.where}", indent=2, style="dim")
    screen.folded(failure.sentence, indent=2)
    if failure.why:
        screen.folded(failure.why, indent=2)
    if failure.unstable:
        screen.line("  The same case was also answered rightly.")
    rights = failure.right if isinstance(failure.right, list) else [failure.right]
    first, others = rights[0] if rights else [], rights[1:]
    named = [("case", failure.case), ("right", first), *(("or", each) for each in others)]
    for name, value in (*named, ("found", failure.found)):
        screen.line(("  " + name, "dim"))
        screen.folded(_short(json_text(value)), indent=4)
    for difference in failure.differences[:5]:
        told = difference.to_json()
        right = json_text(told["expected"]) if "expected" in told else "nothing"
        found = json_text(told["found"]) if "found" in told else "nothing"
        screen.folded(f"{difference.path}: {_short(found)}, not {_short(right)}", indent=2)
    for line in made.lines:
        click.echo(f"  $ {_short(line)}")
    screen.line(("  saved as ", "dim"), str(path))


def _short(text: str) -> str:
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"
