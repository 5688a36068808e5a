"""Choices: what @if, @literal and @excludeWhenNull make of an event."""

import pytest

from sandbox.segment.fields import compile_fields
from sandbox.segment.javascript import MISSING

EVENT = {
    "n": 5,
    "z": 0,
    "f": False,
    "nul": None,
    "e": "",
    "arr": [1, 2, {"a": 1}],
    "o": {"b": {"c": 1, "d": None}, "a": [1, {"x": None}], "k": None},
}


IF = [
    ({"exists": {"@path": "$.n"}, "then": 1, "else": 2}, 1),
    ({"exists": {"@path": "$.nul"}, "then": 1, "else": 2}, 2),
    ({"exists": {"@path": "$.e"}, "then": 1, "else": 2}, 1),
    ({"exists": None, "blank": "x", "then": 1, "else": 2}, 2),
    ({"blank": {"@path": "$.e"}, "then": 1, "else": 2}, 2),
    ({"blank": {"@path": "$.z"}, "then": 1, "else": 2}, 2),
    ({"blank": {"@path": "$.f"}, "then": 1, "else": 2}, 2),
    ({"blank": {"@path": "$.n"}, "then": 1, "else": 2}, 1),
    ({"blank": {"@path": "$.missing"}, "then": 1, "else": 2}, 2),
    ({"blank": [[None]], "then": 1, "else": 2}, 2),
    ({"blank": [0], "then": 1, "else": 2}, 1),
    ({"blank": " ", "then": 1, "else": 2}, 1),
    ({"blank": {"a": 1}, "then": 1, "else": 2}, 1),
    ({"exists": "x", "then": None}, None),
    ({"exists": "x", "then": 0}, 0),
    ({"exists": "x", "else": 1}, MISSING),
    ({"exists": {"@path": "$.no"}, "else": 0}, MISSING),
    ({"exists": {"@path": "$.no"}, "else": ""}, MISSING),
    ({"exists": {"@path": "$.no"}, "else": []}, []),
]

EXCLUDE = [
    ({"@path": "$.nul"}, MISSING),
    ({"@path": "$.missing"}, MISSING),
    ({"@path": "$.o"}, {"b": {"c": 1}, "a": [1, {"x": None}]}),
    ({"@path": "$.arr"}, [1, 2, {"a": 1}]),
    ({"@path": "$.z"}, 0),
]


def value_of(directive, event=EVENT):
    return compile_fields({"x": directive})(event).get("x", MISSING)


@pytest.mark.parametrize(
    ("directive", "operand", "expected"),
    [
        (name, operand, expected)
        for name, cases in {
            "@if": IF,
            "@excludeWhenNull": EXCLUDE,
        }.items()
        for operand, expected in cases
    ],
)
def test_a_choice_is_made(directive, operand, expected):
    assert value_of({directive: operand}) == expected


def test_what_is_wrong_inside_a_list_throws_only_where_it_is_run():
    fields = {"@if": {"exists": {"@path": "$.no"}, "then": [{"@nope": 1}], "else": "fine"}}

    assert value_of(fields) == "fine"
