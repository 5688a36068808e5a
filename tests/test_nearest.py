"""Nearest: differences are named by their place, and the fewest of them win."""

import pytest

from mock_server.control.entry_resource import nearest
from sandbox.values import MISSING, Difference, difference


@pytest.mark.parametrize(
    ("expected", "found", "places"),
    [
        (1, 1, []),
        (1, 1.0, []),
        (1, True, ["$"]),
        (0, False, ["$"]),
        (None, 0, ["$"]),
        ("1", 1, ["$"]),
        ({}, [], ["$"]),
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ({"a": 1}, {"a": 2}, ["$.a"]),
        ({"a": 1}, {}, ["$.a"]),
        ({}, {"a": 1}, ["$.a"]),
        ({"a": None}, {}, ["$.a"]),
        ({"a b": 1}, {"a b": 2}, ["$['a b']"]),
        ([1, 2], [1, 2], []),
        ([1, 2], [1], ["$[1]"]),
        ([1], [1, 2], ["$[1]"]),
        ([1, 2], [2, 1], ["$[0]", "$[1]"]),
        ({"a": [{"b": 1}, {}]}, {"a": [{"b": 2}, {"c": 1}]}, ["$.a[0].b", "$.a[1].c"]),
    ],
)
def test_values_differ_at_these_places(expected, found, places):
    assert [each.path for each in difference(expected, found)] == places


def test_a_difference_says_both_sides():
    (changed,) = difference({"a": 1}, {"a": "x"})
    (gone,) = difference({"a": 1}, {})

    assert changed == Difference(("a",), 1, "x")
    assert gone == Difference(("a",), 1, MISSING)
    assert gone.to_json() == {"path": "$.a", "expected": 1}
    assert changed.to_json() == {"path": "$.a", "expected": 1, "found": "x"}


@pytest.mark.parametrize(
    ("expected", "found", "same"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": {"x": 1}}, {"a": {"x": 1, "y": 2}}, True),
        ([{"a": 1}], [{"a": 1, "b": 2}], True),
        ([{"a": 1}], [{"a": 1}, {"b": 2}], False),
        ({"a": 1, "b": 2}, {"a": 1}, False),
    ],
)
def test_a_partial_expectation_lets_objects_have_more(expected, found, same):
    assert (list(difference(expected, found, partial=True)) == []) == same


def test_the_candidate_with_the_fewest_differences_is_the_nearest():
    candidates = [("far", {"a": 2, "b": 2}), ("near", {"a": 1, "b": 2}), ("also near", {"a": 1})]

    found = nearest({"a": 1, "b": 1}, candidates)

    assert (found.candidate, [d.path for d in found.differences]) == ("near", ["$.b"])


def test_an_equal_one_ends_the_search():
    def candidates():
        yield "equal", {"a": 1}
        raise AssertionError("the search went on")

    assert nearest({"a": 1}, candidates()).differences == ()


def test_there_is_no_nearest_of_nothing():
    assert nearest({"a": 1}, []) is None
