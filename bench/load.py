"""Load: how many times a second a server answers the same request, over kept connections.

One request is under way on each connection, never two. `wrk` is used where it is on the PATH;
elsewhere a Python process of its own (`python -m bench.load`), so that the client's work is never
the server's. Either is bound to another processor than the server.
"""

import contextlib
import json
import re
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from bench import machine

_LUA = """
wrk.method = %(method)s
wrk.path = %(path)s
wrk.headers = {["Authorization"] = %(bearer)s, ["Content-Type"] = "application/json"}
wrk.body = %(body)s
done = function(summary)
  local errors = summary.errors
  print(string.format("answers %%d refused %%d broken %%d microseconds %%d", summary.requests,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout, summary.duration))
end
"""
_TOLD = re.compile(r"answers (\d+) refused (\d+) broken (\d+) microseconds (\d+)")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A request with a JSON body, and the status every answer must have."""

    path: str
    bearer: str
    body: str
    expected: int
    connections: int = 16
    method: str = "POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How often it was answered in how many seconds, and how busy that kept the generator."""

    answers: int
    seconds: float
    busy: float  # share of its processor; near 1 the generator is the limit, not the server

    @property
    def per_second(self) -> float:
        """Return the answers a second."""
        return self.answers / self.seconds


def generator() -> str:
    """Return what makes the load on this machine."""
    return "wrk, one thread" if shutil.which("wrk") else "bench/load.py, one Python process"


def load(port: int, upload: Upload, seconds: float) -> Measured:
    """Ask as fast as the server answers; RuntimeError where one answer is not the expected one."""
    with machine.bound_to(machine.for_the_load()):
        by = _by_wrk if shutil.which("wrk") else _by_python
        return by(port, upload, seconds)


def _by_wrk(port: int, upload: Upload, seconds: float) -> Measured:
    before = machine.children_seconds()
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "upload.lua"
        texts = {"method": upload.method, "path": upload.path, "body": upload.body}
        texts["bearer"] = f"Bearer {upload.bearer}"
        script.write_text(_LUA % {name: _lua_text(text) for name, text in texts.items()})
        command = ["wrk", "-t1", f"-c{upload.connections}", "-d3600", "--timeout", "30"]
        said = _interrupted([*command, "-s", str(script), f"http://127.0.0.1:{port}"], seconds)
    spent = machine.children_seconds() - before
    answers, taken = _told_by_wrk(said, upload.expected)
    return Measured(answers=answers, seconds=taken, busy=spent / taken)


def _interrupted(command: list[str], seconds: float) -> str:
    """Return what wrk says when it is interrupted: by itself it knows whole seconds only.

    On a busy machine it may not listen yet when the time is over; it is then given more.
    """
    for longer in (1, 2, 4, 8):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            time.sleep(seconds * longer)
        finally:
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=60)
        if process.returncode != -signal.SIGINT:
            return said
    raise RuntimeError("wrk is not ready to be interrupted after eight times the time it had")


def _told_by_wrk(said: str, expected: int) -> tuple[int, float]:
    if (found := _TOLD.search(said)) is None:
        raise RuntimeError(f"wrk said nothing that can be read: {said[-300:]}")
    answers, refused, broken, microseconds = map(int, found.groups())
    wanted = answers if expected >= 400 else 0
    if broken or refused != wanted:
        raise RuntimeError(
            f"of {answers} answers {refused} were 400 or above and {broken} broken; "
            f"every one should be {expected}"
        )
    return answers, microseconds / 1e6


def _lua_text(text: str) -> str:
    return "[=====[" + text + "]=====]"


def _by_python(port: int, upload: Upload, seconds: float) -> Measured:
    asked = {"port": port, "seconds": seconds, "upload": asdict(upload)}
    ran = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent.parent,
    )
    if ran.returncode != 0:
        raise RuntimeError(ran.stderr.strip().rpartition("\n")[2])
    return Measured(**json.loads(ran.stdout))


def ask_here(port: int, upload: Upload, seconds: float) -> Measured:
    """Make the load in this process; what `python -m bench.load` does with its standard input."""
    request = _request(port, upload)
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for _ in range(upload.connections):
            connection = _Connection(port, upload.expected)
            stack.enter_context(connection.socket)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.socket.sendall(request)
        return _answered(selector, request, seconds)


def _answered(selector: selectors.BaseSelector, request: bytes, seconds: float) -> Measured:
    """Send the next request wherever an answer is whole, until the time is over."""
    answers, begun, spent = 0, time.perf_counter(), time.process_time()
    end = begun + seconds
    while time.perf_counter() < end:
        for key, _ in selector.select(1):
            if key.data.is_answered():
                answers += 1
                key.data.socket.sendall(request)
    taken = time.perf_counter() - begun
    busy = (time.process_time() - spent) / taken
    return Measured(answers=answers, seconds=taken, busy=busy)


class _Connection:
    """One kept connection with one request under way."""

    def __init__(self, port: int, expected: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._start = f"HTTP/1.1 {expected}".encode()
        self._missing = 0  # bytes of the answer under way that are still to come

    def is_answered(self) -> bool:
        """Take what came; return whether the answer is whole with it."""
        data = self.socket.recv(65536)
        if self._missing:
            if not data:
                raise ConnectionError("the server closed a connection within an answer")
            self._missing -= len(data)
        elif data.startswith(self._start):
            self._missing = _whole_length(data) - len(data)
        else:
            raise ConnectionError(f"answered {data[:60]!r}, not {self._start!r}")
        return self._missing == 0


def _whole_length(data: bytes) -> int:
    head = data.find(b"\r\n\r\n")
    if head < 0 or (found := _LENGTH.search(data, 0, head + 2)) is None:
        raise ConnectionError(f"an answer without a length: {data[:200]!r}")
    return head + 4 + int(found[1])


def _request(port: int, upload: Upload) -> bytes:
    body = upload.body.encode()
    head = (
        f"{upload.method} {upload.path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Authorization: Bearer {upload.bearer}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


if __name__ == "__main__":
    given = json.load(sys.stdin)
    measured = ask_here(given["port"], Upload(**given["upload"]), given["seconds"])
    print(json.dumps(asdict(measured)))
