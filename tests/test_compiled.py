"""Compiled mappings: when they are made, what they know, and what they hand over."""

from dataclasses import replace

import pytest

from sandbox import PRESETS, Mapped, Mapping, Rejected, Skipped, map_event
from sandbox.segment.compiled import takers_of
from sandbox.segment.compiled.payload import short_way
from sandbox.segment.compiled.takers import MOST_KEPT
from sandbox.segment.compiled.triggers import MAX_CONDITIONS, take_of
from sandbox.segment.compiled.ways import EVENTS_BEFORE
from sandbox.segment.errors import Thrown
from sandbox.segment.triggers import parse_trigger
from sandbox.toplyne import SEND_EVENTS

EVENT = {"type": "track", "event": "E", "userId": "u", "timestamp": 0}
BODY = b'{"events":[{"userId":"u","eventName":"E","timestamp":0}]}'


def verdict(trigger, event):
    return take_of([parse_trigger(trigger)])(event)[0]


def way(fields, demands=()):
    return short_way(SEND_EVENTS, fields, demands)


DEFAULTS = SEND_EVENTS.default_fields


def test_a_list_of_mappings_is_compiled_after_some_events():
    mappings = tuple(replace(preset) for preset in PRESETS)
    takers = takers_of(mappings)

    before = [takers.take(EVENT) for _ in range(EVENTS_BEFORE)]

    assert set(before) == {(None, None, None)}
    assert takers.take(EVENT) == (False, False, True)


def test_the_same_mappings_in_another_list_are_compiled_once():
    mappings = [replace(preset) for preset in PRESETS]

    assert takers_of(mappings) is takers_of(iter(mappings))
    assert takers_of(mappings) is not takers_of(mappings[:2])


def test_only_so_many_lists_of_mappings_are_kept():
    mappings = (replace(PRESETS[0]),)
    first = takers_of(mappings)

    others = [takers_of((replace(PRESETS[0]),)) for _ in range(MOST_KEPT)]

    assert takers_of(mappings) is not first
    assert len(others) == MOST_KEPT


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
    with pytest.raises(Thrown):
        takers_of(mappings).take(EVENT)


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
    trigger = " or ".join(f'event = "E{number}"' for number in range(MAX_CONDITIONS + 1))

    assert verdict(trigger, {"event": f"E{MAX_CONDITIONS}"}) is True
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
def test_what_is_odd_is_handed_over(change):
    assert way(DEFAULTS)(EVENT) == BODY
    assert way(DEFAULTS)({**EVENT, **change}) is None


@pytest.mark.parametrize(
    "fields",
    [
        {**DEFAULTS, "other": 1},
        {**DEFAULTS, "dynamicAuthSettings": {}},
        {"@merge": {"objects": [DEFAULTS], "direction": "left"}},
        {"__segment_internal_directive": {"@merge": {}}, **DEFAULTS},
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
def test_fields_that_are_more_than_fields_are_handed_over(fields):
    assert way(fields)(EVENT) is None


def test_other_directives_are_asked_for_their_value():
    fields = {**DEFAULTS, "accountId": {"@template": "{{userId}}!"}, "eventProperties": {"a": 10.0}}

    assert way(fields)(EVENT) == (
        b'{"events":[{"userId":"u","accountId":"u!","eventName":"E","timestamp":0,'
        b'"eventProperties":{"a":10}}]}'
    )


def test_a_payload_that_misses_what_is_demanded_is_handed_over():
    demands = (("userId", "anonymousId"), ("accountId",))

    assert way(DEFAULTS, demands)(EVENT) is None
    assert way(DEFAULTS, demands)({**EVENT, "context": {"groupId": 7}}) is not None
    assert way(DEFAULTS, None)(EVENT) is None
