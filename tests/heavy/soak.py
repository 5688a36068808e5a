"""Soak: minutes of uploads, SDK batches, listeners, faults and resets against one `serve`.

    make soak MINUTES=10

Its memory is flat once the journal is full, its descriptors and threads are constant, its log file
of SQLite stays small, and what it writes to standard error are sentences.
"""

import argparse
import http.client
import json
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
TOKENS = {"default": "tok_soak_default", "full": "tok_soak_full"}
"""The default tenant has SDK batches, faults and resets, the other fills its journal."""
FULL = 100_000
RESET_EVERY = 20  # half seconds: before the ledger is full, which would hide what a reset leaves
UPLOADS_A_SECOND = 600
MOST_GROWN_MB = 20
SENTENCE = re.compile(r"\S.*\.")


class Sample(NamedTuple):
    """What a process takes at a moment, and how many entries its journal has had."""

    seconds: float
    megabytes: float
    descriptors: int
    threads: int
    entries: int
    log_megabytes: float


@dataclass
class Soak:
    """One `serve`, what is done to it in threads, and what was seen of it."""

    port: int
    pid: int
    write_key: str
    database: Path
    stop: threading.Event = field(default_factory=threading.Event)
    errors: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)

    def ask(self, method, path, body=None, *, token=TOKENS["default"]):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content

    def count(self, name, number=1):
        self.counts[name] = self.counts.get(name, 0) + number

    def upload(self, token, name):
        """Upload on one connection for as long as that is kept, in bursts."""
        items = [{"userId": f"u{n % 500}", "eventName": f"E{n}", "timestamp": n} for n in range(50)]
        bodies = [json.dumps({"events": [item]}).encode() for item in items]
        head = (
            "POST /v1/upload/events HTTP/1.1\r\nHost: localhost\r\n"
            "Content-Type: application/json\r\n"
            f"Authorization: Bearer {token}\r\nContent-Length: "
        )
        requests = b"".join(f"{head}{len(b)}\r\n\r\n".encode() + b for b in bodies)
        while not self.stop.is_set():
            with (
                suppress(OSError),
                socket.create_connection(("127.0.0.1", self.port)) as connection,
            ):
                connection.settimeout(30)
                for _ in range(200):
                    if self.stop.is_set():
                        return
                    connection.sendall(requests)
                    self._read(connection, len(bodies), name)
                    self.stop.wait(len(bodies) / UPLOADS_A_SECOND)

    def _read(self, connection, number, name):
        came = b""
        while came.count(b"HTTP/1.1 ") < number or not came.endswith(b"}"):
            piece = connection.recv(65536)
            if not piece:  # a fault ended the connection
                break
            came += piece
        self.count(name, came.count(b"HTTP/1.1 202 "))

    def batches(self):
        batch = [{"type": "track", "event": "Soaked", "userId": f"u{n}"} for n in range(20)]
        while not self.stop.wait(0.2):
            status, _ = self.ask("POST", "/v1/batch", {"writeKey": self.write_key, "batch": batch})
            self.count(f"batches {status}")

    def listen(self):
        while not self.stop.is_set():
            with (
                suppress(OSError),
                socket.create_connection(("127.0.0.1", self.port)) as connection,
            ):
                connection.settimeout(10)
                connection.sendall(b"GET /_sandbox/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
                end = time.monotonic() + 3
                while time.monotonic() < end and connection.recv(65536):
                    self.count("pieces heard")

    def faults_and_resets(self):
        faults = [
            {"status": 503, "times": 5},
            {"delay": 0.05, "times": 5},
            {"wire": "reset", "times": 2},
            {"wire": "half", "times": 2},
            {"answer": {"status": 502, "body": "<html>", "times": 2}},
        ]
        number = 0
        while not self.stop.wait(0.5):
            number += 1
            fault = faults[number % len(faults)]
            status, _ = self.ask("POST", "/_sandbox/faults", fault)
            self.count(f"faults {status}")
            if number % RESET_EVERY == 0:
                status, _ = self.ask("POST", "/_sandbox/reset")
                self.count(f"resets {status}")

    def sample(self, seconds):
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        _, content = self.ask("GET", "/_sandbox/entries?limit=1", token=TOKENS["full"])
        listed = json.loads(content)
        log = self.database.with_name(f"{self.database.name}-wal")
        self.samples.append(
            Sample(
                seconds,
                int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024,
                len(list(Path(f"/proc/{self.pid}/fd").iterdir())),
                int(re.search(r"Threads:\s+(\d+)", status)[1]),
                listed["total"] + listed["dropped"],
                log.stat().st_size / 2**20 if log.exists() else 0,
            )
        )

    def run(self, seconds):
        """Do everything at once for so long; look at the process every few seconds."""
        work = [
            *[(self.upload, token, f"uploads to {name}") for name, token in TOKENS.items()],
            *[(self.listen,)] * 3,
            (self.batches,),
            (self.faults_and_resets,),
        ]
        threads = [threading.Thread(target=self._guarded, args=each) for each in work]
        for thread in threads:
            thread.start()
        begun = time.monotonic()
        while (now := time.monotonic() - begun) < seconds and not self.errors:
            self.sample(now)
            self.stop.wait(max(1, min(5, seconds / 60)))
        self.stop.set()
        for thread in threads:
            thread.join()

    def _guarded(self, work, *arguments):
        try:
            work(*arguments)
        except Exception as error:  # noqa: BLE001 - told at the end, as the run then means nothing
            self.errors.append(f"{work.__name__}: {error!r}")
            self.stop.set()


def problems(samples, said, errors, full):
    """Return in sentences what is wrong with what was seen."""
    found = list(errors)
    found += [f"not a sentence: {line}" for line in said if not SENTENCE.fullmatch(line)]
    kept = [each for each in samples if each.entries >= full]
    if len(kept) < 6:
        return [*found, f"the journal was full in {len(kept)} looks only; give it more MINUTES."]
    half = len(kept) // 2
    before, after = kept[:half], kept[half:]
    grown = statistics.median(s.megabytes for s in after) - statistics.median(
        s.megabytes for s in before
    )
    if grown > MOST_GROWN_MB:
        found.append(f"memory grew by {grown:.1f} MB after the journal was full.")
    for name in ("descriptors", "threads"):
        most = [max(getattr(each, name) for each in part) for part in (before, after)]
        if most[1] > most[0] + 2:
            found.append(f"{name} grew from {most[0]} to {most[1]}.")
    if (log := max(each.log_megabytes for each in samples)) > 100:
        found.append(f"SQLite's log file had {log:.0f} MB.")
    return found


def main(arguments=None):
    """Run, print what was seen, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--full", type=int, default=FULL, help="entries at which it is looked on")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/said", "w+b") as said:  # noqa: PTH123
        database = Path(folder) / "mock.db"
        tokens = [word for n, t in TOKENS.items() for word in ("--token", f"{n}={t}")]
        command = [sys.executable, str(ROOT / "toplyne_sandbox.py"), "serve", "--quiet", "--json"]
        process = subprocess.Popen(
            [*command, "--port", "0", "--db", str(database), *tokens],
            stdout=subprocess.PIPE,
            stderr=said,
        )
        told = json.loads(process.stdout.readline())
        port = int(told["url"].rpartition(":")[2])
        soak = Soak(port, process.pid, told["write_key"], database)
        try:
            soak.run(chosen.minutes * 60)
        finally:
            process.terminate()
            code = process.wait(60)
        said.seek(0)
        lines = said.read().decode().splitlines()
    return report(soak, lines, code, chosen.full)


def report(soak, lines, code, full):
    """Print what was seen and what is wrong with it; return the exit code."""
    print("  seconds  memory MB  descriptors  threads   entries  log MB")
    for each in soak.samples[:: max(1, len(soak.samples) // 20)]:
        print(
            f"{each.seconds:9.0f} {each.megabytes:10.1f} {each.descriptors:12}"
            f" {each.threads:8} {each.entries:9,} {each.log_megabytes:7.1f}"
        )
    print(", ".join(f"{name}: {number:,}" for name, number in sorted(soak.counts.items())))
    print(f"exit code {code}; {len(lines)} lines on standard error")
    for line in lines[:10]:
        print(f"  {line}")
    found = problems(soak.samples, lines, soak.errors, full)
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
