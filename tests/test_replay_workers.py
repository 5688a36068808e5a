"""Replay with processes of its own: the same as alone, whatever becomes of a process."""

import gzip
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from multiprocessing import heap
from pathlib import Path
from types import SimpleNamespace

import pytest

from sandbox.replay import ReplayError, replay, workers
from sandbox.replay.storage import unavailable

TRACK = {"type": "track", "event": "E", "timestamp": "2026-03-02T08:59:30.000Z"}
PART = 20_000


@pytest.fixture
def archive(tmp_path):
    folder = tmp_path / "archive"
    folder.mkdir()
    events = [{**TRACK, "userId": f"u{n % 70}", "event": "E" if n % 9 else ""} for n in range(900)]
    lines = [json.dumps(event).encode() + b"\n" for event in events]
    (folder / "plain.json").write_bytes(b"".join(lines))
    for number in range(3):
        (folder / f"{number}.gz").write_bytes(gzip.compress(b"".join(lines[number::3]) + b"x\n"))
    return folder


def told(archive, out, **options):
    report = replay(archive, out=out, requests=True, part_bytes=PART, **options)
    return report.to_json(), gzip.decompress((out / "requests.ndjson.gz").read_bytes())


@pytest.fixture
def alone(archive, tmp_path):
    return told(archive, tmp_path / "alone")


def kill_one():
    os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)


@pytest.fixture
def spawned(monkeypatch):
    """As where a fork is not safe."""
    monkeypatch.setattr(workers, "_may_fork", lambda: False)


def test_two_workers_give_the_same_numbers_examples_and_rows(archive, tmp_path, alone, spawned):
    assert alone[0]["events"] == 1_800
    assert told(archive, tmp_path / "two", workers=2) == alone


def test_a_worker_that_is_killed_changes_nothing(archive, tmp_path, alone, spawned):
    killed = []

    def progress(read, _size, _events):
        if len(killed) < workers.MOST_DEATHS - 1:
            kill_one()
            killed.append(read)
        return False

    assert told(archive, tmp_path / "killed", workers=1, progress=progress) == alone
    assert killed


def test_work_that_ends_every_worker_is_told(archive, spawned):
    def progress(*_):  # told before anything can be done
        kill_one()
        return False

    with pytest.raises(ReplayError, match=r"3 workers ended, the last by SIGKILL, while they .*\."):
        replay(archive, workers=1, progress=progress)


def test_a_replay_that_is_stopped_has_what_its_workers_had_done(archive, spawned):
    report = replay(archive, workers=1, part_bytes=PART, progress=lambda read, *_: read > 0)

    assert report.found.is_interrupted
    assert 0 < report.events < 1_800


def test_workers_do_without_dev_shm_where_it_may_not_be_written(
    archive, tmp_path, alone, spawned, monkeypatch
):
    make_file, refused = heap.tempfile.mkstemp, []

    def mkstemp(**options):
        if options["dir"] == "/dev/shm":
            refused.append(options)
            raise PermissionError(13, "Permission denied")
        return make_file(**options)

    monkeypatch.setattr(heap, "tempfile", SimpleNamespace(mkstemp=mkstemp))
    monkeypatch.setattr(heap.Arena, "_dir_candidates", ["/dev/shm"])
    monkeypatch.setattr(heap.BufferWrapper, "_heap", heap.Heap())

    assert told(archive, tmp_path / "two", workers=2) == alone
    assert refused or not Path("/dev/shm").is_dir()


def test_what_a_worker_raises_is_raised(archive, tmp_path, spawned, monkeypatch):
    monkeypatch.setattr("sandbox.replay.job.version", lambda _: "9.9.9")

    with pytest.raises(
        ReplayError, match=r"a worker has toplyne-sandbox .*; install 9\.9\.9 there"
    ):
        replay(archive, workers=1)


def test_a_process_of_one_thread_forks_its_workers(archive):
    program = (
        "import sys; from sandbox.replay import replay, workers; may_fork = workers._may_fork();"
        f" report = replay({str(archive)!r}, workers=2, part_bytes={PART});"
        " print(report.events, may_fork, 'distributed' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    forks = str(Path("/proc/self/task").is_dir())
    assert done.stdout.split() == [b"1800", forks.encode(), b"False"]


@pytest.mark.parametrize("may_fork", [True, False], ids=["forked", "spawned"])
def test_workers_end_by_themselves_once_whoever_started_them_is_killed(tmp_path, may_fork):
    big = tmp_path / "big.json"
    big.write_bytes((json.dumps(TRACK).encode() + b"\n") * 150_000)  # still at work when it happens
    script = tmp_path / "script.py"
    script.write_text(
        "import multiprocessing\n"
        "from sandbox.replay import replay, workers\n"
        f"workers._may_fork = workers._may_fork if {may_fork} else lambda: False\n"
        "def progress(*_):\n"
        "    print(*(each.pid for each in multiprocessing.active_children()), flush=True)\n"
        "if __name__ == '__main__':\n"
        f"    replay({str(big)!r}, workers=3, progress=progress)\n"
    )
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE) as parent:
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()

    assert len(pids) == 3
    deadline = time.monotonic() + 20
    while any(is_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not [pid for pid in pids if is_alive(pid)]


def is_alive(pid):
    """Return whether a process is there and has not ended: nobody may be there to reap it."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_script_without_the_usual_guard_is_told_what_its_workers_print(archive, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from sandbox.replay import replay, workers\n"
        "workers._may_fork = lambda: False\n"
        f"replay({str(archive)!r}, workers=1)\n"
    )

    done = subprocess.run([sys.executable, script], capture_output=True, check=False)

    assert done.returncode == 1
    assert b'if __name__ == "__main__":' in done.stderr.replace(b"'", b'"')
    assert b"the last with exit code 1, while they worked on" in done.stderr
    assert b"see what they print" in done.stderr


def test_a_filesystem_that_is_missing_is_told_by_its_scheme():
    assert unavailable(["http"]) == ""
    assert unavailable(["http", "adl"]).startswith("adl:// cannot be opened: ")
