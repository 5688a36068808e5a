"""Work: one part of a replay, a pure function from bytes to a small summary."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from typing import Final, TypeAlias

from sandbox.inflating import InputError
from sandbox.replay.archive import Aside, events_of
from sandbox.replay.files import opened
from sandbox.replay.job import Job, Part, ReplayError, Slice
from sandbox.replay.judging import Judge
from sandbox.replay.rows import Rows
from sandbox.replay.summary import Summary

Tick: TypeAlias = Callable[[int, int], bool]
"""Called now and then with bytes of the slice and events of the part; true ends the work."""

_OBJECTS_A_LOOK: Final = 200_000
PACKAGE: Final = "toplyne-sandbox"


def work(part: Part, tick: Tick | None = None, *, job: Job) -> Summary:
    """Return the summary of a part.

    Raises ReplayError where this process has another version than the one that asks.
    """
    if (own := version(PACKAGE)) != job.version:
        raise ReplayError(f"a worker has {PACKAGE} {own}, but {job.version} asks: install the same")
    with _fewer_collections(), Rows(job.shards, job.collected, part.number) as rows:
        worker = _Worker(Judge(job, rows), tick)
        for each in part.slices:
            if worker.is_stopped:
                break
            worker.read(each)
        return replace(worker.finished(), shards=rows.close(), is_interrupted=worker.is_stopped)


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


class _Worker:
    """Reads slices, hands their events to the judge, and keeps aside what else is in them."""

    def __init__(self, judge: Judge, tick: Tick | None) -> None:
        self._judge, self._tick = judge, tick
        self._aside = Aside()
        self.is_stopped = False

    def read(self, slice_: Slice) -> None:
        """Read a slice to its end; what cannot be read is kept, and is no reason to stop."""
        judge, aside = self._judge, self._aside
        judge.start(slice_.name)
        aside.source = slice_.name
        try:
            with opened(slice_.url, max(0, slice_.start - 1), slice_.content) as stream:
                for events in events_of(slice_, stream, judge.decode, aside):
                    judge.take(events)
                    self.is_stopped = bool(self._tick and self._tick(stream.count, judge.events))
                    if self.is_stopped:
                        return
        except InputError as error:
            aside.bad(0, f"{error}.")

    def finished(self) -> Summary:
        """Return what was found."""
        return replace(
            self._judge.finished(),
            unread=self._aside.unread,
            dropped=self._aside.dropped,
            other_calls=self._aside.other_calls,
        )
