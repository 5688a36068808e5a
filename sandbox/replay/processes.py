"""Processes: tasks given to processes of this machine, and given again where one dies."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Final, NamedTuple, Self, TypeAlias

from sandbox.replay.job import ReplayError

MOST_DEATHS: Final = 3
"""How many processes may end over one task."""

_LOOK_SECONDS: Final = 0.25
_STOP_SECONDS: Final = 10

Tick: TypeAlias = Callable[[int, int], bool]
"""Called now and then with how far a task is, in bytes and events; true ends the task early."""

Function: TypeAlias = Callable[[Any, Tick], Any]


class _Step(NamedTuple):
    """How far a task is."""

    read: int
    events: int


class _Died(NamedTuple):
    """That a process is dead."""

    how: str


class Processes:
    """Processes that work on tasks; they end with the `with` block."""

    def __init__(self, count: int) -> None:
        """Start them: forked where this process has one thread, which takes milliseconds."""
        self._context: Any = multiprocessing.get_context("fork" if _may_fork() else "spawn")
        self._all = [_Process(self._context) for _ in range(count)]

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End all, also those that are at work."""
        for each in self._all:
            each.end()

    def results(
        self, function: Function, tasks: Sequence[Any], progress: Tick
    ) -> Iterator[tuple[Any, Any]]:
        """Yield each task with what `function` returns of it, in the order they are done.

        `progress` is told how far all tasks under way are; where it returns true no task is begun,
        and those under way are told to stop. Raises what a function raises, and ReplayError where
        a task ends process after process.
        """
        left = list(reversed(tasks))
        deaths: Counter[int] = Counter()
        stop_at = 0.0
        while left or any(each.is_busy for each in self._all):
            for each in self._all:
                if left and not each.is_busy:
                    each.give(function, left.pop())
            for each in self._heard():
                told = each.receive()
                if isinstance(told, _Died):
                    self._all[self._all.index(each)] = _Process(self._context)
                    left.append(_again(each.task, told.how, deaths))
                elif isinstance(told, BaseException):
                    raise told
                elif not isinstance(told, _Step):
                    yield each.task, told
            stop_at = stop_at or self._stopped(progress)
            if stop_at:
                left.clear()
            if 0 < stop_at < time.monotonic():
                return

    def _stopped(self, progress: Tick) -> float:
        """Tell how far all are; if that ends the work, stop all, and return when they are late."""
        read, events = zip(*(each.step for each in self._all), strict=True)
        if not progress(sum(read), sum(events)):
            return 0
        for each in self._all:
            each.stop()
        return time.monotonic() + _STOP_SECONDS

    def _heard(self) -> list[_Process]:
        """Return those at work that have something to tell, or are dead, after a while none."""
        busy = {each.connection: each for each in self._all if each.is_busy}
        return [busy[ready] for ready in wait(list(busy), _LOOK_SECONDS)]


def _again(task: Any, how: str, deaths: Counter[int]) -> Any:
    """Return the task; raises ReplayError where it has ended too many processes."""
    deaths[id(task)] += 1
    if deaths[id(task)] < MOST_DEATHS:
        return task
    ended = f"{MOST_DEATHS} workers ended, the last {how}, while they worked on {task}"
    is_killed = how.startswith("by")
    hint = (
        "where memory is short, fewer --workers need less" if is_killed else "see what they print"
    )
    raise ReplayError(f"{ended}; {hint}")


class _Process:
    """A process, the task it has, and how far it is."""

    def __init__(self, context: Any) -> None:
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()  # so that the end of the process is the end of the connection
        self.is_busy, self.task, self.step = False, None, _Step(0, 0)

    def give(self, function: Function, task: Any) -> None:
        """Give it a task; where it is dead, `results` finds out as it reads."""
        self.is_busy, self.task = True, task
        self._send((function, task))

    def receive(self) -> Any:
        """Return what it tells: a step, what comes of its task, or that it died."""
        try:
            told = self.connection.recv()
        except (EOFError, OSError):
            return _Died(self._how_it_ended())
        self.is_busy = isinstance(told, _Step)
        self.step = told if self.is_busy else _Step(0, 0)
        return told

    def stop(self) -> None:
        """Tell it to end its task early."""
        if self.is_busy:
            self._send(None)

    def _send(self, told: Any) -> None:
        with suppress(OSError):  # it is dead
            self.connection.send(told)

    def _how_it_ended(self) -> str:
        """Release the dead process, and return how it ended, in words."""
        self._process.join(_STOP_SECONDS)
        code = self._process.exitcode or 0
        self.end()
        return f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"

    def end(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.join()
        self._process.close()
        self.connection.close()


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
