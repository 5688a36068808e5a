"""Laws that hold from an event to the mock's journal, over the real app on a real socket."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server import MockServer
from sandbox import PRESETS, TOPLYNE, Mapped, Rejected, Request, Skipped, deliver, map_event
from sandbox.delivery_client import open_client
from sandbox.segment.json_text import json_text
from sandbox.strategies import events, mappings, payloads

RULES = ("documented", "observed")
REQUIRED = [
    pytest.param(action, field, id=f"{action.key}.{field.key}")
    for action in TOPLYNE.actions
    for field in action.fields
    if field.required
]


@pytest.fixture(scope="module", params=RULES)
def toplyne(request):
    with MockServer(rules=request.param) as server:
        yield server


@pytest.fixture(scope="module")
def client():
    with open_client() as opened:
        yield opened


def sent(request, toplyne, client):
    return deliver(request, api_key=toplyne.token, base_url=toplyne.api_url, client=client)


def journaled(delivery, toplyne, client):
    after = {"after": delivery.entry - 1, "limit": 1}
    (entry,) = client.get(f"{toplyne.url}/_sandbox/entries", params=after).json()["entries"]
    return entry


@given(event=st.one_of(events(), events(odd=True)), own=st.lists(mappings(), max_size=1))
def test_the_mock_accepts_whatever_the_mapper_sends_under_the_same_rules(
    toplyne, client, event, own
):
    for outcome in map_event(event, [*PRESETS, *own], toplyne.rules):
        if isinstance(outcome, Mapped):
            delivery = sent(outcome.request, toplyne, client)

            assert (delivery.status, delivery.text) == (202, delivery.text)
            entry = journaled(delivery, toplyne, client)
            assert entry["json"] == outcome.request.json
            assert (entry["path"], entry["problems"]) == (f"/v1{outcome.request.path}", [])


@given(event=events(odd=True))
def test_whatever_the_mapper_refuses_has_a_problem_with_a_path(event):
    for rules in RULES:
        for outcome in map_event(event, PRESETS, rules):
            if isinstance(outcome, Rejected):
                assert outcome.problems
                assert all(p.path.startswith("$") and p.message for p in outcome.problems)


@given(event=events())
def test_track_identify_and_group_trigger_exactly_their_preset_and_the_others_none(event):
    taken = [o.mapping.name for o in map_event(event) if not isinstance(o, Skipped)]

    expected = {
        "track": ["Send Events"],
        "identify": ["Send User Profiles"],
        "group": ["Send Account Profiles"],
    }
    assert taken == expected.get(event["type"], [])


@given(event=events())
def test_a_realistic_event_is_never_rejected(event):
    assert not any(isinstance(outcome, Rejected) for outcome in map_event(event))


@given(event=events(odd=True))
def test_observed_sends_whatever_documented_sends_and_in_the_same_bytes(event):
    for documented, observed in zip(
        map_event(event), map_event(event, rules="observed"), strict=True
    ):
        if isinstance(documented, Mapped):
            assert isinstance(observed, Mapped)
            assert documented.request.content == observed.request.content


@pytest.mark.parametrize(("action", "field"), REQUIRED)
@given(data=st.data())
def test_a_required_field_taken_away_is_refused_by_both_halves_and_named(
    toplyne, client, action, field, data
):
    event = data.draw(events(type=_type_of(action)))
    removed = {k: v for k, v in event.items() if k != field.default["@path"].removeprefix("$.")}
    preset = next(p for p in PRESETS if p.action == action.key)
    payload = data.draw(payloads(action=action.key))
    body = {action.endpoint.envelope: [{k: v for k, v in payload.items() if k != field.key}]}

    (outcome,) = map_event(removed, [preset])
    request = Request(method="POST", path=action.endpoint.path, content=json_text(body).encode())
    delivery = sent(request, toplyne, client)

    assert isinstance(outcome, Rejected)
    assert [p.path for p in outcome.problems] == [f"$.{field.key}"]
    assert delivery.status == 400
    problems = journaled(delivery, toplyne, client)["problems"]
    assert [p["path"] for p in problems] == [f"$.{action.endpoint.envelope}[0].{field.key}"]


def _type_of(action):
    trigger = next(p.trigger for p in PRESETS if p.action == action.key)
    return trigger.split('"')[1]


@pytest.mark.parametrize("action", TOPLYNE.actions, ids=lambda action: action.key)
@given(data=st.data())
def test_a_finished_payload_is_accepted(toplyne, client, action, data):
    body = {action.endpoint.envelope: [data.draw(payloads(action=action.key))]}
    request = Request(method="POST", path=action.endpoint.path, content=json_text(body).encode())

    delivery = sent(request, toplyne, client)

    assert delivery.json == {"status": "SUCCESS", "data": {"message": action.endpoint.accepted}}
    assert journaled(delivery, toplyne, client)["json"] == body
