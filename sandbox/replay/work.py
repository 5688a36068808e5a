"""Work: the parts of a plan to one summary, by this process, others of this machine, or a cluster.

One part is a pure function from bytes to a small summary, and summaries add up in any order: so it
is the same whoever does it.
"""

import gc
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from typing import Final

from sandbox.inflating import InputError
from sandbox.replay.archive import Aside, events_of
from sandbox.replay.job import PACKAGE, Job, Part, ReplayError
from sandbox.replay.judge import Judge
from sandbox.replay.plan import newlines, numbered
from sandbox.replay.processes import Results, Tick, here, processes
from sandbox.replay.shards import Rows
from sandbox.replay.storage import STANDARD_INPUT, is_url, opened
from sandbox.replay.summary import Summary

_OBJECTS_A_LOOK: Final = 200_000


def summary_of(
    parts: Sequence[Part], job: Job, progress: Tick, *, workers: int = 0, scheduler: str = ""
) -> Summary:
    """Work on all parts; `progress` is told bytes and events so far, and ends the work with true.

    Raises ReplayError where workers cannot be used, and where a part ends worker after worker.
    """
    own = [part for part in parts if any(s.url == STANDARD_INPUT for s in part.slices)]
    others = [part for part in parts if part not in own]
    with _workers(parts, job, workers, scheduler) as results:
        found = _done(own, job, progress, here)

        def tick(read: int, events: int) -> bool:
            return progress(sum(part.size for part in own) + read, found.events + events)

        return found + _done(others, job, tick, results)


def _workers(
    parts: Sequence[Part], job: Job, count: int, scheduler: str
) -> AbstractContextManager[Results]:
    if scheduler:
        from sandbox.replay.cluster import cluster  # noqa: PLC0415 - only here it is needed

        schemes = {s.url.partition("://")[0] for p in parts for s in p.slices if is_url(s.url)}
        return cluster(scheduler, version=job.version, schemes=schemes)
    return processes(max(1, min(count, len(parts)))) if count else nullcontext(here)


def _done(parts: Sequence[Part], job: Job, progress: Tick, results: Results) -> Summary:
    counted = numbered(parts, lambda slices: dict(results(newlines, slices, lambda *_: False)))
    found, read, left = Summary(), 0, len(parts)

    def tick(more: int, events: int) -> bool:
        return progress(read + more, found.events + events)

    largest_first = sorted(counted, key=lambda part: -part.size)
    for part, summary in results(partial(work, job=job), largest_first, tick):
        found += summary
        read += part.size
        left -= 1
    return found + Summary(is_interrupted=left > 0)


def work(part: Part, tick: Tick = lambda *_: False, *, job: Job) -> Summary:
    """Return the summary of a part; `tick` is told bytes and events, and ends the work with true.

    Raises ReplayError where this process has another version than the one that asks.
    """
    if (own := version(PACKAGE)) != job.version:
        raise ReplayError(f"a worker has {PACKAGE} {own}, but {job.version} asks: install the same")
    with _fewer_collections(), Rows(job.shards, job.collected, part.number) as rows:
        judge, aside = Judge(job, rows), Aside()
        is_stopped = any(tick(read, judge.events) for read in _read(part, judge, aside))
        return replace(
            judge.finished(),
            unread=aside.unread,
            dropped=aside.dropped,
            other_calls=aside.other_calls,
            shards=rows.close(),
            is_interrupted=is_stopped,
        )


def _read(part: Part, judge: Judge, aside: Aside) -> Iterator[int]:
    """Hand the events of a part to the judge; yield now and then how many bytes were read.

    What cannot be read is kept aside, and is no reason to stop.
    """
    before = 0
    for slice_ in part.slices:
        judge.start(slice_.name)
        aside.source = slice_.name
        try:
            with opened(slice_.url, slice_.start, slice_.stop, slice_.content) as stream:
                for events in events_of(slice_, stream, judge.decode, aside):
                    judge.take(events)
                    yield before + stream.count
        except InputError as error:
            aside.bad(0, f"{error}.")
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
