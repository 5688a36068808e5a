"""Bombs: small inputs that would cost much. Memory, time and the health of others are measured."""

import base64
import gzip
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.running import ROOT

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(),
    reason="memory is read from /proc, which is not here",
)
TOKEN = "tok_bombs_test"
EVENT = {"type": "track", "event": "E", "userId": "u", "properties": {"a": 1}}
MOST_MB, MOST_SECONDS, MOST_HEALTH_SECONDS = 60, 5, 1.5

SERVE = [sys.executable, str(ROOT / "toplyne_sandbox.py"), "serve", "--port", "0", "--json"]
SERVE += ["--token", f"default={TOKEN}"]

TRIGGERS = {
    "100 equal clauses": " and ".join(['type = "track"'] * 100),
    "1,000 alternatives": " or ".join(f'event = "e{n}"' for n in range(1000)),
    "1,000 single quotes": " or ".join(f"event = 'e{n}'" for n in range(1000)),
    "8,000 quotes": "type = " + "'" * 8000,
    "8,000 parentheses": "(" * 8000,
    "8,000 parentheses behind": 'type = "a" ' + ")" * 8000,
    "4,000 empty parentheses": "() " * 4000 + 'type = "a"',
    "200 calls": '(contains(event, "a") or event = "b") and ' * 200 + 'type = "x"',
    "5,000 pieces of a path": f"properties{'.a' * 5000} = 1",
}
FIELDS = {f"field{n}": {"@path": f"$.field{n}"} for n in range(30_000)}


def mapping(trigger='type = "track"', **fields):
    return {"name": "m", "action": "sendEvents", "trigger": trigger, **fields}


class Served:
    """`serve` in a process of its own, its memory, and how long it takes to say it is healthy."""

    def __init__(self, *options):
        self.process = subprocess.Popen(
            [*SERVE, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
        )
        self.told = json.loads(self.process.stdout.readline())
        self.port = int(self.told["url"].rpartition(":")[2])
        self.ask("/_sandbox/try", {"event": EVENT, "mappings": [mapping()]})  # all is loaded

    def ask(self, path, body, timeout=120):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        connection.request("POST", path, content, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        told = answer.status, answer.read()
        connection.close()
        return told

    def megabytes(self, name):
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")

    def health_seconds(self):
        begun = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", "/_sandbox/health")
        assert connection.getresponse().status == 200
        connection.close()
        return time.monotonic() - begun

    def stop(self):
        self.process.terminate()
        _, said = self.process.communicate(timeout=30)
        return said.decode()


@pytest.fixture(scope="module")
def served():
    started = Served()
    yield started
    started.stop()


def patience():
    """Return how much longer than on an idle machine things may take, as others work on it too."""
    return max(1, os.getloadavg()[0] / (os.cpu_count() or 1))


class Watched:
    """Measures what a server does meanwhile; outside of the bounds the test fails."""

    def __init__(self, served):
        self._served, self._stop, self._health = served, threading.Event(), []
        self._thread = threading.Thread(target=self._watch)

    def _watch(self):
        while not self._stop.is_set():
            self._health.append(self._served.health_seconds())
            time.sleep(0.05)

    def __enter__(self):
        served = self._served
        Path(f"/proc/{served.process.pid}/clear_refs").write_text("5", encoding="ascii")
        self._before, self._cpu = served.megabytes("VmRSS"), served.cpu_seconds()
        self._thread.start()

    def __exit__(self, kind, *_):
        self._stop.set()
        self._thread.join()
        if kind is None:
            assert self._served.megabytes("VmHWM") - self._before < MOST_MB
            assert self._served.cpu_seconds() - self._cpu < MOST_SECONDS
            assert max(self._health) < MOST_HEALTH_SECONDS * patience()


@pytest.mark.parametrize("trigger", TRIGGERS.values(), ids=TRIGGERS)
def test_a_large_trigger_is_bounded_in_try(served, trigger):
    with Watched(served):
        status, body = served.ask("/_sandbox/try", {"mappings": [mapping(trigger)], "event": EVENT})

    assert (status, json.loads(body)["mappings"][0]["trigger"]) == (200, trigger)


@pytest.mark.parametrize(
    "trigger",
    [
        pytest.param(text, id=name, marks=[] if name == "8,000 quotes" else pytest.mark.heavy)
        for name, text in TRIGGERS.items()
    ],
)
def test_fifty_large_triggers_are_bounded_in_try(served, trigger):
    fifty = [mapping(trigger)] * 50

    with Watched(served):
        status, body = served.ask("/_sandbox/try", {"mappings": fifty, "event": EVENT})

    if status == 200:
        told = json.loads(body)["mappings"]
        assert len(told) == 50
        assert told[0]["tooLarge"] is None
        assert "too large to compare" in told[-1]["tooLarge"]
    else:
        assert status == 413
        assert b"(asked_bytes)" in body


def test_thirty_thousand_fields_are_bounded(served):
    with Watched(served):
        question = {"mappings": [mapping(fields=FIELDS)], "event": EVENT}
        status, body = served.ask("/_sandbox/try", question)

    (told,) = json.loads(body)["mappings"]
    assert status == 200
    assert len(told["warnings"]) == 100
    assert told["warnings"][-1]["message"].endswith("There are more: at most 100 are listed.")


def test_an_event_of_thirty_thousand_members_is_bounded_in_fifty_mappings(served):
    event = {**EVENT, "properties": {f"p{n}": n for n in range(30_000)}}

    with Watched(served):
        status, _ = served.ask(
            "/_sandbox/try", {"mappings": [mapping('type = "trac"')] * 50, "event": event}
        )

    assert status == 200


LARGE_BODIES = {
    "an array of empty objects": lambda: b"[" + b"{}," * 20_000_000 + b"{}]",
    "an array of empty lists": lambda: b"[" + b"[]," * 20_000_000 + b"{}]",
    "a gigabyte of zeros, compressed twice": lambda: gzip.compress(bytes(1_000_000_000), 1),
    "20 million lines": lambda: b"{}\n" * 20_000_000,
    "one string": lambda: b'{"event":"' + b"a" * 300_000_000,
}
LARGE_ROWS = [
    pytest.param(make, id=name, marks=[] if name.endswith("objects") else pytest.mark.heavy)
    for name, make in LARGE_BODIES.items()
]


@pytest.mark.parametrize("content", LARGE_ROWS)
def test_a_small_file_that_inflates_to_much_is_refused_by_recovery(served, content):
    bomb = gzip.compress(content(), 1)

    with Watched(served):
        status, body = served.ask("/_sandbox/recovery", bomb)

    assert status == 413
    assert b"(upload_bytes)" in body


HARD_TEXTS = {
    "a million escapes": b'["' + b"[\\n" * 3_000_000 + b'"]',
    "a text that is not closed": b"[" * 600 + b'"' + b'\\"' * 1_000_000,
    "a text that ends in a backslash": b"[" * 600 + b'"' + b'\\"' * 1_000_000 + b"\\",
}


@pytest.mark.parametrize("content", HARD_TEXTS.values(), ids=HARD_TEXTS)
@pytest.mark.parametrize("path", ["/_sandbox/workspace", "/v1/batch", "/v1/upload/events"])
def test_a_text_that_is_hard_to_read_is_bounded(served, path, content):
    with Watched(served):
        status, _ = served.ask(path, content)

    assert status in {400, 401, 405, 413}


@pytest.mark.parametrize("content", [b"[" + b"{}," * 3_300_000 + b"{}]", b"{}\n" * 3_300_000])
def test_a_body_of_millions_of_values_is_refused(served, content):
    with Watched(served):
        status, body = served.ask("/_sandbox/recovery", content)

    assert status == 413
    assert b"(asked_values)" in body


@pytest.mark.parametrize("content", LARGE_ROWS)
def test_a_small_file_that_inflates_to_much_is_refused_by_replay(served, content):
    bomb = base64.b64encode(gzip.compress(content(), 1)).decode()

    with Watched(served):
        status, body = served.ask("/_sandbox/replay", {"file": {"base64": bomb}})

    assert status == 413
    assert b"the limit for a whole file" in body


def test_a_file_of_millions_of_lines_is_refused_by_replay(served):
    with Watched(served):
        status, body = served.ask("/_sandbox/replay", {"file": "{}\n" * 2_400_000})

    assert status == 413
    assert b"(asked_values)" in body


def test_nobody_thinks_on_for_a_client_that_has_hung_up(served):
    question = {"mappings": [mapping(TRIGGERS["1,000 alternatives"])] * 50, "event": EVENT}
    body = json.dumps(question).encode()
    head = f"POST /_sandbox/try HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    before = served.cpu_seconds()

    with socket.create_connection(("127.0.0.1", served.port), timeout=60) as connection:
        connection.sendall(head.encode() + body)
        while served.cpu_seconds() - before < 0.3:
            time.sleep(0.01)
    at_its_end = served.cpu_seconds()
    time.sleep(2.5)

    assert served.cpu_seconds() - at_its_end < 1.2  # of two seconds, the mapping under way ends


# the command line

PROGRAM = """
import re, sys
from pathlib import Path
from sandbox.cli import cli

try:
    cli(sys.argv[1:])
finally:
    peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]
    times = __import__("os").times()
    print(f"{int(peak) / 1024} {times.user + times.system}", file=sys.stderr)
"""


def run(*arguments):
    """Run a command; return its exit code, what it said, its largest memory and its seconds."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        check=False,
        timeout=120,
    )
    *said, measured = done.stderr.splitlines()
    megabytes, seconds = map(float, measured.split())
    return done.returncode, "\n".join(said), megabytes, seconds


@pytest.fixture(scope="module")
def usual_mb(tmp_path_factory):
    file = tmp_path_factory.mktemp("usual") / "event.json"
    file.write_text(json.dumps(EVENT), encoding="utf-8")
    usual = {command: run(command, file)[2] for command in ("map", "explain", "replay")}
    return {**usual, "lint": run("lint", "--trigger", 'type = "track"')[2]}


@pytest.mark.parametrize("command", ["map", "explain", "replay"])
@pytest.mark.parametrize(
    "content",
    [row for row in LARGE_ROWS if "lines" not in row.id],  # which are read one by one
)
def test_a_small_file_that_inflates_to_much_is_refused(tmp_path, usual_mb, command, content):
    file = tmp_path / "bomb.gz"
    file.write_bytes(gzip.compress(content(), 1))

    code, said, megabytes, seconds = run(command, file)

    assert code == 2
    assert ("15,000,000 bytes without a quotation" in said) != ("than 3,000,000 values" in said)
    assert megabytes - usual_mb[command] < MOST_MB
    assert seconds < MOST_SECONDS


@pytest.mark.parametrize("command", [pytest.param("lint", marks=pytest.mark.heavy), "explain"])
def test_thirty_thousand_fields_are_bounded_on_the_command_line(tmp_path, usual_mb, command):
    file, event = tmp_path / "workspace.json", tmp_path / "event.json"
    destination = {"name": "d", "source": "s", "api_key": "k", "mappings": [mapping(fields=FIELDS)]}
    workspace = {"sources": [{"name": "s", "write_key": "w"}], "destinations": [destination]}
    file.write_text(json.dumps(workspace), encoding="utf-8")
    event.write_text(json.dumps(EVENT), encoding="utf-8")
    files = [file] if command == "lint" else [event, "--workspace", file]

    code, _, megabytes, seconds = run(command, *files)

    assert code == 1
    assert megabytes - usual_mb[command] < MOST_MB
    assert seconds < MOST_SECONDS


@pytest.mark.parametrize("trigger", TRIGGERS.values(), ids=TRIGGERS)
@pytest.mark.heavy
def test_a_large_trigger_is_bounded_on_the_command_line(usual_mb, trigger):
    code, _, megabytes, seconds = run("lint", "--trigger", trigger)

    assert code == 1
    assert megabytes - usual_mb["lint"] < MOST_MB
    assert seconds < MOST_SECONDS


# what a destination answers


@pytest.fixture
def destination():
    """A server that answers each request with what the test puts into `reply`: pieces, a pace."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    reply, stop = [], threading.Event()

    def serve():
        while not stop.is_set():
            with suppress(OSError):
                connection, _ = listener.accept()
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection):
        with connection, suppress(OSError):
            came = b""
            while not came.endswith(b"}"):  # what is left unread resets the connection
                came += connection.recv(65536)
            for piece, pause in reply:
                connection.sendall(piece)
                if stop.wait(pause):
                    return

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1], reply
    stop.set()
    thread.join()
    listener.close()


def compressed_reply():
    body = gzip.compress(bytes(400_000_000), 9)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    return [(head.encode() + body, 0)]


def slow_reply():
    return [(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", 0), *[(b"a", 1)] * 1000]


REPLIES = [
    pytest.param(compressed_reply, "65,536 bytes", id="400 KB that inflate to 400 MB"),
    pytest.param(slow_reply, "10000ms", id="a byte a second", marks=pytest.mark.heavy),
]


@pytest.mark.parametrize(("make", "bound"), REPLIES)
def test_what_a_destination_answers_is_bounded(tmp_path, destination, make, bound):
    port, reply = destination
    reply += make()
    there = {"name": "d", "source": "s", "api_key": "k", "base_url": f"http://127.0.0.1:{port}/v1"}
    file = tmp_path / "workspace.json"
    file.write_text(
        json.dumps(
            {
                "sources": [{"name": "s", "write_key": "w"}],
                "destinations": [{**there, "mappings": [mapping()]}],
            }
        ),
        encoding="utf-8",
    )
    served = Served("--workspace", str(file))
    try:
        with Watched(served):
            status, _ = served.ask("/v1/track", {**EVENT, "writeKey": "w"})
            attempt = first_attempt(served, seconds=30)
    finally:
        served.stop()

    assert status == 200
    assert bound in json.dumps(attempt)


def first_attempt(served, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
        connection.request("GET", "/_sandbox/ledger")
        told = json.loads(connection.getresponse().read())
        connection.close()
        for message in told["messages"]:
            for part in message["deliveries"]:
                if part["attempts"]:
                    return part
        time.sleep(0.1)
    raise AssertionError("no attempt was made")
