"""Check report: the options of both checks, and the failures as files, text, JSON or XML."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from sandbox.cli.command import RULES, JsonCommand, flag, option
from sandbox.contract.wording import counted
from sandbox.segment.json_text import json_text
from sandbox.values import members, shortened

if TYPE_CHECKING:
    from sandbox.check.failures import CheckReport, Failure
    from sandbox.check.trial import Subject
    from sandbox.segment.definition import Rules

TIMEOUT_SECONDS: Final = 10.0
_LONG: Final = 2000


class TargetCommand(JsonCommand):
    """A check of one mapper or server."""

    max_examples: int = option(
        "The number of cases to generate.", type=click.IntRange(1, 10_000_000), default=1000
    )
    seed: int = option("The same seed gives the same cases.", default=0)
    replay: bool = flag("Try the saved failures first.")
    timeout: float = option(
        "Fail after this many seconds without an answer.",
        type=click.FloatRange(0.01, 3600),
        default=TIMEOUT_SECONDS,
    )
    allow_assumed: bool = flag("Exit with 0 if only assumed rules are broken.")
    junit: str | None = option("Also write the report as JUnit XML.", metavar="FILE")
    rules: Rules = RULES

    def finish(self, report: CheckReport, subject: Subject[Any]) -> None:
        """Save the failures, show the report, and set whether the command failed."""
        from sandbox.check.failures import FOLDER, save

        with _written(FOLDER):
            shown = []
            for failure in (*report.known, *report.assumed):
                made = subject.reproduced(failure)
                path = save(failure, made, self.rules)
                record = {**failure.to_json(), "lines": list(made.lines), "saved": str(path)}
                shown.append((failure, record | {"pytest": made.pytest}))
        if self.junit is not None:
            from sandbox.check.junit import junit_xml

            with _written(self.junit):
                xml = junit_xml(report, allow_assumed=self.allow_assumed)
                Path(self.junit).write_bytes(xml)
        self._show(report, shown)
        broken = report.known if self.allow_assumed else report.failures
        self.failed = bool(broken or report.ended)

    def _show(self, report: CheckReport, shown: list[tuple[Failure, dict[str, Any]]]) -> None:
        heading = ""
        for failure, record in shown:
            self.screen.record(record)
            assumed = failure.rule.assumed
            before, heading = heading, f"Broken rules{' that are assumed' if assumed else ''}"
            if heading != before:
                self.screen.line((heading, "bold yellow" if assumed else "bold red"))
            self._show_failure(failure, record)
        known, assumed_ones = len(report.known), len(report.assumed)
        counts = {"broken": known, "assumed_broken": assumed_ones}
        told = members(report, "check", "examples", "ended")
        self.screen.record({**told, **counts})
        tried = f"{counted(report.examples, 'example')} tried"
        if shown:
            self.screen.line(f"{tried}; broken: {known} known, {assumed_ones} assumed.")
        else:
            self.screen.line((f"{tried}; nothing breaks a rule.", "bold green"))
        if report.ended:
            self.screen.folded(f"The check ended early: {report.ended}", indent=0)

    def _show_failure(self, failure: Failure, record: dict[str, Any]) -> None:
        line, folded, rule = self.screen.line, self.screen.folded, failure.rule
        line()
        line(("✗ ", "red"), (rule.key, "bold"), f"  ({rule.evidence.mark})")
        folded(rule.statement, indent=2)
        folded(f"known from: {rule.evidence.where}", indent=2, style="dim")
        folded(failure.sentence, indent=2)
        if failure.why:
            folded(failure.why, indent=2)
        if failure.unstable:
            line("  The same case was also answered correctly.")
        rights = failure.right if isinstance(failure.right, list) else [failure.right]
        first, others = rights[0] if rights else [], rights[1:]
        named = [("case", failure.case), ("right", first), *(("or", each) for each in others)]
        for name, value in (*named, ("found", failure.found)):
            line(("  " + name, "dim"))
            folded(shortened(json_text(value), _LONG), indent=4)
        for each in record["differences"][:5]:
            right, found = (
                shortened(json_text(each[side]), _LONG) if side in each else "nothing"
                for side in ("expected", "found")
            )
            folded(f"{each['path']}: {found}, not {right}", indent=2)
        for typed in record["lines"]:
            line(f"  $ {shortened(typed, _LONG)}")
        line(("  saved as ", "dim"), record["saved"])


@contextmanager
def _written(file: str | Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise click.UsageError(f"{str(file)!r} cannot be written: {error.strerror}.") from None
