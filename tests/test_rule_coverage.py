"""Rule coverage: what events show of a mapping, and events that show what is left."""

import json

from hypothesis import HealthCheck, given, settings

from sandbox import PRESETS, Mapping
from sandbox.rule_coverage import Goal, Observed, coverage_of, merged, report_lines, seen_by, share
from sandbox.rule_coverage.coverage_goals import ACCEPTED, Coverage, taken_in
from sandbox.strategies import mappings

SEND_EVENTS = PRESETS[2]
ORDER = {"type": "track", "event": "Ordered", "userId": "u1", "timestamp": "2026-11-23T00:00:00Z"}


def clauses(trigger, event):
    mapping = Mapping("M", action="sendEvents", trigger=trigger)
    return {(g.subject, g.state) for g in seen_by(mapping, event) if g.part == "clause"}


def fields(event, mapping=SEND_EVENTS, rules="documented"):
    return {(g.subject, g.state) for g in seen_by(mapping, event, rules) if g.part == "field"}


def test_a_clause_behind_one_that_decides_was_not_asked():
    trigger = 'type = "track" and (event = "Ordered" or properties.total > 100)'

    assert clauses(trigger, {"type": "page"}) == {("0", "false")}
    assert clauses(trigger, ORDER) == {("0", "true"), ("1", "true")}
    assert clauses(trigger, {**ORDER, "event": "Left"}) == {
        ("0", "true"), ("1", "false"), ("2", "false"),
    }  # fmt: skip


def test_clauses_that_read_the_same_are_told_apart():
    trigger = '(type = "track" and userId = "u2") or (type = "track" and userId = "u1")'

    assert clauses(trigger, ORDER) == {
        ("0", "true"), ("1", "false"), ("2", "true"), ("3", "true"),
    }  # fmt: skip


def test_where_segment_throws_no_further_clause_was_asked():
    assert clauses('type = "track" and () and event = "Ordered"', ORDER) == {("0", "true")}


def test_fields_are_present_absent_and_coerced():
    assert fields({**ORDER, "userId": 5}) == {
        ("userId", "present"), ("userId", "coerced"), ("anonymousId", "absent"),
        ("accountId", "absent"), ("eventName", "present"), ("timestamp", "present"),
        ("eventProperties", "absent"),
    }  # fmt: skip


def test_a_refused_field_is_seen_as_refused():
    assert ("eventName", "refused") in fields({**ORDER, "event": ""})


def test_the_rules_decide_what_is_refused():
    nobody = {key: value for key, value in ORDER.items() if key != "userId"}

    assert ("userId", "refused") in fields(nobody)
    assert ("userId", "absent") in fields(nobody, rules="observed")


def test_no_field_is_seen_of_an_event_that_is_not_taken():
    assert fields({"type": "page"}) == set()


def test_a_clause_no_event_can_make_true_is_told_and_not_counted():
    mapping = Mapping("M", action="sendEvents", trigger='type = "track" and type = "page"')

    coverage = coverage_of(mapping, frozenset())

    assert coverage.not_found == (Goal("clause", "1", "true"),)
    assert [gap.goal for gap in coverage.gaps] == [
        Goal("clause", "0", "true"),
        Goal("clause", "0", "false"),
        Goal("clause", "1", "false"),
    ]


def test_a_field_with_a_value_of_its_own_is_never_absent():
    mapping = Mapping(
        "M", action="sendEvents", trigger='type = "track"',
        fields={"eventName": "Fixed", "userId": {"@path": "$.userId"},
                "timestamp": {"@path": "$.properties.when"}},
    )  # fmt: skip

    states = {
        (gap.goal.subject, gap.goal.state)
        for gap in coverage_of(mapping, frozenset()).gaps
        if gap.goal.part == "field"
    }

    assert states == {
        ("eventName", "present"), ("userId", "present"), ("userId", "absent"),
        ("userId", "coerced"), ("timestamp", "present"), ("timestamp", "coerced"),
        ("timestamp", "refused"),
    }  # fmt: skip


def test_a_template_is_looked_into_for_the_places_it_reads():
    mapping = Mapping(
        "M", action="sendEvents", trigger='type = "track"',
        fields={"userId": {"@template": "{{properties.crm.id}}"}, "eventName": "E",
                "timestamp": {"@path": "$.timestamp"}},
    )  # fmt: skip

    gaps = {gap.goal: gap.event for gap in coverage_of(mapping, frozenset()).gaps}

    assert gaps[Goal("field", "userId", "present")] == {
        "type": "track", "event": "Signed Up", "userId": "u1", "properties": {"crm": {"id": "x1"}},
    }  # fmt: skip


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(mapping=mappings())
def test_every_event_that_is_named_closes_its_gap(mapping):
    for gap in coverage_of(mapping, frozenset()).gaps:
        message = taken_in(gap.event)

        assert message is not None
        assert gap.goal == ACCEPTED or gap.goal in seen_by(mapping, message)


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(mapping=mappings())
def test_sending_every_event_that_is_named_leaves_no_gap(mapping):
    seen = {ACCEPTED}
    for gap in coverage_of(mapping, frozenset()).gaps:
        seen |= seen_by(mapping, taken_in(gap.event))

    assert coverage_of(mapping, seen).gaps == ()


def test_what_two_processes_saw_is_put_together():
    first = Observed(destination="T", mapping=SEND_EVENTS, seen=seen_by(SEND_EVENTS, ORDER))
    second = Observed(destination="T", mapping=SEND_EVENTS, seen=seen_by(SEND_EVENTS, {}))
    sent = json.loads(json.dumps(second.answered([202, 429]).to_json()))

    (both,) = merged([first.answered([202]), Observed.from_json(sent)])

    assert both.seen == first.seen | second.seen | {ACCEPTED}
    assert both.statuses == {202: 2, 429: 1}


def test_a_mapping_of_another_trigger_is_another_mapping():
    other = Mapping(SEND_EVENTS.name, action=SEND_EVENTS.action, trigger='type = "page"')

    both = [Observed(destination="T", mapping=each) for each in (SEND_EVENTS, other)]

    assert len(merged(both)) == 2


def test_a_share_is_rounded_down():
    mapping = Mapping("M", action="sendEvents", trigger='type = "track"')
    whole = coverage_of(mapping, frozenset())
    seen = frozenset(gap.goal for gap in whole.gaps[:-1])
    measured = [(Observed(destination="T", mapping=mapping), coverage_of(mapping, seen))]

    assert 94 < share(measured) < 95
    assert list(report_lines(measured)) == [
        "T / M: 16 of 17 (94 %), no answers",
        (
            "  no request was answered with a 2xx; "
            'send {"type":"track","event":"Signed Up","userId":"u1"}'
        ),
        "rule coverage: 94 %",
    ]


def test_a_trigger_of_thousands_of_clauses_is_searched_within_a_budget(monkeypatch):
    monkeypatch.setattr("sandbox.rule_coverage.coverage_goals._STEPS_A_MAPPING", 20_000)
    trigger = " or ".join(f'event = "E{number}"' for number in range(2_000))

    coverage = coverage_of(Mapping("M", action="sendEvents", trigger=trigger), frozenset())

    assert Goal("clause", "0", "true") in {gap.goal for gap in coverage.gaps}
    assert Goal("clause", "1999", "true") in coverage.not_found


def test_the_report_of_thousands_of_clauses_takes_linear_time():
    trigger = " or ".join(f'event = "E{number}"' for number in range(2_000))
    mapping = Mapping("M", action="sendEvents", trigger=trigger)
    goals = tuple(Goal("clause", str(number), "true") for number in range(2_000))
    coverage = Coverage(mapping=mapping, seen=(), gaps=(), not_found=goals)

    lines = list(report_lines([(Observed(destination="T", mapping=mapping), coverage)]))

    assert lines[-2] == (
        '  `event = "E1999"` was never true, and no event was found that would do that'
    )
