"""Live: what comes as it comes, in one answer at a time and as a stream."""

import json
import socket
import threading
import time

import httpx
import pytest

from mock_server import MockServer
from mock_server.bounds import LISTENERS
from mock_server.control.live_resource import MOST_ROWS
from mock_server.mock import Mock
from mock_server.testing.transport import MockTransport
from tests.wire import http

EVENT = {"eventName": "E", "userId": "u", "timestamp": 1}
UPLOAD = {"events": [EVENT]}
KEY = {"Authorization": "Bearer default-token"}


@pytest.fixture
def mock():
    made = Mock(tokens={"default": "default-token", "other": "other-token"})
    yield made
    made.close()


@pytest.fixture
def client(mock):
    with httpx.Client(transport=MockTransport(mock), base_url="http://localhost") as made:
        yield made


@pytest.fixture
def server():
    with MockServer() as started:
        yield started


def told(text):
    """Return the events of a stream's text: name, id and data of each."""
    events = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "id" in lines or "data" in lines:
            data = json.loads(lines["data"]) if "data" in lines else None
            events.append((lines.get("event"), lines.get("id"), data))
    return events


def ask(client, since=None, **headers):
    if since is not None:
        headers["Last-Event-ID"] = since
    answer = client.get("/_sandbox/live", headers=headers)
    assert answer.status_code == 200
    return told(answer.text)


def upload(client, **headers):
    return client.post("/v1/upload/events", json=UPLOAD, headers={**KEY, **headers})


def kinds(events):
    return [(row["kind"], row["number"]) for _, _, rows in events for row in rows or ()]


def test_messages_and_requests_are_told_in_their_order(client):
    client.post("/_sandbox/send", json={"event": {"type": "track", "event": "E", "userId": "u"}})

    ((name, _, rows),) = ask(client)

    assert name == "rows"
    by_kind = {row["kind"]: row for row in rows}
    assert (by_kind["request"]["status"], by_kind["request"]["about"]) == (202, "E · u")
    assert by_kind["message"]["outcome"] == "delivered"
    assert by_kind["message"]["parts"][0]["entries"] == [by_kind["request"]["number"]]


def test_rows_of_messages_and_requests_stand_by_their_time(client):
    track = {"type": "track", "event": "E", "userId": "u"}
    for call in (
        lambda: upload(client),
        lambda: client.post("/_sandbox/send", json={"event": track}),
        lambda: upload(client),
        lambda: client.post("/_sandbox/send", json={"event": {"type": "page"}}),
    ):
        call()
        time.sleep(0.002)  # rows tell milliseconds

    ((_, _, rows),) = ask(client)

    delivery = ("request", 2)  # may be of the same millisecond as its message
    told = [(row["kind"], row["number"]) for row in rows]
    assert [row for row in told if row != delivery] == [
        *(("request", 1), ("message", 1)),
        *(("request", 3), ("message", 2)),
    ]


def test_who_asks_again_hears_what_is_new_and_nothing_twice(client):
    upload(client)
    ((_, first, _),) = ask(client)
    upload(client)

    events = ask(client, first)

    assert kinds(events) == [("request", 2)]
    assert kinds(ask(client, events[-1][1])) == []


def test_a_message_that_changes_is_told_again(client):
    client.post("/_sandbox/faults", json={"status": 503})
    client.post("/_sandbox/send", json={"event": {"type": "track", "event": "E", "userId": "u"}})
    ((_, since, _),) = ask(client)
    client.post("/_sandbox/send", json={"event": {"type": "track"}})

    assert ("message", 2) in kinds(ask(client, since))


def test_a_reset_is_told_and_what_came_before_is_not(client):
    upload(client)
    ((_, since, _),) = ask(client)
    client.post("/_sandbox/reset")
    upload(client)

    names = [name for name, _, _ in ask(client, since)]

    assert names[0] == "reset"
    assert kinds(ask(client, since)) == [("request", 2)]


def test_the_reset_of_one_tenant_is_not_told_to_another(client):
    upload(client)
    other = {"Authorization": "Bearer other-token"}
    ((_, since, _),) = ask(client)
    ((_, others, _),) = ask(client, **other)
    client.post("/_sandbox/reset", headers=other)

    assert [name for name, _, _ in ask(client, since)] == [None]
    assert [name for name, _, _ in ask(client, others, **other)] == ["reset", None]


def test_an_id_of_another_server_means_from_the_start(client):
    upload(client)

    assert ask(client, "0000.0-99-99")[0][0] == "reset"
    assert kinds(ask(client, "no id at all")) == [("request", 1)]


def test_only_so_many_are_told_at_once_and_the_last_of_all_where_that_is_asked(client):
    for _ in range(MOST_ROWS + 3):
        upload(client)

    ((_, since, rows),) = ask(client)
    assert len(rows) == MOST_ROWS
    assert len(kinds(ask(client, since))) == 3
    last = told(client.get("/_sandbox/live?last=2").text)
    assert [number for _, number in kinds(last)] == [MOST_ROWS + 2, MOST_ROWS + 3]
    assert client.get("/_sandbox/live?last=20001").status_code == 400


def test_a_token_hears_of_its_own_tenant_alone(client):
    upload(client)

    assert ask(client, Authorization="Bearer other-token")[0][2] is None
    assert client.get("/_sandbox/live", headers={"Authorization": "Bearer x"}).status_code == 403


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}])
def test_a_foreign_host_or_origin_hears_nothing(server, headers):
    answer = http.get(f"{server.url}/_sandbox/live", headers=headers)

    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/json")


class Listener:
    """Reads the stream in a thread, until it ends."""

    def __init__(self, server, **headers):
        self.text, self.ended = "", threading.Event()
        self.started = threading.Event()
        self.thread = threading.Thread(target=self._read, args=(server, headers), daemon=True)
        self.thread.start()
        assert self.started.wait(10)

    def _read(self, server, headers):
        with httpx.stream(
            "GET", f"{server.url}/_sandbox/live", headers=headers, timeout=30
        ) as answer:
            for text in answer.iter_text():
                self.text += text
                self.started.set()
        self.ended.set()

    def wait_for(self, text):
        deadline = time.monotonic() + 10
        while text not in self.text:
            assert time.monotonic() < deadline, self.text
            time.sleep(0.01)


def test_the_stream_stays_open_and_ends_with_the_server():
    with MockServer() as server:
        listener = Listener(server)
        server.client.post("/upload/events", json=UPLOAD)
        listener.wait_for('"kind":"request"')
        assert not listener.ended.is_set()

    assert listener.ended.wait(5)


def test_the_stream_of_a_token_that_is_revoked_ends_with_the_next_news(server):
    made = http.post(f"{server.url}/_sandbox/tokens", json={"name": "new"}).json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    with httpx.stream("GET", f"{server.url}/_sandbox/live", headers=headers, timeout=5) as stream:
        chunks = stream.iter_text()
        next(chunks)
        assert http.delete(f"{server.url}/_sandbox/tokens/new").status_code == 200
        again = http.post(f"{server.url}/_sandbox/tokens", json={"name": "new"}).json()
        headers = {"Authorization": f"Bearer {again['token']}"}
        http.post(f"{server.api_url}/upload/events", json=UPLOAD, headers=headers)

        assert "".join(chunks) == ""
    again = http.get(f"{server.url}/_sandbox/entries", headers=headers).json()
    assert again["total"] == 1


def test_there_are_only_so_many_listeners_and_who_leaves_makes_room(server):
    address = ("127.0.0.1", server.port)
    request = b"GET /_sandbox/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    sockets = []
    for _ in range(LISTENERS):
        sockets.append(socket.create_connection(address))
        sockets[-1].sendall(request)
        assert sockets[-1].recv(15).startswith(b"HTTP/1.1 200")
    assert http.get(f"{server.url}/_sandbox/live").status_code == 503
    assert http.get(f"{server.url}/_sandbox/health").status_code == 200

    sockets.pop().close()

    deadline = time.monotonic() + 10
    while not _hears(address, request):
        assert time.monotonic() < deadline
    for each in sockets:
        each.close()


def _hears(address, request):
    with socket.create_connection(address) as made:
        made.sendall(request)
        return made.recv(15).startswith(b"HTTP/1.1 200")


def test_who_hangs_up_is_forgotten(server):
    with httpx.stream("GET", f"{server.url}/_sandbox/live") as answer:
        parts = answer.iter_raw()
        assert next(parts)
        assert server.mock.news.waiting == 1

    deadline = time.monotonic() + 10
    while server.mock.news.waiting:
        assert time.monotonic() < deadline
        time.sleep(0.01)
