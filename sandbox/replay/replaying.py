"""Replaying: sources and mappings in, a report out.

Each part of the work is a pure function from bytes to a small summary, and summaries add up in any
order. So the result is the same whether this process, other processes or a cluster do the work.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from itertools import compress
from typing import Final, TypeAlias

from sandbox.replay.archive import events_of
from sandbox.replay.job import PACKAGE, Job, Side, job_of
from sandbox.replay.judge import Judge
from sandbox.replay.plan import PlanPart, numbered, plan_of
from sandbox.replay.report import ReplayReport
from sandbox.replay.report_page import page
from sandbox.replay.shards import DIFFERENCES, REJECTED, REQUESTS, RowWriter, collected
from sandbox.replay.storage import STANDARD_INPUT, Folder, ReplayError, Slice, is_url
from sandbox.replay.tallies import ReplaySummary
from sandbox.replay.workers import Results, Tick, cluster, here, processes
from sandbox.segment.definition import Rules

Progress: TypeAlias = Callable[[int, int, int], bool]
"""Called from time to time with bytes read, all bytes, and events so far; true ends the work."""

_SHARDS: Final = "shards"


def replay(  # noqa: PLR0913 - the options of the command
    sources: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    workspace: Side = None,
    against: Side = None,
    rules: Rules = "documented",
    workers: int = 0,
    scheduler: str = "",
    out: str | os.PathLike[str] | None = None,
    requests: bool = False,
    progress: Progress = lambda *_: False,
    part_bytes: int | None = None,
) -> ReplayReport:
    """Return what the mappings of `workspace` would have done with all events of the sources.

    With `against`, each call is also compared with what those mappings would have sent. `workers`
    is a number of processes, `scheduler` the address of a Dask cluster; without them this process
    does all work. `out` is a folder for the counted rows; with a cluster all workers must reach it.
    Raises ReplayError if the work cannot be done.
    """
    named = [sources] if isinstance(sources, str | os.PathLike) else list(sources)
    paths = [os.fspath(each) for each in named]
    parts, unread = plan_of(paths, part_bytes=part_bytes, workers=workers)
    job = job_of(workspace, against, rules)
    folder = None if out is None else os.fspath(out)
    if folder is not None:
        folder = folder if is_url(folder) else os.path.realpath(folder)
        if Folder(folder).is_used():
            raise ReplayError(f"{folder} is not empty; name a new or empty folder")
        chosen = (against is not None, True, requests)
        rows = tuple(compress((DIFFERENCES, REJECTED, REQUESTS), chosen))
        job = replace(job, shards=f"{folder}/{_SHARDS}", collected=rows)

    found = _summary(parts, job, progress, _workers(parts, job, workers, scheduler))
    found.unread += unread
    report = ReplayReport(job, found)
    if folder is not None:
        with _in_a_sentence(folder):
            _write(report, folder)
    return report


def replay_content(  # noqa: PLR0913 - as above
    content: bytes,
    *,
    name: str,
    workspace: Side = None,
    against: Side = None,
    rules: Rules = "documented",
    cancelled: Callable[[], bool] = lambda: False,
) -> ReplayReport:
    """Return what `replay` returns for a file with this name and content.

    `cancelled` is called from time to time; true ends the work.
    """
    job = job_of(workspace, against, rules)
    whole = Slice(name=name, url="", size=len(content), content=content)
    part = PlanPart(number=0, slices=(whole,))
    return ReplayReport(job, work(part, lambda *_: cancelled(), job=job))


def _workers(
    parts: Sequence[PlanPart], job: Job, count: int, scheduler: str
) -> AbstractContextManager[Results]:
    if scheduler:
        schemes = {s.url.partition("://")[0] for p in parts for s in p.slices if is_url(s.url)}
        return cluster(scheduler, version=job.version, schemes=schemes)
    return processes(max(1, min(count, len(parts)))) if count else nullcontext(here)


def _summary(
    parts: Sequence[PlanPart],
    job: Job,
    progress: Progress,
    workers: AbstractContextManager[Results],
) -> ReplaySummary:
    """Return the summary of all parts; this process reads standard input, the workers the rest."""
    own = [part for part in parts if any(s.url == STANDARD_INPUT for s in part.slices)]
    others = [part for part in parts if part not in own]
    found, read, left = ReplaySummary(), 0, len(parts)
    size = sum(part.size for part in parts)

    def tick(more: int, events: int) -> bool:
        return progress(read + more, size, found.events + events)

    with workers as results:
        for batch, do in ((own, here), (others, results)):
            largest_first = sorted(numbered(batch, do), key=lambda part: -part.size)
            for part, summary in do(partial(work, job=job), largest_first, tick):
                found += summary
                read += part.size
                left -= 1
    found.is_interrupted = found.is_interrupted or left > 0
    return found


def work(part: PlanPart, tick: Tick = lambda *_: False, *, job: Job) -> ReplaySummary:
    """Return the summary of a part; `tick` is called with bytes and events; true ends the work.

    Raises ReplayError if this process has another version than the job, or cannot write its rows.
    """
    if (own := version(PACKAGE)) != job.version:
        raise ReplayError(f"a worker has {PACKAGE} {own}; install {job.version} there")
    found = ReplaySummary()
    # a source that fails is in the report, so an error here is about the rows
    with _in_a_sentence("the rows"), RowWriter(job.shards, job.collected, part.number) as rows:
        judge = Judge(job, rows, found)
        found.is_interrupted = any(tick(read, judge.events) for read in _read(part, judge, found))
        judge.finish()
    found.shards = rows.names
    return found


def _read(part: PlanPart, judge: Judge, found: ReplaySummary) -> Iterator[int]:
    """Pass the events of a part to the judge; yield the number of bytes read so far."""
    before = 0
    for slice_ in part.slices:
        judge.start(slice_.name)
        for events, read in events_of(slice_, found):
            judge.take(events)
            yield before + read
        before += slice_.size
        yield before  # so that Ctrl-C while the last bytes were awaited is seen


@contextmanager
def _in_a_sentence(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReplayError(f"{what} cannot be written: {error.strerror or error}") from None


def _write(report: ReplayReport, folder: str) -> None:
    out, parts = Folder(folder), Folder(f"{folder}/{_SHARDS}")
    for collection in report.job.collected:
        collected(report.found.shards, collection, parts, out)
    parts.remove()
    with out.write("report.html") as file:
        file.write(page(report).encode("utf-8", "backslashreplace"))
