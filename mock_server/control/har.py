"""HAR: one exchange as an entry of an HTTP archive, the format of browsers and proxies."""

import json
from collections.abc import Iterable
from typing import Any, Final

from mock_server.exchange import HttpAnswer, Received, target_of
from mock_server.store.journal_entry import body_json, iso_time
from mock_server.toplyne.answers import phrase_of

_CUT: Final = {"status": 0, "statusText": "", "headers": [], "content": {"size": 0}, "bodySize": -1}
_ALWAYS: Final = {"httpVersion": "HTTP/1.1", "cookies": [], "headersSize": -1}
"""Members of every request and response. HAR's value for an unknown size is -1."""


def har_entry(  # noqa: PLR0913 - the parts of an exchange, each by name
    call: Received,
    content: bytes | None,
    answer: HttpAnswer | None,
    *,
    at: float,
    root: str,
    seconds: float = 0,
) -> dict[str, Any]:
    """Return the entry of a call to `root`. It is written unchanged, so pass it without secrets.

    `content` is the body without its content encoding; with None only the body's size is written.
    The status is 0 if the answer is incomplete or unknown.
    """
    milliseconds = round(seconds * 1000, 3)
    request = {
        "method": call.method,
        "url": root + target_of(call.path, call.query),
        **_ALWAYS,
        "headers": _named(call.headers),
        "queryString": [],
        "bodySize": len(call.body),
        "postData": {"mimeType": _mime(call.headers), **_text(content)},
    }
    return {
        "startedDateTime": iso_time(at),
        "time": milliseconds,
        "request": request,
        "response": {**_response(answer, call.method), **_ALWAYS, "redirectURL": ""},
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
    }


def _response(answer: HttpAnswer | None, method: str) -> dict[str, Any]:
    if answer is None or answer.wire != "whole":
        return _CUT
    body = b"" if method == "HEAD" else answer.body
    size = len(body)
    return {
        "status": answer.status,
        "statusText": phrase_of(answer.status),
        "headers": _named(answer.sent_headers),
        "content": {"size": size, "mimeType": _mime(answer.headers), **_text(body)},
        "bodySize": size,
    }


def har_file(entries: Iterable[dict[str, Any]]) -> str:
    """Return the text of an archive of entries."""
    creator = {"name": "toplyne-sandbox", "version": "1"}
    log = {"version": "1.2", "creator": creator, "entries": [*entries]}
    return json.dumps({"log": log}, separators=(",", ":"))


def _named(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _mime(headers: Iterable[tuple[str, str]]) -> str:
    return next((value for name, value in headers if name.lower() == "content-type"), "")


def _text(body: bytes | None) -> dict[str, str]:
    if body is None:
        return {}
    told = body_json(body)
    if "base64" in told:
        return {"text": told["base64"], "encoding": "base64"}
    return {"text": told["text"]}
