"""Work: one part of a replay, a pure function from bytes to a small summary."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from typing import Final, TypeAlias

from sandbox.inflating import InputError
from sandbox.replay.archive import Bad, Dropped, OtherCall, entries_of
from sandbox.replay.files import opened
from sandbox.replay.job import Job, Part, ReplayError, Slice
from sandbox.replay.judging import Judge
from sandbox.replay.rows import Rows
from sandbox.replay.summary import Summary
from sandbox.replay.tallies import Listed, Unread

Tick: TypeAlias = Callable[[int, int], bool]
"""Called now and then with bytes of the slice and events of the part; true ends the work."""

_OBJECTS_A_LOOK: Final = 200_000
PACKAGE: Final = "toplyne-sandbox"


def work(part: Part, job: Job, tick: Tick | None = None) -> Summary:
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
    """Reads slices, hands their events to the judge, and keeps what else is in them."""

    def __init__(self, judge: Judge, tick: Tick | None) -> None:
        self._judge, self._tick = judge, tick
        self._unread = Listed()
        self._dropped: Counter[str] = Counter()
        self._other_calls = 0
        self.is_stopped = False

    def read(self, slice_: Slice) -> None:
        """Read a slice to its end; what cannot be read is kept, and is no reason to stop."""
        self._judge.start(slice_.name)
        take = self._judge.take
        try:
            with opened(slice_.url, max(0, slice_.start - 1), slice_.content) as stream:
                for entries in entries_of(slice_, stream, self._judge.decode):
                    for entry in entries:
                        if isinstance(entry, tuple):
                            take(entry)
                        else:
                            self._keep(entry, slice_.name)
                    if self._is_told_to_stop(stream.count):
                        return
        except InputError as error:
            self._unread.add(Unread(slice_.name, 0, f"{error}."))

    def _keep(self, entry: Bad | Dropped | OtherCall, source: str) -> None:
        if isinstance(entry, Bad):
            self._unread.add(Unread(source, entry.line, entry.reason))
        elif isinstance(entry, Dropped):
            self._dropped[entry.code] += 1
        else:
            self._other_calls += 1

    def _is_told_to_stop(self, count: int) -> bool:
        self.is_stopped = self._tick is not None and self._tick(count, self._judge.events)
        return self.is_stopped

    def finished(self) -> Summary:
        """Return what was found."""
        return replace(
            self._judge.finished(),
            unread=self._unread,
            dropped=self._dropped,
            other_calls=self._other_calls,
        )
