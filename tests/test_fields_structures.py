"""Structures: what @arrayPath, @json, @flatten, @merge and @transform make of an event."""

import pytest

from sandbox.segment.errors import Thrown
from sandbox.segment.fields import compile_fields
from sandbox.segment.javascript import MISSING

EVENT = {
    "n": 5,
    "z": 0,
    "t": True,
    "nul": None,
    "e": "",
    "s": "aXbXc",
    "smile": "a😀b",
    "nested": [[1, 2], [3]],
    "prods": [{"id": 1}, {"id": 2}, None, "str", 5],
    "o": {"b": {"c": 1, "d": None}, "a": [1, {"x": None}], "k": None},
    "json": '{"b":1,"a":[null,1.0]}',
}


ARRAY_PATH = [
    (["$.prods"], EVENT["prods"]),
    (
        ["$.prods", {"i": {"@path": "$.id"}}],
        [{"i": 1}, {"i": 2}, {"i": None}, {}, {}],
    ),
    (["$.prods", {"@path": "$.id"}], [1, 2, None, MISSING, MISSING]),
    (["$.o", {"c": {"@path": "$.b.c"}}], [{"c": 1}]),
    (["$.prods", {}], EVENT["prods"]),
    (["$.prods", "x"], EVENT["prods"]),
    (["$.n", {"a": 1}], 5),
    (["$.nul", {"a": 1}], None),
    (["$.missing", {"a": 1}], MISSING),
    ([{"@path": "$.nested"}, {"first": {"@path": "$.[0]"}}], [{"first": 1}, {"first": 3}]),
]

JSON = [
    (
        {"mode": "encode", "value": {"@path": "$.o"}},
        '{"b":{"c":1,"d":null},"a":[1,{"x":null}],"k":null}',
    ),
    ({"mode": "encode", "value": {"@path": "$.missing"}}, MISSING),
    ({"mode": "encode", "value": {"@path": "$.z"}}, "0"),
    ({"mode": "encode", "value": {"b": 1, "1": {"@path": "$.no"}, "0": "😀"}}, '{"0":"😀","b":1}'),
    ({"mode": "decode", "value": {"@path": "$.json"}}, {"b": 1, "a": [None, 1]}),
    ({"mode": "decode", "value": "[1,]"}, "[1,]"),
    ({"mode": "decode", "value": "NaN"}, "NaN"),
    ({"mode": "decode", "value": {"@path": "$.n"}}, 5),
    ({"mode": "ENCODE", "value": {"@path": "$.n"}}, MISSING),
]

FLATTEN = [
    (
        {"separator": ".", "value": {"@path": "$.o"}},
        {"b.c": 1, "b.d": None, "a.0": 1, "a.1.x": None, "k": None},
    ),
    (
        {"separator": "_", "value": {"@path": "$.o"}, "omitArrays": True},
        {"b_c": 1, "b_d": None, "a": [1, {"x": None}], "k": None},
    ),
    ({"separator": ".", "value": {"": {"a": 1}, "b": {"": 2}}}, {"a": 1, "b.": 2}),
    ({"separator": ".", "value": {"a": [], "b": {}, "c": 1}}, {"c": 1}),
    ({"separator": ".", "value": {"@path": "$.n"}}, {"": 5}),
    ({"separator": ".", "value": {"@path": "$.missing"}}, {}),
    ({"separator": ".", "value": {"a": {"b": 1}, "a.b": 2}, "omitArrays": "false"}, {"a.b": 2}),
]

MERGE = [
    ({"direction": "right", "objects": [{"a": 1, "b": 1}, {"b": 2}]}, {"a": 1, "b": 2}),
    ({"direction": "left", "objects": [{"a": 1, "b": 1}, {"b": 2}]}, {"b": 1, "a": 1}),
    ({"direction": "LEFT", "objects": [{"b": 1}, {"b": 2}]}, {"b": 2}),
    ({"direction": "right", "objects": [{"a": 1}, {"a": {"@path": "$.missing"}}]}, {}),
    (
        {"direction": "right", "objects": [{"@path": "$.nested"}, {"@path": "$.e"}]},
        {"0": [1, 2], "1": [3]},
    ),
    (
        {"direction": "right", "objects": [{"@path": "$.smile"}]},
        {"0": "a", "1": "\ud83d", "2": "\ude00", "3": "b"},
    ),
    ({"direction": "right", "objects": [{"@path": "$.n"}, {"@path": "$.nul"}]}, {}),
    ({"direction": "right", "objects": [{"a": {"b": 1}}, {"a": {"c": 2}}]}, {"a": {"c": 2}}),
]

TRANSFORM = [
    (
        {"apply": {"q": {"@path": "$.n"}}, "mapping": {"id": {"@path": "$.q"}}},
        {"id": 5},
    ),
    ({"apply": {"@path": "$.s"}, "mapping": {"l": {"@path": "$.length"}}}, {"l": 5}),
    (
        {"apply": {"a": [{"@path": "$.no"}]}, "mapping": {"@path": "$.a"}},
        [MISSING],
    ),
    (
        {
            "apply": {
                "__segment_internal_directive": {"@merge": {"direction": "left", "objects": []}},
                "q": 1,
            },
            "mapping": {"@path": "$."},
        },
        {},
    ),
]


def value_of(directive, event=EVENT):
    return compile_fields({"x": directive})(event).get("x", MISSING)


@pytest.mark.parametrize(
    ("directive", "operand", "expected"),
    [
        (name, operand, expected)
        for name, cases in {
            "@arrayPath": ARRAY_PATH,
            "@json": JSON,
            "@flatten": FLATTEN,
            "@merge": MERGE,
            "@transform": TRANSFORM,
        }.items()
        for operand, expected in cases
    ],
)
def test_a_structure_is_made(directive, operand, expected):
    assert value_of({directive: operand}) == expected


def test_the_first_object_wins_from_the_left_and_the_keys_come_in_the_order_of_the_last():
    merged = value_of(
        {"@merge": {"direction": "left", "objects": [{"a": 1, "b": 1}, {"b": 2, "c": 2}]}}
    )

    assert list(merged.items()) == [("b", 1), ("c", 2), ("a", 1)]


def test_a_flattened_duplicate_keeps_the_earlier_place_and_index_keys_come_first():
    flat = value_of(
        {"@flatten": {"separator": ".", "value": {"a": {"2": 1, "1": 2}, "b": 3, "a.2": 4}}}
    )

    assert list(flat.items()) == [("a.1", 2), ("a.2", 4), ("b", 3)]


@pytest.mark.parametrize(
    ("apply", "name", "message"),
    [
        (
            {"a": {"@path": 1}, "b": {"@nope": 1}},
            "AggregateError",
            (
                "/a/@path should be a string or a mapping directive but it is a number. "
                "/b has an invalid directive: @nope."
            ),
        ),
        (
            {"@path": 1},
            "ValidationError",
            "/@path should be a string or a mapping directive but it is a number.",
        ),
        (
            {"@json": {}},
            "AggregateError",
            (
                '/@json should have field "value" but it doesn\'t. '
                '/@json should have field "mode" but it doesn\'t.'
            ),
        ),
        ({"__segment_internal_directive": 5}, "Error", "The root directive must be an object"),
        (
            {"__segment_internal_directive": None},
            "TypeError",
            "Cannot convert undefined or null to object",
        ),
    ],
)
def test_a_transform_checks_what_it_applies_for_each_event(apply, name, message):
    with pytest.raises(Thrown) as caught:
        value_of([{"@transform": {"apply": apply, "mapping": {"a": 1}}}])

    assert (caught.value.name, caught.value.message) == (name, message)
