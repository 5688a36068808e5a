"""Delivery: Segment's headers on the wire, and what is said when no answer comes."""

import gzip
import socket
import threading
import time
import zlib

import httpx
import pytest

from mock_server import MockServer
from sandbox import Destination, InvalidMapping, Request, deliver, delivery_client

REQUEST = Request(method="POST", path="/upload/events", content=b'{"events":[]}')


class OneAnswer:
    """A socket that takes one request and answers with fixed bytes."""

    def __init__(self, answer):
        self.answer = answer
        self.received = b""
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/v1"
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        connection, _ = self.socket.accept()
        with connection:
            while b'{"events":[]}' not in self.received:
                self.received += connection.recv(65536)
            connection.sendall(self.answer)

    def close(self):
        self.thread.join(5)
        self.socket.close()


@pytest.fixture
def answering():
    servers = []

    def start(answer):
        servers.append(OneAnswer(answer))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def test_a_delivery_carries_exactly_segments_headers(answering):
    server = answering(b"HTTP/1.1 202 \r\nContent-Length: 2\r\n\r\n{}")

    deliver(REQUEST, api_key="k", base_url=server.url)

    head, _, body = server.received.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /v1/upload/events HTTP/1.1"
    assert [line for line in lines[1:] if not line.startswith("Host:")] == [
        "authorization: Bearer k",
        "user-agent: Segment (Actions)",
        "content-type: application/json",
        "Accept: */*",
        "Content-Length: 13",
        "Accept-Encoding: gzip,deflate",
    ]
    assert body == b'{"events":[]}'


def test_an_accepted_request_is_ok_and_names_the_journal_entry():
    with MockServer() as toplyne:
        content = b'{"events":[{"userId":"u","eventName":"E","timestamp":1}]}'
        request = Request(method="POST", path="/upload/events", content=content)

        delivery = deliver(request, api_key=toplyne.token, base_url=toplyne.api_url)

        assert (delivery.ok, delivery.status, delivery.code) == (True, 202, "202")
        assert delivery.json == {"status": "SUCCESS", "data": {"message": "Events uploaded."}}
        assert delivery.entry == toplyne.entries[0]["number"]


def test_an_answer_that_is_not_2xx_is_said_with_its_reason(answering):
    server = answering(b"HTTP/1.1 503 Out Of Order\r\nContent-Length: 0\r\n\r\n")

    delivery = deliver(REQUEST, api_key="k", base_url=server.url)

    assert (delivery.ok, delivery.code, delivery.error) == (False, "503", "Out Of Order")


@pytest.mark.parametrize(
    ("status", "reason"),
    [(403, "Forbidden"), (413, "Payload Too Large"), (599, "599")],
)
def test_an_answer_without_a_reason_is_said_with_the_status_own(answering, status, reason):
    server = answering(b"HTTP/1.1 %d \r\nContent-Length: 0\r\n\r\n" % status)

    delivery = deliver(REQUEST, api_key="k", base_url=server.url)

    assert delivery.error == reason


def test_a_key_beyond_ascii_is_sent_as_node_sends_it_one_byte_a_letter(answering):
    server = answering(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")

    delivery = deliver(REQUEST, api_key="clé", base_url=server.url)

    assert delivery.ok
    assert b"authorization: Bearer cl\xe9\r\n" in server.received


def test_nobody_listening_is_econnrefused():
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"

    delivery = deliver(REQUEST, api_key="k", base_url=url)

    assert (delivery.status, delivery.code) == (None, "ECONNREFUSED")
    assert delivery.error.startswith(f"request to {url}/upload/events failed, reason: ")


def test_a_connection_closed_without_an_answer_is_econnreset(answering):
    server = answering(b"")

    delivery = deliver(REQUEST, api_key="k", base_url=server.url)

    assert (delivery.status, delivery.code) == (None, "ECONNRESET")


def test_white_space_around_a_key_is_no_error(answering):
    server = answering(b"HTTP/1.1 202 \r\nContent-Length: 0\r\n\r\n")

    delivery = deliver(REQUEST, api_key=" k ", base_url=server.url)

    assert delivery.ok
    assert b"authorization: Bearer  k\r\n" in server.received


# --- what a destination may do to whoever delivers to it ---


def server_of(*pieces, pause=0.0):
    """Start a server that answers any request with these bytes; return its URL."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with listener:
            connection, _ = listener.accept()
        with connection:
            came = b""
            while not came.endswith(REQUEST.content):  # what is left unread resets the connection
                came += connection.recv(65536)
            for piece in pieces:
                try:
                    connection.sendall(piece)
                except OSError:  # the client has had enough
                    return
                time.sleep(pause)

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def head(*lines):
    return "\r\n".join(("HTTP/1.1 200 OK", *lines, "", "")).encode()


def test_an_answer_is_read_up_to_its_bound_and_no_further():
    url = server_of(head("Content-Length: 70000"), b"x" * 70000)

    delivery = deliver(REQUEST, api_key="k", base_url=url)

    assert (delivery.status, delivery.code) == (None, "ECONNRESET")
    assert "the answer has more than 65,536 bytes, which is the limit" in delivery.error


def test_a_small_answer_that_inflates_without_end_is_not_inflated():
    bomb = gzip.compress(bytes(50_000_000))
    url = server_of(head(f"Content-Length: {len(bomb)}", "Content-Encoding: gzip"), bomb)

    delivery = deliver(REQUEST, api_key="k", base_url=url)

    assert "more than 65,536 bytes" in delivery.error


def test_a_gzipped_answer_is_read():
    body = gzip.compress(b'{"a": 1}')
    url = server_of(head(f"Content-Length: {len(body)}", "Content-Encoding: gzip"), body)

    assert deliver(REQUEST, api_key="k", base_url=url).json == {"a": 1}


def raw_deflate(content):
    deflating = zlib.compressobj(wbits=-15)
    return deflating.compress(content) + deflating.flush()


TWO = gzip.compress(b"ab") + gzip.compress(b"cd")


@pytest.mark.parametrize(
    ("coding", "body", "text"),
    [
        pytest.param("gzip", TWO, "abcd", id="two members"),
        pytest.param("gzip", TWO + bytes(9), "abcd", id="padded with zeros"),
        pytest.param("gzip", gzip.compress(b"ab") + bytes(9) + TWO, "ab", id="zeros end it"),
        pytest.param("x-gzip", TWO[:-8], "abcd", id="cut short"),
        pytest.param("deflate", zlib.compress(b"ab"), "ab", id="deflate"),
        pytest.param("deflate", raw_deflate(b"ab"), "ab", id="deflate without zlib's header"),
        pytest.param("gzip", b"", "", id="empty"),
    ],
)
def test_a_compressed_answer_is_read_as_node_fetch_reads_it(coding, body, text):
    url = server_of(head(f"Content-Length: {len(body)}", f"Content-Encoding: {coding}"), body)

    delivery = deliver(REQUEST, api_key="k", base_url=url)

    assert (delivery.status, delivery.text) == (200, text)


def test_members_that_are_large_together_are_not_all_inflated():
    body = gzip.compress(bytes(delivery_client.MAX_ANSWER)) + gzip.compress(b"x")
    url = server_of(head(f"Content-Length: {len(body)}", "Content-Encoding: gzip"), body)

    assert "more than 65,536 bytes" in deliver(REQUEST, api_key="k", base_url=url).error


def test_an_answer_with_other_bytes_after_its_gzip_is_not_read():
    body = TWO + b"more"
    url = server_of(head(f"Content-Length: {len(body)}", "Content-Encoding: gzip"), body)

    assert "is not valid gzip" in deliver(REQUEST, api_key="k", base_url=url).error


@pytest.mark.parametrize(
    ("size", "status"), [(delivery_client.MAX_ANSWER, 202), (delivery_client.MAX_ANSWER + 1, None)]
)
def test_an_answer_that_a_client_in_tests_gives_whole_is_taken_within_the_bound(size, status):
    stub = httpx.MockTransport(lambda _: httpx.Response(202, text="x" * size))

    with httpx.Client(transport=stub) as client:
        delivery = deliver(REQUEST, api_key="k", base_url="http://127.0.0.1:9/v1", client=client)

    assert delivery.status == status
    assert delivery.text == "x" * size if status else "65,536 bytes" in delivery.error


def test_an_answer_a_byte_at_a_time_ends_with_the_deliverys_time(monkeypatch):
    monkeypatch.setattr(delivery_client, "MAX_SECONDS", 0.6)
    slow = [bytes([byte]) for byte in head("Content-Length: 50")]
    started = time.monotonic()

    delivery = deliver(REQUEST, api_key="k", base_url=server_of(*slow, pause=0.1))

    assert delivery.code == "ETIMEDOUT"
    assert time.monotonic() - started < 5


def test_a_redirect_to_another_machine_is_not_followed():
    url = server_of(b"HTTP/1.1 307 X\r\nLocation: http://203.0.113.9/\r\nContent-Length: 0\r\n\r\n")

    delivery = deliver(REQUEST, api_key="k", base_url=url)

    assert delivery.status is None
    assert "203.0.113.9 is not this machine and not the configured host" in delivery.error


@pytest.mark.parametrize("status", [460, 520, 599])
def test_a_status_without_a_phrase_has_its_number_for_a_reason(status):
    url = server_of(f"HTTP/1.1 {status} \r\nContent-Length: 0\r\n\r\n".encode())

    assert deliver(REQUEST, api_key="k", base_url=url).error == str(status)


def test_a_redirect_to_what_is_no_url_has_a_reason():
    url = server_of(b"HTTP/1.1 302 X\r\nLocation: http://[/\r\nContent-Length: 0\r\n\r\n")

    assert deliver(REQUEST, api_key="k", base_url=url).error != ""


@pytest.mark.parametrize(
    "url", ["http://u:p@127.0.0.1/v1", "http://127.0.0.1/v1?a=b", "http://127.0.0.1/v1#x"]
)
def test_a_base_url_holds_no_password_query_or_fragment(url):
    with pytest.raises(InvalidMapping, match="without user name, password, query or fragment"):
        Destination(api_key="k", base_url=url)
