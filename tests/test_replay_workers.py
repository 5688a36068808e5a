"""Replay with workers of its own: the same as alone."""

import gzip
import json
import sys
from pathlib import Path

import pytest

from sandbox.replay import replay
from sandbox.replay.files import unavailable

TRACK = {"type": "track", "event": "E", "timestamp": "2026-03-02T08:59:30.000Z"}


@pytest.mark.skipif(
    not Path("/proc/self").exists() and sys.platform == "linux",
    reason="there is no /proc here, where the workers of dask look at themselves",
)
def test_local_workers_give_the_same_numbers_examples_and_rows(tmp_path):
    archive = tmp_path / "archive"
    archive.mkdir()
    events = [{**TRACK, "userId": f"u{n % 70}", "event": "E" if n % 9 else ""} for n in range(900)]
    lines = [json.dumps(event).encode() + b"\n" for event in events]
    (archive / "plain.json").write_bytes(b"".join(lines))
    for number in range(3):
        (archive / f"{number}.gz").write_bytes(gzip.compress(b"".join(lines[number::3]) + b"x\n"))

    told, rows = [], []
    for workers in (0, 1):
        out = tmp_path / f"out-{workers}"
        report = replay(archive, workers=workers, out=out, requests=True, part_bytes=20_000)
        told.append(report.to_json())
        rows.append(gzip.decompress((out / "requests.ndjson.gz").read_bytes()))

    assert told[1] == told[0]
    assert told[0]["events"] == 1_800
    assert rows[1] == rows[0]


def test_a_filesystem_that_is_missing_is_told_by_its_scheme():
    assert unavailable(["http"]) == ""
    assert unavailable(["http", "adl"]).startswith("adl:// cannot be opened: ")
