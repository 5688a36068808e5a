"""Servers: ours and the peers, each a process that is started, asked and stopped."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import abc
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench import machine, peers

ROOT = Path(__file__).parent.parent
TOKEN = "bench-token-0001"
PATH = "/v1/upload/events"
_SECONDS_TO_START = 60
_POLL = 0.002


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A sort of server: how it is started on a port, and how it forgets what it received."""

    name: str
    command: abc.Callable[[int], list[str]]
    environment: tuple[tuple[str, str], ...] = ()
    forget: tuple[str, str] | None = None  # method and path; None for one that keeps nothing
    settings: str = ""  # how it is run, for the report
    ready: str = "/v1/auth/me"  # what is asked until it answers
    bound: bool = True  # to the one core of the servers; else it takes what its threads can get


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server that answers: where, and the seconds from its start to its first answer."""

    kind: Kind
    port: int
    pid: int
    first_answer: float

    def memory(self) -> float | None:
        """Return the resident memory of the process and its children, in MB."""
        return machine.resident_mb(self.pid)

    def processor_seconds(self) -> float:
        """Return the processor time it has had, all its threads together."""
        return machine.processor_seconds(self.pid)

    def pause(self) -> None:
        """Stop its processes where they are, so that they take no time from another server."""
        _signal(self.pid, "SIGSTOP")

    def go_on(self) -> None:
        """Let them go on."""
        _signal(self.pid, "SIGCONT")

    def forget(self) -> None:
        """Empty its journal, so that every measurement begins with the same one."""
        if self.kind.forget is not None:
            method, path = self.kind.forget
            asked(self.port, method, path)


def _signal(group: int, name: str) -> None:
    if hasattr(signal, name):  # not on Windows
        os.killpg(group, getattr(signal, name))


def _serve(port: int, *more: str) -> list[str]:
    return ["serve", "--port", str(port), "--token", f"bench={TOKEN}", "--json", *more]


def _ours(port: int) -> list[str]:
    return [*machine.console_script(), *_serve(port)]


def _kept(port: int) -> list[str]:
    return [*machine.console_script(), *_serve(port, "--db", _new_file(), "--quiet")]


def _earlier(port: int) -> list[str]:
    script = str(peers.earlier_commit() / "toplyne_sandbox.py")
    return [sys.executable, script, *_serve(port, "--db", _new_file())]


def _new_file() -> str:
    return str(Path(tempfile.mkdtemp(prefix="store-", dir=_folder())) / "mock.db")


def _prism(port: int, *more: str) -> list[str]:
    options = ["--errors", "--host", "127.0.0.1", "--port", str(port), *more]
    return [str(peers.prism()), "mock", str(ROOT / "fixtures" / "openapi.json"), *options]


def _silent_prism(port: int) -> list[str]:
    # In production Prism 5.16 forks for its log, and that fork ends with a TypeError on Node 20.
    return _prism(port, "-v", "silent", "--multiprocess", "false")


def _wiremock(port: int) -> list[str]:
    folder = Path(tempfile.mkdtemp(prefix="wiremock-", dir=_folder()))
    (folder / "mappings").mkdir()
    (folder / "mappings" / "events.json").write_text(json.dumps(stub()), encoding="utf-8")
    options = ["--port", str(port), "--bind-address", "127.0.0.1", "--disable-banner"]
    options += ["--use-chunked-encoding", "NEVER"]  # ours and Prism send lengths too
    return ["java", "-jar", str(peers.wiremock()), *options, "--root-dir", str(folder)]


def _folder() -> Path:
    peers.FOLDER.mkdir(exist_ok=True)
    return peers.FOLDER


def stub() -> dict[str, Any]:
    """Return WireMock's mapping for event uploads: our own schema and token, the same answer."""
    schema = ROOT / "fixtures" / "schemas" / "upload-events.documented.json"
    content = {"status": "SUCCESS", "data": {"message": "Events uploaded."}}
    return {
        "request": {
            "method": "POST",
            "urlPath": PATH,
            "headers": {"Authorization": {"equalTo": f"Bearer {TOKEN}"}},
            "bodyPatterns": [
                {
                    "matchesJsonSchema": schema.read_text(encoding="utf-8"),
                    "schemaVersion": "V202012",
                }
            ],
        },
        "response": {
            "status": 202,
            "headers": {"Content-Type": "application/json"},
            "body": json.dumps(content, separators=(",", ":")),
        },
    }


OURS = Kind(name="ours", command=_ours, forget=("POST", "/_sandbox/reset"))
KEPT = replace(OURS, name="ours with --db", command=_kept)
EARLIER = replace(
    OURS,
    name=f"commit {peers.COMMIT} with --db",
    command=_earlier,
    settings="both keep a file; ours with --quiet, as that commit says nothing of a call",
)
HEALTHY = replace(OURS, ready="/_sandbox/health")
PRISM = Kind(name="Prism 5 as typed", command=_prism)
SILENT_PRISM = Kind(
    name="Prism 5, silent",
    command=_silent_prism,
    environment=(("NODE_ENV", "production"),),
    settings="`--errors -v silent -m false` with NODE_ENV=production; it keeps no journal",
)
WIREMOCK = Kind(
    name="WireMock 3",
    command=_wiremock,
    forget=("DELETE", "/__admin/requests"),
    settings="its own defaults (threads, synchronous answers, a journal of every request) but for "
    "answers with a length instead of chunks; it matches the token and our documented JSON Schema",
)
FREE_WIREMOCK = replace(
    WIREMOCK,
    name="WireMock 3, all cores",
    settings="as WireMock on one core, but with every core its threads can get",
    bound=False,
)


@contextlib.contextmanager
def running(kind: Kind, processor: int | None = None) -> abc.Iterator[Running]:
    """Start a server, bound to a processor, and stop it at the end; raises PeerMissing."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = kind.command(port)

    with machine.bound_to(processor):
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | dict(kind.environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        _wait_for_an_answer(kind, process, port)
        taken = time.perf_counter() - started
        yield Running(kind=kind, port=port, pid=process.pid, first_answer=taken)
    finally:
        _stop(process)


def _wait_for_an_answer(kind: Kind, process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            asked(port, "GET", kind.ready)
            return
        if process.poll() is not None:
            raise RuntimeError(f"{kind.name} ended with {process.returncode} before it answered")
        time.sleep(_POLL)
    raise RuntimeError(f"{kind.name} gave no answer in {_SECONDS_TO_START} seconds")


def _stop(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        _signal(process.pid, "SIGCONT")  # one that is paused hears nothing
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def asked(port: int, method: str, path: str, body: str = "") -> bytes:
    """Ask on a connection of its own and return the whole answer; raises OSError."""
    question = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {len(body)}\r\n"
        f"Authorization: Bearer {TOKEN}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\n\r\n{body}"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(question.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    if not answer.startswith(b"HTTP/1.1 "):
        raise ConnectionError(f"no HTTP answer: {answer[:40]!r}")
    return answer
