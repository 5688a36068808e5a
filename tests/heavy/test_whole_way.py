"""The whole way: SDK processes, Segment's side here, a Toplyne that fails and is killed once.

Every message is accounted for, and twice in the state only where an attempt got no answer.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from mock_server import MockServer, SegmentChoices
from sandbox.segment.retry import Backoff
from sandbox.workspace import ConnectedDestination, Source, Workspace

ROOT = Path(__file__).parent.parent.parent
TOKEN = "tok_the_whole_way"
pytest.importorskip("segment.analytics", reason="segment-analytics-python is not installed here")

FAULTS = [
    {"status": 503, "times": None, "probability": 0.1, "seed": 1},
    {"wire": "reset", "times": None, "probability": 0.05, "seed": 2},
    {"wire": "half", "times": None, "probability": 0.05, "seed": 3},
]
"""A fifth of the calls: half of them refused, half of them stored and the answer lost."""


class Toplyne:
    """`serve` in a process of its own, on one port and one file; it can be killed and started."""

    def __init__(self, path):
        self._path = path
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "toplyne_sandbox", "serve", "--json",
                "--port", str(self.port), "--db", str(self._path), "--token", f"default={TOKEN}",
            ],
            stdout=subprocess.PIPE,
            encoding="utf-8",
            cwd=ROOT,
        )  # fmt: skip
        json.loads(self.process.stdout.readline())
        for fault in FAULTS:
            httpx.post(f"{self.url}/_sandbox/faults", json=fault).raise_for_status()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def count(self):
        return httpx.get(f"{self.url}/_sandbox/state/events?limit=1").json()["total"]

    def names(self):
        """Return the name of every event in the state."""
        found, total = [], self.count()
        while len(found) < total:
            answer = httpx.get(
                f"{self.url}/_sandbox/state/events?limit=1000&offset={len(found)}", timeout=60
            )
            found += [event["eventName"] for event in answer.json()["items"]]
        return found


@pytest.mark.parametrize(
    ("processes", "messages"),
    [
        pytest.param(2, 300, id="small"),
        pytest.param(8, 10_000, id="whole", marks=pytest.mark.heavy),
    ],
)
def test_every_message_arrives_and_is_accounted_for(tmp_path, processes, messages):
    toplyne = Toplyne(tmp_path / "toplyne.db")
    workspace = Workspace(
        sources=(Source(name="app", write_key="the-write-key"),),
        destinations=(
            ConnectedDestination(
                name="Toplyne", source="app", api_key=TOKEN, base_url=f"{toplyne.url}/v1"
            ),
        ),
    )
    choices = SegmentChoices(backoff=Backoff(growth=1.3, time_scale=0.02))
    try:
        with MockServer(workspace=workspace, segment=choices) as segment:
            clients = [
                start_sdk(segment, f"p{number}", messages // processes)
                for number in range(processes)
            ]
            wait_until(lambda: toplyne.count() >= messages // 3)
            toplyne.kill()
            time.sleep(0.5)
            toplyne.start()
            for client in clients:
                assert client.wait(300) == 0
            segment.flush(timeout=600)
            ledger = segment.ledger
        names = toplyne.names()
    finally:
        toplyne.kill()

    sent = {f"p{p}/{n}" for p in range(processes) for n in range(messages // processes)}
    assert {record["event"] for record in ledger} == sent
    assert len(ledger) == len(sent)
    assert Counter(record["outcome"] for record in ledger) == {"delivered": len(sent)}

    arrived = Counter(names)
    assert set(arrived) == sent
    for record in ledger:
        (delivery,) = record["deliveries"]
        unanswered = sum(attempt["status"] is None for attempt in delivery["attempts"])
        assert 1 <= arrived[record["event"]] <= 1 + unanswered, record
    codes = Counter(
        attempt["code"] for record in ledger for attempt in record["deliveries"][0]["attempts"]
    )
    assert codes["202"] == len(sent)
    # the faults really happened: by chance, so a small run is only asked for some of each
    is_whole = len(sent) > 1000
    assert codes["503"] > (0.05 * len(sent) if is_whole else 0)
    assert codes["ECONNRESET"] > (0.03 * len(sent) if is_whole else 0)
    assert codes["ECONNREFUSED"] > 0
    assert sum(arrived.values()) > len(sent)  # the lost answers did make copies


def start_sdk(segment, name, number):
    return subprocess.Popen(
        [
            sys.executable, "-m", "tests.heavy.sdk_process",
            segment.url, segment.write_key, name, str(number),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def wait_until(condition, *, seconds=300):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
