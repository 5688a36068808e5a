"""Answering: calls of Toplyne's API answered directly, all other requests by the application.

Flask is imported with the first request that is not a call of Toplyne's API.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from mock_server.bounds import COUNTED_BYTES, OFF_LOOP_BYTES
from mock_server.exchange import HttpAnswer, Received, Refusal, broken
from mock_server.later import HAND_OVER, IS_LEFT, HandOver, Later, Stream
from mock_server.mock import Mock
from mock_server.routes import HEALTH, PREFIX, ROUTES
from mock_server.segment import tracking_paths
from mock_server.store.database import StoreUnavailable
from mock_server.toplyne import answers

if TYPE_CHECKING:
    from flask import Flask

_GETS: Final = frozenset({"GET", "HEAD"})


class Answering:
    """Answers the requests to one mock, from any thread."""

    def __init__(self, mock: Mock, *, scheme: str = "http", in_process: bool = False) -> None:
        """Answer for a mock over http or https. In process, Host and Origin are not checked."""
        self._mock = mock
        self.scheme = scheme
        self._in_process = in_process
        self._app: Flask | None = None
        self._making = threading.Lock()

    def quick(self, received: Received) -> HttpAnswer | None:
        """Return the answer if it can be computed on the event loop without delaying others."""
        if not self.is_at_once(received) or "content-encoding" in received.headers.by_name:
            return None
        counted, size = 0, len(received.body)
        if OFF_LOOP_BYTES < size <= COUNTED_BYTES:
            counted = self._mock.api.count(received)
        return self.at_once(received, counted) if counted or size <= OFF_LOOP_BYTES else None

    def is_at_once(self, received: Received) -> bool:
        """Return whether a request is answered without Flask: an API call or the health check."""
        return received.path in ROUTES or (received.path == HEALTH and received.method in _GETS)

    def at_once(self, received: Received, counted: int = 0) -> HttpAnswer:
        """Return the answer to a request for which `is_at_once` is true. Never raises.

        It calls the functions that the Flask views call. `counted` is the result of the API's
        `count`, 0 if that was not called.
        """
        is_health = received.path == HEALTH
        guard = self._mock.guard
        if not self._in_process and (foreign := guard.refusal(received, any_host=is_health)):
            return self._refused(received, Refusal(403, (foreign,), foreign.message))
        if not is_health:
            return self._mock.answer(received, counted)
        try:
            from mock_server.control.health_resource import health_of  # noqa: PLC0415 - with the first such request

            return health_of(self._mock.rules)
        except Exception:  # noqa: BLE001 - such as a failed import when no file can be opened
            return answers.failed(received)

    def is_refused(self, received: Received) -> bool:
        """Return whether a request is refused because of its head, whatever its body is."""
        path = received.path
        is_call = path.startswith(f"{PREFIX}/") and not tracking_paths.is_tracking(path)
        return is_call and self._mock.api.is_refused(received)

    def refuse(self, received: Received, status: int, sentence: str) -> HttpAnswer:
        """Journal a request that cannot be read or served, and return its refusal. Never raises."""
        right = "HTTP/1.1 within the bounds of the server"
        unread = broken("request-readable", sentence, found="the request", expected=right)
        return self._refused(received, Refusal(status, (unread,), sentence))

    def _refused(self, received: Received, refusal: Refusal) -> HttpAnswer:
        from mock_server.refusal_forms import refused  # noqa: PLC0415 - rarely needed

        try:
            return refused(self._mock.api, received, refusal)
        except StoreUnavailable as error:
            return answers.unavailable(error)

    def by_app(
        self, received: Received, hand_over: HandOver, is_left: Callable[[], bool] = bool
    ) -> HttpAnswer:
        """Return the application's answer. An answer that must wait goes to `hand_over` instead.

        `is_left` returns whether the client has hung up, so that long work can stop.
        """
        from mock_server.wsgi import IN_PROCESS, answer_of, environ_of  # noqa: PLC0415 - Flask is slow to load

        ours = {IN_PROCESS: self._in_process, HAND_OVER: hand_over, IS_LEFT: is_left}
        environ = {**environ_of(received), **ours, "wsgi.url_scheme": self.scheme}
        return answer_of(self.app.wsgi_app, environ)

    @property
    def app(self) -> Flask:
        """The Flask application of the mock."""
        with self._making:
            if self._app is None:
                from mock_server.app import create_app  # noqa: PLC0415 - Flask is slow to load

                self._app = create_app(self._mock)
            return self._app

    def answer(self, received: Received) -> HttpAnswer:
        """Return the answer to any request, after waiting for it; of a stream, its first part."""
        if self.is_at_once(received):
            return self.at_once(received)
        handed: list[Later | Stream] = []
        answer = self.by_app(received, handed.append)
        if not handed:
            return answer
        later = handed[0]
        return later.wait() if isinstance(later, Later) else later.first
