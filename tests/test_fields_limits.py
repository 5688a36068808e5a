"""Limits: events as deep as they may be, and mappings that ask for too much."""

import math
import time

import pytest

from sandbox.segment import effort
from sandbox.segment.errors import Thrown
from sandbox.segment.fields import compile_fields, resolve
from sandbox.segment.triggers import parse_trigger


def deep(levels, kind):
    value = 1
    for level in range(levels):
        value = [value] if kind == "array" or (kind == "both" and level % 2) else {"a": value}
    return value


@pytest.mark.parametrize("kind", ["object", "array", "both"])
@pytest.mark.parametrize(
    "directive",
    [
        {"@path": "$.x"},
        [{"@path": "$.x"}, {"a": {"@path": "$.missing"}}],
        {"@template": "{{x}}"},
        {"@flatten": {"separator": ".", "value": {"@path": "$.x"}}},
        {"@json": {"mode": "encode", "value": {"@path": "$.x"}}},
        {"@excludeWhenNull": {"@path": "$."}},
        {"@if": {"blank": {"@path": "$.x"}, "then": 1}},
        {"@arrayPath": ["$.x", {"@path": "$."}]},
        {"@transform": {"apply": {"y": {"@path": "$.x"}}, "mapping": {"@path": "$.y"}}},
    ],
    ids=lambda d: next(iter(d)) if isinstance(d, dict) else "list",
)
def test_an_event_500_levels_deep_resolves_also_from_a_deep_stack(directive, kind):
    event = {"x": deep(499, kind)}

    def called_from(depth):
        return resolve({"out": directive}, event) if depth == 0 else called_from(depth - 1)

    assert list(called_from(200)) == ["out"]


SHARED = {"a": {"@path": "$."}, "b": {"@path": "$."}}


def doubling(levels):
    fields = SHARED
    for _ in range(levels):
        fields = {"q": {"@transform": {"apply": fields, "mapping": SHARED}}}
    return fields


def encoded(levels):
    value = {"@path": "$.quote"}
    for _ in range(levels):
        value = {"@json": {"mode": "encode", "value": value}}
    return {"x": value}


BOMBS = {
    "json": (encoded(45), "@json"),
    "template": ({"x": {"@template": "{{long}}" * 1000}}, "@template"),
    "replace": (
        {"x": {"@replace": {"pattern": "a", "replacement": "$`$'", "value": {"@path": "$.long"}}}},
        "@replace",
    ),
    "flatten": (
        {"x": {"@flatten": {"separator": "-" * 10_000, "value": {"@path": "$.list"}}}},
        "@flatten",
    ),
    "copies": ({"x": [{"@path": "$.long"}] * 1000}, "the mapping"),
    "copies in a template": (
        {
            "@transform": {
                "apply": {"l": [{"@path": "$.long"}] * 20},
                "mapping": {"x": {"@template": "{{l}}" * 20}},
            }
        },
        "@template",
    ),
}


@pytest.mark.parametrize(("fields", "where"), BOMBS.values(), ids=BOMBS)
def test_a_mapping_that_explodes_is_stopped(fields, where):
    event = {"quote": '"\\', "long": "a" * 100_000, "list": [[0] * 20_000]}

    with pytest.raises(Thrown) as caught:
        resolve(fields, event)

    assert caught.value.name == "NotSimulated"
    assert caught.value.message.startswith(
        f"{where}: the sandbox does not simulate a mapping that makes more than 16,777,216 char"
    )


S = {"@path": "$.s"}
LIST = [1] * 50_000


def liquid(template):
    return {"@liquid": "{%assign s=s%}" + template}


EFFORTS = {
    "transform doubled": (doubling(24), [[0] * 20_000]),
    "transform": ([{"@transform": {"apply": {"s": S}, "mapping": {}}}] * 100, LIST),
    "merge": ([{"@merge": {"direction": "left", "objects": [S]}}] * 100, "a" * 20_000),
    "case": ([{"@case": {"operator": "upper", "value": S}}] * 1000, "a" * 200_000),
    "case of letters beyond ASCII": (
        [{"@case": {"operator": "upper", "value": S}}] * 100,
        "ä" * 100_000,
    ),
    "encode": ([{"@json": {"mode": "encode", "value": S}}] * 100, LIST),
    "decode": ([{"@json": {"mode": "decode", "value": S}}] * 100, f"{LIST}"),
    "template": ([{"@template": "{{s}}"}] * 100, LIST),
    "flatten": ([{"@flatten": {"separator": ".", "value": S}}] * 100, LIST),
    "exclude": ([{"@excludeWhenNull": S}] * 100, dict.fromkeys(map(str, range(50_000)), 1)),
    "blank": ([{"@if": {"blank": S, "then": 1}}] * 100, LIST),
    "replace": ([{"@replace": {"pattern": "a", "value": S}}] * 100, "a" * 20_000),
    "units": ([{"@path": "$.s.0"}] * 1000, "\U0001f600" * 100_000),
    "elements": ([{"@arrayPath": ["$.s", {"a": S}]}] * 100, LIST),
    "liquid compared": (liquid("{%if " + "s<s or " * 100 + "s%}{%endif%}"), LIST),
    "liquid numbers": (liquid("{{s|abs}}" * 100), [LIST]),
    "liquid arguments": (liquid("{{1" + "|plus:s" * 100 + "}}"), [LIST]),
    "liquid templates": ([{"@liquid": "{{s|upcase}}"}] * 1000, "a" * 200_000),
    "liquid dates": (liquid("{{s|date}}" * 70), [{}] * 20_000),
    "liquid slugs": (liquid("{{s|slugify}}" * 60), "a" * 20_000),
    "liquid strips": (liquid("{{s|strip:s}}" * 60), "a" * 50_000),
    "liquid units": (liquid("{{s[0]}}" * 100), "\U0001f600" * 100_000),
    "liquid parts": (liquid("{%if " + "s contains 1 or " * 50 + "s%}{%endif%}"), "ä" * 200_000),
}


QUICK = ("transform", "merge", "units", "liquid numbers")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param(*case, id=name, marks=[] if name in QUICK else pytest.mark.laws)
        for name, case in EFFORTS.items()
    ],
)
def test_a_mapping_of_many_steps_is_stopped_whatever_each_of_them_may_do(field, value):
    event = {"s": value, "long": "a" * 100_000}

    with pytest.raises(Thrown) as caught:
        resolve({"x": field}, event)

    assert caught.value.name == "NotSimulated"
    assert caught.value.message.startswith(
        "the mapping: the sandbox does not simulate a mapping that goes through more than "
        "100,000,000 characters for one event"
    )


def test_text_is_stripped_of_many_characters_in_linear_time():
    characters = "".join(map(chr, range(0x100, 0xD800)))
    event = {"s": "\ud7ff" * 900_000, "of": characters}
    began = time.process_time()

    made = resolve({"x": {"@liquid": "{{s|strip:of}}{{s|lstrip:of}}{{s|rstrip:of}}"}}, event)

    assert made == {"x": ""}
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("text", "length", "counted"),
    [
        ('contains(properties.s, "x")', 1000, 0),
        ('contains(properties.s, "x")', 1001, 250.25),
        ('!match(properties.s, "x*")', 1004, 251),
        ('contains(properties.s, "😀")', 4, 1),
        ("properties.s.length = 8", 8, 2),
        ('properties.s = "x"', 4000, 0),
    ],
)
def test_what_a_trigger_searches_counts_a_quarter(text, length, counted):
    before = effort.used()

    parse_trigger(text).evaluate({"properties": {"s": "a" * length}})

    assert effort.used() - before == counted


def test_each_event_may_use_the_whole_effort_again():
    step = compile_fields({"x": [{"@template": "{{s}}"}] * 10}, None)

    made = [step({"s": LIST[:20_000]})["x"][0] for _ in range(10)]

    assert made == [",".join(["1"] * 20_000)] * 10


@pytest.mark.parametrize("text", ["{", "{{{a}", "{{{a}}", "{{a}", "}"])
def test_a_template_of_a_million_braces_takes_linear_time(text):
    template = text * (500_000 // len(text))

    assert isinstance(resolve({"x": {"@template": template}}, {})["x"], str)


def test_a_json_text_deeper_than_an_event_may_be_is_refused():
    with pytest.raises(Thrown) as caught:
        resolve({"x": {"@json": {"mode": "decode", "value": "[" * 501}}}, {})

    assert caught.value.name == "NotSimulated"
    assert "a string nested more than 500 levels deep" in caught.value.message


def test_a_key_that_is_no_text_is_named():
    with pytest.raises(TypeError) as raised:
        resolve({"a": {"@path": "$.properties"}}, {"properties": {"b": 1, 7: 2}})

    assert str(raised.value) == "the keys of a JSON object are strings, but one was 7"


def test_a_range_that_ends_nowhere_counts_nothing():
    assert resolve({"@liquid": "{{ (1..1e400) | size }}"}, {}) == "0"
    assert math.isfinite(effort.used())


def test_what_would_never_end_leaves_the_events_after_it_their_whole_effort():
    endless = {"@liquid": "{{ (1..properties.most) | join }}"}

    for most in (1e300, 1e308, float("inf")):
        with pytest.raises(Thrown):
            resolve(endless, {"properties": {"most": most}})

    assert math.isfinite(effort.used())
