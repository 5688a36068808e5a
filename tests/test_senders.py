"""Senders: exactly Segment's headers on either way, and the accidents of each."""

import json
import socket
import threading
from contextlib import ExitStack

import pytest

from mock_server.assertions import Assertions
from mock_server.exchange import HttpAnswer, Received
from mock_server.mock import Mock
from mock_server.segment.senders import send_inside, sender_for
from sandbox.delivery_client import open_client
from sandbox.segment.pipeline import Request
from sandbox.workspace import ConnectedDestination

TOKEN = "tok_senders_test"
CONTENT = b'{"events":[{"userId":"u","eventName":"E","timestamp":1}]}'
REQUEST = Request(method="POST", path="/upload/events", content=CONTENT)
HEADERS = [
    ("authorization", f"Bearer {TOKEN}"),
    ("user-agent", "Segment (Actions)"),
    ("content-type", "application/json"),
    ("accept", "*/*"),
    ("content-length", str(len(CONTENT))),
    ("accept-encoding", "gzip,deflate"),
]


class RawServer:
    """Answers each connection with the given bytes, and keeps what came."""

    def __init__(self, *answers):
        self.came, self._answers = [], answers
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        for answer in self._answers:
            connection, _ = self._listener.accept()
            came = b""
            while not came.endswith(CONTENT):
                came += connection.recv(65536)
            self.came.append(came)
            connection.sendall(answer)
            connection.close()
        self._listener.close()


def sender_to(server, stack):
    known = {"name": "There", "source": "a source", "api_key": TOKEN, "base_url": server.url}
    return sender_for(ConnectedDestination(**known), None, stack)


def test_over_a_network_exactly_segments_headers_leave():
    server = RawServer(
        b"HTTP/1.1 202 Accepted\r\nX-Sandbox-Entry: 9\r\nContent-Length: 2\r\n\r\n{}"
    )

    with ExitStack() as stack:
        delivery = sender_to(server, stack)(REQUEST)

    head, _, body = server.came[0].partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = [(name.lower(), value) for name, value in (line.split(": ", 1) for line in lines)]
    assert first == "POST /v1/upload/events HTTP/1.1"
    assert sorted(h for h in headers if h[0] != "host") == sorted(HEADERS)
    own = [name for name, _ in headers if name not in {"host", "content-length"}]
    assert own == ["authorization", "user-agent", "content-type", "accept", "accept-encoding"]
    assert body == CONTENT
    assert (delivery.status, delivery.code, delivery.entry, delivery.text) == (202, "202", 9, "{}")


def test_inside_exactly_segments_headers_reach_the_mock():
    came = []

    def answer(received: Received) -> HttpAnswer:
        came.append(received)
        return HttpAnswer(202, (), b"{}", 9)

    delivery = send_inside(answer, TOKEN, REQUEST)

    (received,) = came
    assert list(received.headers) == [*HEADERS, ("host", "localhost")]
    assert (received.method, received.path, received.body) == ("POST", "/v1/upload/events", CONTENT)
    assert (delivery.status, delivery.code, delivery.entry, delivery.text) == (202, "202", 9, "{}")
    assert delivery.url == "http://localhost/v1/upload/events"


def test_a_client_over_a_network_is_opened_once_and_closed(monkeypatch):
    opened = []

    def opening(**options):
        opened.append(open_client(**options))
        return opened[-1]

    monkeypatch.setattr("sandbox.delivery_client.open_client", opening)

    accepted = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
    server = RawServer(accepted, accepted)
    with ExitStack() as stack:
        sender = sender_to(server, stack)
        assert opened == []

        sender(REQUEST)
        sender(REQUEST)

    assert len(opened) == 1
    assert opened[0].is_closed


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"", "ECONNRESET"),
        (b"\x16\x03\x01garbage\r\n\r\n", "ECONNRESET"),
        (b"HTTP/1.1 202 Accepted\r\nContent-Length: 9\r\n\r\nhalf", "ECONNRESET"),
        (b"HTTP/1.1 202 Accepted\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nxyz",
         "ECONNRESET"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n", "ECONNRESET"),
        (b"HTTP/1.1 503 Later\r\nContent-Length: 1\r\n\r\n\xff", "503"),
        (b"HTTP/1.1 299 Odd\r\nContent-Type: text/html; charset=nope\r\nContent-Length: 1\r\n\r\n?",
         "299"),
    ],
    ids=["nothing", "garbage", "half", "no gzip", "to nowhere", "no text", "no charset"],
)  # fmt: skip
def test_whatever_a_server_answers_becomes_a_delivery(answer, code):
    server = RawServer(answer)

    with ExitStack() as stack:
        delivery = sender_to(server, stack)(REQUEST)

    assert delivery.code == code
    assert (delivery.status is None) == (code == "ECONNRESET")


@pytest.mark.parametrize(
    ("given", "code", "error", "slept"),
    [
        (HttpAnswer(202), "202", "", []),
        (HttpAnswer(202, delay=2.5), "202", "", [2.5]),
        (HttpAnswer(202, delay=60), "ETIMEDOUT", "Request timed out after 10000ms", [10.0]),
        (HttpAnswer(202, body=b"x" * 20, delay=0.5, pace=10), "202", "", [2.5]),
        (
            HttpAnswer(202, body=b"x" * 20, pace=1),
            "ETIMEDOUT",
            "Request timed out after 10000ms",
            [10.0],
        ),
        (HttpAnswer(503), "503", "Service Unavailable", []),
        (HttpAnswer(599), "599", "599", []),
        (
            HttpAnswer(202, wire="reset"),
            "ECONNRESET",
            "request to http://localhost/v1/upload/events failed, reason: the connection was reset",
            [],
        ),
    ],
    ids=["whole", "late", "too late", "slow", "too slow", "503", "599", "reset"],
)
def test_the_accidents_of_an_answer_inside(monkeypatch, given, code, error, slept):
    waits = []
    monkeypatch.setattr("mock_server.segment.senders.time.sleep", waits.append)

    delivery = send_inside(lambda _: given, TOKEN, REQUEST)

    assert (delivery.code, delivery.error, waits) == (code, error, slept)


def test_the_mock_inside_stores_and_refuses_as_over_a_socket():
    mock = Mock(tokens={"default": TOKEN})

    good, bad = (send_inside(mock.answer, key, REQUEST) for key in (TOKEN, "another"))

    assert (good.status, good.entry) == (202, 1)
    assert Assertions.of(mock).events == [{"userId": "u", "eventName": "E", "timestamp": 1}]
    assert (bad.status, bad.entry, bad.error) == (403, 2, "Forbidden")
    assert json.loads(bad.text)["status"] == "ERROR"
    mock.close()
