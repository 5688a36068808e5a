"""Timed work: a queue of items with due times, and the threads that work on them."""

import heapq
import math
import threading
from collections.abc import Callable
from itertools import count
from typing import Final, Generic, TypeVar

from mock_server.real_clock import wait_for

T = TypeVar("T")

_IDLE_SECONDS: Final = 1.0
_AT_ONCE: Final = -math.inf


class DueQueue(Generic[T]):
    """Items in the order they are due; those due at the same time in the order they were put.

    With one worker they are also worked on in that order. Threads start with the first item and end
    a second after the last, so an unused queue costs nothing.
    """

    def __init__(
        self,
        work: Callable[[T], None],
        *,
        workers: int,
        clock: Callable[[], float],
        name: str = "timed work",
    ) -> None:
        """Do `work` in at most `workers` threads; `clock` is in seconds.

        If `work` raises, its thread ends and another one takes its place.
        """
        self._work = work
        self._workers = workers
        self._clock = clock
        self._name = name
        self._turn = count()
        self._heap: list[tuple[float, int, T]] = []
        lock = threading.Lock()
        self._changed = threading.Condition(lock)
        self._settled = threading.Condition(lock)
        self._threads = 0
        self._waiting = 0
        self._busy: list[T] = []

    def put(self, item: T, *, due: float = _AT_ONCE) -> None:
        """Add an item that is due at a time; without one, at once."""
        with self._changed:
            heapq.heappush(self._heap, (due, next(self._turn), item))
            self._call_a_worker()

    def _call_a_worker(self) -> None:
        if self._waiting:
            self._changed.notify()
        elif self._threads < self._workers:
            threading.Thread(target=self._run, name=self._name, daemon=True).start()
            self._threads += 1  # now, as a system that is out of threads raises

    def _run(self) -> None:
        try:
            while (item := self._next()) is not None:
                try:
                    self._work(item)
                finally:
                    with self._changed:
                        self._busy.remove(item)
                        del item
                        self._settled.notify_all()
        finally:
            with self._changed:
                self._threads -= 1
                if self._heap:
                    self._call_a_worker()

    def _next(self) -> T | None:
        """Return an item once it is due, or None if this idle thread should end."""
        idle_until = self._clock() + _IDLE_SECONDS
        with self._changed:
            while (due := self._heap[0][0] if self._heap else math.inf) > (now := self._clock()):
                # one thread must wait for the next item, however late it is due
                until = due if self._heap and not self._waiting else min(due, idle_until)
                if now >= until:
                    return None
                self._waiting += 1
                self._changed.wait(min(until - now, threading.TIMEOUT_MAX))
                self._waiting -= 1
            item = heapq.heappop(self._heap)[2]
            self._busy.append(item)
            if self._heap:
                self._call_a_worker()
            return item

    def remove(self, unwanted: Callable[[T], bool] = lambda _: True) -> list[T]:
        """Remove the unwanted items, or all, and return them in order."""
        with self._changed:
            removed = [entry for entry in self._heap if unwanted(entry[2])]
            self._heap = [entry for entry in self._heap if not unwanted(entry[2])]
            heapq.heapify(self._heap)
            self._settled.notify_all()
        return [item for _, _, item in sorted(removed, key=lambda entry: entry[:2])]

    def settle(self, seconds: float, unwanted: Callable[[T], bool] = lambda _: True) -> bool:
        """Wait until no unwanted item is being worked on. Return False after the timeout."""
        with self._settled:
            return wait_for(self._settled, lambda: not any(map(unwanted, self._busy)), seconds)

    def drain(self, seconds: float) -> bool:
        """Wait until no item is left. Return False after the timeout."""
        with self._settled:
            return wait_for(self._settled, lambda: not (self._busy or self._heap), seconds)
