"""Try questions: a dry run that touches nothing, and the same event sent in earnest."""

import json
from dataclasses import replace

import httpx
import pytest

from mock_server.assertions import Assertions
from mock_server.bounds import COPIED_BYTES
from mock_server.mock import Mock
from mock_server.testing.transport import MockTransport
from sandbox import PRESETS, Mapping, map_event, samples
from sandbox.workspace import ConnectedDestination
from tests.conformance import corpus
from tests.conformance.kinds import EQUAL, kind_of_folder, our_answer

TRACK = {"type": "track", "event": "E", "userId": "u", "timestamp": 1612137600000}
PROFILE = {"profiles": [{"userId": "u", "creationTime": 1612137600}]}
ALL = {"name": "All", "action": "sendEvents", "trigger": 'type = "track"'}


@pytest.fixture
def mock():
    made = Mock(tokens={"default": "default-token", "other": "other-token"})
    yield made
    made.close()


@pytest.fixture
def client(mock):
    with httpx.Client(transport=MockTransport(mock), base_url="http://localhost/_sandbox") as made:
        yield made


def refusal(answer):
    return answer.status_code, answer.json()["error"]["details"]


def test_a_dry_run_shows_everything_and_touches_nothing(client, mock):
    told = client.post("/try", json={"event": TRACK}).json()

    assert [each["explanation"]["outcome"] for each in told["mappings"]] == [
        "skipped",
        "skipped",
        "mapped",
    ]
    assert told["mappings"][2]["answer"]["status"] == 202
    assert told["state"]["events"] == [{"userId": "u", "eventName": "E", "timestamp": 1612137600}]
    view = Assertions.of(mock)
    assert (view.entries, view.ledger, view.events) == ([], [], [])


def test_every_sample_meets_the_outcomes_of_map_event(client):
    for sample in samples.odd():
        told = client.post("/try", content=json.dumps({"event": sample.event.value})).json()

        outcomes = [type(each).__name__.lower() for each in map_event(sample.event.value, PRESETS)]
        assert [each["explanation"]["outcome"] for each in told["mappings"]] == outcomes, sample


def test_a_text_that_is_no_json_says_where(client):
    told = client.post("/try", json={"eventText": '{\n "type": track}', "mappings": [ALL]}).json()

    assert told["problem"] == {
        "message": 'Not JSON: unexpected "track" at line 2, column 10.',
        "line": 2,
        "column": 10,
    }
    assert told["mappings"][0]["problems"] == []


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("{", "Not JSON: it ends too early, at line 1, column 2.", (1, 2)),
        ('[1,\n"', "Not JSON: the string that starts at line 2, column 1 is not closed.", (2, 1)),
        ("[1e999]", "Not JSON that can be kept: 1e999 is beyond the largest number.", (0, 0)),
        ("[" * 501, "Nested more than 500 levels deep at offset 500.", (0, 0)),
    ],
    ids=["ends too early", "open string", "too large a number", "too deep"],
)
def test_the_place_of_a_mistake_is_told_if_it_has_one(client, text, message, place):
    problem = client.post("/try", json={"eventText": text}).json()["problem"]

    assert (problem["message"], problem["line"], problem["column"]) == (message, *place)


def test_a_mapping_says_all_that_is_wrong_with_it(client):
    wrong = [
        {**ALL, "trigger": '(type = "track"'},
        {**ALL, "action": "sendEvent"},
    ]

    told = client.post("/try", json={"event": TRACK, "mappings": wrong}).json()
    trigger, action = told["mappings"]

    assert (trigger["problems"][0]["path"], trigger["problems"][0]["position"]) == ("$.trigger", 0)
    assert "Did you mean sendEvents?" in action["problems"][0]["message"]


def test_what_segment_would_drop_is_told_beside_what_a_mapping_would_make_of_it(client):
    told = client.post("/try", json={"event": {"type": "track", "event": "E"}}).json()

    assert told["intake"]["code"] == "no_user_anon_id"


def test_the_copies_are_true_and_hold_no_key(client, tmp_path):
    told = client.post("/try", json={"event": TRACK, "rules": "observed"}).json()["copies"]

    file = tmp_path / "case.json"
    file.write_text(told["case"])
    ((case, answer),) = corpus.read(file)
    payloads = kind_of_folder("payloads")
    assert payloads.verdict(our_answer(payloads, case), answer) == EQUAL
    assert told["curl"].startswith('curl -si -X POST "$TOPLYNE_API_URL"/upload/events')
    assert "default-token" not in json.dumps(told)


def test_a_very_long_event_is_tried_without_copies(client):
    told = client.post("/try", json={"event": {**TRACK, "long": "x" * COPIED_BYTES}}).json()

    assert told["copies"] is None
    assert told["mappings"][2]["answer"]["status"] == 202


def test_a_rejected_event_is_a_case_too(client, tmp_path):
    event = {"type": "track", "event": {"not": "a text"}, "userId": "u"}
    told = client.post("/try", json={"event": event}).json()["copies"]

    file = tmp_path / "case.json"
    file.write_text(told["case"])
    ((case, answer),) = corpus.read(file)
    payloads = kind_of_folder("payloads")
    assert "error" in answer
    assert payloads.verdict(our_answer(payloads, case), answer) == EQUAL
    assert told["curl"] is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "Give either event, a JSON value"),
        ({"event": {}, "eventText": "{}"}, "Give either event, a JSON value"),
        ({"event": {}, "mapping": []}, "Did you mean mappings?"),
        (
            {"event": {}, "mappings": {}},
            "$.mappings must be a list of at most 50 items, not an object.",
        ),
        ({"event": {}, "mappings": [1]}, "$.mappings[0] must be an object, not 1."),
        (
            {"event": {}, "mappings": [{**ALL, "name": 1}]},
            "$.mappings[0].name must be a string, not 1.",
        ),
        ({"event": {}, "mappings": [{**ALL, "trigge": ""}]}, "Did you mean trigger?"),
        ({"event": {}, "rules": "strict"}, "$.rules must be documented or observed, not 'strict'."),
        ({"event": {}, "earlier": [{"path": "/x"}]}, "$.earlier[0].path must be one of /upload/"),
        (
            {"event": {}, "earlier": [{}] * 201},
            "$.earlier must be a list of at most 200 items, not a list of 201 items.",
        ),
        (
            {"event": {}, "meets": 200},
            "$.meets must be a whole number from 400 to 599, or nothing, not 200.",
        ),
    ],
)
def test_a_wrong_question_is_refused_with_what_would_be_right(client, body, said):
    status, details = refusal(client.post("/try", json=body))

    assert status == 400
    assert said in details


def test_a_trigger_too_long_to_be_looked_at_is_refused_with_the_bound(client):
    rows = {
        "join": "and",
        "rows": [{"subject": "event", "path": None, "operator": "=", "value": "E"}],
    }
    many = {"join": "and", "rows": rows["rows"] * 8000}

    at_bound = client.post(
        "/try", json={"event": {}, "mappings": [{**ALL, "trigger": "a" * 100_000}]}
    )
    longer = client.post(
        "/try", json={"event": {}, "mappings": [{**ALL, "trigger": "(" * 100_001}]}
    )
    of_rows = client.post("/try", json={"event": {}, "mappings": [{**ALL, "rows": many}]})

    said = "The trigger of mappings[0] is longer than 100000 characters (trigger_characters)."
    assert at_bound.status_code == 200
    assert refusal(longer) == refusal(of_rows) == (413, said)


def test_toplyne_keeps_what_it_got_earlier(client):
    earlier = [{"path": "/upload/users/profiles", "json": PROFILE}]

    told = client.post("/try", json={"event": TRACK, "earlier": earlier}).json()

    (profile,) = told["before"]["profiles"]
    assert told["before"]["events"] == []
    assert told["state"]["profiles"] == [profile]
    assert [event["eventName"] for event in told["state"]["events"]] == ["E"]


def test_a_failure_is_met_once_and_the_attempt_after_it_is_told(client):
    told = client.post("/try", json={"event": TRACK, "meets": 429}).json()["mappings"][2]

    assert [(a["status"], a["again"]) for a in told["attempts"]] == [(429, [0.5, 1.0]), (202, None)]
    assert told["answer"] == told["attempts"][-1]
    final = client.post("/try", json={"event": TRACK, "meets": 400}).json()["mappings"][2]
    assert [each["status"] for each in final["attempts"]] == [400]


def test_a_failure_is_met_in_earnest_too(client, mock):
    client.post("/send", json={"event": TRACK, "meets": 429})

    Assertions.of(mock).flush()
    (delivery,) = Assertions.of(mock).ledger[0]["deliveries"]
    assert [attempt["code"] for attempt in delivery["attempts"]] == ["429", "202"]


@pytest.mark.parametrize(
    "event",
    [{"type": "page", "userId": "u"}, {"type": "track"}, {**TRACK, "integrations": {"All": False}}],
    ids=["unmapped", "dropped", "filtered"],
)
def test_a_failure_that_no_request_can_meet_is_not_left_for_the_next_call(client, mock, event):
    client.post("/send", json={"event": event, "meets": 429})

    assert Assertions.of(mock).faults == []


def test_each_plain_sample_shows_what_it_is_for(client):
    samples = client.get("/try").json()["samples"]
    plain = {sample["name"]: sample for sample in samples if sample["kind"] == "plain"}

    def tried(name):
        sample = plain[name]
        told = client.post(
            "/try", json={"event": sample["event"], "meets": sample.get("meets")}
        ).json()
        outcomes = [each["explanation"]["outcome"] for each in told["mappings"]]
        statuses = [a["status"] for each in told["mappings"] for a in each["attempts"]]
        return outcomes, statuses, told["intake"]["code"]

    assert list(plain) == ["Identify", "Group", "Track", "Page", "No id", "Wrong type", "Retried"]
    assert tried("Identify") == (["mapped", "skipped", "skipped"], [202], None)
    assert tried("Group") == (["skipped", "mapped", "skipped"], [202], None)
    assert tried("Track") == (["skipped", "skipped", "mapped"], [202], None)
    assert tried("Page") == (["skipped"] * 3, [], None)
    assert tried("No id") == (["skipped", "skipped", "rejected"], [], "no_user_anon_id")
    assert tried("Wrong type") == (["skipped", "skipped", "rejected"], [], None)
    assert tried("Retried") == (["skipped", "skipped", "mapped"], [429, 202], None)


def test_sending_goes_the_whole_way(client, mock):
    answer = client.post("/send", json={"event": TRACK})

    assert (answer.status_code, answer.json()["outcome"]) == (201, "delivered")
    assert answer.json()["source"] == "Try it"
    assert [event["eventName"] for event in Assertions.of(mock).events] == ["E"]
    assert [record["number"] for record in Assertions.of(mock).ledger] == [1]


def test_sending_lands_with_the_tenant_that_sends(client, mock):
    client.post("/send", json={"event": TRACK}, headers={"Authorization": "Bearer other-token"})

    assert len(Assertions.of(mock, "other").events) == len(Assertions.of(mock, "other").ledger) == 1
    assert Assertions.of(mock).events == []


def test_what_is_dropped_on_its_way_is_in_the_ledger(client):
    answer = client.post("/send", json={"event": {"type": "track"}})

    assert (answer.json()["outcome"], answer.json()["code"]) == ("dropped", "no_user_anon_id")


def test_what_is_sent_is_tried_again(client, mock):
    client.post("/faults", json={"status": 503})

    client.post("/send", json={"event": TRACK})

    Assertions.of(mock).flush()
    (delivery,) = Assertions.of(mock).ledger[0]["deliveries"]
    assert [attempt["code"] for attempt in delivery["attempts"]] == ["503", "202"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"eventText": "{"}, "The event cannot be sent. Not JSON"),
        ({"event": TRACK, "mappings": [{**ALL, "trigger": "("}]}, "'All' is not valid"),
    ],
)
def test_what_is_not_right_is_not_sent(client, mock, body, said):
    status, details = refusal(client.post("/send", json=body))

    assert (status, Assertions.of(mock).ledger) == (400, [])
    assert said in details


def test_what_there_is_to_try_shows_no_key(client):
    told = client.get("/try")

    assert "default-token" not in told.text
    assert [each["name"] for each in told.json()["presets"]] == [m.name for m in PRESETS]
    assert {sample["kind"] for sample in told.json()["samples"]} == {"plain", "recorded", "odd"}


def test_a_tenant_sees_the_mappings_of_its_own_destinations_alone(client, mock):
    own = Mapping("Own", action="sendEvents", trigger='event = "E"')
    key = "other-token"

    mock.segment.reconfigure(
        lambda known: replace(
            known,
            destinations=(
                *known.destinations,
                ConnectedDestination(name="D", source="other", api_key=key, mappings=(own,)),
            ),
        )
    )

    told = client.get("/try", headers={"Authorization": f"Bearer {key}"}).json()["destinations"]
    assert [(each["name"], each["mappings"][0]["trigger"]) for each in told] == [("D", own.trigger)]
    assert client.get("/try").json()["destinations"] == []
