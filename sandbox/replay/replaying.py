"""Replaying: sources and mappings in, a report out.

One part of the work is a pure function from bytes to a small summary, and summaries add up in any
order: so it is the same whether this process does it, others of this machine, or a cluster.
"""

import gc
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from itertools import compress
from pathlib import Path
from typing import Final, TypeAlias

from sandbox.destination import PRESETS, Mapping
from sandbox.known_rules import check_rules
from sandbox.replay import job as jobs
from sandbox.replay.archive import events_of
from sandbox.replay.job import Job, MappingList, Part, ReplayError, Slice
from sandbox.replay.judge import Judge
from sandbox.replay.plan import numbered, plan_of
from sandbox.replay.processes import Results, Tick, here, processes
from sandbox.replay.report import Report
from sandbox.replay.report_page import page
from sandbox.replay.shards import Rows, collected
from sandbox.replay.shortcuts import lean_decoder
from sandbox.replay.storage import STANDARD_INPUT, Folder, is_url
from sandbox.replay.tallies import Summary
from sandbox.segment.definition import Rules
from sandbox.workspace import ConnectedDestination, Workspace, load_workspace

Side: TypeAlias = str | os.PathLike[str] | Workspace | Sequence[Mapping] | None
"""Mappings: the path of a workspace file, a workspace, mappings, or None for the presets."""

Progress: TypeAlias = Callable[[int, int, int], bool]
"""Called now and then with bytes read, all bytes, and events so far; true ends the work."""

_SHARDS: Final = "shards"
_OBJECTS_A_LOOK: Final = 200_000


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
) -> Report:
    """Return what the mappings of `workspace` would have done with all events of the sources.

    With `against`, each call is also compared with what those mappings would have sent. `workers`
    is a number of processes, `scheduler` uses a Dask cluster; without them this process does all.
    `out` is a folder (with a cluster one that all workers reach) for the rows that are counted.
    Raises ReplayError where the work cannot be done.
    """
    named = [sources] if isinstance(sources, str | os.PathLike) else list(sources)
    paths = [os.fspath(each) for each in named]
    parts, unread = plan_of(paths, part_bytes=part_bytes, workers=workers)
    size = sum(part.size for part in parts)
    job = _job(workspace, against, rules)
    folder = None if out is None else os.fspath(out)
    if folder is not None:
        folder = folder if is_url(folder) else os.path.realpath(folder)
        if Folder(folder).is_used():
            raise ReplayError(f"{folder} holds files already; name a folder that is new or empty")
        all_rows = (jobs.DIFFERENCES, jobs.REJECTED, jobs.REQUESTS)
        rows = tuple(compress(all_rows, (against is not None, True, requests)))
        job = replace(job, shards=f"{folder}/{_SHARDS}", collected=rows)

    def tick(read: int, events: int) -> bool:
        return progress(read, size, events)

    with _in_a_sentence("the rows"):  # a source that fails is told in the report
        found = _summary(parts, job, tick, _workers(parts, job, workers, scheduler))
    found.unread += unread
    report = Report(job=job, found=found)
    if folder is not None:
        with _in_a_sentence(folder):
            _write(report, folder)
    return report


def replay_content(
    content: bytes,
    *,
    name: str,
    workspace: Side = None,
    against: Side = None,
    rules: Rules = "documented",
) -> Report:
    """Return what `replay` returns of a file with this content; `name` is what it is called."""
    job = _job(workspace, against, rules)
    whole = Slice(name=name, url="", size=len(content), content=content)
    return Report(job=job, found=work(Part(number=0, slices=(whole,)), job=job))


def _job(workspace: Side, against: Side, rules: Rules) -> Job:
    new = _side(workspace, "the mappings")
    old = None if against is None else _side(against, "the mappings before")
    names = [side.file.rpartition(os.sep)[2] for side in (new, old) if side is not None]
    if len(names) == len(set(names)):  # they tell the sides apart without their folders
        new = new._replace(file=names[0])
        old = old and old._replace(file=names[1])
    return Job(
        new=new,
        old=old,
        pairs=() if old is None else jobs.paired(new, old),
        rules=check_rules(rules),
        version=version(jobs.PACKAGE),
    )


def _side(side: Side, name: str) -> MappingList:
    if side is None or (isinstance(side, Sequence) and not isinstance(side, str)):
        mappings = PRESETS if side is None else tuple(side)
        destination = ConnectedDestination(name="", source="", api_key="", mappings=mappings)
        return jobs.mapping_list("the presets" if side is None else name, [destination])
    if isinstance(side, Workspace):
        return jobs.mapping_list(name.replace("mappings", "workspace"), side.destinations)
    return jobs.mapping_list(os.fspath(side), load_workspace(Path(side)).destinations)


def _workers(
    parts: Sequence[Part], job: Job, count: int, scheduler: str
) -> AbstractContextManager[Results]:
    if scheduler:
        from sandbox.replay.cluster import cluster  # noqa: PLC0415 - only here it is needed

        schemes = {s.url.partition("://")[0] for p in parts for s in p.slices if is_url(s.url)}
        return cluster(scheduler, version=job.version, schemes=schemes)
    return processes(max(1, min(count, len(parts)))) if count else nullcontext(here)


def _summary(
    parts: Sequence[Part], job: Job, progress: Tick, workers: AbstractContextManager[Results]
) -> Summary:
    """Return what is found in all parts: in standard input by this process, else by the workers.

    `progress` is told bytes and events so far, and ends the work with true.
    """
    own = [part for part in parts if any(s.url == STANDARD_INPUT for s in part.slices)]
    others = [part for part in parts if part not in own]
    found, read, left = Summary(), 0, len(parts)

    def tick(more: int, events: int) -> bool:
        return progress(read + more, found.events + events)

    with workers as results:
        for batch, do in ((own, here), (others, results)):
            largest_first = sorted(numbered(batch, do), key=lambda part: -part.size)
            for part, summary in do(partial(work, job=job), largest_first, tick):
                found += summary
                read += part.size
                left -= 1
    found.is_interrupted = found.is_interrupted or left > 0
    return found


def work(part: Part, tick: Tick = lambda *_: False, *, job: Job) -> Summary:
    """Return the summary of a part; `tick` is told bytes and events, and ends the work with true.

    Raises ReplayError where this process has another version than the one that asks.
    """
    if (own := version(jobs.PACKAGE)) != job.version:
        raise ReplayError(
            f"a worker has {jobs.PACKAGE} {own}, but {job.version} asks: install the same"
        )
    found = Summary()
    with _fewer_collections(), Rows(job.shards, job.collected, part.number) as rows:
        judge = Judge(job, rows, found)
        is_stopped = any(tick(read, judge.events) for read in _read(part, job, judge, found))
        judge.finish()
        found.is_interrupted = is_stopped
        found.shards = rows.close()
    return found


def _read(part: Part, job: Job, judge: Judge, found: Summary) -> Iterator[int]:
    """Hand the events of a part to the judge; yield now and then how many bytes were read."""
    decode = lean_decoder(job.mappings)
    before = 0
    for slice_ in part.slices:
        judge.start(slice_.name)
        for events, read in events_of(slice_, decode, found):
            judge.take(events)
            yield before + read
        before += slice_.size


@contextmanager
def _fewer_collections() -> Iterator[None]:
    """Let Python look for garbage in cycles seldom: events hold none, and a third of the time went.

    Without cycles nothing waits for that, so no more memory is held.
    """
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], _OBJECTS_A_LOOK), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _in_a_sentence(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReplayError(f"{what} cannot be written: {error.strerror or error}") from None


def _write(report: Report, folder: str) -> None:
    out, parts = Folder(folder), Folder(f"{folder}/{_SHARDS}")
    for collection in report.job.collected:
        collected(report.found.shards, collection, parts, out)
    parts.remove()
    with out.write("report.html") as file:
        file.write(page(report).encode("utf-8", "backslashreplace"))
