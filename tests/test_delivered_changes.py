"""The smallest change of an event goes the whole way: intake, trigger, fields, and the API."""

import json
import os
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from itertools import islice

import pytest

from sandbox import PRESETS, Mapping
from sandbox.explain import Edit, explain, to_text
from sandbox.reasoning.arriving import arrive
from sandbox.segment.intake import Dropped
from sandbox.segment.javascript import MISSING
from tests.conformance.explanations import pairs
from tests.wire import http

TRACK = {"type": "track", "event": "Signed Up", "userId": "u1"}
FIELDS = (
    {},
    {"fields": {**PRESETS[2].fields, "userId": {"@path": "$.properties.user"}}},
    {"fields": {**PRESETS[2].fields, "eventName": {"@template": "{{event}} of {{type}}"}}},
    {"fields": {**PRESETS[2].fields, "timestamp": {"@path": "$.properties.at"}}},
)


def mapping(trigger, **parts):
    return Mapping(**{"name": "Mine", "action": "sendEvents", "trigger": trigger, **parts})


@contextmanager
def serving(tmp_path, mappings):
    """Run `serve` with a source and a destination of its own for each mapping; give its URL."""
    file = tmp_path / "workspace.json"
    numbers = range(len(mappings))
    file.write_text(
        json.dumps(
            {
                "sources": [{"name": f"S{n}", "write_key": f"write-key-{n}"} for n in numbers],
                "destinations": [
                    {
                        "name": f"D{n}",
                        "source": f"S{n}",
                        "api_key": "a-token-of-toplyne",
                        "mappings": [
                            {
                                "name": f"M{n}",
                                "action": each.action,
                                "trigger": each.trigger,
                                "fields": each.fields,
                            }
                        ],
                    }
                    for n, each in enumerate(mappings)
                ],
            }
        )
    )
    own = {k: v for k, v in os.environ.items() if not k.startswith("TOPLYNE_")}
    command = [sys.executable, "-m", "toplyne_sandbox", "serve", "--port", "0", "--json"]
    with subprocess.Popen(
        [*command, "--synchronous", "--workspace", str(file)], stdout=subprocess.PIPE, env=own
    ) as process:
        try:
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()


def is_json(pair):
    """Tell whether the event of a pair can be sent: generated ones may hold NaN and infinities."""
    try:
        json.dumps(pair[1], allow_nan=False)
    except ValueError:
        return False
    return True


def delivered(url, proposed):
    """Send each proposed event through its source; return the ledger's word on each."""
    for number, event in proposed.items():
        body = {
            "batch": [{**event, "messageId": f"pair-{number}"}],
            "writeKey": f"write-key-{number}",
        }
        http.post(f"{url}/v1/batch", content=json.dumps(body)).raise_for_status()
    http.post(f"{url}/_sandbox/flush", timeout=60).raise_for_status()
    ledger = http.get(f"{url}/_sandbox/ledger", params={"limit": 1000}).json()
    records = ledger[next(key for key, value in ledger.items() if isinstance(value, list))]
    return {record["messageId"]: (record["outcome"], record["code"]) for record in records}


@pytest.mark.parametrize("count", [40, pytest.param(500, marks=pytest.mark.laws)])
def test_every_proposed_change_is_delivered_by_a_running_server(tmp_path, count):
    found, said = {}, Counter()
    asked = []
    drawn = islice(filter(is_json, pairs(2 * count, 7)), count)
    for number, (generated, event) in enumerate(drawn):
        own = mapping(generated.trigger, **FIELDS[number % len(FIELDS)])
        change = explain(event, own).change
        asked.append(own)
        if change.event is not None:
            found[number] = change.event
        else:
            said["too large" if "too large" in change.no_event else "impossible"] += 1

    with serving(tmp_path, asked) as url:
        outcomes = delivered(url, found)

    assert outcomes == {f"pair-{number}": ("delivered", "202") for number in found}
    assert len(found) + said["impossible"] + said["too large"] == count
    assert said["too large"] <= count * 0.05
    assert len(found) >= count * 0.3


def test_a_value_that_stands_elsewhere_is_where_the_trigger_is_pointed_to():
    event = {**TRACK, "context": {"traits": {"plan": "pro"}}}

    change = explain(event, mapping('type = "track" and traits.plan = "pro"')).change

    assert change.trigger == 'type = "track" and context.traits.plan = "pro"'
    assert change.edits == (Edit(("traits",), MISSING, {"plan": "pro"}),)
    assert change.against_spec == "By Segment's spec a call of type track has no `traits`."


def test_a_value_that_stands_elsewhere_is_the_one_that_is_proposed():
    event = {"type": "identify", "user_id": "u7", "properties": {"plan": "free"}}

    change = explain(event, mapping("traits.plan != null", action="sendUserProfiles")).change

    assert change.edits == (
        Edit(("traits",), MISSING, {"plan": "free"}),
        Edit(("userId",), MISSING, "u7"),
    )


def test_what_intake_and_the_fields_ask_for_is_part_of_the_change():
    odd = {"properties": [1]}  # of a group call Segment does not look at them

    explanation = explain(
        {"type": "track", **odd}, mapping('type = "group"', action="sendAccountProfiles")
    )

    assert explanation.change.event == {"type": "group", "userId": "u1", "groupId": "x1"} | odd


def test_where_one_id_is_not_mapped_the_field_of_the_other_is_filled():
    fields = {
        "anonymousId": {"@path": "$.traits.id"},
        "creationTime": "2026-11-23T16:17:19Z",
        "userProperties": {"@path": "$.traits"},
    }
    mine = mapping('type = "identify"', action="sendUserProfiles", fields=fields)

    change = explain({**TRACK, "traits": {"plan": "pro"}}, mine).change

    assert change.event == {**TRACK, "type": "identify", "traits": {"plan": "pro", "id": "x1"}}


@pytest.mark.parametrize(
    ("trigger", "fields", "said"),
    [
        pytest.param(
            'type = "track" and type = "page"',
            {},
            "No event can make this trigger true",
            id="never",
        ),
        pytest.param(
            'type = "track" and event = ""',
            {},
            "No event that passes Segment's intake",
            id="intake",
        ),
        pytest.param(
            'type = "page"',
            {"fields": {"userId": "u", "eventName": "", "timestamp": {"@path": "$.timestamp"}}},
            "The fields refuse every event: ",
            id="fields",
        ),
    ],
)
def test_where_nothing_is_proposed_it_is_proven_impossible(trigger, fields, said):
    change = explain(TRACK, mapping(trigger, **fields)).change

    assert change.event is None
    assert change.no_event.startswith(said)


def test_what_the_change_breaks_is_told_in_the_text():
    text = to_text(explain(TRACK, mapping('type = "track" and name = "x"')))

    assert "    By Segment's spec a call of type track has no `name`." in text.splitlines()


def test_an_event_that_intake_drops_is_changed_so_that_it_passes():
    event = {"type": "trak", "event": 5, "user_id": "u1"}
    assert isinstance(arrive(event), Dropped)

    change = explain(event, mapping('type = "track" and context.ip != null')).change

    assert not isinstance(arrive(change.event), Dropped)
    assert change.event["userId"] == "u1"
