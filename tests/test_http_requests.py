"""HTTP requests: what comes back for every odd one there is, wherever TCP cuts it.

`http_answered_wrongly.json` holds what earlier versions answered wrongly, `http_requests.json` the
whole table; the right answers are those of RFC 9110 and 9112.
"""

import json
import random
import re
import socket
import time
from contextlib import suppress
from pathlib import Path

import pytest

from mock_server import MockServer

HERE = Path(__file__).parent
ONCE_WRONG = json.loads((HERE / "http_answered_wrongly.json").read_text(encoding="utf-8"))["cases"]
CASES = json.loads((HERE / "http_requests.json").read_text(encoding="utf-8"))["cases"]
STATUS = re.compile(rb"HTTP/1\.1 (\d\d\d) ")
SMALL = 2000
SECONDS = 20


@pytest.fixture(scope="module")
def server():
    with MockServer(tokens={"default": "t0k3n-t0k3n-t0k3n"}) as started:
        started.client.get(f"{started.url}/_sandbox/entries")  # Flask is loaded
        yield started


def as_bytes(part):
    if isinstance(part, dict):
        return part["repeat"].encode("latin-1") * part["times"]
    return part.encode("latin-1")


def pieces_of(case):
    """Yield bytes to send and seconds to wait; what no pause divides is one piece."""
    together = b""
    for part in case["send"]:
        if isinstance(part, int | float):
            yield together
            yield part
            together = b""
        else:
            together += as_bytes(part)
    yield together


class Talk:
    """One connection: what was sent, and all that came back."""

    def __init__(self, server):
        self.connection = socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.got = b""

    def send(self, data):
        with suppress(ConnectionError):  # the server may have ended before it took all
            self.connection.sendall(data)

    def pause(self, seconds):
        self.connection.settimeout(seconds)
        try:
            while data := self.connection.recv(65536):
                self.got += data
        except TimeoutError:
            pass
        self.connection.settimeout(SECONDS)

    def read(self, is_enough):
        """Read until that is so; False where the connection ends before."""
        while not is_enough():
            try:
                data = self.connection.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                return False
            self.got += data
        return True

    def statuses(self):
        return [status.decode() for status in STATUS.findall(self.got)]

    def is_whole(self, right):
        """Tell whether so many answers came with their bodies."""
        left, count = self.got, 0
        while (end := left.find(b"\r\n\r\n") + 4) > 3:
            length = re.search(rb"\r\nContent-Length: (\d+)", left[:end])
            size = int(length[1]) if length and not self.is_head else 0
            if len(left) < end + size:
                return False
            left, count = left[end + size :], count + 1
        return count >= right

    def all_of(self, case, pieces):
        """Send everything and return the statuses, and whether the server ended the connection."""
        self.is_head = case.get("head", False)
        number = 1 if case.get("one_of") else len(case["right"])
        with self.connection:
            for piece in pieces:
                self.send(piece) if isinstance(piece, bytes) else self.pause(piece)
            if case.get("half_close"):
                self.connection.shutdown(socket.SHUT_WR)
            if number:
                self.read(lambda: self.is_whole(number))
            if case.get("closed"):
                return self.statuses(), not self.read(lambda: False)
            try:
                self.connection.shutdown(socket.SHUT_WR)
            except OSError:
                return self.statuses(), True
            self.read(lambda: False)
            return self.statuses(), None


def check(server, case, pieces):
    talk = Talk(server)
    came, is_closed = talk.all_of(case, pieces)

    if case.get("one_of"):
        assert len(came) == 1
        assert came[0] in case["right"]
    else:
        assert came == case["right"], talk.got[-500:]
    assert is_closed in {None, case.get("closed", False), True}
    assert case.get("says", "") in talk.got.decode("latin-1")


@pytest.mark.parametrize("case", ONCE_WRONG, ids=lambda case: case["name"])
def test_what_was_answered_wrongly_is_answered_rightly(server, case):
    check(server, case, pieces_of(case))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_each_request_is_answered_as_the_rfcs_say(server, case):
    check(server, case, pieces_of(case))


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.get("cuts", True) and len(json.dumps(case["send"])) < SMALL],
    ids=lambda case: case["name"],
)
def test_it_does_not_matter_where_tcp_cuts(server, case):
    random_ = random.Random(case["name"])
    for _ in range(2):
        pieces = []
        for piece in pieces_of(case):
            if not isinstance(piece, bytes) or len(piece) < 2:
                pieces.append(piece)
                continue
            cuts = sorted(random_.sample(range(1, len(piece)), min(2, len(piece) - 1)))
            for start, stop in zip([0, *cuts], [*cuts, len(piece)], strict=True):
                pieces += [piece[start:stop], 0.002]
        check(server, case, pieces)


@pytest.mark.parametrize("name", ["length-plain", "chunked-extension", "upgrade-h2c", "expect"])
def test_single_bytes_are_a_request_too(server, name):
    (case,) = (case for case in CASES if case["name"] == name)
    pieces = [
        piece[at : at + 1] if isinstance(piece, bytes) else piece
        for piece in pieces_of(case)
        for at in range(len(piece) if isinstance(piece, bytes) else 1)
    ]

    check(server, case, pieces)


def test_the_server_is_whole_after_all_of_it(server):
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as connection:
        connection.sendall(b"GET /_sandbox/health HTTP/1.1\r\nHost: localhost\r\n\r\n")

        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert time.monotonic() - begun < SECONDS
