"""Later: an answer that is not there yet, and what tells when to look for it again.

What waits (`/_sandbox/wait`, `/_sandbox/flush`, `/_sandbox/live`, an SDK's call where deliveries
are synchronous) is a view that returns a `Later` or a `Stream` instead of an `Answer`.

The contract with a server that can wait without a thread:

- It puts a callable into the WSGI environment as `environ[HAND_OVER]`. The application calls it
  with the Later or Stream, in the thread of the request, before `wsgi_app` returns. What `wsgi_app`
  then returns is an empty placeholder, to be ignored.
- The callable subscribes before it returns: `unsubscribe = later.condition.subscribe(wake)`. That
  raises TooManyWaiting, which must go through: the application answers it in a sentence, no Later
  was handed over, and what `wsgi_app` returns is the answer.
- `wake()` may be called from any thread, at any rate, also before `subscribe` returns, and must
  return at once. After each call, and once after subscribing, the server calls `later.ready()`:
  an Answer to send, or None to go on waiting. At `later.deadline`, on `real_clock.monotonic()`, or
  when `later.condition.closed` is set, it looks once more and else sends `later.overdue()`.
- A Stream starts with `stream.first`, an Answer whose body is only the beginning. After each wake
  it calls `stream.following()`: more bytes, b"" where nothing is new, None at the end. After
  `stream.seconds` without news it sends `stream.heartbeat`.
- In the end, or when the client hangs up, it calls `unsubscribe()`, which may be called twice.
- `ready`, `overdue` and `following` take the store's lock and may read much: call them in a thread.

A server without the callable blocks in `Later.wait()` or iterates over `Stream.parts()`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from mock_server.exchange import Answer
from mock_server.real_clock import monotonic

HAND_OVER: Final = "toplyne_sandbox.later"
RECEIVED: Final = "toplyne_sandbox.received"
"""Under this a server of ours puts the Received it read into the WSGI environment, so that the
application need not make it again."""
IS_LEFT: Final = "toplyne_sandbox.is_left"
"""Under this a server of ours puts what tells whether the client has hung up meanwhile."""
GATHER_SECONDS: Final = 0.05
"""News within this time are sent together."""

Tenants: TypeAlias = tuple[int, ...]
Found = TypeVar("Found")


class TooManyWaiting(Exception):
    """As many wait already as may; the message is a sentence."""


class Changes:
    """Something that changes, and its subscribers."""

    def __init__(self, most: int, refusal: str) -> None:
        """Take `most` subscribers at once; one more is refused with the sentence."""
        self._most = most
        self._refusal = refusal
        self._lock = threading.Lock()
        self._subscribed: tuple[tuple[Callable[[], None], Tenants | None], ...] = ()
        self.closed = False

    @property
    def waiting(self) -> int:
        """How many are subscribed."""
        return len(self._subscribed)

    @property
    def is_full(self) -> bool:
        """Whether one more would be refused."""
        return self.waiting >= self._most

    def subscribe(
        self, wake: Callable[[], None], tenants: Tenants | None = None
    ) -> Callable[[], None]:
        """Call `wake` at each change of one of those tenants; return what ends it.

        Raises TooManyWaiting.
        """
        subscriber = (wake, tenants)
        with self._lock:
            if self.is_full:
                raise TooManyWaiting(self._refusal)
            self._subscribed = (*self._subscribed, subscriber)

        def unsubscribe() -> None:
            with self._lock:
                self._subscribed = tuple(s for s in self._subscribed if s is not subscriber)

        return unsubscribe

    def changed(self, tenant: int | None = None) -> None:
        """Wake the subscribers of a tenant, or all."""
        for wake, tenants in self._subscribed:
            if tenant is None or tenants is None or tenant in tenants:
                wake()

    def close(self) -> None:
        """Wake all subscribers, for good: nothing will change any more."""
        self.closed = True
        self.changed()


@dataclass(frozen=True, slots=True)
class Condition:
    """Changes of some tenants, or of all."""

    changes: Changes
    tenants: Tenants | None = None

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` at each change; return what ends it. Raises TooManyWaiting."""
        return self.changes.subscribe(wake, self.tenants)

    @property
    def closed(self) -> bool:
        """Whether nothing will change any more: the mock is being closed."""
        return self.changes.closed

    def wait(self, look: Callable[[], Found | None], deadline: float) -> Found | None:
        """Block until `look()` finds something; None where the deadline or the end comes before.

        Raises TooManyWaiting.
        """
        woken = threading.Event()
        unsubscribe = self.subscribe(woken.set)
        try:
            while not (found := look()):
                left = deadline - monotonic()
                if left <= 0 or self.closed:
                    return None
                woken.wait(min(left, threading.TIMEOUT_MAX))
                woken.clear()
            return found
        finally:
            unsubscribe()


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """An answer that is there once `ready()` returns it, at the deadline `overdue()`."""

    condition: Condition
    deadline: float
    ready: Callable[[], Answer | None]
    overdue: Callable[[], Answer]

    def wait(self) -> Answer:
        """Block until the answer is there. Raises TooManyWaiting."""
        return self.condition.wait(self.ready, self.deadline) or self.overdue()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """An answer whose body goes on as long as both sides want."""

    condition: Condition
    first: Answer
    following: Callable[[], bytes | None]
    heartbeat: bytes
    seconds: float

    def parts(self) -> Generator[bytes]:
        """Return the body's parts, each when it is there, for a server that blocks on them.

        To close them, also before the first, is to listen no longer. Raises TooManyWaiting.
        """
        parts = self._parts()
        next(parts)  # it has subscribed then
        return parts

    def _parts(self) -> Generator[bytes]:
        woken = threading.Event()
        unsubscribe = self.condition.subscribe(woken.set)
        try:
            yield b""
            yield self.first.body
            while not self.condition.closed and (more := self.following()) is not None:
                if more:
                    yield more
                elif not woken.wait(self.seconds):
                    yield self.heartbeat
                else:
                    time.sleep(GATHER_SECONDS)
                    woken.clear()
        finally:
            unsubscribe()


HandOver: TypeAlias = Callable[[Later | Stream], None]
"""Takes what the application has no answer to yet, and lets go of the thread it came in."""
