"""Laws of the strategies: what they promise of what they generate."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mock_server import MockServer
from sandbox import TOPLYNE, Mapped, Rejected, map_event
from sandbox.contract import check_item, check_upload
from sandbox.segment.json_text import json_text
from sandbox.strategies import (
    EVENT_TYPES,
    bad_payloads,
    events,
    lives,
    mappings,
    payloads,
    triggers,
    workspaces,
)

ACTIONS = [action.key for action in TOPLYNE.actions]
PAYLOAD_RULES = {
    "id-required", "unknown-key", "field-required", "field-type", "text-empty", "time-integer",
    "time-range",
}  # fmt: skip


@pytest.mark.parametrize("event_type", EVENT_TYPES)
@given(data=st.data())
def test_an_event_has_the_type_that_was_asked_for(event_type, data):
    assert data.draw(events(type=event_type))["type"] == event_type


def test_a_type_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="type must be one of track, identify"):
        events(type="trakc")


@pytest.mark.parametrize("action", ACTIONS)
@given(data=st.data())
def test_payloads_hold_under_both_rules(action, data):
    payload = data.draw(payloads(action=action))

    for rules in ("documented", "observed"):
        assert check_item(TOPLYNE.action(action), payload, rules=rules) == ()


@pytest.mark.parametrize("action", ACTIONS)
@given(data=st.data())
def test_a_bad_payload_breaks_exactly_the_rule_it_names_where_it_says(action, data):
    bad = data.draw(bad_payloads(action=action))

    problems = check_item(TOPLYNE.action(action), bad.payload, rules="documented")

    assert [(v.rule, v.path) for v in problems] == [(bad.rule, bad.path)]


def test_bad_payloads_break_every_rule_within_200_examples():
    broken = Counter()

    @settings(
        max_examples=200, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.sampled_from(ACTIONS).flatmap(lambda action: bad_payloads(action=action)))
    def count(bad):
        broken[bad.rule] += 1

    count()

    assert set(broken) == PAYLOAD_RULES


@given(life=lives())
def test_a_life_runs_forwards_and_none_of_it_is_rejected(life):
    times = [event["timestamp"] for event in life]

    assert times == sorted(times)
    for event in life:
        assert not any(isinstance(outcome, Rejected) for outcome in map_event(event))


@given(mapping=mappings(), event=events())
def test_mappings_can_be_made_and_run(mapping, event):
    (outcome,) = map_event(event, [mapping])

    if isinstance(outcome, Mapped):
        assert (
            check_upload(mapping.action_definition, outcome.request.json, rules="documented") == ()
        )


@given(text=triggers())
def test_triggers_can_be_read(text):
    from sandbox import parse_trigger  # noqa: PLC0415 - one use

    assert parse_trigger(text).text == text


@given(workspace=workspaces())
def test_workspaces_have_a_source_with_a_destination(workspace):
    (source,) = workspace.sources

    assert len(workspace.destinations_of(source)) == 1


@pytest.mark.laws
def test_the_mock_names_the_broken_rule_of_every_bad_payload():
    broken = set()

    with MockServer() as toplyne:

        @settings(
            max_examples=200, database=None, derandomize=True, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(st.sampled_from(ACTIONS), st.data())
        def ask(action, data):
            bad = data.draw(bad_payloads(action=action))
            endpoint = TOPLYNE.action(action).endpoint
            body = json_text({endpoint.envelope: [bad.payload]}).encode()

            answer = toplyne.client.post(
                endpoint.path, content=body, headers={"Content-Type": "application/json"}
            )

            (problem,) = toplyne.entries[-1]["problems"]
            assert answer.status_code == 400
            assert problem["rule"] == bad.rule
            assert problem["path"] == bad.path.replace("$", f"$.{endpoint.envelope}[0]", 1)
            toplyne.reset()
            broken.add(bad.rule)

        ask()

    assert broken == PAYLOAD_RULES


@given(st.integers(2, 9).flatmap(lambda size: st.tuples(st.just(size), lives(max_size=size))))
@settings(max_examples=100, database=None, derandomize=True)
def test_a_life_has_at_most_as_many_events_as_was_asked_for(sized):
    size, life = sized

    assert 2 <= len(life) <= size


@pytest.mark.parametrize(
    "make",
    [
        lambda: lives(max_size=1),
        lambda: lives(max_size=501),
        lambda: workspaces(max_mappings=0),
        lambda: workspaces(max_mappings=51),
        lambda: mappings(action=""),
    ],
    ids=["no life", "long life", "no mapping", "51 mappings", "no action"],
)
def test_an_impossible_argument_is_refused_at_once(make):
    with pytest.raises(ValueError, match=r"must be from \d+ to \d+|is not an action"):
        make()
