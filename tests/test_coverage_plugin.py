"""The coverage plugin: rule coverage in the summary of somebody else's test run."""

import json
import subprocess
import sys

import pytest

PROJECT = """
import httpx
import pytest
from sandbox import Mapping
from sandbox.workspace import ConnectedDestination, Source, Workspace


@pytest.fixture
def toplyne_workspace():
    mapping = Mapping(
        "Big orders",
        action="sendEvents",
        trigger='event = "Ordered" and properties.total > 100',
        fields={
            "userId": {"@path": "$.userId"},
            "eventName": "Big order",
            "timestamp": {"@path": "$.timestamp"},
        },
    )
    toplyne = ConnectedDestination(
        name="Toplyne", source="Site", api_key="key-00001", mappings=(mapping,)
    )
    return Workspace(sources=(Source(name="Site", write_key="key-1"),), destinations=(toplyne,))


def send(segment, event):
    auth = (segment.write_key, "")
    httpx.post(f"{segment.url}/v1/batch", json={"batch": [event]}, auth=auth, trust_env=False)


@pytest.mark.toplyne(allow_dropped=True)
@pytest.mark.parametrize("event", EVENTS)
def test_an_event(segment, event):
    send(segment, event)
"""
BIG_ORDER = {"type": "track", "event": "Ordered", "userId": "u1", "properties": {"total": 120}}
SIGN_UP = {"type": "track", "event": "Signed Up", "userId": "u1"}


def run(folder, events, *arguments):
    (folder / "test_theirs.py").write_text(PROJECT.replace("EVENTS", repr(events)))
    own = ["-p", "no:cacheprovider", "--rootdir", str(folder), "-W", "error"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *own, "--toplyne-coverage-json", "seen.json", *arguments],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize(
    "workers",
    [
        pytest.param((), id="one process"),
        pytest.param(("-n", "2"), id="xdist", marks=pytest.mark.heavy),
    ],
)
def test_each_gap_is_told_with_an_event_that_closes_it(tmp_path, workers):
    first = run(tmp_path, [BIG_ORDER, SIGN_UP], "--toplyne-coverage-fail-under", "90", *workers)
    report = json.loads((tmp_path / "seen.json").read_text())

    assert first.returncode == 1, first.stdout
    assert "2 passed" in first.stdout
    told = first.stdout.partition("Toplyne rule coverage")[2].splitlines()[1:]
    summary = [line for line in told if line]
    assert summary[:5] == [
        "Toplyne / Big orders: 7 of 10 (70 %), answered 1 × 202",
        (
            "  `properties.total > 100` was never false; "
            'send {"type":"track","event":"Ordered","userId":"u1"}'
        ),
        (
            "  userId was never coerced from another kind of value; "
            'send {"type":"track","event":"Ordered","userId":5,"properties":{"total":101}}'
        ),
        (
            "  userId was never refused; "
            'send {"type":"track","event":"Ordered","properties":{"total":101},"anonymousId":"a1"}'
        ),
        "rule coverage: 70 %",
    ]
    assert summary[5] == ("FAIL: --toplyne-coverage-fail-under requires 90 %, found 70.00 %.")
    (mapping,) = report["mappings"]
    assert (report["percent"], mapping["statuses"]) == (70.0, {"202": 1})

    closing = [gap["event"] for gap in mapping["gaps"]]
    second = run(tmp_path, [BIG_ORDER, SIGN_UP, *closing], "--toplyne-coverage-fail-under", "100")

    assert "5 passed" in second.stdout
    assert second.returncode == 0, second.stdout
    assert "Toplyne / Big orders: 10 of 10 (100 %), answered 2 × 202" in second.stdout


def test_a_run_that_tests_no_mapping_says_so_and_covers_nothing(tmp_path):
    result = run(tmp_path, [], "--toplyne-coverage-fail-under", "1")

    assert "No mapping was under test" in result.stdout
    assert result.returncode == 1


CALLS = """
import pytest

EVENT = {"userId": "u1", "eventName": "E", "timestamp": 1795450639}


def upload(toplyne, *events):
    toplyne.client.post("/upload/events", json={"events": list(events)})


def test_a_call(toplyne):
    upload(toplyne, EVENT)
    toplyne.fail_next(status=503)
    upload(toplyne, EVENT)


@pytest.mark.toplyne(allow_refused=True)
def test_a_refused_one(toplyne):
    upload(toplyne, {**EVENT, "timestamp": "x"}, {})
    toplyne.client.get("/auth/me", headers={"Authorization": "Bearer of-nobody-at-all"})
"""


@pytest.mark.parametrize(
    "workers",
    [
        pytest.param((), id="one process"),
        pytest.param(("-n", "2"), id="xdist", marks=pytest.mark.heavy),
    ],
)
def test_calls_answers_and_problems_are_counted_of_tests_of_toplyne_alone(tmp_path, workers):
    (tmp_path / "test_it.py").write_text(CALLS)
    own = ["-p", "no:cacheprovider", "--rootdir", str(tmp_path), "-W", "error"]

    result = subprocess.run(
        [sys.executable, "-m", "pytest", *own, "--toplyne-coverage-json", "seen.json", *workers],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert "2 passed" in result.stdout, result.stdout
    told = result.stdout.partition("Toplyne call coverage")[2].splitlines()[1:]
    assert told[0] == "GET /v1/auth/me: 1 × 403; never 200, 401, 404, 405, 500, 503"
    assert told[1] == "  problems: 1 × token-unknown"
    upload = next(line for line in told if line.startswith("POST /v1/upload/events"))
    assert upload.startswith("POST /v1/upload/events: 1 × 202, 1 × 400, 1 × 503; never 401, 403,")
    assert any(line.startswith("POST /v1/upload/users/profiles: never called") for line in told)
    calls = json.loads((tmp_path / "seen.json").read_text())["calls"]
    assert calls[0]["answers"] == {"403": 1}
    (events,) = [each for each in calls if each["path"] == "/v1/upload/events"]
    assert sum(events["problems"].values()) >= 1


def test_a_file_that_cannot_be_written_is_refused_before_any_test(tmp_path):
    result = run(tmp_path, [SIGN_UP], "--toplyne-coverage-json", str(tmp_path))

    assert result.returncode == 4, result.stdout
    said = f"ERROR: --toplyne-coverage-json: {tmp_path} cannot be written: Is a directory"
    assert said in result.stderr.splitlines()
