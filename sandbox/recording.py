"""Recording: calls of the real API with their answers, read from NDJSON or HAR.

A line of NDJSON is like `{"request": {"method": "POST", "path": "/v1/upload/events", "headers":
{…}, "json": {…}}, "response": {"status": 202, "headers": {…}, "json": {…}}}`; `url` may stand for
`path`, and `body`, a string, for `json`. Headers that are left out are unknown.
"""

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from sandbox.event_input import TOO_LONG, BadInput, texts_of, whole_of
from sandbox.inflating import MAX_WHOLE, InputError, Readable
from sandbox.segment.definition import Headers
from sandbox.segment.json_text import InvalidJson, json_text, parse_json
from sandbox.values import Json, shortened

MAX_DEPTH: Final = 720
"""The most levels of a recording: an upload's own 700 inside {"request": {"json": …}}."""
NO_HAR: Final = "is not a HAR file: log.entries is not an array"
_LIKE: Final = '{"request": {"method", "path", "json"}, "response": {"status", "json"}}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One recorded call and its answer; None means that the recording does not have it.

    `place` is its place in the recording. `host` is empty if only a path was recorded, and the
    scheme for a URL without a host. `target` is the path with its query, `status` is 0 if there was
    no answer.
    """

    place: str
    method: str
    host: str
    target: str
    headers: Headers | None
    body: bytes | None
    status: int
    answer_headers: Headers | None
    answer_body: bytes | None


def read_recording(content: bytes | Readable, *, name: str) -> Iterator[Exchange | BadInput]:
    """Yield every exchange of a recording, and a BadInput for anything else.

    Gzip and zstandard are recognised by their first bytes. NDJSON is read line by line, any other
    form whole, up to MAX_WHOLE bytes.
    """
    try:
        for line, text in texts_of(content, most=MAX_WHOLE):
            place = f"{name}, line {line}" if line else name
            try:
                yield from _read_line(text, place) if line else _read_whole(text or b"", name)
            except (InputError, InvalidJson) as error:
                yield BadInput(place, f"{error}.")
    except InputError as error:
        yield BadInput(name, f"{error}.")


def _read_line(line: bytes | None, place: str) -> Iterator[Exchange | BadInput]:
    if line is TOO_LONG:
        raise InputError(f"is a line of more than {MAX_WHOLE:,} bytes")
    yield read_exchange(parse_json(whole_of([line]), max_depth=MAX_DEPTH), place)


def _read_whole(content: bytes, name: str) -> Iterator[Exchange | BadInput]:
    if not content.strip():
        raise InputError("is empty. Expected NDJSON or HAR")
    match parse_json(content, max_depth=MAX_DEPTH):
        case {"log": {"entries": [*values]}}:
            place = "entry"
        case {"log": _}:
            raise InputError(NO_HAR)
        case whole:
            values, place = whole if isinstance(whole, list) else [whole], "exchange"
    for index, value in enumerate(values, 1):
        yield read_exchange(value, f"{name}, {place} {index}")


def read_exchange(value: Json, place: str) -> Exchange | BadInput:
    """Return a recorded call with its answer, or a BadInput that says why it is invalid."""
    why = ""
    match value:
        case {"request": dict() as request, "response": dict() as response}:
            try:
                return _read(request, response, place)
            except ValueError as error:
                why = f" ({error})"
    return BadInput(place, f"is not a recorded exchange{why}. Expected {_LIKE}.")


def _read(request: dict[str, Json], response: dict[str, Json], place: str) -> Exchange:
    url = urlsplit(_text(request, "url", "path"))
    method, status = _text(request, "method"), response.get("status")
    if isinstance(status, bool) or not isinstance(status, int):
        raise ValueError(f"response.status is {shortened(repr(status))}")  # noqa: TRY004 - one kind for all
    headers = _headers(request)
    body = _body(request, request.get("postData"))
    return Exchange(
        place=place,
        method=method.upper(),
        host=(url.hostname or url.scheme).lower(),
        target=f"{url.path}?{url.query}" if url.query else url.path,
        headers=headers,
        body=body or (None if _had_body(request, headers) else b""),
        status=status,
        answer_headers=_headers(response),
        answer_body=_body(response, response.get("content")),
    )


def _text(part: dict[str, Json], *names: str) -> str:
    for name in names:
        if isinstance(part.get(name), str):
            return str(part[name]).encode("utf-8", "backslashreplace").decode()
    raise ValueError(f"request.{' or '.join(names)} is not a string")


def _had_body(request: dict[str, Json], headers: Headers | None) -> bool:
    """Return whether a request was sent with a body that the recording does not have."""
    lengths = [value for name, value in headers or () if name == "content-length"]
    sizes = [request.get("bodySize"), *lengths]
    return any(str(size).lstrip("0").isdecimal() for size in sizes)


def _headers(part: dict[str, Json]) -> Headers | None:
    """Return the headers of an object, of pairs, or of HAR's objects with name and value."""
    given = part.get("headers")
    if given is None:
        return None
    if not isinstance(given, dict | list):
        raise ValueError(f"headers is {shortened(repr(given))}")  # noqa: TRY004 - as above
    return tuple(map(_header, given.items() if isinstance(given, dict) else given))


def _header(pair: object) -> tuple[str, str]:
    match pair:
        case {"name": name, "value": value} | [name, value]:
            return str(name).lower(), str(value)
    raise ValueError(f"{shortened(repr(pair))} is not a header")


def _body(part: dict[str, Json], har: Json) -> bytes | None:
    if "json" in part:
        return json_text(part["json"]).encode()
    text = part.get("body")
    encoding = None
    if isinstance(har, dict):
        text, encoding = har.get("text"), har.get("encoding")
    if text is None:
        return None
    if not isinstance(text, str):
        raise ValueError("a body is not a string")  # noqa: TRY004 - one kind for all
    if encoding != "base64":
        return text.encode("utf-8", "surrogatepass")
    try:
        return b64decode("".join(text.split()), validate=True)
    except ValueError:
        raise ValueError("a body is not base64") from None
