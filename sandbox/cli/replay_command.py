"""`toplyne-sandbox replay`: report what the mappings would have done with an archive of events."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from sandbox.cli.command import (
    A_FILE,
    A_PATH,
    RULES,
    WORKSPACE,
    JsonCommand,
    argument,
    flag,
    option,
)
from sandbox.cli.inputs import file_errors, open_input, refuse_others
from sandbox.cli.output import complain, progress_bar
from sandbox.segment.definition import Rules
from sandbox.values import members

if TYPE_CHECKING:
    from sandbox.replay import ReplayReport


class ReplayCommand(JsonCommand):
    """Report what the mappings would have done with every event of an archive.

    SOURCE is a file, a folder, a pattern, - for standard input, or a URL such as s3://bucket/key.
    Files contain NDJSON, a JSON array, SDK bodies, HAR or what `serve --record` writes; .gz and
    .zst too. Nothing is sent. Exits 1 if an event is rejected, 2 if something cannot be read.

    Examples:
      toplyne-sandbox replay archive/ --workspace workspace.toml
      toplyne-sandbox replay archive/ --workspace new.toml --against old.toml --out report
      toplyne-sandbox replay 's3://bucket/2026-11-*' --workers 4 --json
    """

    sources: tuple[str, ...] = argument(nargs=-1, required=True, type=A_PATH, metavar="SOURCE …")
    workspace: Path | None = WORKSPACE
    against: Path | None = option(
        "Compare each call with what the mappings of this workspace would have sent.",
        type=A_FILE,
    )
    rules: Rules = RULES
    workers: int | None = option("Use this many processes.", type=click.IntRange(1), metavar="N")
    scheduler: str | None = option("Use a running Dask cluster (extra archive).", metavar="tcp://…")
    out: str | None = option(
        "Write report.html and the counted rows to this new folder or URL.",
        type=A_PATH,
        metavar="DIR",
    )
    requests: bool = flag("With --out: also write every request.")
    markdown: bool = flag("Print Markdown, for a pull request.")

    def run(self) -> None:
        """Replay the archive and show the report."""
        if self.workers and self.scheduler:
            raise click.UsageError("give --workers or --scheduler, not both.")
        if self.requests and not self.out:
            raise click.UsageError("--requests needs --out DIR.")
        from sandbox.replay import ReplayError, replay

        for source in self.sources:
            refuse_others(source, "events", "recording")
            if source == "-":
                open_input(source, "events")
        for file in filter(None, (self.workspace, self.against)):
            with file_errors(file, "workspace", "mappings"):
                file.open("rb").close()
        workspace = self.workspace or self.against or "the workspace"
        try:
            with file_errors(workspace), _replay_progress() as progress:
                report = replay(
                    self.sources,
                    workers=self.workers or 0,
                    scheduler=self.scheduler or "",
                    progress=progress,
                    **members(self, "workspace", "against", "rules", "out", "requests"),
                )
        except ReplayError as error:
            raise click.UsageError(f"{error}.") from None
        self._show(report)
        self.unreadable = report.unread_count or not report.events or report.found.is_interrupted
        self.failed = any(each.rejected for each in report.mappings)

    def _show(self, report: ReplayReport) -> None:
        from sandbox.replay.report_tables import markdown_of, report_text

        for each in report.unread[:20]:
            where = f"{each.source}, line {each.line}" if each.line else each.source
            complain(f"{where}: {each.reason}")
        if report.unread_count > 20:
            complain(f"… and {report.unread_count - 20:,} more that cannot be read.")
        if not (report.events or report.unread_count or report.found.is_interrupted):
            complain("There was no event to replay, so there is no result.")
        if self.as_json:
            self.screen.record(report.to_json())
        else:
            click.echo(markdown_of(report) if self.markdown else report_text(report))


@contextmanager
def _replay_progress() -> Iterator[Callable[[int, int, int], bool]]:
    """Yield a function that shows the progress, and returns true once Ctrl-C was pressed."""
    pressed: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)
        with suppress(OSError):  # not by `complain`, whose stream may be in use
            os.write(2, b"\nEnding with what was read; Ctrl-C again ends at once.\n")
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # a read that waits for more ends at once

    def show(read: int, size: int, events: int) -> bool:
        rate = events / (time.monotonic() - started or 1)
        bar(read, size, f"{events:,} events, {rate:,.0f} a second")
        return bool(pressed)

    started, before = time.monotonic(), signal.signal(signal.SIGINT, stop)
    try:
        with progress_bar() as bar:
            yield show
    finally:
        signal.signal(signal.SIGINT, before)
