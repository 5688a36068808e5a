"""Suspicions: requests that are accepted and surely wrong."""

import subprocess
import sys
import tracemalloc

import pytest

from mock_server import MockServer
from sandbox import PRESETS, Destination, Mapping, map_event
from sandbox.samples import recorded
from sandbox.segment.json_text import json_text
from sandbox.segment.pipeline import Mapped, Request
from sandbox.suspicions import (
    MAX_SUSPICIONS,
    NO_ID_TEXTS,
    SuspiciousRequestError,
    refuse_suspicious,
    sent_before,
    suspicious,
    suspicious_upload,
)
from sandbox.workspace import ConnectedDestination, Source, Workspace
from tests.wire import http

EVENT = {"userId": "u1", "eventName": "Signed Up", "timestamp": 1612137600}
PROFILE = {"userId": "u1", "creationTime": 1612137600}


def of_events(*items):
    return [(s.code, s.path) for s in suspicious_upload("/upload/events", {"events": list(items)})]


@pytest.mark.parametrize(
    ("changed", "code", "path"),
    [
        pytest.param({"userId": None}, "no-id", "", id="no id"),
        pytest.param({"timestamp": None}, "null-time", ".timestamp", id="null time"),
        pytest.param(
            {"timestamp": 1612137}, "seconds-for-milliseconds", ".timestamp", id="1970"
        ),
        pytest.param({"timestamp": -11259302400}, "digits-as-date", ".timestamp", id="1613"),
        pytest.param({"timestamp": 1612137600000}, "time-too-late", ".timestamp", id="too late"),
        pytest.param(
            {"eventProperties": {}}, "empty-properties", ".eventProperties", id="empty properties"
        ),
        pytest.param({"eventName": ""}, "empty-text", ".eventName", id="empty name"),
        pytest.param({"userId": "undefined"}, "no-real-id", ".userId", id="the id undefined"),
        pytest.param(
            {"eventName": "Bought [object Object]"}, "object-as-text", ".eventName", id="a name"
        ),
        pytest.param(
            {"userId": "[object Object]"}, "object-as-text", ".userId", id="the id of an object"
        ),
        pytest.param(
            {"eventProperties": {"a b": [1, {"x": "[object Object]"}]}},
            "object-as-text",
            ".eventProperties['a b'][1].x",
            id="deep in the properties",
        ),
    ],
)  # fmt: skip
def test_what_is_surely_wrong_with_an_item_is_named_at_its_place(changed, code, path):
    assert of_events({**EVENT, **changed}) == [(code, f"$.events[0]{path}")]


def test_nothing_is_said_of_a_good_request():
    assert of_events(EVENT, {**EVENT, "anonymousId": "a", "eventProperties": {"plan": "pro"}}) == []


def test_the_same_profile_twice_is_named_once():
    body = {"profiles": [PROFILE, {**PROFILE, "userId": "u2"}, {**PROFILE, "creationTime": 5e8}]}

    (found,) = suspicious_upload("/upload/users/profiles", body)

    assert (found.code, found.path) == ("sent-twice", "$.profiles[2]")
    assert found.message == "is a duplicate of $.profiles[0]. Send it once."


def test_two_events_of_one_user_are_no_repetition_but_one_event_twice_is():
    assert of_events(EVENT, {**EVENT, "eventName": "Left"}) == []
    assert of_events(EVENT, EVENT) == [("sent-twice", "$.events[1]")]


def test_of_very_many_suspicions_a_thousand_are_told_and_that_there_are_more():
    found = of_events({**EVENT, "eventProperties": {"a": ["[object Object]"] * 2000}})

    assert len(found) == MAX_SUSPICIONS + 1
    assert found[MAX_SUSPICIONS - 1] == ("object-as-text", "$.events[0].eventProperties.a[999]")
    assert found[-1] == ("too-many", "$")


def test_a_long_list_deep_within_an_item_is_looked_at_in_little_memory():
    value = [*[0] * 100_000, ["[object Object]"], "[object Object]"]
    for _ in range(600):
        value = [value]
    body = {"events": [{**EVENT, "eventProperties": {"a": value}}]}

    tracemalloc.start()
    found = suspicious_upload("/upload/events", body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    inner = "[0]" * 600
    assert [s.path.removeprefix(f"$.events[0].eventProperties.a{inner}") for s in found] == [
        "[100000][0]",
        "[100001]",
    ]
    assert peak < 5_000_000


@pytest.mark.parametrize(
    ("path", "body"),
    [("/auth/me", {}), ("/upload/events", []), ("/upload/events", {"events": {}}),
     ("/upload/events", {"events": [None, 5]})],
)  # fmt: skip
def test_other_paths_and_bodies_are_left_to_the_contract(path, body):
    assert suspicious_upload(path, body) == ()


@pytest.mark.parametrize(
    ("timestamp", "code"),
    [
        ("2021-02-30", "rolled-over-day"),
        ("2021-02-01T00:00:00+05:30", "moved-by-zone"),
        ("1612137600", "digits-as-date"),
        (1612137600, "seconds-for-milliseconds"),
        ("12", "digits-as-date"),
    ],
)
def test_with_the_event_and_its_mapping_a_moved_day_shows_once(timestamp, code):
    event = {"type": "track", "event": "E", "userId": "u", "timestamp": timestamp}
    mapping = Mapping("Events", action="sendEvents", trigger='type = "track"')
    (outcome,) = map_event(event, [mapping])

    found = suspicious(outcome.request, event, mapping)

    assert [(s.code, s.path) for s in found] == [(code, "$.events[0].timestamp")]


def test_a_request_sent_before_is_named():
    one, other = (
        Request(method="POST", path="/upload/events", content=json_text(body).encode())
        for body in ({"events": [EVENT]}, {"events": []})
    )

    assert sent_before(one, [other]) == ()
    assert [s.code for s in sent_before(one, [other, one])] == ["sent-twice"]


def test_a_test_can_refuse_what_is_suspicious():
    request = Request(
        method="POST",
        path="/upload/events",
        content=json_text({"events": [{**EVENT, "timestamp": None}]}).encode(),
    )

    with pytest.raises(
        AssertionError, match=r"POST /upload/events is accepted but surely wrong:\n"
    ):
        refuse_suspicious(request)
    with pytest.raises(SuspiciousRequestError, match=r"\$\.events\[0\]\.timestamp is null"):
        refuse_suspicious(request)


def test_what_real_clients_sent_is_not_suspicious_but_for_empty_properties():
    codes = {
        suspicion.code
        for sample in recorded()
        for outcome in map_event(sample.event.value, rules="observed")
        if isinstance(outcome, Mapped)
        for suspicion in suspicious(outcome.request, sample.event.value, outcome.mapping)
    }

    assert codes <= {"empty-properties"}


def test_the_mock_accepts_what_is_suspicious():
    with MockServer() as toplyne:
        destination = Destination(api_key=toplyne.token, base_url=toplyne.api_url)
        event = {"type": "track", "event": "E", "userId": "undefined", "timestamp": 1612137600}

        (delivery,) = (d for d in destination.send(event) if hasattr(d, "status"))

    assert delivery.status == 202
    assert [s.code for s in suspicious(delivery.request)] == [
        "no-real-id",
        "seconds-for-milliseconds",
    ]


def test_the_pytest_plugin_fails_a_test_that_asked_for_it(tmp_path):
    (tmp_path / "test_it.py").write_text(
        "import pytest\n\n"
        "@pytest.mark.toplyne(suspicious='fail')\n"
        "def test_it(toplyne):\n"
        "    event = {'userId': 'u', 'eventName': 'E', 'timestamp': 1612137}\n"
        "    toplyne.client.post('/upload/events', json={'events': [event]})\n"
    )

    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert result.returncode == 1
    assert "Toplyne accepted calls that are surely wrong:" in result.stdout
    assert "$.events[0].timestamp is 1970-01-19T15:48:57Z: Segment reads" in result.stdout


def test_the_ledger_names_what_is_surely_wrong_with_a_delivery():
    event = {
        "type": "track", "event": "E", "userId": "u", "messageId": "m1",
        "properties": {"at": "2021-02-30"},
    }  # fmt: skip
    mapping = Mapping(
        "Events",
        action="sendEvents",
        trigger='type = "track"',
        fields={
            "userId": {"@path": "$.userId"},
            "eventName": {"@path": "$.event"},
            "timestamp": {"@path": "$.properties.at"},
        },
    )
    workspace = Workspace(
        sources=(Source(name="Site", write_key="write-key-1"),),
        destinations=(
            ConnectedDestination(
                name="Toplyne", source="Site", api_key="token-1", mappings=(mapping,)
            ),
        ),
    )
    with MockServer(tokens={"me": "token-1"}, workspace=workspace) as server:
        http.post(f"{server.url}/v1/track", json=event, auth=("write-key-1", ""))
        server.flush()
        (record,) = server.ledger

    (delivery,) = record["deliveries"]
    assert delivery["outcome"] == "delivered"
    assert [(s["code"], s["path"]) for s in delivery["suspicions"]] == [
        ("rolled-over-day", "$.events[0].timestamp")
    ]


@pytest.mark.parametrize("text", ["undefined", "null", "NaN", "None", "true", "false"])
def test_each_text_that_is_no_id_is_named(text):
    event = {"type": "track", "event": "E", "userId": text, "timestamp": "2026-11-23T16:17:19Z"}
    (outcome,) = map_event(event, [PRESETS[2]])

    assert [each.code for each in suspicious(outcome.request, event)] == ["no-real-id"]
    assert text in NO_ID_TEXTS


def test_no_other_text_is_taken_for_no_id():
    assert len(NO_ID_TEXTS) == 6
