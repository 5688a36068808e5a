"""Workers: run tasks in this process, in other processes, or on the workers of a Dask cluster.

If a worker dies, another one repeats its task.
"""

from __future__ import annotations

import importlib
import math
import multiprocessing
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import heap
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Final, TypeAlias

from sandbox.replay.job import PACKAGE
from sandbox.replay.storage import INSTALL, ReplayError, unavailable

MOST_DEATHS: Final = 3
"""A task is given up after this many processes ended while working on it."""

_LOOK_SECONDS: Final = 0.25
_STOP_SECONDS: Final = 10
_CONNECT_SECONDS: Final = 10
_ALONE_SECONDS: Final = 60

Tick: TypeAlias = Callable[[int, int], bool]
"""Called from time to time with a task's progress in bytes and events; true ends the task early."""

WorkerFunction: TypeAlias = Callable[[Any, Tick], Any]

Results: TypeAlias = Callable[[WorkerFunction, Sequence[Any], Tick], Iterator[tuple[Any, Any]]]
"""Yields each task with the function's result, in the order in which tasks end.

The last argument is called with the progress of all running tasks. If it returns true, no further
task starts, and the running tasks end early.
"""


def here(work: WorkerFunction, tasks: Sequence[Any], progress: Tick) -> Iterator[tuple[Any, Any]]:
    """Run tasks in this process, one after the other, as `Results` describes."""
    is_stopped = False

    def tick(read: int, events: int) -> bool:
        nonlocal is_stopped
        is_stopped = progress(read, events)
        return is_stopped

    for task in tasks:
        if is_stopped:
            return
        yield task, work(task, tick)


@contextmanager
def processes(count: int) -> Iterator[Results]:
    """Start processes and yield a function that gives them tasks.

    They are forked, which takes milliseconds, if this process has only one thread. Exceptions of
    the function are raised here, and ReplayError if a task ends process after process. After the
    block all are ended, even busy ones; if this process is killed, they end by themselves.
    """
    started: list[_Process] = []
    try:
        for _ in range(count):
            started.append(_Process(started))
        yield partial(_by_processes, started)
    finally:
        for each in started:
            each.end()


def _by_processes(
    started: list[_Process], function: WorkerFunction, tasks: Sequence[Any], progress: Tick
) -> Iterator[tuple[Any, Any]]:
    left = list(reversed(tasks))
    deaths: Counter[Any] = Counter()
    stop_at = math.inf
    while (left or any(each.task for each in started)) and time.monotonic() < stop_at:
        for each in started:
            if left and not each.task:
                each.give(function, left.pop())
        is_stopped = progress(*(sum(each.board[at] for each in started) for at in (0, 1)))
        if is_stopped and stop_at == math.inf:
            stop_at = time.monotonic() + _STOP_SECONDS
            for each in started:
                each.board[2] = True
        busy = {each.connection: each for each in started if each.task}
        for ready in wait(list(busy), _LOOK_SECONDS):
            try:
                result = busy[ready].connection.recv()
            except (EOFError, OSError):
                left.append(_replaced(busy[ready], started, deaths))
                continue
            if isinstance(result, BaseException):
                raise result
            yield busy[ready].taken(), result
        if stop_at < math.inf:
            left.clear()


def _replaced(dead: _Process, started: list[_Process], deaths: Counter[Any]) -> Any:
    """Replace a dead process and return its task; raises ReplayError after MOST_DEATHS deaths."""
    code = dead.end(_STOP_SECONDS)
    started.remove(dead)
    deaths[dead.task] += 1
    if deaths[dead.task] < MOST_DEATHS:
        started.append(_Process(started))
        return dead.task
    how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
    ended = f"{MOST_DEATHS} workers ended, the last {how}, while they worked on {dead.task}"
    short = "if memory is short, use fewer --workers"
    raise ReplayError(f"{ended}; {short if code < 0 else 'see what they print'}")


class _Process:
    """A process and its current task.

    `board` is shared memory: the bytes and events of the task so far, and whether to end it early.
    Each process has its own connection, so that a process killed while it writes its result harms
    no other and is noticed. Python's own pool does not do that.
    """

    def __init__(self, others: Iterable[_Process]) -> None:
        context: Any = multiprocessing.get_context("fork" if _may_fork() else "spawn")
        self.task, self.board = None, _shared_numbers(context)
        self.connection, theirs = context.Pipe()
        ours = [self.connection, *(each.connection for each in others)]
        given = (theirs, self.board, ours)
        self._process = context.Process(target=_serve, args=given, daemon=True)
        self._process.start()
        theirs.close()  # so that the connection ends with the process

    def give(self, function: WorkerFunction, task: Any) -> None:
        """Give it a task; if it is dead, reading from its connection reports that."""
        self.task = task
        with suppress(OSError):
            self.connection.send((function, task))

    def taken(self) -> Any:
        """Return its finished task, and mark it as idle."""
        task, self.task, self.board[:2] = self.task, None, (0, 0)
        return task

    def end(self, patience: float = 0) -> int:
        """Wait up to `patience` seconds for it to end, then kill it; return its exit code."""
        self._process.join(patience)
        self._process.kill()
        self._process.join()
        code = self._process.exitcode
        self._process.close()
        self.connection.close()
        return int(code)


def _shared_numbers(context: Any) -> Any:
    """Return three numbers in shared memory."""
    try:
        return context.RawArray("q", 3)
    except PermissionError:  # Python looks whether /dev/shm has room, but not whether it is ours
        heap.Arena._dir_candidates = []  # type: ignore[attr-defined]  # noqa: SLF001 - so elsewhere
        return context.RawArray("q", 3)


def _may_fork() -> bool:
    """Return whether a fork is safe: on Linux, in a process with one thread."""
    threads = Path("/proc/self/task")
    return sys.platform == "linux" and threads.is_dir() and len([*threads.iterdir()]) == 1


def _serve(connection: Connection, board: Any, theirs: Iterable[Connection]) -> None:
    """Work on tasks until the parent ends, even by SIGKILL.

    A fork inherits the parent's ends of all connections; while one is open here, the end of the
    parent would not be noticed.
    """
    for each in theirs:
        each.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent

    def tick(read: int, events: int) -> bool:
        board[:2] = read, events
        return bool(board[2]) or connection.poll()  # readable at its end: the parent is gone

    with suppress(EOFError, OSError):
        while True:
            function, task = connection.recv()
            try:
                result = function(task, tick)
            except Exception as error:  # noqa: BLE001 - raised again in the parent
                error.add_note(traceback.format_exc())
                result = error
            connection.send(result)


@contextmanager
def cluster(address: str, *, version: str, schemes: Iterable[str]) -> Iterator[Results]:
    """Connect to a running Dask scheduler and yield a function that gives its workers tasks.

    Raises ReplayError if a worker has another version, or cannot open URLs of the schemes.
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
    dask: Any, client: Any, function: WorkerFunction, tasks: Sequence[Any], progress: Tick
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
        raise ReplayError(f"a part kills every worker that processes it: {error}") from None
