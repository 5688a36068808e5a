"""Lint knows what arrives: Segment's intake, and the spec of its six calls."""

import pytest

from sandbox.lint import lint_trigger
from sandbox.reasoning.arriving import SPECIFIED, arrive, usual
from sandbox.reasoning.changing import changed_event
from sandbox.segment.calls import MEMBERS, TYPES
from sandbox.segment.intake import Dropped, Kept
from sandbox.segment.triggers import parse_trigger

DROPPED = {
    'type = "track" and event = ""': "event_not_defined",
    'type = "track" and userId = true': "id_not_string",
    "userId = false": "id_not_string",
    'type = "page" and name = ""': "name_not_string",
    'name = "" and type = "screen"': "name_not_string",
}
AGAINST_THE_SPEC = [
    'event = ""',
    *(f'type = "{call}" and event = "x"' for call in TYPES if call != "track"),
    *(f'type = "{call}" and name != null' for call in ("track", "identify", "group", "alias")),
    *(f'type = "{call}" and properties.a > 5' for call in ("identify", "group", "alias")),
    *(f'contains(traits.a, "x") and type = "{call}"' for call in ("track", "page", "alias")),
    'event = "Signed Up" and traits.plan = "pro"',
    'name = "Home" and traits.plan = "pro"',
    'type != "track" and event = "x"',
]
FOLLOWING_IT = [
    'type = "track" and context.traits.plan = "pro"',
    'type = "identify" and traits.plan = "pro"',
    'type = "group" and traits.plan != null',
    'type = "page" and name = "Home" and properties.url != null',
    'type = "screen" and name = null',
    'event = "Signed Up"',
    'event != "Signed Up"',
    'event = "a" or name = "b" or traits.c = 1',
    'traits.plan = "pro" or properties.plan = "pro"',
    'userId = ""',
    "userId != null",
    'type = "alias"',
]


def codes(text):
    return [f.code for f in lint_trigger(text) if f.code in {"TS123", "TS124"}]


@pytest.mark.parametrize(("text", "code"), DROPPED.items())
def test_what_intake_drops_is_said_with_its_code(text, code):
    (finding,) = (f for f in lint_trigger(text) if f.code == "TS123")
    event = changed_event(parse_trigger(text), {**usual("track"), "name": "n"})

    assert code in finding.message
    assert parse_trigger(text).matches(event)
    assert isinstance(arrive(event), Dropped)
    assert arrive(event).code == code


@pytest.mark.parametrize("text", AGAINST_THE_SPEC)
def test_what_only_a_call_against_the_spec_fulfils_is_said(text):
    assert codes(text) == ["TS124"]


@pytest.mark.parametrize("text", AGAINST_THE_SPEC[1:])
def test_such_a_call_can_arrive_all_the_same(text):
    base = usual("track" if 'type = "track"' in text else "identify")

    event = changed_event(parse_trigger(text), base)

    assert parse_trigger(text).matches(event)
    assert isinstance(arrive(event), Kept)
    assert any(event.get(head) for head in SPECIFIED if head not in MEMBERS[event["type"]])


@pytest.mark.parametrize("text", FOLLOWING_IT)
def test_lint_is_silent_on_what_a_call_has(text):
    assert codes(text) == []


@pytest.mark.parametrize("call", TYPES)
def test_the_usual_event_of_each_call_passes_intake(call):
    assert isinstance(arrive(usual(call)), Kept)


@pytest.mark.parametrize(
    ("text", "rewrite"),
    [
        (
            'type = "track" and traits.plan = "pro"',
            'type = "track" and context.traits.plan = "pro"',
        ),
        ('type = "identify" and properties.plan = 5', 'type = "identify" and traits.plan = 5'),
        ('type = "page" and event = "Home"', 'type = "page" and name = "Home"'),
        ('type = "track" and match(name, "x*")', 'type = "track" and match(event, "x*")'),
        ('event = "E" and traits.plan = "pro"', 'event = "E" and context.traits.plan = "pro"'),
        ('event = "E" and name = "x"', None),
        ('type = "track" and name != null', None),
    ],
)
def test_where_the_calls_have_it_instead_is_the_rewrite(text, rewrite):
    (finding,) = (f for f in lint_trigger(text) if f.code == "TS124")

    assert (finding.rewrite and finding.rewrite.text) == rewrite


def test_the_calls_that_a_message_names_are_there():
    text = 'type != "track" and event != "x" and properties.a != 1 and traits.b = 1'
    (finding,) = (f for f in lint_trigger(text) if f.code == "TS124")

    assert finding.message == (
        "Only a call that breaks Segment's spec makes `traits.b = 1` true: a page or screen call "
        "has no `traits` by Segment's spec. A page or screen call has `context.traits` instead."
    )
