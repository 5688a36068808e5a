"""Fields: what a whole mapping makes of an event."""

import pytest

from sandbox.segment.errors import Thrown
from sandbox.segment.fields import compile_fields, resolve
from sandbox.segment.javascript import MISSING

EVENT = {
    "userId": "u1",
    "n": 5,
    "z": 0,
    "f": False,
    "nul": None,
}


PLAIN = [
    ({"@path": "$.n"}, 5),
    ({"@path": "$.missing"}, MISSING),
    ({"@path": {"@literal": "$.n"}}, 5),
    ("$.userId", "$.userId"),
    ("{{userId}}", "{{userId}}"),
    ([{"@path": "$.n"}, "x"], [5, "x"]),
    ([{"@path": "$.missing"}, None], [MISSING, None]),
    ([{"@path": "$.n", "other": 1}], [{"@path": "$.n", "other": 1}]),
    ([{"@path": "$.n", "@template": "x"}], [5]),
    ({"@path": "$.n", "_metadata": {"a": 1}}, 5),
    ({"a": {"b": {"@path": "$.missing"}}}, {"a": {}}),
    ({"@literal": {"a": {"@path": "$.n"}}}, {"a": 5}),
    ({"@literal": None}, None),
]


def value_of(directive, event=EVENT):
    return compile_fields({"x": directive})(event).get("x", MISSING)


@pytest.mark.parametrize(("value", "expected"), PLAIN)
def test_a_value_resolves(value, expected):
    assert value_of(value) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"@path": "$.userId"}, "u1"),
        ({"@path": "$.missing"}, MISSING),
        ({"@path": "$.nul"}, None),
        ("ab", {"0": "a", "1": "b"}),
        ([{"@path": "$.n"}], {"0": 5}),
        (5, {}),
        (
            {
                "__segment_internal_directive": {"@transform": {"apply": {"q": {"@path": "$.n"}}}},
                "userId": {"@path": "$.q"},
            },
            {"userId": 5},
        ),
        (
            {
                "__segment_internal_directive": {"@merge": {"direction": "left", "objects": []}},
                "userId": {"@path": "$.q"},
            },
            {},
        ),
        (
            {"__segment_internal_directive": [{"a": 1}], "userId": 1},
            [{"a": 1, "mapping": {"userId": 1}}],
        ),
    ],
)
def test_a_mapping_may_be_of_any_kind(fields, expected):
    assert compile_fields(fields)(EVENT) == expected


@pytest.mark.parametrize(
    ("event", "kind"),
    [(None, "null"), ("x", "string"), ([1], "array"), (5, "number"), (True, "boolean")],
)
def test_an_event_must_be_an_object(event, kind):
    with pytest.raises(Thrown, match=f"^data must be an object, got {kind}$"):
        resolve({}, event)


def test_index_keys_come_first_as_in_javascript():
    fields = {"b": 0, "2": 0, "1": 0, "01": 0, "4294967295": 0, "4294967294": 0}

    assert list(resolve(fields, {})) == ["1", "2", "4294967294", "b", "01", "4294967295"]


def test_what_leaves_is_json():
    fields = {"list": [{"@path": "$.no"}, {"@path": "$.big"}], "big": {"@path": "$.big"}}

    assert resolve(fields, {"big": float("inf")}) == {"list": [None, None], "big": None}
    assert resolve({"@path": "$.no"}, {}) is MISSING


def test_neither_the_event_nor_the_mapping_is_changed():
    event = {"a": {"b": None, "c": [None]}}
    fields = {
        "x": {"@excludeWhenNull": {"@path": "$.a"}},
        "y": {"@replace": {"pattern": "a", "value": "a"}},
        "z": {"@merge": {"direction": "left", "objects": [{"@path": "$.a"}]}},
    }

    resolve(fields, event)

    assert event == {"a": {"b": None, "c": [None]}}
    assert fields["y"] == {"@replace": {"pattern": "a", "value": "a"}}


def test_a_compiled_mapping_does_not_follow_later_changes_of_what_it_was_made_of():
    fields = {"x": {"@replace": {"pattern": "a", "value": "abc"}}}
    compiled = compile_fields(fields)

    fields["x"]["@replace"]["pattern"] = "b"

    assert compiled({}) == {"x": "bc"}
