"""Check runs: what the commands of `check` share, from options to the report they end with."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click

from sandbox.check.failure import CheckError, Failure, Kind, Report
from sandbox.check.failures import FOLDER, Reproduction, Saved, drop, save, saved
from sandbox.check.junit import junit_xml
from sandbox.check.trial import Case, Effort, Subject
from sandbox.cli.inputs import (
    EXIT_FAILED,
    Command,
    flag,
    json_option,
    rules_option,
    usage_errors,
)
from sandbox.cli.output import Screen, complain, json_line
from sandbox.contract.wording import counted
from sandbox.segment.definition import Rules
from sandbox.segment.json_text import json_text

TIMEOUT_SECONDS: Final = 10.0
_LONG: Final = 2000
_TERMINATED: Final = 143


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """The options of both checks."""

    timeout: float
    max_examples: int
    seed: int
    replay: bool
    rules: Rules
    as_json: bool
    junit: str | None
    allow_assumed: bool


def check_options(command: Command) -> Command:
    """Add the options of both checks, which the command gets as one `options`."""

    @wraps(command)
    def gathered(**given: Any) -> Any:
        shared = {field.name: given.pop(field.name) for field in fields(CheckOptions)}
        shared["replay"] |= bool(click.get_current_context().obj)
        return command(options=CheckOptions(**shared), **given)

    decorated: Any = gathered
    for option in (
        json_option,
        rules_option,
        click.option("--junit", metavar="FILE", help="Also write the report as JUnit XML."),
        flag("--allow-assumed", help="Assumed rules that are broken fail nothing."),
        click.option(
            "--timeout",
            type=click.FloatRange(0.01, 3600),
            default=TIMEOUT_SECONDS,
            help="How many seconds an answer may take.",
        ),
        flag("--replay", help="Try the saved failures first."),
        click.option("--seed", default=0, help="The same seed, the same cases."),
        click.option(
            "--max-examples",
            type=click.IntRange(1, 10_000_000),
            default=1000,
            help="How many cases are generated.",
        ),
    ):
        decorated = option(decorated)
    with_options: Command = decorated
    return with_options


def run(opened: AbstractContextManager[Subject[Case, Any]], options: CheckOptions) -> None:
    """Check a subject and end the command; raises UsageError if it cannot be checked."""
    with usage_errors(CheckError), ended_by_signals(), opened as subject:
        failures = saved_failures(subject.check) if options.replay else []
        first = list(still_failing(subject, failures))
        with progress(options.max_examples) as tick:
            effort = Effort(max_examples=options.max_examples, seed=options.seed, tick=tick)
            report = subject.report(effort, first)
    finish(report, subject.reproduced, options)


def still_failing(subject: Subject[Case, Any], failures: Iterable[Saved]) -> Iterator[Case]:
    """Yield the saved cases that still fail, and drop those that pass now."""
    for failure in failures:
        try:
            case = subject.read(failure.case)
        except (KeyError, TypeError, ValueError):
            complain(f"{failure.path} is not a valid case; delete it.")
            continue
        if case is None:
            continue
        if not subject.broken(case):
            drop(failure)
            complain(f"{failure.path} passes now, and was dropped.")
        else:
            yield case


@contextmanager
def progress(total: int) -> Iterator[Callable[[], None]]:
    """Yield a function to call for each example; on a terminal it moves a progress bar."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    with click.progressbar(length=total, file=sys.stderr, width=40) as bar:
        yield lambda: bar.update(1)


class _Terminated(BaseException):
    """Raised by SIGTERM; Hypothesis would take SystemExit for a failure of the code under test."""


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGTERM end the command as Ctrl-C does, so that no process is left running."""

    def end(_number: int, _frame: Any) -> None:
        raise _Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    except _Terminated:
        raise SystemExit(_TERMINATED) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def saved_failures(check: Kind | None = None) -> list[Saved]:
    """Return the saved failures of one check or of both; report files that are not valid."""
    return [each for each in saved(complain=complain) if check in {None, each.check}]


def finish(
    report: Report, reproduction: Callable[[Failure], Reproduction], options: CheckOptions
) -> None:
    """Save the failures, show the report, and end the command with its exit code."""
    shown: list[tuple[Failure, Reproduction, Path]] = []
    for failure in (*report.known, *report.assumed):
        made = reproduction(failure)
        try:
            shown.append((failure, made, save(failure, made, options.rules)))
        except OSError as error:
            folder = f"{str(FOLDER)!r} cannot be written: {error.strerror}."
            raise click.UsageError(folder) from None
    if options.junit is not None:
        _write_junit(options.junit, report, allow_assumed=options.allow_assumed)
    (_print_json if options.as_json else _print)(report, shown)
    failed = report.known if options.allow_assumed else report.failures
    click.get_current_context().exit(EXIT_FAILED if failed else 0)


def _write_junit(junit: str, report: Report, *, allow_assumed: bool) -> None:
    try:
        Path(junit).write_bytes(junit_xml(report, allow_assumed=allow_assumed))
    except OSError as error:
        raise click.UsageError(f"{junit!r} cannot be written: {error.strerror}.") from None


def _print_json(report: Report, shown: list[tuple[Failure, Reproduction, Path]]) -> None:
    for failure, made, path in shown:
        record = {**failure.to_json(), "lines": list(made.lines), "saved": str(path)}
        json_line({**record, "pytest": made.pytest})
    json_line(
        {
            "check": report.check,
            "examples": report.examples,
            "broken": len(report.known),
            "assumed_broken": len(report.assumed),
        }
    )


def _print(report: Report, shown: list[tuple[Failure, Reproduction, Path]]) -> None:
    screen = Screen()
    for heading, assumed in (("Broken rules", False), ("Broken rules that are assumed", True)):
        chosen = [each for each in shown if each[0].rule.assumed is assumed]
        if chosen:
            screen.line((heading, "bold red" if not assumed else "bold yellow"))
        for failure, made, path in chosen:
            _print_failure(screen, failure, made, path)
    tried = f"{counted(report.examples, 'example')} tried"
    if not shown:
        screen.line((f"{tried}; nothing breaks a rule.", "bold green"))
        return
    screen.line(f"{tried}; broken: {len(report.known)} known, {len(report.assumed)} assumed.")


def _print_failure(screen: Screen, failure: Failure, made: Reproduction, path: Path) -> None:
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
    for name, value in _sides(failure):
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


def _sides(failure: Failure) -> list[tuple[str, Any]]:
    rights = failure.right if isinstance(failure.right, list) else [failure.right]
    named = [("right", rights[0] if rights else [])]
    named += [("or", right) for right in rights[1:]]
    return [("case", failure.case), *named, ("found", failure.found)]


def _short(text: str) -> str:
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"
