"""Timed work: queues of items with due times, and the threads that work on them."""

from __future__ import annotations

import heapq
import math
import threading
from collections.abc import Callable
from itertools import count
from typing import Any, Final, Generic, TypeVar

from mock_server.real_clock import wait_for

T = TypeVar("T")

_IDLE_SECONDS: Final = 1.0
_AT_ONCE: Final = -math.inf


class WorkThreads:
    """The threads of several queues.

    They start when there are items and end a second after the last one, so unused queues cost
    nothing. One thread waits for whatever is due next in any queue.
    """

    def __init__(self, *, most: int, clock: Callable[[], float], name: str = "timed work") -> None:
        """Start at most `most` threads; `clock` is in seconds."""
        self._most = most
        self._clock = clock
        self._name = name
        lock = threading.Lock()
        self.changed = threading.Condition(lock)
        self.settled = threading.Condition(lock)
        self.turn = count()
        self.queues: set[DueQueue[Any]] = set()
        """Those that have items."""
        self._number = 0
        self._waiting = 0
        self._is_coming = False  # a new thread, which calls the next one if there is more to do

    def call(self) -> None:
        """Wake or start a thread, unless all are at work. The lock must be held."""
        if self._waiting:
            self.changed.notify()
        elif self._number < self._most and not self._is_coming:
            try:
                threading.Thread(target=self._run, name=self._name, daemon=True).start()
            except RuntimeError:  # the system is out of threads
                if not self._number:
                    raise
            else:
                self._number += 1
                self._is_coming = True

    def wait(self, is_met: Callable[[], bool], seconds: float) -> bool:
        """Wait until the items of a queue are as wanted. Return False after the timeout."""
        with self.settled:
            return wait_for(self.settled, is_met, seconds)

    def _run(self) -> None:
        try:
            while (found := self._next()) is not None:
                queue, item = found
                try:
                    queue.work(item)
                finally:
                    with self.changed:
                        queue.busy.remove(item)
                        del found, item
                        self.settled.notify_all()
        finally:
            with self.changed:
                self._number -= 1
                if self._first() is not None:
                    self.call()

    def _next(self) -> tuple[DueQueue[Any], Any] | None:
        """Return an item once it is due, or None if this idle thread should end."""
        idle_until = self._clock() + _IDLE_SECONDS
        with self.changed:
            self._is_coming = False
            while True:
                now, queue = self._clock(), self._first()
                due = math.inf if queue is None else queue.heap[0][0]
                if queue is not None and due <= now:
                    break
                # one thread must wait for the next item, however late it is due
                until = due if queue and not self._waiting else min(due, idle_until)
                if now >= until:
                    return None
                self._waiting += 1
                self.changed.wait(min(until - now, threading.TIMEOUT_MAX))
                self._waiting -= 1
            item = heapq.heappop(queue.heap)[2]
            queue.busy.append(item)
            if self._first() is not None:
                self.call()
            return queue, item

    def _first(self) -> DueQueue[Any] | None:
        """Return the queue with the item that is due first, of those with a free worker."""
        self.queues = {queue for queue in self.queues if queue.heap}
        free = (queue for queue in self.queues if len(queue.busy) < queue.workers)
        return min(free, key=lambda queue: queue.heap[0], default=None)


class DueQueue(Generic[T]):
    """Items in the order they are due; those due at the same time in the order they were put.

    With one worker they are also worked on in that order.
    """

    def __init__(self, work: Callable[[T], None], *, workers: int, threads: WorkThreads) -> None:
        """Do `work` in at most `workers` of the threads at once.

        If `work` raises, its thread ends and another one takes its place.
        """
        self.work = work
        self.workers = workers
        self.heap: list[tuple[float, int, T]] = []
        self.busy: list[T] = []
        self._threads = threads

    def put(self, item: T, *, due: float = _AT_ONCE) -> None:
        """Add an item that is due at a time; without one, at once."""
        with self._threads.changed:
            heapq.heappush(self.heap, (due, next(self._threads.turn), item))
            self._threads.queues.add(self)
            if len(self.busy) < self.workers:
                self._threads.call()

    def remove(self, unwanted: Callable[[T], bool] = lambda _: True) -> list[T]:
        """Remove the unwanted items, or all, and return them in order."""
        with self._threads.changed:
            removed = [entry for entry in self.heap if unwanted(entry[2])]
            self.heap = [entry for entry in self.heap if not unwanted(entry[2])]
            heapq.heapify(self.heap)
            self._threads.settled.notify_all()
        return [item for _, _, item in sorted(removed, key=lambda entry: entry[:2])]

    def settle(self, seconds: float, unwanted: Callable[[T], bool] = lambda _: True) -> bool:
        """Wait until no unwanted item is being worked on. Return False after the timeout."""
        return self._threads.wait(lambda: not any(map(unwanted, self.busy)), seconds)

    def drain(self, seconds: float) -> bool:
        """Wait until no item is left. Return False after the timeout."""
        return self._threads.wait(lambda: not (self.busy or self.heap), seconds)
