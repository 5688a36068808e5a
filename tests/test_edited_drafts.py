"""Edited drafts: what `/_sandbox/try` says of a mapping that is being written, over a socket."""

import json
from pathlib import Path

import pytest

from mock_server import MockServer
from tests.wire import http

TRAPS = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "cases" / "lint" / "traps.json").read_text()
)

EVENT = {"type": "track", "event": "Order", "userId": "u", "timestamp": "2024-01-01T00:00:00Z"}


@pytest.fixture(scope="module")
def ask():
    with MockServer() as server:

        def asking(event=EVENT, **members):
            mapping = {"name": "Orders", "action": "sendEvents", "trigger": 'type = "track"'}
            body = {"event": event, "mappings": [{**mapping, **members}]}
            answer = http.post(f"{server.url}/_sandbox/try", json=body)
            return answer.json()["mappings"][0] if answer.is_success else answer

        yield asking


def rows(*given, join="and"):
    keys = ("subject", "operator", "value", "path")
    return {"join": join, "rows": [dict(zip(keys, row, strict=False)) for row in given]}


def test_an_event_is_explained_with_raw_and_sent_values(ask):
    answer = ask()

    assert (answer["problems"], answer["findings"], answer["warnings"]) == ([], [], [])
    fields = {each["key"]: each for each in answer["explanation"]["fields"]}
    assert fields["timestamp"]["raw"] == "2024-01-01T00:00:00Z"
    assert fields["timestamp"]["value"] == 1704067200
    assert answer["explanation"]["request"]["json"]["events"][0]["eventName"] == "Order"


def test_the_text_is_told_as_rows_and_rows_as_text(ask):
    text = 'type = "track" and properties.seats >= 3'

    of_text = ask(trigger=text)["rows"]
    of_rows = ask(trigger="", rows=of_text)

    assert of_text == {
        "join": "and",
        "rows": [
            {"subject": "type", "path": None, "operator": "=", "value": "track"},
            {"subject": "properties", "path": "seats", "operator": ">=", "value": 3.0},
        ],
    }
    assert (of_rows["trigger"], of_rows["rows"]) == (text, of_text)


def test_a_trigger_with_groups_has_no_rows(ask):
    answer = ask(trigger='type = "track" and (event = "A" or event = "B")')

    assert (answer["rows"], answer["problems"]) == (None, [])


def test_rows_no_trigger_can_say_are_refused_with_their_number(ask):
    wrong = rows(("type", "=", "track"), ("event", "=", 'both "quotes'), ("properties", "=", "x"))

    answer = ask(rows=wrong)

    assert answer["problems"][0]["path"] == "$.rows"
    assert answer["problems"][0]["message"].startswith("condition ")


def test_the_place_of_an_unreadable_trigger_is_told_beside_all_other_problems(ask):
    answer = ask(EVENT, trigger="typ = 'track'", action="sendEvent", fields={"userId": {"@x": 1}})

    found = {each["path"]: each for each in answer["problems"]}
    assert set(found) == {"$.action", "$.trigger", "$.fields.userId"}
    assert found["$.trigger"]["position"] == 0
    assert found["$.trigger"]["caret"] == "  typ = 'track'\n  ^"
    assert answer["explanation"] is None


def test_findings_of_lint_come_with_their_place_and_other_words(ask):
    (finding,) = ask(trigger="type = 'track'")["findings"]

    assert (finding["path"], finding["start"], finding["end"]) == ("$.trigger", 7, 14)
    assert finding["rewrite"]["text"] == 'type = "track"'


def test_an_unknown_field_is_a_warning(ask):
    answer = ask(fields={"eventNam": "x"})

    assert [w["path"] for w in answer["warnings"]] == ["$.fields.eventNam"]


@pytest.mark.parametrize(
    "members",
    [
        {"trigger": 5},
        {"name": 5},
        {"triger": ""},
        {"fieldsText": "{}"},
        {"rows": {"rows": [{"subjct": 1}]}},
        {"rows": {"rows": [{"value": {}}]}},
    ],
    ids=str,
)
def test_what_is_no_draft_is_refused(ask, members):
    assert ask(**members).status_code == 400


def test_what_is_too_large_to_be_decided_says_so(ask):
    crowded = next(trap for trap in TRAPS if trap["code"] == "TS125")["trigger"]

    answer = ask(EVENT, trigger=crowded)

    assert "TS125" in [finding["code"] for finding in answer["findings"]]
    assert "too large to compare" in answer["explanation"]["change"]["noEvent"]
