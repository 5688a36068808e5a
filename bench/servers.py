"""Servers: ours and the peers, each a process that is started, measured and stopped."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path

ROOT = Path(__file__).parent.parent
PEERS = ROOT / "bench" / ".peers"
TOKEN = "bench-token-0001"


class Server(ABC):
    """A running server: its port, how long its first answer took (seconds), its memory (MB)."""

    name = ""

    def __init__(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        started = time.perf_counter()
        self.process = subprocess.Popen(
            self.command(),
            cwd=ROOT,
            env=os.environ | self.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._wait_for_an_answer()
        self.first_answer = time.perf_counter() - started

    @abstractmethod
    def command(self):
        """Return the words that start it."""

    def environment(self):
        return {}

    def _wait_for_an_answer(self):
        question = (
            f"GET /v1/auth/me HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Authorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n"
        ).encode()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self._answers(question):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.002)
        raise RuntimeError(f"{self.name} does not answer")

    def _answers(self, question):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                connection.sendall(question)
                return connection.recv(1024).startswith(b"HTTP/1.1 ")
        except OSError:
            return False

    def memory(self):
        """Return the resident memory of the process and its children, in MB."""
        pids, total = [self.process.pid], 0
        for pid in pids:
            with contextlib.suppress(OSError):
                total += resident_kb(pid)
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
                pids += [int(child) for child in children.split()]
        return total / 1024

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, 15)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, 9)
            self.process.wait()


def resident_kb(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


class Ours(Server):
    name = "toplyne-sandbox"

    def command(self):
        return [
            sys.executable, "-m", "toplyne_sandbox", "serve", "--port", str(self.port),
            "--token", f"bench={TOKEN}", "--json",
        ]  # fmt: skip


class Prism(Server):
    """Prism 5 as typed: it checks requests by our own OpenAPI document and keeps nothing."""

    name = "Prism 5"
    silent = False

    def command(self):
        quiet = ["-v", "silent"] if self.silent else []
        return [
            str(PEERS / "node_modules" / ".bin" / "prism"), "mock", "fixtures/openapi.json",
            "--errors", "--host", "127.0.0.1", "--port", str(self.port), *quiet,
        ]  # fmt: skip


class SilentPrism(Prism):
    """Prism 5 at its fastest: nothing logged, NODE_ENV=production."""

    name = "Prism 5, silent"
    silent = True

    def environment(self):
        return {"NODE_ENV": "production"}


def install_peers():
    """Install the pinned peers into the ignored folder; RuntimeError where npm is missing."""
    if shutil.which("npm") is None:
        raise RuntimeError("the peers need Node.js and npm, and npm is not on the PATH")
    PEERS.mkdir(exist_ok=True)
    shutil.copy(ROOT / "bench" / "peers" / "package.json", PEERS / "package.json")
    if (PEERS / "node_modules" / ".bin" / "prism").exists():
        return
    quiet = ["--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", "--silent"]
    subprocess.run(["npm", "install", *quiet], cwd=PEERS, check=True)
