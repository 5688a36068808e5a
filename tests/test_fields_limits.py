"""Limits: events as deep as they may be, and mappings that ask for too much."""

import pytest

from sandbox.segment.errors import Thrown
from sandbox.segment.fields import resolve


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
    "transform": (doubling(24), "the mapping"),
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
