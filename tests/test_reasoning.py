"""Reasoning: where clauses look, which values fulfil them, and when triggers are the same."""

import itertools
import math
import operator

import pytest

from sandbox.reasoning.budget import TooLarge, limited
from sandbox.reasoning.changing import common_event, compare
from sandbox.reasoning.event_places import Place, place_of, put
from sandbox.reasoning.literals import LogicLiteral, leaves
from sandbox.reasoning.meant_trigger import meant_trigger
from sandbox.reasoning.place_values import values_for
from sandbox.reasoning.satisfiability import is_always, is_never, is_possible
from sandbox.segment.javascript import MISSING
from sandbox.segment.triggers import parse_trigger
from sandbox.segment.triggers.tree import Condition, Group


def conditions(text):
    return list(leaves(parse_trigger(text).tree))


def has_value(literals):
    """Tell whether any value makes all literals, about one place, come out as wanted."""
    return any(True for _ in values_for(literals, finite=False))


def wanted(text, *unwanted):
    """Return the literals of clauses about one place, the last ones wanted not to hold."""
    return [LogicLiteral(each) for each in conditions(text)] + [
        LogicLiteral(each, wanted=False) for other in unwanted for each in conditions(other)
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('type = "a"', Place("type")),
        ('type.foo = "a"', Place("type")),
        ("properties.a.b = 1", Place("properties", ("a", "b"))),
        (r"properties.a\[0\] = 1", Place("properties", ("a", "0"))),
        (r"properties.\. = 1", None),
        ("properties.constructor != null", Place("properties", ("constructor",))),
    ],
)
def test_a_clause_looks_at_a_place(text, place):
    assert place_of(conditions(text)[0]) == place


@pytest.mark.parametrize(
    ("event", "path", "value", "changed"),
    [
        ({}, "a.b", 1, {"p": {"a": {"b": 1}}}),
        ({"p": {"a": {"c": 2}}}, "a.b", 1, {"p": {"a": {"c": 2, "b": 1}}}),
        ({"p": {"a": 5}}, "a.b", 1, {"p": {"a": {"b": 1}}}),
        ({"p": {"a": [7, 8]}}, "a.1", 9, {"p": {"a": [7, 9]}}),
        ({"p": {"a": [7]}}, "a.1", 9, {"p": {"a": [7, 9]}}),
        ({"p": {"a": [7]}}, "a.5", 9, {"p": {"a": {"5": 9}}}),
        ({"p": {"a": "text"}}, "a.length", 2, {"p": {"a": "te"}}),
        ({"p": {"a": [1]}}, "a.length", 3, {"p": {"a": [1, None, None]}}),
        ({"p": {}}, "a.length", 2, {"p": {"a": "xx"}}),
        ({"p": {}}, "a.length", -1, {"p": {"a": {"length": -1}}}),
        ({"p": {"a": {"length": 9}}}, "a.length", 2, {"p": {"a": {"length": 2}}}),
        ({"p": {"a": 1, "b": 2}}, "a", MISSING, {"p": {"b": 2}}),
        ({"p": {"a": 0}}, "a.b", MISSING, {"p": {}}),
        ({"p": {"a": "text"}}, "a.length", MISSING, {"p": {}}),
        ({"p": {}}, "a.b", MISSING, {"p": {}}),
    ],
)
def test_a_value_is_put_at_a_place(event, path, value, changed):
    assert put(event, Place("p", tuple(path.split("."))), value) == changed


@pytest.mark.parametrize(
    ("text", "current", "first"),
    [
        ('event = "A"', "x", "A"),
        ('event = "Order"', "order", "Order"),
        ("properties.n = 5", "5", 5),
        ('properties.n = "5"', 5, "5"),
        ("properties.n > 10", 3, 11),
        ("properties.n > 10 and properties.n < 11", 3, 10.5),
        ("properties.n >= 10", MISSING, 10),
        ("properties.t = true", "true", True),
        ("properties.n != null", MISSING, "x"),
        ("properties.n = null", "x", MISSING),
        ('match(event, "Order*")', "completed", "Ordercompleted"),
        ('match(event, "Order*") and match(event, "*Done")', MISSING, "OrderDone"),
        ('contains(event, "b") and !contains(event, "ab")', "ca", "ca b"),
        ('type != "track"', "track", "identify"),
    ],
)
def test_the_nearest_value_that_fulfils_clauses_comes_first(text, current, first):
    found = next(values_for(wanted(text), current))

    assert (found, type(found)) == (first, type(first))


@pytest.mark.parametrize(
    ("text", "unwanted", "possible"),
    [
        ('event = "a" and event = "b"', [], False),
        ("properties.n > 5 and properties.n < 5", [], False),
        ("properties.n >= 5 and properties.n <= 5", [], True),
        ('properties.n > "x"', [], False),
        ("properties.n = 1e", [], True),
        ('properties.n > 5 and properties.n = "6"', [], False),
        ('match(event, "ab*") and !contains(event, "b")', [], False),
        ('match(event, "ab*") and match(event, "ac*")', [], False),
        ('match(event, "ab*") and match(event, "a*") and match(event, "*z")', [], True),
        ('!contains(event, "x") and !contains(event, "y") and event != "z"', [], True),
        ("properties.a != null and properties.a = null", [], False),
        ("properties.a != true", [], True),
        ("properties.a = true and properties.a = false", [], False),
        ("properties.n > 5", ["properties.n > 3"], False),
        ("properties.n > 3", ["properties.n > 5"], True),
        ('contains(event, "abc")', ['contains(event, "b")'], False),
    ],
)
def test_whether_any_value_fulfils_clauses_is_decided(text, unwanted, possible):
    assert has_value(wanted(text, *unwanted)) is possible


@pytest.mark.parametrize(
    ("text", "never", "always"),
    [
        ('type = "a"', False, False),
        ('type = "a" and type = "b"', True, False),
        ('type != "a" or type != "b"', False, True),
        ("properties.a = null or properties.a != null", False, True),
        ('(type = "a" and type = "b") or event = "c"', False, False),
        ('type = "a" and (event = "x" or event = "y") and event = "z"', True, False),
        ('type = "a" or ()', False, False),
        ("properties.constructor != null or properties.constructor = null", False, False),
    ],
)
def test_what_is_never_or_always_true_is_told(text, never, always):
    tree = parse_trigger(text).tree

    assert (is_never(tree), is_always(tree)) == (never, always)


@pytest.mark.parametrize(
    ("first", "second", "proven"),
    [
        ('type = "a"', 'type="a"', True),
        ('type = "a" and event = "b"', 'event = "b" and type = "a"', True),
        ('type = "a" or (type = "a" and event = "b")', 'type = "a"', True),
        ("properties.n > 5", "properties.n >= 5", False),
        ('contains(event, "a")', 'event contains "a"', True),
        ('type = "a" and ()', 'type = "a" and (event = "x" and event = "y")', False),
    ],
)
def test_triggers_are_proven_the_same_or_told_apart_by_an_event(first, second, proven):
    one, other = parse_trigger(first), parse_trigger(second)

    is_proven, event = compare(one, other)

    assert is_proven is proven
    if event is not None:
        assert one.matches(event) != other.matches(event)


def test_an_event_two_triggers_take_is_found_from_a_base():
    first, second = parse_trigger('type = "track"'), parse_trigger("properties.n > 5")

    assert common_event(first, second, {"event": "E"}) == {
        "event": "E",
        "type": "track",
        "properties": {"n": 6},
    }
    assert common_event(first, parse_trigger('type = "page"')) is None


def test_many_groups_are_decided_without_writing_out_their_ways():
    groups = " and ".join(f'(type = "{n}" or event = "{n}")' for n in range(12))
    trigger = parse_trigger(groups)

    with limited() as budget:
        assert is_never(trigger.tree)  # type and event can be two of the twelve
        assert not compare(trigger, parse_trigger('type = "a"'))[0]
    assert budget.spent < 2_000


def test_what_is_meant_is_written_out_up_to_a_bound():
    groups = " and ".join(f"(properties.a{n} = 1 or (traits.a{n} = 1))" for n in range(3))
    deep = '(name = "a" or (event = "b" and (name = "c" or name = "d")))'

    assert meant_trigger(f"{deep} and {groups}") is None
    assert meant_trigger(deep).matches({"event": "b", "name": "d"})


def pigeons(count):
    """Return a trigger that cannot be true, and shows it only after much trying."""
    of_each = [
        " or ".join(f"(properties.h{hole} = {pigeon})" for hole in range(count - 1))
        for pigeon in range(count)
    ]
    return [parse_trigger(text).tree for text in of_each]


def test_what_has_no_end_ends_in_too_large():
    with pytest.raises(TooLarge, match="too large to compare"), limited(10_000) as budget:
        is_possible(*((tree, True) for tree in pigeons(12)))
    assert budget.spent <= 10_100


def test_what_nobody_waits_for_any_more_ends_at_once():
    asked = []

    def is_cancelled():
        asked.append(1)
        return len(asked) > 2

    with pytest.raises(TooLarge), limited(cancelled=is_cancelled) as budget:
        is_possible(*((tree, True) for tree in pigeons(12)))
    assert budget.spent > budget.steps
    assert len(asked) == 3


def test_a_budget_inside_another_has_at_most_what_that_has_left():
    with limited(1000):
        with limited(300) as inner, pytest.raises(TooLarge):
            inner.spend(301)
        with limited(5000) as inner:
            assert inner.steps == 699


LARGEST = 1.7976931348623157e308
BOUNDS = (-math.inf, -LARGEST, -1.0, 0.0, 5e-324, 1.0, 2.5, LARGEST, math.inf)
NUMBERS = sorted(
    {
        n
        for bound in BOUNDS
        for n in (bound, math.nextafter(bound, math.inf), math.nextafter(bound, -math.inf))
    }
)
COMPARISONS = {
    "number_equals": operator.eq,
    "number_not_equals": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def of_number(word, bound):
    return Condition(head="properties", path="n", operator=word, value=bound)


@pytest.mark.parametrize("second", COMPARISONS)
@pytest.mark.parametrize("first", COMPARISONS)
def test_numbers_are_possible_where_any_double_is_one_infinity_too(first, second):
    for low, high in itertools.product(BOUNDS, repeat=2):
        both = [LogicLiteral(of_number(first, low)), LogicLiteral(of_number(second, high))]
        expected = any(COMPARISONS[first](n, low) and COMPARISONS[second](n, high) for n in NUMBERS)
        group = Group(operator="and", children=tuple(each.condition for each in both))

        assert has_value(both) is expected, (first, low, second, high)
        assert is_possible((group, True)) is expected


def test_more_than_the_largest_number_is_possible_for_a_larger_one_is_infinite():
    trigger = parse_trigger(f"properties.x > {LARGEST:.0f}")

    assert trigger.matches({"properties": {"x": math.inf}})
    assert not is_never(trigger.tree)


TEXTS = ("", "a", "b", "ab", "ba", "aa", "abab", "c")
OF_TEXTS = {
    "=": operator.eq,
    "!=": operator.ne,
    "contains": operator.contains,
    "not_contains": lambda actual, text: text not in actual,
    "starts_with": str.startswith,
    "not_starts_with": lambda actual, text: not actual.startswith(text),
    "ends_with": str.endswith,
    "not_ends_with": lambda actual, text: not actual.endswith(text),
}
SHORT_TEXTS = ["".join(letters) for n in range(7) for letters in itertools.product("abz", repeat=n)]


@pytest.mark.parametrize("second", OF_TEXTS)
@pytest.mark.parametrize("first", OF_TEXTS)
def test_texts_are_possible_where_any_text_is_one(first, second):
    for one, other in itertools.product(TEXTS[:-1], repeat=2):
        both = [
            LogicLiteral(Condition(head="event", operator=first, value=one)),
            LogicLiteral(Condition(head="event", operator=second, value=other)),
        ]
        expected = any(OF_TEXTS[first](t, one) and OF_TEXTS[second](t, other) for t in SHORT_TEXTS)

        assert any(isinstance(v, str) for v in values_for(both)) is expected, (one, other)
