"""Head: the request line and the header fields of a request, read once they are complete.

httptools parses them; this module applies the rules of RFC 9110 and 9112 beyond syntax.
"""

import re
from contextlib import suppress
from typing import Final, NamedTuple

import httptools

from mock_server.bounds import Bounds
from mock_server.exchange import AUTHORIZATION, Fields, Received, received
from mock_server.server.listening import TLS_RECORD

_LINE: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP/([0-9])\.([0-9])\r\n")
_ABSOLUTE: Final = re.compile(r"https?://([^/?#]+)([/?].*)?", re.IGNORECASE)
_HOST: Final = re.compile(r"(?:[A-Za-z0-9._~%!$&'()*+,;=-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")
_SHOWN: Final = 100
_END: Final = b"\r\n\r\n"
_new: Final = tuple.__new__
_MOST_HEADS: Final = 1000
_LONGEST_HEAD: Final = 4096
_TOKEN: Final = re.compile(rb"\r\n(?i:authorization): Bearer ([!#-+.-\[\]-~-]{8,})(?=\r\n)")


class Head(NamedTuple):
    """A request without its body. `length` is the body's, None if it is chunked."""

    request: Received
    length: int | None
    expects: bool


class RequestError(Exception):
    """The bytes are not a request, or not one that is served. `status` is the answer's."""

    def __init__(self, status: int, sentence: str, request: Received) -> None:
        """Keep the status, the sentence, and the part of the request that could be read."""
        super().__init__(sentence)
        self.status = status
        self.request = request


def read_head(data: bytes, bounds: Bounds) -> Head:
    """Parse `data`, a head with the empty line at its end. Raises RequestError."""
    line = _LINE.match(data)
    if line is None:
        raise RequestError(400, _not_a_request(data), seen(data))
    method, target = line[1].decode(), line[2].decode("latin-1")
    request = received(method, target, keep_alive=False)
    if (method, target) == ("PRI", "*"):
        sentence = "This server speaks HTTP/1.1, not HTTP/2. Turn off HTTP/2 in the client."
        raise RequestError(505, sentence, request)
    if line[3] != b"1":
        version = f"HTTP/{line[3].decode()}.{line[4].decode()}"
        raise RequestError(505, f"This server speaks HTTP/1.1, not {version}.", request)
    if method == "CONNECT":
        sentence = "This server is not a proxy. Set the base URL, or use `toplyne-sandbox run`."
        raise RequestError(400, sentence, request)
    if len(target) > bounds.target_bytes:
        raise too_long_target(bounds, request)
    if data.count(b"\n") > bounds.head_fields + 2:
        sentence = f"The request has more than {bounds.head_fields} header fields (head_fields)."
        raise RequestError(431, sentence, request)

    fields = _fields(data, line, request)
    is_old = line[4] == b"0"
    target, authority = _path_of(target, request)
    _check_host(fields.by_name.get("host", ()), request, is_old=is_old)
    if authority is not None:  # RFC 9112 3.2.2: it overrides Host
        others = [pair for pair in fields if pair[0] != "host"]
        fields = Fields([*others, ("host", authority)])

    length = _length(fields, request, is_old=is_old)
    is_closed = is_old or "close" in _tokens(fields, "connection")
    expects = not is_old and length != 0 and _tokens(fields, "expect") == ["100-continue"]
    request = received(method, target, fields, keep_alive=not is_closed)
    return Head(request._replace(is_http_1_0=is_old), length, expects)


class _Collector:
    """Collects the header fields that httptools parses."""

    def __init__(self) -> None:
        self.fields: list[tuple[str, str]] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name.decode("latin-1").lower(), value.rstrip(b" \t").decode("latin-1")))


def read_fields(data: bytes) -> Fields:
    """Return the header fields of what httptools takes for a request; raises HttpParserError."""
    taken = _Collector()
    with suppress(httptools.HttpParserUpgrade):  # the offered protocol is ignored
        httptools.HttpRequestParser(taken).feed_data(data)
    return Fields(taken.fields)


def _fields(data: bytes, line: re.Match[bytes], request: Received) -> Fields:
    """Return the header fields. httptools gets another method: it would refuse some."""
    try:
        return read_fields(b"POST %b HTTP/1.1\r\n" % line[2] + data[line.end() :])
    except httptools.HttpParserError as error:
        raise RequestError(400, f"The request cannot be read: {error}.", request) from None


def _not_a_request(data: bytes) -> str:
    if data.startswith(TLS_RECORD):
        return "This server speaks http. Use http:// in the URL, or `serve --tls` and https://."
    try:
        read_fields(data)
    except httptools.HttpParserError as error:
        return f"This is not an HTTP/1.1 request: {error}."
    line = data.split(b"\n", 1)[0].rstrip(b"\r")[:_SHOWN].decode("latin-1")
    return f"This is not an HTTP/1.1 request like 'GET /path HTTP/1.1': it begins with {line!r}."


def seen(data: bytes | bytearray) -> Received:
    """Return the part of a request that its first bytes show."""
    words = bytes(data[:_SHOWN]).split(b"\n", 1)[0].decode("latin-1").split(" ")
    is_like_one = len(words) > 1 and words[0].isascii() and words[0].isalpha()
    method, target = words[:2] if is_like_one else ("?", "")
    return received(method, target.rstrip("\r"), keep_alive=False)


def too_long_target(bounds: Bounds, request: Received) -> RequestError:
    """Return the refusal of a target that is longer than its bound."""
    sentence = f"The target of the request is longer than {bounds.target_bytes} bytes"
    return RequestError(414, f"{sentence} (target_bytes).", request)


def too_long_head(bounds: Bounds, data: bytes | bytearray) -> RequestError:
    """Return the refusal of a head that is longer than its bound and begins with `data`."""
    if data.find(b"\n", 0, bounds.target_bytes) < 0:
        return too_long_target(bounds, seen(data))
    sentence = f"The head of the request is longer than {bounds.head_bytes} bytes (head_bytes)."
    return RequestError(431, sentence, seen(data))


def _path_of(target: str, request: Received) -> tuple[str, str | None]:
    """Return the path and query of a target, and its authority if it has one."""
    if target.startswith("/") or (target == "*" and request.method == "OPTIONS"):
        return target, None
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None or not _HOST.fullmatch(absolute[1]):
        sentence = f"The target {target[:_SHOWN]!r} is neither a path nor a URL with a host."
        raise RequestError(400, sentence, request)
    rest = absolute[2] or "/"
    return (rest if rest.startswith("/") else f"/{rest}"), absolute[1]


def _check_host(hosts: tuple[str, ...], request: Received, *, is_old: bool) -> None:
    """Refuse requests that must be answered 400 by RFC 9112, 3.2."""
    if not hosts and is_old:
        return
    if len(hosts) != 1:
        found = len(hosts) or "none"
        raise RequestError(400, f"HTTP/1.1 requires one Host; this request has {found}.", request)
    if not _HOST.fullmatch(hosts[0]):
        raise RequestError(400, f"The Host {hosts[0][:_SHOWN]!r} is not a host and port.", request)


def _length(fields: Fields, request: Received, *, is_old: bool) -> int | None:
    codings = _tokens(fields, "transfer-encoding")
    if not codings:
        return int(fields.by_name.get("content-length", "0")[0])
    if is_old:
        raise RequestError(400, "HTTP/1.0 has no Transfer-Encoding. Use Content-Length.", request)
    if codings.count("chunked") > 1:
        raise RequestError(400, "Transfer-Encoding names chunked twice.", request)
    if codings != ["chunked"]:
        sentence = f"Transfer-Encoding {codings[0][:_SHOWN]!r} is not supported. Use chunked."
        raise RequestError(501, sentence, request)
    return None


def _tokens(fields: Fields, wanted: str) -> list[str]:
    """Return the members of a list header, over all fields with that name, in lower case."""
    values = ",".join(fields.by_name.get(wanted, ()))
    return [token for part in values.split(",") if (token := part.strip().lower())]


class Heads:
    """A cache of parsed heads: a client's next request mostly starts with the same bytes.

    It also finds a head that differs from a cached one only in its bearer token.
    """

    def __init__(self, bounds: Bounds) -> None:
        """Start with an empty cache."""
        self._bounds = bounds
        self._known: dict[bytes, Head] = {}
        self._with_a_token: dict[bytes, Head] = {}

    def whole(self, data: bytes) -> Received | None:
        """Return the request, if `data` is exactly one request and its head is cached."""
        end = data.find(_END) + len(_END)
        known = self._known.get(data[:end])
        if known is None or len(data) - end != known[1] or known[2]:
            return None
        method, path, headers, _, *others = known[0]
        # the same as Received(), but faster
        return _new(Received, (method, path, headers, data[end:], *others))

    def read(self, data: bytes) -> Head:
        """Parse a head, or take it from the cache. Raises RequestError."""
        known = self._known.get(data)
        if known is not None:
            return known
        if len(data) > _LONGEST_HEAD:
            return read_head(data, self._bounds)
        found = _TOKEN.search(data)
        head = read_head(data, self._bounds) if found is None else self._with_token(data, found)
        if len(self._known) >= _MOST_HEADS:
            self._known.clear()
        self._known[data] = head
        return head

    def _with_token(self, data: bytes, found: re.Match[bytes]) -> Head:
        """Return the head, from a cached one with another bearer token if there is one."""
        rest, token = data[: found.start(1)] + data[found.end() :], found[1].decode()
        known = self._with_a_token.get(rest)
        if known is not None:
            request = known.request._replace(headers=known.request.headers.with_token(token))
            return Head(request, known.length, known.expects)
        head = read_head(data, self._bounds)
        if head.request.header_values(AUTHORIZATION) == (f"Bearer {token}",):
            if len(self._with_a_token) >= _MOST_HEADS:
                self._with_a_token.clear()
            self._with_a_token[rest] = head
        return head
