"""`toplyne-sandbox replay`: what the mappings would have done with an archive of events."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sandbox.cli.file_kinds import file_errors, refuse_others
from sandbox.cli.inputs import (
    A_FILE,
    EXIT_USAGE,
    exit_code,
    flag,
    json_option,
    rules_option,
    standard_input,
    workspace_option,
)
from sandbox.cli.output import complain, json_line
from sandbox.segment.definition import Rules

if TYPE_CHECKING:
    from sandbox.replay import Report


@click.command("replay")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE …")
@workspace_option
@click.option(
    "--against",
    type=A_FILE,
    metavar="FILE",
    help="Compare each call with what the mappings of this workspace would have sent.",
)
@rules_option
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Start this many processes.")
@click.option("--scheduler", metavar="tcp://…", help="Use a running Dask cluster (extra archive).")
@click.option(
    "--out",
    metavar="DIR",
    help="Write report.html and the rows that the numbers count to this new folder, or URL.",
)
@flag("--requests", help="With --out: also write every request.")
@flag("--markdown", help="Print Markdown, for a pull request.")
@json_option
def command(
    sources: tuple[str, ...],
    workspace: Path | None,
    against: Path | None,
    rules: Rules,
    workers: int | None,
    scheduler: str | None,
    out: str | None,
    requests: bool,
    markdown: bool,
    as_json: bool,
) -> None:
    """Tell what the mappings would have done with every event of an archive.

    SOURCE is a file, a folder, a pattern, - for standard input, or a URL such as s3://bucket/key.
    Files hold NDJSON, a JSON array, SDK bodies, HAR or what `serve --record` writes; .gz and .zst
    too. Nothing is sent. Exits 1 where an event is rejected, 2 where something cannot be read.

    Examples:
      toplyne-sandbox replay archive/ --workspace workspace.toml
      toplyne-sandbox replay archive/ --workspace new.toml --against old.toml --out report
      toplyne-sandbox replay 's3://bucket/2026-11-*' --workers 4 --json
    """
    if workers and scheduler:
        raise click.UsageError("give --workers or --scheduler, not both.")
    if requests and not out:
        raise click.UsageError("--requests needs --out DIR.")
    from sandbox.cli.replay_progress import replay_progress
    from sandbox.replay import ReplayError, replay

    for source in sources:
        refuse_others(source, "events", "recording")
        if source == "-":
            standard_input("events")
    for file in (workspace, against):
        if file is not None:
            with file_errors(file, "workspace", "mappings"):
                file.open("rb").close()
    try:
        with file_errors(workspace or against or "the workspace"), replay_progress() as progress:
            report = replay(
                sources,
                workspace=workspace,
                against=against,
                rules=rules,
                workers=workers or 0,
                scheduler=scheduler or "",
                out=out,
                requests=requests,
                progress=progress,
            )
    except ReplayError as error:
        raise click.UsageError(f"{error}.") from None
    _show(report, markdown=markdown, as_json=as_json)
    raise SystemExit(_exit_code(report))


def _show(report: Report, *, markdown: bool, as_json: bool) -> None:
    from sandbox.replay.report_tables import markdown_of, text_of

    for each in report.unread[:20]:
        where = f"{each.source}, line {each.line}" if each.line else each.source
        complain(f"{where}: {each.reason}")
    if report.unread_count > 20:
        complain(f"… and {report.unread_count - 20:,} more that cannot be read.")
    if as_json:
        json_line(report.to_json())
    else:
        click.echo(markdown_of(report) if markdown else text_of(report))


def _exit_code(report: Report) -> int:
    if not report.events or report.found.is_interrupted:
        return EXIT_USAGE
    rejected = sum(each.rejected for each in report.mappings)
    return exit_code(failed=rejected > 0, unreadable=report.unread_count)
