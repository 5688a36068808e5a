"""A replay of very much, by workers that die, over a real scheduler, and on a planted million."""

import gzip
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bench.replay import PRESETS, archive
from sandbox import Mapping
from sandbox.replay import ReplayError, replay

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("replay")


@pytest.fixture(scope="module")
def events(folder):
    """An archive of 160,000 events in 8 .gz files, and one of the files plain."""
    made = archive(folder)
    (made / "plain.ndjson").write_bytes(gzip.decompress((made / "0.gz").read_bytes()))
    return made


NEW = (
    *PRESETS[:2],
    Mapping("Send Events", action="sendEvents", trigger='properties.plan = "pro"'),
)


def told(events, out, **options):
    report = replay(events, workspace=NEW, against=PRESETS, out=out, **options)
    rows = {
        name: gzip.decompress((Path(out) / f"{name}.ndjson.gz").read_bytes())
        for name in ("differences", "rejected")
    }
    return report.to_json(), rows


@pytest.fixture(scope="module")
def alone(events, folder):
    return told(events, folder / "alone")


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Cluster:
    """A scheduler and workers, started by hand as docs/how-to/replay.md says."""

    def __init__(self, folder, *, nanny=True):
        self.address = f"tcp://127.0.0.1:{free_port()}"
        host, port = self.address.removeprefix("tcp://").split(":")
        self.folder, self.nanny = folder, nanny
        self.processes = []
        self.scheduler = self.start("scheduler", "--host", host, "--port", port)

    def start(self, what, *arguments):
        program = f"from distributed.cli.dask_{what} import main; main()"
        process = subprocess.Popen(
            [sys.executable, "-c", program, *arguments, "--no-dashboard"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def worker(self):
        nanny = "--nanny" if self.nanny else "--no-nanny"
        return self.start(
            "worker", self.address, "--nthreads", "1", nanny, "--local-directory", str(self.folder)
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:  # it waits for a scheduler that is gone
                process.kill()
                process.wait()


def wait_for_workers(address, count):
    from distributed import Client  # noqa: PLC0415 - to be collected it must not need /proc

    with Client(address, timeout=60) as client:
        client.wait_for_workers(count, timeout=60)


def test_two_local_workers_give_the_same(events, folder, alone):
    assert told(events, folder / "local", workers=2) == alone


def test_a_scheduler_over_tcp_gives_the_same(events, folder, alone):
    with Cluster(folder / "dask") as cluster:
        cluster.worker()
        cluster.worker()
        wait_for_workers(cluster.address, 2)

        assert told(events, folder / "tcp", scheduler=cluster.address) == alone


@pytest.mark.parametrize("when", [0.0, 0.5, 0.9])
def test_a_worker_that_is_killed_changes_nothing(events, folder, alone, when):
    with Cluster(folder / "dask", nanny=False) as cluster:
        first = cluster.worker()
        wait_for_workers(cluster.address, 1)
        killed = []

        def progress(read, size, _events):
            if not killed and read >= when * size and read:
                cluster.worker()
                first.send_signal(signal.SIGKILL)
                killed.append(read)
            return False

        found = told(
            events, folder / f"killed-{when}", scheduler=cluster.address, progress=progress
        )

        assert killed
        assert found == alone


def test_a_scheduler_that_is_gone_ends_in_a_sentence(events, folder):
    with Cluster(folder / "dask") as cluster:
        cluster.worker()
        wait_for_workers(cluster.address, 1)
        threading.Timer(1.5, cluster.scheduler.kill).start()

        with pytest.raises(ReplayError, match=r"scheduler is gone|no worker"):
            replay(events, scheduler=cluster.address)


def test_no_scheduler_and_no_worker_are_told(events, folder):
    with pytest.raises(ReplayError, match="no scheduler answers"):
        replay(events, scheduler=f"tcp://127.0.0.1:{free_port()}")
    with Cluster(folder / "dask") as cluster:
        time.sleep(3)
        with pytest.raises(ReplayError, match="the scheduler has no worker"):
            replay(events, scheduler=cluster.address)


def test_a_worker_of_another_version_is_named(events, folder, monkeypatch):
    with Cluster(folder / "dask") as cluster:
        cluster.worker()
        wait_for_workers(cluster.address, 1)
        monkeypatch.setattr("sandbox.replay.job.version", lambda _: "9.9.9")

        with pytest.raises(ReplayError, match=r"needs toplyne-sandbox 9\.9\.9, but tcp://.* has 0"):
            replay(events, scheduler=cluster.address)


@pytest.mark.parametrize("workers", [(), ("--workers", "1")], ids=["alone", "worker"])
def test_ctrl_c_ends_with_what_was_done(folder, events, workers):
    many = archive(folder, 10)
    process = subprocess.Popen(
        [sys.executable, "-m", "toplyne_sandbox", "replay", many, "--json", *workers],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    time.sleep(12)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)

    report = json.loads(out)
    assert process.returncode == 2
    assert report["interrupted"] is True
    assert 0 < report["events"] < 1_600_000
    assert b"Traceback" not in err


def test_a_planted_change_in_a_million_events_is_counted_exactly(folder):
    million = folder / "million"
    million.mkdir()
    event = '{"type":"track","event":"%s","userId":"u%d","timestamp":"2026-03-%02dT08:59:30.000Z",'
    event += '"properties":{"total":%d}}\n'
    for part in range(10):
        lines = (
            event % ("Order" if n % 2 else "View", n % 50_000, 1 + n % 28, n % 1_000)
            for n in range(part * 100_000, (part + 1) * 100_000)
        )
        (million / f"{part}.gz").write_bytes(gzip.compress("".join(lines).encode(), 1))
    total = {"total": {"@path": "$.properties.total"}}
    base = {
        "userId": {"@path": "$.userId"},
        "eventName": {"@path": "$.event"},
        "timestamp": {"@path": "$.timestamp"},
    }
    old = [
        Mapping("Orders", action="sendEvents", trigger='event = "Order"'),
        Mapping("Views", action="sendEvents", trigger='event = "View" and properties.total < 100'),
        Mapping("Late", action="sendEvents", trigger="properties.total >= 990"),
    ]
    new = [
        Mapping(
            "Orders", action="sendEvents", trigger='event = "Order" and properties.total > 500'
        ),
        Mapping(
            "Views",
            action="sendEvents",
            trigger='event = "View" and properties.total < 100',
            fields={**base, "eventProperties": {"amount": total["total"]}},
        ),
    ]
    report = replay(million, workspace=new, against=old, out=folder / "planted")

    assert report.to_json()["against"] == {
        "same": 250_000,
        "appeared": 0,
        "vanished": 250_000 + 10_000,
        "changed": 50_000,
        "fields": {
            "$.events[0].eventProperties.amount": 50_000,
            "$.events[0].eventProperties.total": 50_000,
        },
    }
    page = (folder / "planted" / "report.html").read_text()
    assert "260,000" in page
    assert "50,000" in page


def test_ten_thousand_small_files_and_one_huge_line_of_gzip_keep_memory_flat(folder):
    small = folder / "small"
    small.mkdir()
    line = b'{"type":"track","event":"E","userId":"u","timestamp":"2026-03-01T08:59:30.000Z"}\n'
    for number in range(10_000):
        (small / f"{number}.gz").write_bytes(gzip.compress(line * 3, 1))
    with gzip.open(folder / "huge.gz", "wb", 1) as huge:
        for _ in range(3_000):
            huge.write(line * 1_000)
        huge.write(b'"' + b"x" * 300_000_000 + b'"\n' + line)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    report = replay([small, folder / "huge.gz"])

    assert (report.events, report.bad_lines) == (30_000 + 3_000_001, 1)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert after - before < 100_000  # KB
