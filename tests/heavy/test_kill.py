"""Kill: after kill -9 in the middle of writing, every answered 202 is in the file."""

import os
import random
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from mock_server import MockServer
from tests.heavy.load import send_until_killed

ROOT = Path(__file__).parent.parent.parent
THREADS = 8


@pytest.mark.parametrize(
    ("times", "writes"),
    [
        pytest.param(2, 1000, id="small"),
        pytest.param(20, 10_000, id="whole", marks=pytest.mark.heavy),
    ],
)
def test_every_answered_202_is_there_after_the_restart(tmp_path, times, writes):
    chance = random.Random(7)
    tokens = {f"round {number}": f"tok_killed_{number:04}" for number in range(times)}
    accepted: dict[str, list[str]] = {name: [] for name in tokens}

    for name, token in tokens.items():
        killed_after = chance.randint(writes // 10, writes * 9 // 10)
        server = start(tmp_path / "mock.db", tokens)
        port = int(server.stdout.readline())

        kill_in_the_middle(
            server,
            port=port,
            token=token,
            name=name,
            answered=accepted[name],
            killed_after=killed_after,
            writes=writes,
        )

        assert server.returncode != 0
        assert killed_after <= len(accepted[name]) < writes

    with MockServer(tokens=tokens, db=tmp_path / "mock.db") as again:
        for name, answered in accepted.items():
            there = Counter(event["eventName"] for event in again.tenant(name).events)
            assert [event for event in answered if there[event] != 1] == []
            assert max(there.values()) == 1
            # a request that was written and not answered may be there too: one a connection
            assert len(there) <= len(answered) + THREADS


def start(path, tokens):
    pairs = [f"{name}={token}" for name, token in tokens.items()]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.heavy.server_process", str(path), *pairs],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def kill_in_the_middle(server, *, port, token, name, answered, killed_after, writes):
    enough = threading.Event()

    def note(event):
        answered.append(event)  # one append is atomic, whichever thread does it
        if len(answered) >= killed_after:
            enough.set()

    def kill():
        enough.wait(120)
        server.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    send_until_killed(
        port, token, threads=THREADS, count=writes // THREADS, name=name, on_accepted=note
    )
    killer.join()
    server.wait()
    server.stdout.close()
