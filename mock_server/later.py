"""Later: an answer that is not ready yet, and the condition that says when to ask for it again.

A view that must wait (`/_sandbox/wait`, `/_sandbox/flush`, `/_sandbox/live`, an SDK's call if
deliveries are synchronous) returns a `Later` or a `Stream` instead of an `HttpAnswer`.

The contract with a server that can wait without a thread:

- The server puts a callable into the WSGI environment as `environ[HAND_OVER]`. The application
  calls it with the Later or Stream, in the request's thread, before `wsgi_app` returns. `wsgi_app`
  then returns an empty placeholder, which the server ignores.
- The callable subscribes before it returns: `unsubscribe = later.condition.subscribe(wake)`. It
  must not catch TooManyWaiting: the application then answers with a refusal, which `wsgi_app`
  returns, and nothing was handed over.
- `wake()` may be called from any thread, any number of times, even before `subscribe` returns, and
  must return at once. After each call, and once after subscribing, the server calls
  `later.ready()`, which returns an HttpAnswer, or None to go on waiting. At `later.deadline`,
  on `real_clock.monotonic()`, or when `later.condition.closed` is set, the server calls it once
  more, and sends `later.overdue()` if it still returns None.
- A Stream starts with `stream.first`, whose body is only the first part. After each wake
  the server calls `stream.following()`, which returns more bytes, b"" if there is nothing new, or
  None at the end. After `stream.seconds` without news the server sends `stream.heartbeat`.
- At the end, or when the client hangs up, the server calls `unsubscribe()`. A second call does
  nothing.
- `ready`, `overdue` and `following` take the store's lock and may read a lot: call them in a
  thread.

A server without the callable blocks in `Later.wait()` or iterates over `Stream.parts()`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from mock_server.exchange import HttpAnswer
from mock_server.real_clock import monotonic

HAND_OVER: Final = "toplyne_sandbox.later"
RECEIVED: Final = "toplyne_sandbox.received"
"""The WSGI environment's key for the Received that our own server has already read."""
IS_LEFT: Final = "toplyne_sandbox.is_left"
"""The WSGI environment's key for a function that returns whether the client has hung up."""
GATHER_SECONDS: Final = 0.05
"""Changes within this time are sent together."""

Tenants: TypeAlias = tuple[int, ...]
Value = TypeVar("Value")


class TooManyWaiting(Exception):
    """The limit of waiting clients is reached. The message is a sentence for the client."""


class Changes:
    """Something that changes, and its subscribers."""

    def __init__(self, most: int, refusal: str) -> None:
        """Allow `most` subscribers at once; one more is refused with the sentence `refusal`."""
        self._most = most
        self._refusal = refusal
        self._lock = threading.Lock()
        self._subscribed: tuple[tuple[Callable[[], None], Tenants | None], ...] = ()
        self.closed = False

    @property
    def waiting(self) -> int:
        """The number of subscribers."""
        return len(self._subscribed)

    @property
    def is_full(self) -> bool:
        """Whether another subscriber would be refused."""
        return self.waiting >= self._most

    def subscribe(
        self, wake: Callable[[], None], tenants: Tenants | None = None
    ) -> Callable[[], None]:
        """Call `wake` at each change of one of the tenants. Return a function that unsubscribes.

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
        """Wake the subscribers of a tenant, by default all subscribers."""
        for wake, tenants in self._subscribed:
            if tenant is None or tenants is None or tenant in tenants:
                wake()

    def close(self) -> None:
        """Set `closed` and wake all subscribers: there will be no more changes."""
        self.closed = True
        self.changed()


@dataclass(frozen=True, slots=True)
class ChangeCondition:
    """A subscription to the changes of some tenants, or of all."""

    changes: Changes
    tenants: Tenants | None = None

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` at each change; return how to unsubscribe. Raises TooManyWaiting."""
        return self.changes.subscribe(wake, self.tenants)

    @property
    def closed(self) -> bool:
        """Whether there will be no more changes, because the mock is being closed."""
        return self.changes.closed

    def wait(self, look: Callable[[], Value | None], deadline: float) -> Value | None:
        """Block until `look()` returns something true, and return that; None after the deadline.

        Also None if the mock is closed meanwhile. Raises TooManyWaiting.
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
    """An answer that `ready()` returns once it can; after the deadline `overdue()` returns one."""

    condition: ChangeCondition
    deadline: float
    ready: Callable[[], HttpAnswer | None]
    overdue: Callable[[], HttpAnswer]

    def wait(self) -> HttpAnswer:
        """Block until the answer is ready. Raises TooManyWaiting."""
        return self.condition.wait(self.ready, self.deadline) or self.overdue()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """An answer whose body goes on until one side closes the connection."""

    condition: ChangeCondition
    first: HttpAnswer
    following: Callable[[], bytes | None]
    heartbeat: bytes
    seconds: float

    def parts(self) -> Generator[bytes]:
        """Return the body's parts, for a server that blocks until the next one is ready.

        Closing the generator unsubscribes, even before the first part. Raises TooManyWaiting.
        """
        parts = self._parts()
        next(parts)  # which subscribes
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


Answered: TypeAlias = HttpAnswer | Later | Stream
HandOver: TypeAlias = Callable[[Later | Stream], None]
"""Takes an answer that is not ready yet, so that the request's thread is free again."""
