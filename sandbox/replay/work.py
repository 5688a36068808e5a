"""Work: one part of a replay, a pure function from bytes to a small summary."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from typing import Final

from sandbox.inflating import InputError
from sandbox.replay.archive import Aside, events_of
from sandbox.replay.job import PACKAGE, Job, Part, ReplayError, Slice
from sandbox.replay.judge import Judge
from sandbox.replay.processes import Tick
from sandbox.replay.shards import Rows
from sandbox.replay.storage import opened
from sandbox.replay.summary import Summary

_OBJECTS_A_LOOK: Final = 200_000


def _go_on(_read: int, _events: int) -> bool:
    return False


def work(part: Part, tick: Tick = _go_on, *, job: Job) -> Summary:
    """Return the summary of a part; `tick` is told bytes and events, and ends the work with true.

    Raises ReplayError where this process has another version than the one that asks.
    """
    if (own := version(PACKAGE)) != job.version:
        raise ReplayError(f"a worker has {PACKAGE} {own}, but {job.version} asks: install the same")
    with _fewer_collections(), Rows(job.shards, job.collected, part.number) as rows:
        judge, aside = Judge(job, rows), Aside()
        read, is_stopped = 0, False
        for each in part.slices:
            for count in _read(each, judge, aside):
                is_stopped = tick(read + count, judge.events)
                if is_stopped:
                    break
            if is_stopped:
                break
            read += each.size
        return replace(
            judge.finished(),
            unread=aside.unread,
            dropped=aside.dropped,
            other_calls=aside.other_calls,
            shards=rows.close(),
            is_interrupted=is_stopped,
        )


def _read(slice_: Slice, judge: Judge, aside: Aside) -> Iterator[int]:
    """Hand the events of a slice to the judge; yield now and then how many bytes were read.

    What cannot be read is kept aside, and is no reason to stop.
    """
    judge.start(slice_.name)
    aside.source = slice_.name
    try:
        with opened(slice_.url, max(0, slice_.start - 1), slice_.content) as stream:
            for events in events_of(slice_, stream, judge.decode, aside):
                judge.take(events)
                yield stream.count
    except InputError as error:
        aside.bad(0, f"{error}.")


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
