"""Bounds: nothing that comes over a socket exhausts the server, and answers name their bound."""

import json
import os
import resource
import select
import socket
import statistics
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import fields
from functools import partial
from pathlib import Path

import httpx
import pytest

from mock_server import MockServer
from mock_server.bounds import Bounds, most_connections
from mock_server.exchange import Fields
from mock_server.masking import masked_query
from mock_server.segment.record import Record
from tests.wire import BODY, parsed, post, talk

TOKEN = "tok_wire_test"
QUICK = Bounds(head_seconds=0.2, body_seconds=0.2, idle_seconds=0.4, linger_seconds=0.3)
HEALTH = b"GET /_sandbox/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
HEAD = b"POST /v1/upload/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
KEY = b"Authorization: Bearer tok_wire_test\r\n"
ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def server():
    with MockServer(tokens={"default": TOKEN}) as started:
        yield started


@pytest.fixture
def toplyne(server):
    server.reset()
    return server


@pytest.fixture(scope="module")
def quick_server():
    with MockServer(tokens={"default": TOKEN}, bounds=QUICK) as started:
        yield started


@pytest.fixture
def quick(quick_server):
    quick_server.reset()
    return quick_server


def details(body):
    return json.loads(body)["error"]["details"]


def seconds_of_health(port):
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(HEALTH)
        answer = b""
        while data := connection.recv(65536):
            answer += data
    assert answer.startswith(b"HTTP/1.1 200 "), answer
    return time.monotonic() - begun


class Watch:
    """Asks for the server's health again and again; `worst` is the longest it took."""

    def __init__(self, port):
        self._port, self._stop, self.times = port, threading.Event(), []
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._stop.is_set():
            self.times.append(seconds_of_health(self._port))
            time.sleep(0.01)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    @property
    def worst(self):
        return max(self.times)


# deadlines


def test_a_head_that_is_not_complete_in_time_is_408_and_journaled(quick):
    status, headers, body = parsed(talk(quick, post()[:60], timeout=10))

    assert status == 408
    assert ("Connection", "close") in headers
    assert details(body) == (
        "The head of the request was not complete within 0.2 s (head_seconds)."
    )
    (entry,) = quick.entries
    assert (entry["method"], entry["path"], entry["status"]) == ("POST", "/v1/upload/events", 408)


def test_single_bytes_do_not_put_off_the_end_of_a_head(quick):
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", quick.port), timeout=10) as connection:
        with suppress(ConnectionError):
            for byte in post() * 3:
                connection.sendall(bytes([byte]))
                time.sleep(0.02)
                if time.monotonic() - begun > 5:
                    break
        answer = connection.recv(65536)

    assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_body_that_stops_coming_is_408_and_kept_as_far_as_it_came(quick):
    status, _, body = parsed(talk(quick, post(length=500), timeout=10))

    assert status == 408
    assert details(body) == "The body paused for 0.2 s (body_seconds)."
    (entry,) = quick.entries
    assert (entry["status"], entry["json"]) == (408, json.loads(BODY))


def test_a_body_that_comes_slowly_is_waited_for():
    head, body = post()[: -len(BODY)], BODY

    size = len(body) // 5 + 1
    parts = [head, *(body[at : at + size] for at in range(0, len(body), size))]
    with (
        MockServer(tokens={"default": TOKEN}, bounds=Bounds(body_seconds=2)) as patient,
        socket.create_connection(("127.0.0.1", patient.port), timeout=10) as connection,
    ):
        for part in parts:
            connection.sendall(part)
            time.sleep(0.5)

        assert connection.recv(65536).startswith(b"HTTP/1.1 202 ")


def test_bodies_that_are_too_long_together_are_refused_and_the_first_ones_are_taken():
    body = BODY + b" " * 600_000
    with (
        MockServer(tokens={"default": TOKEN}, bounds=Bounds(held_bytes=1_000_000)) as server,
        socket.create_connection((server.host, server.port), timeout=5) as first,
    ):
        first.sendall(post(body=body)[:-1])
        while server.serving._server.held < len(body) - 1:
            time.sleep(0.01)

        status, _, told = parsed(talk(server, post(body=body)[:-1]))
        first.sendall(body[-1:])

        assert (status, "(held_bytes)" in details(told)) == (503, True)
        assert first.recv(100).startswith(b"HTTP/1.1 202 ")
        assert parsed(talk(server, post(body=body)))[0] == 202
        assert [entry["status"] for entry in server.entries] == [503, 202, 202]
        assert server.serving._server.held == 0


def test_an_idle_connection_is_closed_without_a_word(quick):
    for sent in (b"", post(close=False)):
        with socket.create_connection(("127.0.0.1", quick.port), timeout=10) as connection:
            connection.sendall(sent)
            answer = b""
            while data := connection.recv(65536):
                answer += data

        assert answer.count(b"HTTP/1.1 ") == (1 if sent else 0)
        assert b"408" not in answer


def test_an_answer_that_takes_longer_than_the_deadlines_comes(quick):
    quick.fail_next(delay=1.0)

    assert parsed(talk(quick, post(), timeout=10))[0] == 202


def test_a_refused_client_that_never_stops_sending_is_left_after_a_while(quick):
    begun, sent = time.monotonic(), 0
    connection = socket.create_connection(("127.0.0.1", quick.port), timeout=10)
    with connection, suppress(ConnectionError):
        while time.monotonic() - begun < 8:
            connection.sendall(b"GET /v1/auth/me HTTP/1.1\r\nX-A: " + b"a" * 100_000)
            sent += 1
            time.sleep(0.05)

    assert sent > 1
    assert time.monotonic() - begun < 8


# sizes


def test_80000_equal_header_lines_are_431_within_a_second_and_hold_up_nobody(toplyne):
    sent = b"GET /v1/auth/me HTTP/1.1\r\nHost: localhost\r\n" + b"X-A: b\r\n" * 80_000 + b"\r\n"
    begun = time.monotonic()

    with Watch(toplyne.port) as watch:
        status, _, body = parsed(talk(toplyne, sent, timeout=10))

    assert status == 431
    assert details(body) == "The head of the request is longer than 65536 bytes (head_bytes)."
    assert time.monotonic() - begun < 5  # a second where nothing else runs
    assert statistics.median(watch.times) < 1


def test_equal_names_are_found_in_linear_time():
    fields = Fields([("x", str(number)) for number in range(100_000)])
    begun = time.monotonic()

    assert len(fields.by_name["x"]) == 100_000
    assert time.monotonic() - begun < 2


def test_a_long_query_is_looked_through_for_secrets_in_linear_time():
    began = time.process_time()

    assert masked_query("a" * 50_000).startswith("aaa")
    assert masked_query("&".join(["key"] * 20_000)).startswith("key&key")
    assert masked_query("=".join(["k"] * 20_000)).startswith("k=k")

    assert time.process_time() - began < 1  # a search that goes back takes a minute


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("a=1&api_KEY=abcdefgh&b=2", "a=1&api_KEY=…efgh&b=2"),
        ("a=token=abcdefgh", "a=token=…efgh"),
        ("token=abcd=efgh&x", "token=…efgh&x"),
        ("token&x=abcdefgh", "token&x=abcdefgh"),
        ("write%4bey=abcdefgh", "write%4bey=…efgh"),
        ("data=abcdefgh&x=1", "data=…&x=1"),
    ],
)
def test_what_a_query_calls_a_secret_is_masked(query, told):
    assert masked_query(query) == told


def test_a_large_refusal_leaves_the_loop_to_others(toplyne):
    unknown = b",".join(b'"k%d":1' % number for number in range(300_000))
    sent = post(body=b'{"events":[{' + unknown + b"}]}")

    with Watch(toplyne.port) as watch:
        assert parsed(talk(toplyne, sent, timeout=60))[0] == 400

    assert watch.worst < 3


def memory(process):
    """Return the resident and the largest resident size of a process, in MiB."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    (kib,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(kib) / 1024


class Served:
    """`serve` in a process of its own, perhaps with few descriptors."""

    def __init__(self, descriptors=None):
        def limit():
            if descriptors is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

        command = [sys.executable, "-m", "toplyne_sandbox", "serve", "--port", "0", "--json"]
        self.process = subprocess.Popen(
            [*command, "--token", f"default={TOKEN}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=limit,  # noqa: PLW1509 - the child is alone with it
            cwd=ROOT,
        )
        self.told = json.loads(self.process.stdout.readline())
        self.port = int(self.told["url"].rpartition(":")[2])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        _, self.said = self.process.communicate(timeout=30)


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="memory is read from /proc, which is not here"
)


@needs_proc
def test_a_head_of_100_mb_leaves_the_memory_as_it_was():
    with Served() as served:
        seconds_of_health(served.port)
        before = memory(served.process)
        with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
            with suppress(ConnectionError):
                connection.sendall(b"GET /v1/auth/me HTTP/1.1\r\nHost: localhost\r\nX-A: ")
                for _ in range(100):
                    connection.sendall(b"a" * 1_000_000)
            assert connection.recv(100).startswith(b"HTTP/1.1 431 ")
        seconds_of_health(served.port)

        assert memory(served.process) - before < 50


def send_chunks(served, millions):
    """Send that many million chunks of one byte each and return the status of the answer."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=120) as connection:
        connection.sendall(HEAD + KEY + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(millions * 10):
            connection.sendall(b"1\r\na\r\n" * 100_000)
        connection.sendall(b"0\r\n\r\n")
        return connection.recv(65536)[9:12]


@needs_proc
@pytest.mark.parametrize("millions", [1, pytest.param(6, marks=pytest.mark.heavy)])
def test_a_million_chunks_of_one_byte_are_little_more_than_their_bytes(millions):
    with Served() as served:
        seconds_of_health(served.port)
        before = memory(served.process)

        with Watch(served.port) as watch:
            assert send_chunks(served, millions) == b"400"

        assert memory(served.process) - before < 50
        assert watch.worst < 3


@needs_proc
@pytest.mark.heavy
def test_a_head_of_300_mb_leaves_the_memory_as_it_was():
    with Served() as served:
        seconds_of_health(served.port)
        before = memory(served.process)
        connection = socket.create_connection(("127.0.0.1", served.port), timeout=30)
        with connection, suppress(ConnectionError):
            connection.sendall(b"GET /v1/auth/me HTTP/1.1\r\nHost: localhost\r\nX-A: ")
            for _ in range(300):
                connection.sendall(b"a" * 1_000_000)
        seconds_of_health(served.port)

        assert memory(served.process) - before < 50


# connections


def test_there_are_as_many_connections_as_descriptors_leave_room_for():
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]

    assert 0 < most_connections() < (soft if soft > 0 else 2**31)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of open files")
def test_300_idle_connections_at_128_descriptors_hold_up_nobody_and_say_nothing():
    with ExitStack() as stack:
        served = stack.enter_context(Served(descriptors=128))
        times = []
        idle = []
        for number in range(300):
            idle.append(socket.create_connection(("127.0.0.1", served.port), timeout=10))
            stack.callback(idle[-1].close)
            if number % 30 == 0:
                times.append(seconds_of_health(served.port))
        times.append(seconds_of_health(served.port))
        idle[-1].sendall(post(close=False))
        assert idle[-1].recv(65536).startswith(b"HTTP/1.1 202 ")
        assert idle[0].recv(1) == b""  # the one idle longest went

    assert max(times) < 5  # 1.5 s where nothing else runs
    assert served.said == b""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of open files")
def test_those_who_wait_do_not_take_all_connections():
    with Served(descriptors=128) as served, ExitStack() as stack:
        for number in range(90):
            (waiting,) = wait_over_http(served, stack, 1, b"GET /_sandbox/wait?events=9&timeout=99")
            if number % 30 == 0:
                seconds_of_health(served.port)
        waiting.setblocking(False)

        assert seconds_of_health(served.port) < 20
        with pytest.raises(BlockingIOError):  # the last one waits on
            waiting.recv(1)

    assert served.said == b""


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="descriptors are taken from /proc")
def test_no_descriptor_left_is_said_once_in_a_sentence():
    program = f"""
import os, resource, socket, sys, time
from mock_server import MockServer
with MockServer(tokens={{"default": {TOKEN!r}}}) as toplyne:
    toplyne.client.get(f"{{toplyne.url}}/_sandbox/health")
    waiting = [socket.socket() for _ in range(5)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")), 4096))
    held = []
    try:
        while True:
            held.append(os.dup(0))
    except OSError:
        pass
    for each in waiting:
        each.connect(("127.0.0.1", toplyne.port))
    time.sleep(1.2)
    for each in held:
        os.close(each)
    waiting[0].settimeout(10)
    waiting[0].sendall({HEALTH!r})
    os.write(1, waiting[0].recv(15))
"""

    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=False, timeout=60, cwd=ROOT
    )

    assert run.stderr.decode() == (
        "toplyne-sandbox: new connections must wait until others end: Too many open files."
        " This is printed once.\n"
    )
    assert run.stdout == b"HTTP/1.1 200 OK"


# clients that do not read their answers


def flood(connection, requests, seconds):
    """Send requests that are never waited for, as long as the server takes them."""
    connection.setblocking(False)
    deadline, sent = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        try:
            sent += connection.send(requests[sent % len(requests) :])
        except BlockingIOError:
            time.sleep(0.05)


def test_requests_that_are_sent_ahead_are_not_all_kept(toplyne):
    page = b"GET /_sandbox/state/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.create_connection(("127.0.0.1", toplyne.port), timeout=10) as connection:
        flood(connection, page * 2000, seconds=2)
        (ours,) = (each for each in toplyne.serving._open if each._reading.size)

        assert ours._reading.size < 2**20


@pytest.mark.parametrize("half_close", [False, True])
def test_answers_that_are_not_read_are_not_computed_and_come_when_they_are(toplyne, half_close):
    toplyne.answer_next(status=200, body=b"a" * 2**20, times=200)
    ask = b"GET /v1/auth/me HTTP/1.1\r\nHost: localhost\r\n%b\r\n" % KEY
    with socket.create_connection(("127.0.0.1", toplyne.port), timeout=10) as connection:
        connection.sendall(ask * 199 + ask.replace(KEY, KEY + b"Connection: close\r\n"))
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        assert until(lambda: toplyne.entries)
        time.sleep(0.3)
        assert len(toplyne.entries) < 100

        size = 0
        while data := connection.recv(2**20):
            size += len(data)

    assert len(toplyne.entries) == 200
    assert size > 200 * 2**20


def test_who_does_not_read_its_answers_is_left_after_a_while(quick):
    quick.answer_next(status=200, body=b"a" * 2**20, times=200)
    ask = b"GET /v1/auth/me HTTP/1.1\r\nHost: localhost\r\n%b\r\n" % KEY
    with socket.create_connection(("127.0.0.1", quick.port), timeout=10) as connection:
        connection.sendall(ask * 200)

        assert until(lambda: quick.serving._open)
        assert until(lambda: not quick.serving._open)
        assert {entry["status"] for entry in quick.entries} == {200}


# waiting


def wait_over_http(server, stack, number, target):
    for _ in range(number):
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        stack.callback(connection.close)
        connection.sendall(b"%b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n" % target)
        yield connection


def answered(connections):
    return select.select(connections, [], [], 0)[0]


def threads_of(server):
    return sum(thread.name.startswith("mock-toplyne") for thread in threading.enumerate())


def waiting_of(toplyne):
    return toplyne.mock.waiting.changes.waiting + toplyne.mock.segment.ledger.flushing.waiting


def until(is_so, seconds=20):
    deadline = time.monotonic() + seconds
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.01)
    return is_so()


@pytest.mark.parametrize(
    "target", [b"GET /_sandbox/wait?events=9&timeout=200", b"POST /_sandbox/flush?timeout=200"]
)
def test_200_wait_without_a_thread_of_their_own_and_go_with_their_clients(toplyne, target):
    tenant, ledger = toplyne.tenant("default").number, toplyne.mock.segment.ledger
    ledger.append([Record(number=0, tenant=tenant, at=0, source="", message=b"", outcome="queued")])
    try:
        with ExitStack() as stack:
            waiting = list(wait_over_http(toplyne, stack, 230, target))
            assert until(lambda: waiting_of(toplyne) == 200)
            assert until(lambda: len(answered(waiting)) == 30)
            assert {c.recv(65536)[9:12] for c in answered(waiting)} == {b"503"}

            assert parsed(talk(toplyne, post()))[0] == 202
            assert seconds_of_health(toplyne.port) < 5
            assert threads_of(toplyne) < 60

        assert until(lambda: waiting_of(toplyne) == 0)
    finally:
        ledger.reset((tenant,), bool)
    assert httpx.get(f"{toplyne.url}/_sandbox/entries", trust_env=False).status_code == 200


WAIT = b"GET /_sandbox/wait?events=1&timeout=200"


def test_who_hangs_up_while_waiting_is_let_go_at_once(toplyne):
    with ExitStack() as stack:
        (waiting,) = wait_over_http(toplyne, stack, 1, WAIT)
        assert until(lambda: waiting_of(toplyne) == 1)
        waiting.close()

        assert until(lambda: waiting_of(toplyne) == 0, seconds=5)


def test_who_hangs_up_after_closing_its_side_is_let_go_too(toplyne, monkeypatch):
    monkeypatch.setattr("mock_server.server.awaiting._LAST_PROBE", 0.2)
    with ExitStack() as stack:
        (waiting,) = wait_over_http(toplyne, stack, 1, WAIT)
        waiting.shutdown(socket.SHUT_WR)
        assert os.name == "nt" or waiting.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        waiting.close()

        assert until(lambda: waiting_of(toplyne) == 0, seconds=5)


@pytest.mark.skipif(os.name == "nt", reason="its event loop ends a connection with its input")
def test_who_only_closes_its_side_is_answered_when_the_wait_is_over(toplyne):
    with ExitStack() as stack:
        (waiting,) = wait_over_http(toplyne, stack, 1, WAIT)
        waiting.shutdown(socket.SHUT_WR)
        assert waiting.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert parsed(talk(toplyne, post()))[0] == 202

        answer = b"".join(iter(partial(waiting.recv, 65536), b""))
    assert answer.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"")[:15] == b"HTTP/1.1 200 OK"
    assert waiting_of(toplyne) == 0


def test_a_client_of_http_1_0_that_closes_its_side_while_waiting_gets_no_interim_answer(toplyne):
    with socket.create_connection(("127.0.0.1", toplyne.port), timeout=10) as waiting:
        waiting.sendall(WAIT + b" HTTP/1.0\r\n\r\n")
        assert until(lambda: waiting_of(toplyne) == 1)
        waiting.shutdown(socket.SHUT_WR)

        assert until(lambda: waiting_of(toplyne) == 0)
        assert os.name == "nt" or waiting.recv(100) == b""


def test_a_listener_that_closes_its_side_is_let_go(toplyne):
    with ExitStack() as stack:
        (waiting,) = wait_over_http(toplyne, stack, 1, b"GET /_sandbox/live")
        waiting.shutdown(socket.SHUT_WR)

        assert b"100 Continue" not in b"".join(iter(partial(waiting.recv, 65536), b""))


def test_who_closes_its_side_gets_an_answer_that_need_not_be_waited_for(toplyne):
    with ExitStack() as stack:
        (waiting,) = wait_over_http(toplyne, stack, 1, b"POST /_sandbox/flush")
        waiting.shutdown(socket.SHUT_WR)

        assert os.name == "nt" or waiting.recv(100)[:15] == b"HTTP/1.1 200 OK"


def test_the_page_about_bounds_tells_each_with_its_number():
    rows = [
        [cell.strip(" `") for cell in line.split("|")[1:3]]
        for line in (ROOT / "docs/reference/bounds.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| `")
    ]

    told = {name: number.replace(",", "") for name, number in rows}
    assert {each.name: float(told[each.name]) for each in fields(Bounds)} == {
        each.name: each.default for each in fields(Bounds)
    }
