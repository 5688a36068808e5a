"""Delivery: a request sent as Segment sends it, and its answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from sandbox.segment.json_text import json_or
from sandbox.values import Json

if TYPE_CHECKING:
    import httpx

    from sandbox.segment.definition import Headers
    from sandbox.segment.mapping import SegmentMapping
    from sandbox.segment.pipeline import Request

TIMEOUT_SECONDS = 10.0
USER_AGENT = "Segment (Actions)"
_ENTRY: Final = re.compile("[0-9]{1,18}")
_NODES_REASONS = {
    413: "Payload Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    418: "I'm a Teapot",
    509: "Bandwidth Limit Exceeded",
}
"""Node's standard reason phrases that differ from Python's; Node uses them if none is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A request with its answer.

    `status` is None if there was no answer; `code` is then `ETIMEDOUT`, `ECONNREFUSED` or
    `ECONNRESET`, otherwise the status as a string. `error` is the message of Segment's runtime,
    empty for a 2xx answer. `mapping` is the mapping that made the request, if any.
    """

    request: Request
    url: str
    status: int | None
    code: str
    error: str
    headers: Headers = ()
    text: str = ""
    mapping: SegmentMapping | None = None

    @property
    def ok(self) -> bool:
        """Whether the answer was 200 to 299."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def entry(self) -> int | None:
        """The number of the mock's journal entry, None if the answer has no such header."""
        named = [value for name, value in self.headers if name.lower() == "x-sandbox-entry"]
        return int(named[0]) if named and _ENTRY.fullmatch(named[0]) else None

    @property
    def json(self) -> Json:
        """The answer's body: its value if it is JSON, else its text."""
        return json_or(self.text, self.text)


def deliver(
    request: Request,
    *,
    api_key: str,
    base_url: str,
    client: httpx.Client | None = None,
    mapping: SegmentMapping | None = None,
) -> Delivery:
    """Send the request to `base_url` (ends in /v1) once, with exactly Segment's headers.

    An open httpx client can be given to reuse its connections; otherwise one is opened for this
    call. Errors of the network or the server are never raised: they are in the Delivery.
    """
    import httpx  # noqa: PLC0415 - only a delivery needs it, and it is slow to import

    from sandbox.delivery_client import may_reach_also, open_client, sent  # noqa: PLC0415 - as above

    url = f"{base_url.rstrip('/')}{request.path}"
    made = partial(Delivery, request=request, url=url, mapping=mapping)
    # a key may contain U+0080 to U+00FF, which Node writes as one byte each
    headers = [(k.encode(), v.encode("latin-1")) for k, v in sent_headers(request, api_key)]
    try:
        message = httpx.Request(request.method, url, headers=headers, content=request.content)
        if client is not None:
            answer = sent(client, message)
        else:
            with open_client(may_reach=may_reach_also(base_url)) as own:
                answer = sent(own, message)
    except httpx.TimeoutException:
        late = f"Request timed out after {TIMEOUT_SECONDS * 1000:.0f}ms"
        return made(status=None, code="ETIMEDOUT", error=late)
    except (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict) as error:
        code = "ECONNREFUSED" if "refused" in str(error) else "ECONNRESET"
        return made(status=None, code=code, error=f"request to {url} failed, reason: {error}")
    status = answer.status_code
    usual = _NODES_REASONS.get(status) or httpx.codes.get_reason_phrase(status) or str(status)
    return made(
        status=status,
        code=str(status),
        error="" if answer.is_success else answer.reason_phrase or usual,
        headers=tuple(answer.headers.multi_items()),
        text=answer.text,
    )


def sent_headers(request: Request, api_key: str) -> list[tuple[str, str]]:
    """Return Segment's headers in wire order, with Content-Length in its place."""
    # white space at its end is not part of a header's value, and the client refuses to write it
    headers = [("authorization", f"Bearer {api_key}".rstrip(" \t")), ("user-agent", USER_AGENT)]
    headers += [("content-type", "application/json")] if request.content else []
    headers += [("Accept", "*/*")]
    headers += [("Content-Length", str(len(request.content)))] if request.content else []
    return [*headers, ("Accept-Encoding", "gzip,deflate")]


def wire_headers(request: Request, api_key: str) -> list[tuple[str, str]]:
    """Return the headers without those that the client adds itself: host and length."""
    return [pair for pair in sent_headers(request, api_key) if pair[0] != "Content-Length"]
