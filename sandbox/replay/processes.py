"""Processes: tasks given to processes of this machine, and given again where one dies."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from sandbox.replay.job import ReplayError

MOST_DEATHS: Final = 3
"""How many processes may end over one task."""

_LOOK_SECONDS: Final = 0.25
_STOP_SECONDS: Final = 10

Tick: TypeAlias = Callable[[int, int], bool]
"""Called now and then with how far a task is, in bytes and events; true ends the task early."""

Function: TypeAlias = Callable[[Any, Tick], Any]

Results: TypeAlias = Callable[[Function, Sequence[Any], Tick], Iterator[tuple[Any, Any]]]
"""Yields each task with what the function returns of it, in the order they are done.

The last argument is told how far all tasks under way are; where it returns true no task is begun,
and those under way are told to stop.
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


@contextmanager
def processes(count: int) -> Iterator[Results]:
    """Start processes, forked where this one has one thread, which takes milliseconds.

    Yield what gives tasks to them. It raises what a function raises, and ReplayError where a task
    ends process after process. All are ended after the block, also those at work.
    """
    context: Any = multiprocessing.get_context("fork" if _may_fork() else "spawn")
    started = [_Process(context) for _ in range(count)]
    try:
        yield partial(_results, context, started)
    finally:
        for each in started:
            each.end()


def _results(
    context: Any,
    started: list[_Process],
    function: Function,
    tasks: Sequence[Any],
    progress: Tick,
) -> Iterator[tuple[Any, Any]]:
    left = list(reversed(tasks))
    deaths: Counter[int] = Counter()
    stop_at = 0.0
    while left or any(each.is_busy for each in started):
        for each in started:
            if left and not each.is_busy:
                each.give(function, left.pop())
        busy = {each.connection: each for each in started if each.is_busy}
        for ready in wait(list(busy), _LOOK_SECONDS):
            each = busy[ready]
            try:
                told = each.receive()
            except (EOFError, OSError):
                started.remove(each)
                left.append(_given_back(each, deaths))
                started.append(_Process(context))
                continue
            if isinstance(told, BaseException):
                raise told
            if not isinstance(told, _Step):
                yield each.task, told
        stop_at = stop_at or _stopped(started, progress)
        if stop_at:
            left.clear()
        if 0 < stop_at < time.monotonic():
            return


def _stopped(started: list[_Process], progress: Tick) -> float:
    """Tell how far all tasks are; if that ends the work, stop all, and return a deadline."""
    read, events = zip(*(each.step for each in started), strict=True)
    if not progress(sum(read), sum(events)):
        return 0
    for each in started:
        each.stop()
    return time.monotonic() + _STOP_SECONDS


def _given_back(dead: _Process, deaths: Counter[int]) -> Any:
    """Return the task of a dead process; raises ReplayError where it has ended too many."""
    code = dead.end(_STOP_SECONDS)
    deaths[id(dead.task)] += 1
    if deaths[id(dead.task)] < MOST_DEATHS:
        return dead.task
    how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
    ended = f"{MOST_DEATHS} workers ended, the last {how}, while they worked on {dead.task}"
    short = "where memory is short, fewer --workers need less"
    raise ReplayError(f"{ended}; {short if code < 0 else 'see what they print'}")


class _Step(NamedTuple):
    """How far a task is."""

    read: int = 0
    events: int = 0


class _Process:
    """A process, the task it has, and how far it is."""

    def __init__(self, context: Any) -> None:
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()  # so that the end of the process is the end of the connection
        self.is_busy, self.task, self.step = False, None, _Step()

    def give(self, function: Function, task: Any) -> None:
        """Give it a task; where it is dead, `receive` finds out."""
        self.is_busy, self.task = True, task
        with suppress(OSError):
            self.connection.send((function, task))

    def receive(self) -> Any:
        """Return what it tells: a step, or what comes of its task; raises where it is dead."""
        told = self.connection.recv()
        self.is_busy = isinstance(told, _Step)
        self.step = told if self.is_busy else _Step()
        return told

    def stop(self) -> None:
        """Tell it to end its task early."""
        if self.is_busy:
            with suppress(OSError):
                self.connection.send(None)

    def end(self, patience: float = 0) -> int:
        """Wait `patience` seconds for its end, then end it; return how it has ended."""
        self._process.join(patience)
        self._process.kill()
        self._process.join()
        code = self._process.exitcode
        self._process.close()
        self.connection.close()
        return int(code)


def _may_fork() -> bool:
    """Return whether a fork is safe: on Linux, in a process that has no other thread."""
    threads = Path("/proc/self/task")
    return sys.platform == "linux" and threads.is_dir() and len([*threads.iterdir()]) == 1


def _serve(connection: Connection) -> None:
    """Work on tasks until whoever gives them is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started us
    while True:
        try:
            function, task = connection.recv() or (None, None)
            if function is not None:
                connection.send(_told(function, task, connection))
        except (EOFError, OSError):
            return


def _told(function: Function, task: Any, connection: Connection) -> Any:
    last = time.monotonic()

    def tick(read: int, events: int) -> bool:
        nonlocal last
        if time.monotonic() - last > _LOOK_SECONDS:
            last = time.monotonic()
            connection.send(_Step(read, events))
        return connection.poll()

    try:
        return function(task, tick)
    except Exception as error:  # noqa: BLE001 - raised again where the task comes from
        error.add_note(traceback.format_exc())
        return error
