"""Directives: the table of them, and what each of them throws."""

import pytest

from sandbox.segment.errors import Thrown
from sandbox.segment.fields import DIRECTIVES, compile_fields, directives
from sandbox.segment.javascript import MISSING
from sandbox.segment.toml_tables import toml_table

EVENT = {
    "n": 5,
    "arr": [1, 2, {"a": 1}],
    "prods": [{"id": 1}, {"id": 2}, None, "str", 5],
    "own": {"toString": 1},
}


THROWN = [
    ({"@path": {"@path": "$.n"}}, "@path: expected string, got number"),
    ({"@path": {"@path": "$.missing"}}, "@path: expected string, got undefined"),
    ({"@template": {"@path": "$.arr"}}, "@template: expected string, got array"),
    ([{"@nope": 1}], "@nope is not a valid directive, got undefined"),
    ([{"@if": 1}], '@if requires an object with an "exists" key'),
    ({"@if": {"exists": "", "then": 1}}, '@if requires an "exists" key or a "blank" key'),
    ([{"@case": 1}], '@case requires an object with a "operator" key'),
    ({"@case": {"value": "x"}}, '@case requires a "operator" key'),
    (
        {"@case": {"operator": "Upper", "value": "x"}},
        'operator key should have a value of "lower" or "upper"',
    ),
    ([{"@replace": []}], '@replace requires an object with a "pattern" key'),
    ([{"@replace": {"pattern": ""}}], '@replace requires a "pattern" key'),
    (
        {"@replace": {"pattern": "a", "value": "a", "pattern2": "b" * 11}},
        '@replace requires a "pattern" less than 10 characters',
    ),
    (
        {"@replace": {"pattern": "a", "value": "a", "pattern2": "b", "replacement2": "c" * 11}},
        '@replace requires a "replacement" less than 10 characters',
    ),
    ([{"@arrayPath": "x"}], "@arrayPath expected array, got string"),
    ([{"@json": 1}], '@json requires an object with a "value" key'),
    ([{"@json": {"value": 1}}], '@json requires a "mode" key'),
    ({"@json": {"mode": "encode", "value": 0}}, '@json requires a "value" key'),
    ([{"@flatten": 1}], '@flatten requires an object with a "separator" key'),
    ({"@flatten": {"value": 1}}, '@flatten requires a "separator" key'),
    (
        [{"@flatten": {"separator": {"@path": "$.n"}, "value": 1}}],
        "@flatten requires a string separator",
    ),
    ([{"@merge": 1}], '@merge requires an object with an "objects" key and a "direction" key'),
    ({"@merge": {"objects": []}}, '@merge requires a "direction" key'),
    ([{"@merge": {"direction": "left"}}], '@merge requires a "objects" key'),
    (
        [{"@merge": {"direction": "left", "objects": {"a": 1}}}],
        "@merge: expected opts.array, got object",
    ),
    (
        [{"@transform": 1}],
        '@transform requires an object with an "apply" key and a "mapping" key',
    ),
    ([{"@transform": {"apply": {}}}], '@transform requires a "mapping" key'),
    ([{"@transform": {"mapping": {}}}], '@transform requires a "apply" key'),
    ([{"@transform": {"mapping": 1, "apply": 1}}], '@transform "apply" key should be an object'),
    (
        {"@arrayPath": ["$.prods", {"@transform": {"apply": {}, "mapping": {}}}]},
        "data must be an object, got null",
    ),
    ([{"@liquid": 5}], "liquid template value must be a string"),
    ({"@liquid": "x" * 1001}, "liquid template values are limited to 1000 characters"),
]


def value_of(directive, event=EVENT):
    return compile_fields({"x": directive})(event).get("x", MISSING)


@pytest.mark.parametrize(("value", "message"), THROWN)
def test_a_directive_throws_in_segments_words(value, message):
    with pytest.raises(Thrown) as caught:
        value_of(value)

    assert (caught.value.name, caught.value.message) == ("Error", message)


@pytest.mark.parametrize(
    "value",
    [
        {"@template": "{{own}}"},
        {"@template": "{{ x }}{{arrown}}"},
        {"@if": {"blank": {"@path": "$.own"}, "then": 1}},
    ],
)
def test_an_object_with_its_own_to_string_cannot_become_text(value):
    event = {"own": {"toString": 1}, "arrown": [[{"toString": 1}]]}

    with pytest.raises(Thrown) as caught:
        value_of(value, event)

    assert caught.value.name == "TypeError"
    assert caught.value.message == "Cannot convert object to primitive value"


def test_the_table_names_each_directive_once_with_a_summary():
    assert list(DIRECTIVES) == [
        "@path",
        "@template",
        "@literal",
        "@if",
        "@case",
        "@replace",
        "@arrayPath",
        "@json",
        "@flatten",
        "@merge",
        "@transform",
        "@excludeWhenNull",
        "@liquid",
    ]
    assert all(directive.summary for directive in DIRECTIVES.values())
    assert all(name == directive.name for name, directive in DIRECTIVES.items())


def test_what_is_told_of_directives_is_told_of_those_there_are():
    assert list(toml_table(directives.__package__, "directives")) == list(DIRECTIVES)
