"""Engines: who works on the parts of a plan: this process, local workers, or a cluster.

Each gives the same summary, because summaries add up in any order.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, TypeAlias

from sandbox.replay.files import STANDARD_INPUT, is_url, unavailable
from sandbox.replay.job import Job, Part, ReplayError, Slice
from sandbox.replay.plan import newlines, numbered
from sandbox.replay.processes import Processes
from sandbox.replay.summary import Summary, merged
from sandbox.replay.work import PACKAGE, work

Progress: TypeAlias = Callable[[int, int], bool]
"""Called now and then with all bytes and events so far; true ends the work."""

MOST_IN_A_GROUP: Final = 16
GROUPS: Final = 200
"""Into about how many groups parts go: each group's summaries are merged where they were made."""

_CONNECT_SECONDS: Final = 10
_LOOK_SECONDS: Final = 0.5
_ALONE_SECONDS: Final = 60
_EXTRA: Final = "pip install 'toplyne-sandbox[archive]'"


def here(parts: Iterable[Part], job: Job, progress: Progress) -> Summary:
    """Work on the parts one by one in this process."""
    parts = numbered(parts, lambda slices: map(newlines, slices))
    found = Summary()
    read = 0
    for part in parts:
        done = _Done(read, found.events, progress)
        found += work(part, done.tick, job=job)
        read += part.size
        if found.is_interrupted:
            break
    return found


class _Done:
    """What was done before a part, and in its earlier slices."""

    def __init__(self, read: int, events: int, progress: Progress) -> None:
        self._read, self._events, self._progress = read, events, progress
        self._slices = self._last = 0

    def tick(self, read: int, events: int) -> bool:
        if read < self._last:
            self._slices += self._last
        self._last = read
        return self._progress(self._read + self._slices + read, self._events + events)


def with_processes(count: int, parts: Iterable[Part], job: Job, progress: Progress) -> Summary:
    """Work on the parts in processes of this machine, the largest first.

    A process that dies is replaced, and its part is done again. Raises ReplayError where a part
    ends process after process.
    """
    with Processes(count) as processes:
        own, others = _apart(parts)
        counted = numbered(
            others, lambda slices: _in_order(slices, processes.results(_newlines, slices, _go_on))
        )
        found = here(own, job, progress)
        read = sum(part.size for part in own)

        def tick(of_tasks: int, events: int) -> bool:
            return progress(read + of_tasks, found.events + events)

        left = len(counted)
        largest_first = sorted(counted, key=lambda part: -part.size)
        for part, summary in processes.results(partial(work, job=job), largest_first, tick):
            found += summary
            read += part.size
            left -= 1
        return found + Summary(is_interrupted=left > 0)


def _apart(parts: Iterable[Part]) -> tuple[list[Part], list[Part]]:
    """Return the parts that only this process can read, and the others."""
    parts = list(parts)
    own = [part for part in parts if any(s.url == STANDARD_INPUT for s in part.slices)]
    return own, [part for part in parts if part not in own]


def _newlines(slice_: Slice, _: object) -> int:
    return newlines(slice_)


def _in_order(slices: list[Slice], results: Iterable[tuple[Slice, int]]) -> list[int]:
    found = dict(results)
    return [found[each] for each in slices]


def _go_on(_read: int, _events: int) -> bool:
    return False


@contextmanager
def scheduler(address: str) -> Iterator[Any]:
    """Connect to a scheduler that is running."""
    distributed = _distributed()
    try:
        client = distributed.Client(address, timeout=_CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise ReplayError(f"no scheduler answers at {address}: {reason}") from None
    with client:
        yield client


def _distributed() -> Any:
    try:
        return importlib.import_module("distributed")
    except ImportError:
        raise ReplayError(f"a scheduler needs Dask's distributed: {_EXTRA}") from None


def with_workers(client: Any, parts: Iterable[Part], job: Job, progress: Progress) -> Summary:
    """Work on the parts with the workers of a Dask client.

    A worker that dies is replaced, and its parts are done again. Raises ReplayError where no worker
    is there, one has another version or lacks a package, or the scheduler is gone.
    """
    distributed = _distributed()
    _check_versions(client, job)
    parts = tuple(parts)
    _check_filesystems(client, parts)
    own, others = _apart(parts)
    try:
        counted = numbered(
            others, lambda slices: client.gather(client.map(newlines, slices, pure=False))
        )
        groups = list(_groups(counted))
        futures = {
            client.submit(
                merged,
                [client.submit(work, part, job=job, pure=False) for part in group],
                pure=False,
            ): sum(part.size for part in group)
            for group in groups
        }
        found = here(own, job, progress)
        return _gathered(client, futures, found, progress)
    except (OSError, TimeoutError, CancelledError) as error:
        raise ReplayError(f"the scheduler is gone: {error}") from None
    except distributed.scheduler.KilledWorker as error:
        raise ReplayError(f"a part kills every worker that takes it: {error}") from None


def _gathered(client: Any, left: dict[Any, int], found: Summary, progress: Progress) -> Summary:
    """Add up the summaries as they come, and let go of each; stop when told to."""
    distributed = _distributed()
    read, alive = 0, time.monotonic()
    while left:
        try:
            done = distributed.wait(
                list(left), timeout=_LOOK_SECONDS, return_when="FIRST_COMPLETED"
            ).done
        except TimeoutError:
            done = set()
        for future in done:
            found += future.result()
            read += left.pop(future)
        if progress(read, found.events):
            client.cancel(list(left))
            return found + Summary(is_interrupted=True)
        if done or client.scheduler_info()["workers"]:
            alive = time.monotonic()
        elif time.monotonic() - alive > _ALONE_SECONDS:
            raise ReplayError(f"the cluster has had no worker for {_ALONE_SECONDS} seconds")
    return found


def _groups(parts: tuple[Part, ...]) -> Iterator[tuple[Part, ...]]:
    count = min(MOST_IN_A_GROUP, max(1, len(parts) // GROUPS))
    for start in range(0, len(parts), count):
        yield parts[start : start + count]


def _check_versions(client: Any, job: Job) -> None:
    version = partial(importlib.import_module("importlib.metadata").version, PACKAGE)
    found = client.run(version, on_error="return")
    if not found:
        raise ReplayError("the scheduler has no worker; start one with: dask worker ADDRESS")
    wrong = [
        f"{address} has {'no ' + PACKAGE if isinstance(v, Exception) else v}"
        for address, v in sorted(found.items())
        if v != job.version
    ]
    if wrong:
        raise ReplayError(f"every worker needs {PACKAGE} {job.version}, but {'; '.join(wrong)}")


def _check_filesystems(client: Any, parts: tuple[Part, ...]) -> None:
    schemes = {s.url.partition("://")[0] for p in parts for s in p.slices if is_url(s.url)}
    found = client.run(unavailable, sorted(schemes)) if schemes else {}
    wrong = [f"{address}: {each}" for address, each in sorted(found.items()) if each]
    if wrong:
        raise ReplayError("; ".join(wrong))
