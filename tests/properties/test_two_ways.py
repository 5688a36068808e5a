"""Two ways: our server and the Flask application under any other give the same answers."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server import MockServer, create_app
from mock_server.bounds import Bounds
from mock_server.exchange import received
from mock_server.server.head import RequestError, read_head
from mock_server.wsgi import answer_of, environ_of
from tests.wire import parsed, talk

TOKEN = "t0k3n-t0k3n-t0k3n"
CASES = json.loads(
    (Path(__file__).parent.parent / "http_requests.json").read_text(encoding="utf-8")
)["cases"]
PATHS = [
    *("/v1/auth/me", "/v1/upload/events", "/v1/upload/users/profiles", "/v1/upload/nope", "/v1"),
    *("/v1/", "//v1/auth/me", "/v1//auth/me", "/v1/track", "/v1/batch", "/v1/trak", "/v1/t/"),
    *("/v1/projects/x/settings", "/_sandbox/health", "/_sandbox/nope", "/_sandbox/entries"),
    *("/_sandbox/faults", "/_sandbox/state/events", "/", "/live", "/nope", "/favicon.ico"),
    *("/v1/auth%2Fme", "/v1/auth/m%65", "/v1/%C3%A9", "/v1/auth/me/", "/V1/auth/me", "/batch"),
]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW", "TRACE", "get"]
QUERIES = ["", "?", "?a=1", "?limit=1", "?limit=x", "?a=%C3%A9&b=+", "?token=1"]
GOOD = b'{"events":[{"userId":"u","eventName":"E","timestamp":1}]}'
BODIES = [
    b"",
    b"{}",
    b"[]",
    b"\xff",
    GOOD,
    b'{"events":[{"userId":"","eventName":1}]}',
    b'{"profiles":[{"userId":"u","creationTime":1}]}',
    b'{"batch":[{"type":"track","event":"E","userId":"u"}],"writeKey":"none"}',
    b'{"status":503}',
]
HEADERS = {
    "Authorization": [f"Bearer {TOKEN}", "Bearer other", "Basic x", ""],
    "Content-Type": ["application/json", "text/plain", "application/json; charset=utf-8", ""],
    "Content-Encoding": ["gzip", "identity", "br"],
    "Origin": ["http://localhost", "https://evil.example", "null"],
    "Host": ["localhost", "127.0.0.1:80", "evil.example"],
    "Accept": ["text/html", "*/*"],
    "X-Sandbox-Fault": ["503", "429; retry-after=2", "delay=0.01", "nonsense"],
    "Cookie": ["a=b"],
}


@pytest.fixture(scope="module")
def ours():
    with MockServer(tokens={"default": TOKEN}) as started:
        yield started


@pytest.fixture(scope="module")
def app():
    return create_app(tokens={"default": TOKEN})


def over_socket(ours, sent):
    status, headers, body = parsed(talk(ours, sent))
    return status, end_to_end(headers), body


def end_to_end(headers):
    """Return the header fields that are not about one connection, or the number of an entry."""
    dropped = {"connection", "content-length", "x-sandbox-entry"}
    return [(n.lower(), v) for n, v in headers if n.lower() not in dropped]


def by_wsgi(app, sent):
    """Ask the application as a server that is not ours does, with what PEP 3333 names."""
    came = read(sent)
    environ = environ_of(came)
    for name in [name for name in environ if name.startswith("toplyne_sandbox.")]:
        del environ[name]
    environ["REQUEST_METHOD"] = came.method
    environ["RAW_URI"] = sent.split(b" ")[1].decode("latin-1")
    answer = answer_of(app.wsgi_app, environ)
    body = b"" if came.method == "HEAD" else answer.body
    return answer.status, end_to_end(answer.headers), body


def written(method, target, headers, body):
    lines = [f"{method} {target} HTTP/1.1", "Connection: close", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def read(sent):
    """Return a request as our server reads it."""
    end = sent.index(b"\r\n\r\n") + 4
    return read_head(sent[:end], Bounds()).request._replace(body=sent[end:])


def same(text):
    """Return an answer without times, and without header fields, whose order WSGI can't express."""
    return re.sub(rb'"at":"[^"]*"|"headers":\[(\["[^"]*","[^"]*"\],?)*\]', b"", text)


def check(ours, app, sent):
    first = over_socket(ours, sent)
    second = by_wsgi(app, sent)

    assert (first[0], first[1], same(first[2])) == (second[0], second[1], same(second[2]))


def test_every_path_and_method_answers_the_same_both_ways(ours, app):
    key = {"Host": "localhost", "Authorization": f"Bearer {TOKEN}"}
    for path in PATHS:
        for method in METHODS:
            check(ours, app, written(method, path, key, b""))


requests = st.builds(
    written,
    st.sampled_from(METHODS),
    st.builds(str.__add__, st.sampled_from(PATHS), st.sampled_from(QUERIES)),
    st.fixed_dictionaries(
        {"Host": st.sampled_from(HEADERS["Host"])},
        optional={n: st.sampled_from(values) for n, values in HEADERS.items() if n != "Host"},
    ),
    st.sampled_from(BODIES),
)


@given(sent=requests)
def test_any_request_is_answered_the_same_both_ways(ours, app, sent):
    check(ours, app, sent)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (("Content-Type", "application/json", "application/json"), 415),
        (("Content-Type", "application/json", "text/plain"), 415),
        (("Content-Encoding", "identity", "identity"), 415),
        (("Content-Encoding", "gzip", "gzip"), 415),
        (("Origin", "http://localhost", "https://evil.example"), 403),
        (("Accept", "text/html", "text/plain"), 202),
    ],
)
def test_a_header_that_comes_twice_is_one_with_commas(ours, app, fields, status):
    name, first, second = fields
    key = {"Host": "localhost", "Authorization": f"Bearer {TOKEN}"}
    if name != "Content-Type":
        key["Content-Type"] = "application/json"
    sent = written("POST", "/v1/upload/events", {**key, name: first}, GOOD)
    sent = sent.replace(b"\r\n\r\n", f"\r\n{name}: {second}\r\n\r\n".encode(), 1)

    assert over_socket(ours, sent)[0] == status
    check(ours, app, sent)


def single_requests():
    """Yield the requests of the table that WSGI can express: whole ones, alone, with a length."""
    for case in CASES:
        text = case["send"][0]
        if len(case["send"]) != 1 or not isinstance(text, str):
            continue
        sent = text.encode("latin-1")
        try:
            end = sent.index(b"\r\n\r\n") + 4
            head = read_head(sent[:end], Bounds())
        except (RequestError, ValueError):
            continue
        if head.length is not None and len(sent) == end + head.length and head.request.path != "*":
            yield pytest.param(sent, id=case["name"])


@pytest.mark.parametrize("sent", [*single_requests()])
def test_the_requests_of_the_table_are_answered_the_same_both_ways(ours, app, sent):
    closed = sent.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)

    check(ours, app, closed)


def test_what_our_server_read_is_taken_as_it_is(app):
    came = received("GET", "/v1/auth/me", [("host", "localhost")])

    assert answer_of(app.wsgi_app, environ_of(came)).status == 401
