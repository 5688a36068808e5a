"""Workers: tasks done by this process, by other processes, or by the workers of a Dask cluster.

Where a worker dies, its task is done again by another one.
"""

from __future__ import annotations

import importlib
import math
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Future,
    ProcessPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sandbox.replay.job import PACKAGE
from sandbox.replay.storage import INSTALL, ReplayError, unavailable

if TYPE_CHECKING:
    import ctypes

MOST_DEATHS: Final = 3
"""How many processes may end over one task."""

_LOOK_SECONDS: Final = 0.25
_STOP_SECONDS: Final = 10
_CONNECT_SECONDS: Final = 10
_ALONE_SECONDS: Final = 60

Tick: TypeAlias = Callable[[int, int], bool]
"""Called now and then with a task's progress in bytes and events; true ends the task early."""

Function: TypeAlias = Callable[[Any, Tick], Any]

Results: TypeAlias = Callable[[Function, Sequence[Any], Tick], Iterator[tuple[Any, Any]]]
"""Yields each task with what the function returns of it, in the order they are done.

The last argument is called with the progress of all tasks under way. Where it returns true, no
further task begins, and the tasks under way end early.
"""


def here(function: Function, tasks: Sequence[Any], progress: Tick) -> Iterator[tuple[Any, Any]]:
    """Do tasks in this process, one after the other, as `Results` does."""
    is_stopped = False

    def tick(read: int, events: int) -> bool:
        nonlocal is_stopped
        is_stopped = progress(read, events)
        return is_stopped

    for task in tasks:
        if is_stopped:
            return
        yield task, function(task, tick)


def processes(count: int) -> Results:
    """Return what does tasks in `count` processes, forked where this process has one thread.

    A fork takes milliseconds. Exceptions of the function are raised, and ReplayError where a task
    ends process after process. The processes end with the tasks or with the exception; where this
    process is killed, they end by themselves.
    """
    context = multiprocessing.get_context("fork" if _may_fork() else "spawn")
    return partial(_by_processes, count, context)


def _by_processes(
    count: int, context: Any, function: Function, tasks: Sequence[Any], progress: Tick
) -> Iterator[tuple[Any, Any]]:
    left, deaths = dict(enumerate(tasks)), Counter[int]()
    while left:
        board: _Board = context.RawArray("q", 3 * len(tasks) + 1)
        others = set(multiprocessing.active_children())
        pool = ProcessPoolExecutor(count, context, _begin, (function, tasks, board))
        futures = {pool.submit(_done, number): number for number in left}
        started = set(multiprocessing.active_children()) - others
        try:
            for number, result in _results(futures, board, progress):
                yield left.pop(number), result
        except BrokenProcessPool:
            pool.shutdown()
            codes = {each.pid or 0: each.exitcode or 0 for each in started}
            _count_deaths(left, deaths, board, codes)
        else:
            return
        finally:
            for each in started:
                each.kill()
            pool.shutdown()


_Board: TypeAlias = "ctypes.Array[ctypes.c_int64]"
"""For each task: process id, bytes read, events; at the end, whether all tasks end early."""


def _results(
    futures: dict[Future[Any], int], board: _Board, progress: Tick
) -> Iterator[tuple[int, Any]]:
    """Yield the number and the result of each task that was begun."""
    stop_at = math.inf
    while futures and time.monotonic() < stop_at:
        read, events = (sum(board[3 * n + at] for n in futures.values()) for at in (1, 2))
        if progress(read, events) and not board[-1]:
            board[-1], stop_at = 1, time.monotonic() + _STOP_SECONDS
        for future in wait(futures, _LOOK_SECONDS, FIRST_COMPLETED).done:
            if (result := future.result()) is not None:
                yield futures[future], result
            del futures[future]


def _count_deaths(
    left: dict[int, Any], deaths: Counter[int], board: _Board, codes: dict[int, int]
) -> None:
    """Count what the processes that ended were at; raises ReplayError after too many deaths."""
    dead = [pid for pid, code in codes.items() if code != -signal.SIGTERM] or [*codes]
    begun = [number for number in left if board[3 * number] in dead] or [*left][:1]
    deaths.update(begun)
    if deaths[most := max(begun, key=deaths.__getitem__)] >= MOST_DEATHS:
        code = codes[dead[0]]
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        ended = f"{MOST_DEATHS} workers ended, the last {how}, while they worked on {left[most]}"
        short = "where memory is short, fewer --workers need less"
        raise ReplayError(f"{ended}; {short if code < 0 else 'see what they print'}")


def _may_fork() -> bool:
    """Return whether a fork is safe: on Linux, in a process that has no other thread."""
    threads = Path("/proc/self/task")
    return sys.platform == "linux" and threads.is_dir() and len([*threads.iterdir()]) == 1


_given: list[Any] = []
"""In a worker: the function, the tasks, and the board."""


def _begin(*given: Any) -> None:
    """Make this process a worker, which ends when its parent has ended, also by SIGKILL."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _given[:] = given


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _done(number: int) -> Any:
    """Do a task and write its progress to the board; return None where all tasks end early."""
    function, tasks, board = _given
    at = 3 * number
    board[at] = os.getpid()

    def tick(read: int, events: int) -> bool:
        board[at + 1 : at + 3] = read, events
        return bool(board[-1])

    return None if board[-1] else function(tasks[number], tick)


@contextmanager
def cluster(address: str, *, version: str, schemes: Iterable[str]) -> Iterator[Results]:
    """Connect to a Dask scheduler that is running; yield what gives tasks to its workers.

    Each worker must have the version, and open URLs of the schemes; else raises ReplayError.
    """
    try:
        dask: Any = importlib.import_module("distributed")
    except ImportError:
        raise ReplayError(f"a scheduler needs Dask's distributed: {INSTALL}") from None
    try:
        client = dask.Client(address, timeout=_CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise ReplayError(f"no scheduler answers at {address}: {reason}") from None
    with client:
        _check(client, version, sorted(schemes))
        yield partial(_by_cluster, dask, client)


def _check(client: Any, version: str, schemes: list[str]) -> None:
    own = partial(importlib.import_module("importlib.metadata").version, PACKAGE)
    found = client.run(own, on_error="return")
    if not found:
        raise ReplayError("the scheduler has no worker; start one with: dask worker ADDRESS")
    wrong = [
        f"{address} has {'no ' + PACKAGE if isinstance(v, Exception) else v}"
        for address, v in sorted(found.items())
        if v != version
    ]
    if wrong:
        raise ReplayError(f"every worker needs {PACKAGE} {version}, but {'; '.join(wrong)}")
    missing = client.run(unavailable, schemes) if schemes else {}
    if wrong := [f"{address}: {each}" for address, each in sorted(missing.items()) if each]:
        raise ReplayError("; ".join(wrong))


def _by_cluster(
    dask: Any, client: Any, function: Function, tasks: Sequence[Any], progress: Tick
) -> Iterator[tuple[Any, Any]]:
    try:
        left = {client.submit(function, task, pure=False): task for task in tasks}
        alive = time.monotonic()
        while left:
            done: Iterable[Any] = ()
            with suppress(TimeoutError):
                futures = list(left)
                done = dask.wait(futures, _LOOK_SECONDS, return_when="FIRST_COMPLETED").done
            for future in done:
                yield left.pop(future), future.result()
            if progress(0, 0):
                client.cancel(list(left))
                return
            if done or client.scheduler_info()["workers"]:
                alive = time.monotonic()
            elif time.monotonic() - alive > _ALONE_SECONDS:
                raise ReplayError(f"the cluster has had no worker for {_ALONE_SECONDS} seconds")
    except (OSError, CancelledError) as error:
        raise ReplayError(f"the scheduler is gone: {error}") from None
    except dask.scheduler.KilledWorker as error:
        raise ReplayError(f"a part kills every worker that takes it: {error}") from None
