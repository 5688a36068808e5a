"""Replaying: sources and mappings in, a report out."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Final, TypeAlias

from sandbox.destination import PRESETS, Mapping
from sandbox.replay.job import (
    DIFFERENCES,
    PACKAGE,
    REJECTED,
    REQUESTS,
    Job,
    Part,
    ReplayError,
    Slice,
)
from sandbox.replay.mapping_lists import MappingList, mapping_list, paired
from sandbox.replay.plan import plan_of
from sandbox.replay.report import Report
from sandbox.replay.report_page import page
from sandbox.replay.shards import collected
from sandbox.replay.storage import Folder, is_url
from sandbox.replay.summary import Summary
from sandbox.replay.work import summary_of, work
from sandbox.rules import check_rules
from sandbox.segment.definition import Rules
from sandbox.workspace import ConnectedDestination, Workspace, load_workspace

Side: TypeAlias = str | os.PathLike[str] | Workspace | Sequence[Mapping] | None
"""Mappings: the path of a workspace file, a workspace, mappings, or None for the presets."""

_SHARDS: Final = "shards"


Progress: TypeAlias = Callable[[int, int, int], bool]
"""Called now and then with bytes read, all bytes, and events so far; true ends the work."""


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
    folder = None if out is None else os.fspath(out)
    if folder is not None and not is_url(folder):
        folder = os.path.realpath(folder)
    wanted = {DIFFERENCES: against is not None, REJECTED: True, REQUESTS: requests}
    job = replace(
        _job(workspace, against, rules),
        shards=None if folder is None else f"{folder}/{_SHARDS}",
        collected=tuple(name for name, is_wanted in wanted.items() if is_wanted),
    )
    if folder is not None and Folder(folder).is_used():
        raise ReplayError(f"{folder} holds files already; name a folder that is new or empty")

    def step(read: int, events: int) -> bool:
        return progress(read, size, events)

    with _in_a_sentence("the rows"):  # a source that fails is told in the report
        done = summary_of(parts, job, step, workers=workers, scheduler=scheduler)
    found = Summary(unread=unread) + done
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
    found = work(Part(number=0, slices=(whole,)), job=job)
    return Report(job=job, found=found)


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
        pairs=() if old is None else paired(new, old),
        rules=check_rules(rules),
        version=version(PACKAGE),
    )


def _side(side: Side, name: str) -> MappingList:
    if side is None or (isinstance(side, Sequence) and not isinstance(side, str)):
        mappings = PRESETS if side is None else tuple(side)
        destination = ConnectedDestination(name="", source="", api_key="", mappings=mappings)
        return mapping_list("the presets" if side is None else name, [destination])
    if isinstance(side, Workspace):
        return mapping_list(name.replace("mappings", "workspace"), side.destinations)
    return mapping_list(os.fspath(side), load_workspace(Path(side)).destinations)


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
