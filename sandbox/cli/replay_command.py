"""`toplyne-sandbox replay`: what the mappings would have done with an archive of events."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

import click

from sandbox.cli import options
from sandbox.cli.inputs import file_errors, open_input, refuse_others
from sandbox.cli.output import complain
from sandbox.segment.definition import Rules
from sandbox.values import members

if TYPE_CHECKING:
    from sandbox.replay import Report

_REFRESH_SECONDS: Final = 0.1


class ReplayOptions(options.Options):
    """Which archive goes through which mappings, by how many, and what is written."""

    sources: tuple[str, ...] = options.argument(nargs=-1, required=True, metavar="SOURCE …")
    workspace: Path | None = options.WORKSPACE
    against: Path | None = options.option(
        "Compare each call with what the mappings of this workspace would have sent.",
        type=options.A_FILE,
    )
    rules: Rules = options.RULES
    workers: int | None = options.option(
        "Start this many processes.", type=click.IntRange(1), metavar="N"
    )
    scheduler: str | None = options.option(
        "Use a running Dask cluster (extra archive).", metavar="tcp://…"
    )
    out: str | None = options.option(
        "Write report.html and the rows that the numbers count to this new folder, or URL.",
        metavar="DIR",
    )
    requests: bool = options.flag("With --out: also write every request.")
    markdown: bool = options.flag("Print Markdown, for a pull request.")
    as_json: bool = options.JSON


@options.to_command("replay", ReplayOptions)
def command(given: ReplayOptions) -> None:
    """Tell what the mappings would have done with every event of an archive.

    SOURCE is a file, a folder, a pattern, - for standard input, or a URL such as s3://bucket/key.
    Files hold NDJSON, a JSON array, SDK bodies, HAR or what `serve --record` writes; .gz and .zst
    too. Nothing is sent. Exits 1 where an event is rejected, 2 where something cannot be read.

    Examples:
      toplyne-sandbox replay archive/ --workspace workspace.toml
      toplyne-sandbox replay archive/ --workspace new.toml --against old.toml --out report
      toplyne-sandbox replay 's3://bucket/2026-11-*' --workers 4 --json
    """
    if given.workers and given.scheduler:
        raise click.UsageError("give --workers or --scheduler, not both.")
    if given.requests and not given.out:
        raise click.UsageError("--requests needs --out DIR.")
    from sandbox.replay import ReplayError, replay

    for source in given.sources:
        refuse_others(source, "events", "recording")
        if source == "-":
            open_input(source, "events")
    for file in filter(None, (given.workspace, given.against)):
        with file_errors(file, "workspace", "mappings"):
            file.open("rb").close()
    workspace = given.workspace or given.against or "the workspace"
    try:
        with file_errors(workspace), _replay_progress() as progress:
            report = replay(
                given.sources,
                workers=given.workers or 0,
                scheduler=given.scheduler or "",
                progress=progress,
                **members(given, "workspace", "against", "rules", "out", "requests"),
            )
    except ReplayError as error:
        raise click.UsageError(f"{error}.") from None
    _show(report, given)
    nothing = not report.events or report.found.is_interrupted
    rejected = sum(each.rejected for each in report.mappings)
    options.finish(failed=rejected > 0, unreadable=report.unread_count or nothing)


def _show(report: Report, given: ReplayOptions) -> None:
    from sandbox.replay.report_tables import markdown_of, text_of

    for each in report.unread[:20]:
        where = f"{each.source}, line {each.line}" if each.line else each.source
        complain(f"{where}: {each.reason}")
    if report.unread_count > 20:
        complain(f"… and {report.unread_count - 20:,} more that cannot be read.")
    if given.as_json:
        given.screen.record(report.to_json())
    else:
        click.echo(markdown_of(report) if given.markdown else text_of(report))


@contextmanager
def _replay_progress() -> Iterator[Callable[[int, int, int], bool]]:
    """Yield what is told of progress; it returns true once Ctrl-C was pressed."""
    pressed: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)

    before = signal.signal(signal.SIGINT, stop)
    try:
        with _bar() if sys.stderr.isatty() else nullcontext(lambda *_: None) as show:
            yield lambda read, size, events: show(read, size, events) or bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _bar() -> Iterator[Callable[[int, int, int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[events]:,} events, {task.fields[rate]:,.0f} a second"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)  # without a thread that refreshes: workers are forked
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as progress:
        task = progress.add_task("", total=None, events=0, rate=0.0)

        shown = 0.0

        def show(read: int, size: int, events: int) -> None:
            nonlocal shown
            if (now := time.monotonic()) < shown + _REFRESH_SECONDS:
                return
            shown = now
            elapsed = progress.tasks[0].elapsed or 0
            rate = events / elapsed if elapsed else 0.0
            progress.update(task, completed=read, total=size or None, events=events, rate=rate)
            progress.refresh()

        yield show
