"""Transport: the mock inside an httpx client answers as on a socket."""

import httpx
import pytest

from mock_server import MockServer
from mock_server.assertions import Assertions
from mock_server.masking import masked_headers
from mock_server.mock import Mock
from mock_server.testing.transport import MockTransport
from mock_server.toplyne.fault import Fault

TOKEN = "tok_transport_test"
KEY = {"Authorization": f"Bearer {TOKEN}"}
EVENT = {"userId": "u", "eventName": "E", "timestamp": 1}


@pytest.fixture
def mock():
    opened = Mock(tokens={"default": TOKEN})
    yield opened
    opened.close()


@pytest.fixture
def slept():
    return []


@pytest.fixture
def client(mock, slept):
    transport = MockTransport(mock, sleep=slept.append)
    with httpx.Client(transport=transport, base_url="http://localhost/v1", headers=KEY) as opened:
        yield opened


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/auth/me", None),
        ("HEAD", "/auth/me", None),
        ("OPTIONS", "/auth/me", None),
        ("POST", "/auth/me", None),
        ("GET", "/nope?x=1", None),
        ("POST", "/upload/events", {"events": [EVENT]}),
        ("POST", "/upload/events", {"events": [{}]}),
        ("POST", "/upload/events", [1]),
    ],
)
def test_it_answers_as_the_server_does(client, method, path, body):
    with MockServer(tokens={"default": TOKEN}) as server:
        over_a_socket = server.client.request(method, path, json=body)

    inside = client.request(method, path, json=body)

    assert inside.status_code == over_a_socket.status_code
    assert inside.headers.raw == over_a_socket.headers.raw
    assert inside.content == over_a_socket.content


def test_what_it_answers_is_in_the_mock(mock, client):
    answer = client.post("/upload/events", json={"events": [EVENT]})

    assert Assertions.of(mock).events == [EVENT]
    assert answer.headers["x-sandbox-entry"] == "1"


def test_a_body_that_is_streamed_is_read_whole(mock, client):
    chunks = (part for part in (b'{"events":[{"userId":"u",', b'"eventName":"E","timestamp":1}]}'))

    answer = client.post(
        "/upload/events", content=chunks, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 202
    assert Assertions.of(mock).events == [EVENT]


@pytest.mark.parametrize("wire", ["reset", "empty", "half", "garbage"])
def test_a_broken_answer_raises_what_it_raises_on_a_socket(mock, client, wire):
    mock.faults.add(Assertions.of(mock).number, Fault(wire=wire))
    with pytest.raises(httpx.TransportError) as inside:
        client.post("/upload/events", json={"events": [EVENT]})

    with MockServer(tokens={"default": TOKEN}) as server:
        server.mock.faults.add(server.tenant("default").number, Fault(wire=wire))
        with pytest.raises(httpx.TransportError) as over_a_socket:
            server.client.post("/upload/events", json={"events": [EVENT]})

    assert type(inside.value) is type(over_a_socket.value)
    assert inside.value.request.url == "http://localhost/v1/upload/events"
    assert len(Assertions.of(mock).events) == 1


def test_a_delay_passes_and_the_answer_comes(mock, client, slept):
    mock.faults.add(Assertions.of(mock).number, Fault(delay=2.5))

    assert client.get("/auth/me").status_code == 200
    assert slept == [2.5]


def test_a_delay_above_the_clients_patience_is_a_timeout(mock, client, slept):
    mock.faults.add(Assertions.of(mock).number, Fault(delay=60))

    with pytest.raises(httpx.ReadTimeout):
        client.get("/auth/me", timeout=3)
    assert slept == [3]


def test_in_process_any_host_is_answered(mock):
    with httpx.Client(transport=MockTransport(mock), headers=KEY) as client:
        assert client.get("https://api.toplyne.io/v1/auth/me").status_code == 200
        assert client.get("https://api.toplyne.io/_sandbox/entries").status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        [("Authorization", "Bearer a-second-token"), ("X-A", "1")],
        [("authorization", "Bearer a-third-token"), ("X-Api-Key", "0123456789")],
        [("Authorization", "Bearer a-third-token"), ("Authorization", "Bearer another-token")],
        [("Authorization", "Basic dTpwYXNzd29yZA==")],
        [("Authorization", "Bearer short")],
        [("X-Authorization", "Bearer of-another-name")],
        [(name, b"Bearer the-same-object") for name in (b"Authorization", b"X-Copy")],
        [],
    ],
)
def test_headers_that_differ_in_the_token_alone_are_told_as_if_they_were_the_first(mock, sent):
    transport = MockTransport(mock)
    for token in ("a-first-token", "another-token"):
        for headers in ([("Authorization", f"Bearer {token}")], sent):
            request = httpx.Request("GET", "http://a/v1/auth/me", headers=headers)
            transport.handle_request(request)
            entry = mock.journal.outlines(0, limit=1)[0]
            pairs = [(n.decode().lower(), v.decode()) for n, v in request.headers.raw]

            assert entry.headers == masked_headers(pairs)
            authorizations = tuple(value for name, value in pairs if name == "authorization")
            assert entry.token == (mock.tokens.check(authorizations, 0).ending or None)
