"""Engines: who works on the parts of a plan: this process, others of this machine, or a cluster.

Each gives the same summary, because summaries add up in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol

from sandbox.replay.job import Job, Part
from sandbox.replay.plan import newlines, numbered
from sandbox.replay.processes import Processes, Tick
from sandbox.replay.storage import STANDARD_INPUT, is_url
from sandbox.replay.summary import Summary
from sandbox.replay.work import work


class Workers(Protocol):
    """Processes of this machine, or a cluster."""

    def results(
        self, function: Callable[..., Any], tasks: Sequence[Any], progress: Tick
    ) -> Iterator[tuple[Any, Any]]:
        """Yield each task with what `function` returns of it, in the order they are done."""


def summary_of(
    parts: Sequence[Part], job: Job, progress: Tick, *, workers: int = 0, scheduler: str = ""
) -> Summary:
    """Work on all parts; `progress` is told bytes and events so far, and ends the work with true.

    Raises ReplayError where workers cannot be used, and where a part ends worker after worker.
    """
    if scheduler:
        from sandbox.replay.cluster import Cluster  # noqa: PLC0415 - only here it is needed

        schemes = {s.url.partition("://")[0] for p in parts for s in p.slices if is_url(s.url)}
        with Cluster(scheduler, version=job.version, schemes=schemes) as cluster:
            return _with_workers(cluster, parts, job, progress)
    if workers:
        with Processes(max(1, min(workers, len(parts)))) as processes:
            return _with_workers(processes, parts, job, progress)
    return _here(parts, job, progress)


def _here(parts: Sequence[Part], job: Job, progress: Tick) -> Summary:
    found, read = Summary(), 0
    for part in numbered(parts, lambda slices: {each: newlines(each) for each in slices}):
        found += work(part, partial(_ticked, progress, read, found.events), job=job)
        read += part.size
        if found.is_interrupted:
            break
    return found


def _ticked(progress: Tick, read_before: int, events_before: int, read: int, events: int) -> bool:
    return progress(read_before + read, events_before + events)


def _with_workers(workers: Workers, parts: Sequence[Part], job: Job, progress: Tick) -> Summary:
    own = [part for part in parts if any(s.url == STANDARD_INPUT for s in part.slices)]
    counted = numbered(
        [part for part in parts if part not in own],
        lambda slices: dict(workers.results(newlines, slices, lambda *_: False)),
    )
    found = _here(own, job, progress)
    read = sum(part.size for part in own)
    left = len(counted)

    def tick(more: int, events: int) -> bool:
        return progress(read + more, found.events + events)

    largest_first = sorted(counted, key=lambda part: -part.size)
    for part, summary in workers.results(partial(work, job=job), largest_first, tick):
        found += summary
        read += part.size
        left -= 1
    return found + Summary(is_interrupted=left > 0)
