"""The pytest plugin, used by tests of its own and by a stranger's project."""

import pytest
from hypothesis import given

from sandbox import Destination, Mapping
from sandbox.strategies import events
from sandbox.workspace import ConnectedDestination, Source, Workspace
from tests.wire import http

SIGN_UP = {"userId": "u1", "eventName": "Signed Up", "timestamp": 1795450639}


def upload(toplyne, *items):
    return toplyne.client.post("/upload/events", json={"events": list(items)})


@pytest.mark.parametrize("number", [1, 2])
def test_each_test_has_a_toplyne_of_its_own(toplyne, number):
    upload(toplyne, SIGN_UP)

    assert toplyne.events == [SIGN_UP]
    assert [entry["status"] for entry in toplyne.entries] == [202]


def test_a_destination_sends_to_it(toplyne):
    destination = Destination(api_key=toplyne.token, base_url=toplyne.api_url)

    destination.send(
        {"type": "track", "event": "E", "userId": "u", "timestamp": "2021-02-01T00:00:00Z"}
    )

    toplyne.assert_received(event={"eventName": "E"})


@pytest.mark.toplyne(allow_refused=True)
def test_refused_calls_may_be_allowed(toplyne):
    assert upload(toplyne, {"userId": "u1"}).status_code == 400


@pytest.mark.toplyne(suspicious="allow")
def test_what_is_accepted_and_surely_wrong_is_listed(toplyne):
    upload(toplyne, SIGN_UP, {"userId": "undefined", "eventName": "Left", "timestamp": 1612137})

    (odd,) = toplyne.suspicious()

    assert odd.splitlines()[0] == "entry {}: 202 POST /v1/upload/events".format(
        toplyne.entries[0]["number"]
    )
    assert [line.split()[0] for line in odd.splitlines()[1:]] == [
        "$.events[1].userId",
        "$.events[1].timestamp",
    ]


@pytest.mark.toplyne(suspicious="fail")
def test_a_test_may_refuse_what_is_surely_wrong(toplyne):
    upload(toplyne, SIGN_UP)


@pytest.mark.toplyne(rules="observed")
def test_the_rules_may_be_chosen(toplyne):
    assert upload(toplyne, {**SIGN_UP, "timestamp": 1795450639.5}).status_code == 202


def test_a_scripted_fault_is_no_refusal(toplyne):
    toplyne.fail_next(status=429)

    assert [upload(toplyne, SIGN_UP).status_code for _ in range(2)] == [429, 202]


def test_the_transport_answers_in_process(toplyne, toplyne_transport):
    import httpx  # noqa: PLC0415 - only this test needs it

    with httpx.Client(transport=toplyne_transport, base_url=toplyne.api_url) as client:
        answer = client.get("/auth/me", headers={"Authorization": f"Bearer {toplyne.token}"})

    assert answer.status_code == 200


@given(event=events(type="track"))
def test_every_generated_event_arrives(toplyne_servers, event):
    with toplyne_servers.tenant() as toplyne:
        Destination(api_key=toplyne.token, base_url=toplyne.api_url).send(event)

        assert len(toplyne.events) == 1


TRACK = {"type": "track", "event": "Signed Up", "userId": "u1"}


def track(segment, **changes):

    body = {**TRACK, **changes, "writeKey": segment.write_key}
    return http.post(f"{segment.url}/v1/track", json=body)


def test_a_message_to_segment_ends_in_toplyne(segment):
    assert track(segment).json() == {"success": True}

    segment.flush()

    segment.toplyne.assert_received(event={"eventName": "Signed Up", "userId": "u1"})
    assert [record["outcome"] for record in segment.ledger] == ["delivered"]


@pytest.mark.toplyne(allow_dropped=True)
def test_a_dropped_message_may_be_allowed(segment):
    track(segment, event=5)
    segment.flush()

    (said,) = segment.dropped()

    assert "event_not_string" in said


class TestWithAWorkspace:
    @pytest.fixture
    def toplyne_workspace(self):
        mapping = Mapping("Only sign-ups", action="sendEvents", trigger='event = "Signed Up"')
        return Workspace(
            sources=(Source(name="Website", write_key="write-key-1"),),
            destinations=(
                ConnectedDestination(
                    name="Toplyne", source="Website", api_key="key-00001", mappings=(mapping,)
                ),
            ),
        )

    def test_the_workspace_may_be_chosen(self, segment):
        track(segment)
        track(segment, event="Left")
        segment.flush()

        assert [event["eventName"] for event in segment.toplyne.events] == ["Signed Up"]
