"""Requests adapter: connect a session of requests to the mock, without a socket."""

from __future__ import annotations

from io import BytesIO
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from mock_server.testing.transport import MockTransport

if TYPE_CHECKING:
    from mock_server.mock import Mock
    from mock_server.testing.isolated_tenant import Toplyne


class MockAdapter(HTTPAdapter):
    """An adapter of requests that calls a mock, for any host. The token is needed as usual.

    >>> session.mount("https://api.toplyne.io", MockAdapter(mock))
    """

    def __init__(self, mock: Mock, *, toplyne: Toplyne | None = None) -> None:
        """Call `mock`. `toplyne` is the tenant of the fixture's test."""
        super().__init__()
        self._transport = MockTransport(mock, toplyne=toplyne)

    @property
    def toplyne(self) -> Toplyne:
        """The test's tenant, with its token. Only the fixture's adapter has one."""
        return self._transport.toplyne

    def send(
        self,
        request: requests.PreparedRequest,
        *_: object,
        timeout: Any = None,
        **__: object,
    ) -> requests.Response:
        """Return the mock's answer. Raises the same errors as requests for a broken answer."""
        read = timeout[1] if isinstance(timeout, tuple) else timeout
        seconds = getattr(read, "read_timeout", read)
        fields: Any = dict(request.headers)
        body: Any = request.body if request.body is not None else b""
        asked = httpx.Request(
            request.method or "GET",
            request.url or "",
            headers=httpx.Headers(fields, encoding="latin-1"),
            content=body,
            extensions={"timeout": {"read": seconds}},
        )
        try:
            answer = self._transport.handle_request(asked)
            content = b"".join(answer.iter_raw())
        except httpx.ReadTimeout as error:
            raise requests.ReadTimeout(error, request=request) from None
        except httpx.TransportError as error:
            raise requests.ConnectionError(error, request=request) from None
        headers = HTTPHeaderDict(answer.headers.multi_items())
        for_cookies: Any = SimpleNamespace(msg=headers, isclosed=lambda: True)
        raw = HTTPResponse(
            body=BytesIO(content),
            headers=headers,
            status=answer.status_code,
            reason=answer.reason_phrase,
            preload_content=False,
            original_response=for_cookies,
            request_method=request.method,
        )
        return self.build_response(request, raw)
