"""`/_sandbox/replay`: a file of events, what each becomes, and the counts of all of them."""

import gzip
import json
import threading
from base64 import b64encode
from collections import Counter

import httpx
import pytest

from mock_server.assertions import Assertions
from mock_server.mock import Mock
from mock_server.testing.transport import MockTransport
from sandbox import PRESETS, map_event
from sandbox.samples import fixtures

TRACK = {"type": "track", "event": "E", "userId": "u", "timestamp": 1612137600000}
EVENTS = [
    {"type": "identify", "userId": "u", "timestamp": 1612137600000},
    TRACK,
    {"type": "track", "userId": "u"},
    {**TRACK, "integrations": {"All": False}},
]
LINES = "\n".join(map(json.dumps, EVENTS)) + "\nnot json\n"


@pytest.fixture
def ask():
    mock = Mock(tokens={"default": "default-token"})
    with httpx.Client(transport=MockTransport(mock), base_url="http://localhost") as client:
        yield lambda **body: client.post("/_sandbox/replay", json=body)
    assert Assertions.of(mock).entries == []
    mock.close()


def base64(content):
    return {"base64": b64encode(content).decode()}


def test_a_file_is_told_event_by_event_and_in_counts(ask):
    told = ask(file=LINES, name="events.ndjson").json()

    fates = [[each["fate"] for each in row["outcomes"]] for row in told["rows"]]
    assert fates == [
        ["mapped", "skipped", "skipped"],
        ["skipped", "skipped", "mapped"],
        ["skipped", "skipped", "rejected"],
        [],
    ]
    assert [row["line"] for row in told["rows"]] == [1, 2, 3, 4]
    assert told["rows"][1]["event"] == TRACK
    assert told["rows"][1]["outcomes"][2]["request"] == map_event(TRACK)[2].request.to_json()
    assert told["rows"][2]["outcomes"][2]["reason"].startswith("$.eventName ")
    assert told["rows"][3]["held_back"].startswith("integrations turns All off")
    assert (told["events"], told["held_back"], told["bad_lines"]) == (4, 1, 1)
    assert told["unreadable"][0]["line"] == 5


HAR = {
    "log": {
        "entries": [
            {
                "request": {
                    "method": "POST",
                    "url": "https://api.segment.io/v1/track",
                    "headers": [],
                    "postData": {"text": json.dumps({**TRACK, "messageId": "m"})},
                },
                "response": {"status": 200},
            }
        ]
    }
}


@pytest.mark.parametrize(
    ("file", "count"),
    [
        (json.dumps(EVENTS), 4),
        (json.dumps({"batch": EVENTS, "sentAt": "2024-01-01T00:00:00Z"}), 3),
        (json.dumps(TRACK), 1),
        (json.dumps(HAR), 1),
        (base64(gzip.compress(LINES.encode())), 4),
        ("", 0),
    ],
    ids=["array", "batch", "one event", "HAR", "gzip", "nothing"],
)
def test_every_form_of_a_file_is_read(ask, file, count):
    assert len(ask(file=file).json()["rows"]) == count


def test_the_rows_add_up_to_the_counts_of_replay(ask):
    folder = fixtures() / "events" / "recorded"
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        told = ask(file=base64(file.read_bytes()), name=file.name).json()

        for index, counts in enumerate(told["mappings"]):
            fates = Counter(row["outcomes"][index]["fate"] for row in told["rows"])
            assert fates == {k: counts[k] for k in counts if k != "name" and counts[k]}, file.name


def test_what_is_not_listed_is_counted(ask, monkeypatch):
    monkeypatch.setattr("mock_server.control.archive_resource.LISTED_EVENTS", 2)

    told = ask(file=LINES).json()

    assert (len(told["rows"]), told["events"]) == (2, 4)


def test_a_list_that_is_too_long_ends_early(ask, monkeypatch):
    monkeypatch.setattr("mock_server.control.archive_resource.LISTED_BYTES", 100_000)
    long = {**TRACK, "properties": {"text": "x" * 25_000}}

    told = ask(file=base64(gzip.compress(json.dumps([long] * 5).encode()))).json()

    assert (len(told["rows"]), told["events"]) == (1, 5)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, '$.file is missing. Expected a string, or {"base64": "…"}.'),
        ({"file": {"base64": "%"}}, '$.file must be a string, or {"base64": "…"}, not an object.'),
        ({"file": base64(gzip.compress(b"{}")[:-3]), "name": "a.gz"}, "a.gz is not readable"),
        ({"file": "", "mapping": []}, "Did you mean mappings?"),
        (
            {"file": "", "mappings": [{"name": "A", "action": "sendEvents", "trigger": "("}]},
            "The mapping 'A' is not valid, so nothing was replayed.",
        ),
    ],
)
def test_what_cannot_be_replayed_is_refused_in_a_sentence(ask, body, said):
    answer = ask(**body)

    assert answer.status_code == 400
    assert said in answer.json()["error"]["details"]


def test_a_small_file_that_inflates_to_much_is_refused_with_the_bound(ask):
    answer = ask(file=base64(gzip.compress(bytes(65 * 2**20))))

    assert answer.status_code == 413
    assert answer.json()["error"]["details"] == (
        "the file is larger than 10,485,760 bytes, the limit for a whole file (upload_bytes)."
        " Use `toplyne-sandbox replay`, which takes any number of events."
    )


def test_the_mappings_of_the_question_count(ask):
    only = {"name": "Only", "action": "sendEvents", "trigger": 'event = "E"'}

    told = ask(file=LINES, mappings=[only], rules="observed").json()

    assert [each["name"] for each in told["mappings"]] == ["Only"]
    assert len(PRESETS) == len(ask(file=LINES).json()["mappings"])


def test_a_file_that_takes_too_long_is_refused_with_the_bound(ask, monkeypatch):
    monkeypatch.setattr("mock_server.control.archive_resource.REPLAY_SECONDS", 0.0)

    told = ask(file=LINES, name="old.ndjson")

    assert told.status_code == 413
    assert told.json()["error"]["details"] == (
        "old.ndjson takes longer than 30 s (replay_seconds) with these mappings."
        " Use `toplyne-sandbox replay`, which takes any number of events."
    )


def test_more_replays_at_once_than_the_bound_are_refused_with_it(ask, monkeypatch):
    one = threading.BoundedSemaphore(1)
    monkeypatch.setattr("mock_server.control.archive_resource._REPLAYING", one)

    with one:
        refused = ask(file=LINES)

    assert (refused.status_code, refused.json()["error"]["details"]) == (
        503,
        "At most 4 files are replayed at once (replays_at_once). Retry later.",
    )
    assert [ask(file=file).status_code for file in (LINES, 1, LINES)] == [200, 400, 200]
