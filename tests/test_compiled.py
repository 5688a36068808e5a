"""Compiled mappings: when they are made, what they know, and what they leave to the plain way."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from sandbox import PRESETS, Mapped, Mapping, Rejected, Skipped, map_event
from sandbox.compiled import compile_mappings, compiled_mappings
from sandbox.compiled import map_event as map_compiled
from sandbox.compiled.compiled_mappings import EVENTS_BEFORE, MOST_KEPT
from sandbox.compiled.payload_code import compile_taken
from sandbox.segment import pipeline
from sandbox.segment.triggers import parse_trigger
from sandbox.segment.triggers.evaluation import MAX_UNMETERED
from tests.conformance.compiled_agrees import verdict_function

EVENT = {"type": "track", "event": "E", "userId": "u", "timestamp": 0}
BODY = b'{"events":[{"userId":"u","eventName":"E","timestamp":0}]}'
DEFAULTS = PRESETS[2].fields
MERGE = {"@merge": {"objects": [DEFAULTS], "direction": "left"}}


def verdict(trigger, event):
    return verdict_function(parse_trigger(trigger))(event)


def body(fields, event=EVENT, check=None):
    """Give the body that the compiled function makes, None where it leaves it to the plain way."""
    mapping = Mapping("One", action="sendEvents", trigger='type = "track"', fields=fields)
    outcome = compile_taken(mapping, check, lambda _event: None)(event)
    return outcome and outcome.request.content


def test_a_list_of_mappings_is_compiled_after_some_events(monkeypatch):
    mappings = tuple(replace(preset) for preset in PRESETS)
    asked = []
    plain = pipeline.map_event
    monkeypatch.setattr(pipeline, "map_event", lambda *a, **k: asked.append(1) or plain(*a, **k))

    outcomes = [map_compiled(EVENT, mappings) for _ in range(2 * EVENTS_BEFORE)]

    assert len(asked) == EVENTS_BEFORE
    assert all(outcome == outcomes[0] for outcome in outcomes)


def test_the_same_mappings_in_another_list_are_compiled_once():
    compiled_mappings._KEPT.clear()
    mappings = [replace(preset) for preset in PRESETS]

    map_compiled(EVENT, mappings)
    map_compiled(EVENT, iter(mappings))
    assert len(compiled_mappings._KEPT) == 1
    map_compiled(EVENT, mappings[:2])
    assert len(compiled_mappings._KEPT) == 2


def test_only_so_many_lists_of_mappings_are_kept():
    for _ in range(MOST_KEPT + 3):
        map_compiled(EVENT, (replace(PRESETS[0]),))

    assert len(compiled_mappings._KEPT) <= MOST_KEPT


def test_a_disabled_mapping_is_left_to_the_exact_rules():
    disabled = replace(PRESETS[2], enabled=False)
    for _ in range(EVENTS_BEFORE + 1):
        outcomes = map_event(EVENT, (disabled, PRESETS[2]))

    assert [type(outcome) for outcome in outcomes] == [Skipped, Mapped]
    assert outcomes[0].reason == "the mapping is disabled."


def test_a_trigger_that_throws_does_no_harm_to_the_others():
    throwing = Mapping("One", action="sendEvents", trigger='type = "track" and ()')
    mappings = (throwing, PRESETS[2])
    for _ in range(EVENTS_BEFORE + 1):
        outcomes = map_event(EVENT, mappings)

    assert [type(outcome) for outcome in outcomes] == [Rejected, Mapped]
    assert compile_mappings(mappings, events_before=0)(EVENT) == outcomes


@pytest.mark.parametrize(
    ("trigger", "event", "taken"),
    [
        ('type = "track"', {"type": "track"}, True),
        ('type != "track"', {}, True),
        ("properties.n > 5", {"properties": {"n": 6}}, True),
        ("properties.n > 5", {"properties": {"n": 5.5}}, True),
        ("properties.n > 5", {"properties": {"n": True}}, False),
        ("properties.n > 5", {"properties": {"n": 10**400}}, True),
        ("properties.n = 9007199254740992", {"properties": {"n": 2**53 + 1}}, True),
        ("properties.a.b = true", {"properties": {"a": {"b": True}}}, True),
        ("properties.a.b != null", {"properties": {"a": 0}}, True),
        ("properties.a.b = null", {}, True),
        ("properties.length = 2", {"properties": ["a", "b"]}, True),
        ("properties.constructor != null", {"properties": {}}, True),
        ("properties.a\\ b = 'x'", {"properties": {"a b": "'x'"}}, True),
        ('contains(event, "Up")', {"event": "Signed Up"}, True),
        ('event = "😀"', {"event": "\ud83d\ude00"}, True),
    ],
)
def test_a_compiled_trigger_takes_what_segment_takes(trigger, event, taken):
    assert parse_trigger(trigger).matches(event) is taken
    assert verdict(trigger, event) is taken


def test_a_trigger_of_very_many_conditions_is_not_written_out():
    trigger = " or ".join(f'event = "E{number}"' for number in range(MAX_UNMETERED + 1))

    assert verdict(trigger, {"event": f"E{MAX_UNMETERED}"}) is True
    assert verdict(trigger, {"event": "F"}) is False


@pytest.mark.parametrize(
    "change",
    [
        {"userId": ["u"]},
        {"userId": True},
        {"userId": "\ud800"},
        {"event": ""},
        {"timestamp": "13"},
        {"timestamp": 0.5},
        {"timestamp": 8.64e15 + 1},
        {"properties": [1]},
        {"properties": {"1": 1}},
        {"properties": {"__proto__": 1}},
        {"properties": {"a": (1,)}},
        {"context": None},
        {"context": {"personas": {}}},
        {"context": 0},
    ],
    ids=repr,
)
def test_what_is_odd_is_left_to_the_plain_way(change):
    assert body(DEFAULTS) == BODY
    assert body(DEFAULTS, {**EVENT, **change}) is None


@pytest.mark.parametrize(
    "fields",
    [
        {**DEFAULTS, "other": 1},
        {**DEFAULTS, "dynamicAuthSettings": {}},
        MERGE,
        {"__segment_internal_directive": MERGE, **DEFAULTS},
        {**DEFAULTS, "eventName": {"@liquid": "{% assign a = 1 %}{% capture b %}{% endcapture %}"}},
        {"userId": {"@path": "$.userId"}},
    ],
    ids=[
        "no field",
        "passed through",
        "root directive",
        "internal root",
        "liquid",
        "a field short",
    ],
)
def test_fields_that_are_more_than_fields_are_left_to_the_plain_way(fields):
    assert body(fields) is None


def test_other_directives_are_asked_for_their_value():
    fields = {**DEFAULTS, "accountId": {"@template": "{{userId}}!"}, "eventProperties": {"a": 10.0}}

    assert body(fields) == (
        b'{"events":[{"userId":"u","accountId":"u!","eventName":"E","timestamp":0,'
        b'"eventProperties":{"a":10}}]}'
    )


def test_a_payload_the_check_refuses_is_left_to_the_plain_way():
    check = SimpleNamespace(accepts_of=lambda _action: lambda payload: "accountId" in payload)

    assert body(DEFAULTS, check=check) is None
    assert body(DEFAULTS, {**EVENT, "context": {"groupId": 7}}, check=check) is not None
