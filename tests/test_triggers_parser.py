"""The parser takes from a trigger what Segment's parser takes, and notes what it ignores."""

import math

import pytest

from sandbox.segment.javascript import MISSING
from sandbox.segment.triggers.mistakes import TriggerError
from sandbox.segment.triggers.parser import parse
from sandbox.segment.triggers.tree import Condition, Group, Nothing
from tests.conformance.compare import as_segment


def only(text):
    """Return the only condition of a trigger, as Segment's tree has it."""
    (condition,) = as_segment(parse(text).tree)["children"]
    return condition


def shape(text):
    """Return operator and values of a tree: `and(a, or(b, c))`."""
    return _shape(parse(text).tree)


def _shape(node):
    if isinstance(node, Nothing):
        return "()"
    if isinstance(node, Condition):
        return str(node.value)
    return f"{node.operator}({', '.join(_shape(child) for child in node.children)})"


def refusal(text):
    with pytest.raises(TriggerError) as refused:
        parse(text)
    return refused.value


def ignored(text):
    return [(each.text, each.start, each.end, each.why) for each in parse(text).ignored]


SLIP = "Cannot read properties of undefined (reading 'type')"


def test_one_condition_is_an_and_of_itself_and_has_its_place():
    tree = parse(' type = "track" ').tree

    assert tree == Group(
        operator="and", children=(Condition(head="type", operator="=", value="track"),)
    )
    assert (tree.start, tree.end) == (0, 16)
    assert (tree.children[0].start, tree.children[0].end) == (1, 15)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ('type = "a" and type = "b" or type = "c"', "or(a, b, c)"),
        ('type = "a" or type = "b" and type = "c"', "and(a, b, c)"),
        ('(type = "a" or type = "b") and event = "x"', "and(or(a, b), x)"),
        ('type = "a")', "and(a)"),
        ('type = "a" or(type = "b")', "and(a, b)"),
        (
            'type="a" and ( contains(event,"x") or contains(event,"y") )',
            "or(a, x, y)",
        ),
        ('(contains(event, "x"))', "and(x)"),
        ('type = "a" AND type = "b"', "and(a, b)"),
        ('type = "a" OR type = "b"', "and(a, b)"),
        ('or type = "a"', "and(a)"),
        ('type = "a" or', "and(a)"),
        ('or type = "a" type = "b"', "or(a, b)"),
        ('type = "a" type = "b" or', "or(a, b)"),
        ('type = "track" event = "x"', "and(track, x)"),
        ('foo = "bar" and type = "track"', "and(track)"),
        ('() or type = "a"', "or((), a)"),
        ('(foo) or type = "a"', "or((), a)"),
        ("( \n) ()", "and((), ())"),
        ('(type = "a" or type = "b")', "or(a, b)"),
        ('(type = "a")', "and(a)"),
        ('(type = "a") or (type = "b")', "or(a, b)"),
        ('(type = "a" type = "b" or) event = "c"', "and(or(a, b), c)"),
        ('(or) type = "a" type = "b"', "and((), a, b)"),
        ('!(type = "a" or type = "b") event = "x"', "and(or(a, b), x)"),
        ('!type = "a"', "and(a)"),
        ('not type = "a"', "and(a)"),
        ('type="track"and event="x"', "and(track)"),
        ('type = "a" \\and event = "x"', "and(a, x)"),
        ('type = "a" \\or event = "x"', "and(a, x)"),
    ],
)
def test_a_list_has_one_operator_and_parentheses_one_level(text, tree):
    assert shape(text) == tree


def test_a_group_in_parentheses_spans_them():
    tree = parse('( foo ) and (type = "b" or foo name = "c") and type = "a"').tree

    assert [(child.start, child.end) for child in tree.children] == [(0, 7), (12, 42), (47, 57)]


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        ("  ", 2),
        (' foo = "bar"', 1),
        ('contains(type, "x")', 9),
        ('"x"', 0),
        ("5", 0),
        ("true", 0),
        ("null", 0),
        (".", 0),
        (" ()", 1),
        (" and ", 1),
        ('((type = "a"))', 1),
        ('type = "a" and (type = "b" or (type = "c"))', 30),
        (' (type = "a"', 1),
        ('type = "a" (', 11),
        ('type = "a" ("b" (', 11),
        ("type ~", 5),
    ],
)
def test_where_segment_finds_no_tree_it_says_nothing_useful(text, position):
    assert (refusal(text).segment_message, refusal(text).position) == (SLIP, position)


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        (" type", "Value token is missing", 1),
        ("(type)", "Value token is missing", 1),
        ('type = "a" or (event.x)', "Value token is missing", 15),
        ('type = "a" and event.x', "Value token is missing", 15),
        ("constructor", "Value token is missing", 0),
        ("contains", "contains() is missing a 1st argument", 0),
        ("!contains", "contains() is missing a 1st argument", 1),
        ("match", "match() is missing a 1st argument", 0),
        ("contains(", "contains() is missing a 2nd argument", 0),
        ('contains event "x"', "contains() is missing a 2nd argument", 0),
        ("match(event", "match() is missing a 2nd argument", 0),
        ('type = "a" or (match)', "match() is missing a 1st argument", 15),
        ('type = "a" or (match(event) )', "match() is missing a 2nd argument", 15),
    ],
)
def test_where_segment_misses_a_token_it_says_which(text, message, position):
    assert (refusal(text).segment_message, refusal(text).position) == (message, position)


@pytest.mark.parametrize(
    ("text", "operator", "value"),
    [
        ('type = "track"', "=", "track"),
        ("type = track", "=", "track"),
        ('type = "a\nb"', "=", "a\nb"),
        ('type = ""', "=", ""),
        ("type = 'track'", "=", "'track'"),
        ("type = '\"'", "=", "'\"'"),
        ('type = \\"a\\"', "=", '"a"'),
        ('type == "track"', "=", "="),
        ("type =", "=", "eos"),
        ("type = 5.0", "=", "5"),
        ("type = 1.50", "=", "1.5"),
        ("type = --5", "=", "NaN"),
        ("type = 007", "=", "7"),
        ("type = true", "=", "true"),
        ("type = null", "=", "null"),
        ("type != null", "!=", "null"),
        ("type = (", "=", "("),
        ('type foo "x"', "foo", "x"),
        ('type "op" "x"', '"op"', "x"),
        ("type and or", "and", "or"),
        ("type !a", "!", "a"),
        ("type > 5", ">", "5"),
        ('type.foo = "track"', "=", "track"),
        ("type = ab", "=", "a"),
        ("type = no", "=", "n"),
    ],
)
def test_type_takes_any_operator_and_any_value_as_text(text, operator, value):
    assert only(text) == {"type": "event-type", "operator": operator, "value": value}


def test_event_is_as_type_is():
    assert only("event != null") == {"type": "event", "operator": "!=", "value": "null"}
    assert only("event = true") == {"type": "event", "operator": "=", "value": "true"}
    assert only("event >= 5") == {"type": "event", "operator": ">=", "value": "5"}


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("name != null", {"operator": "exists"}),
        ("name = null", {"operator": "not_exists"}),
        ("name = \\null", {"operator": "not_exists"}),
        ("name.x = null", {"operator": "not_exists"}),
        ('name = "null"', {"operator": "=", "value": "null"}),
        ("name > null", {"operator": ">", "value": "null"}),
        ("name = true", {"operator": "=", "value": "true"}),
        ("name = false", {"operator": "=", "value": "false"}),
        ("name = 5", {"operator": "=", "value": "5"}),
    ],
)
def test_name_asks_for_null_too(text, tree):
    assert only(text) == {"type": "name", **tree}


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("userId != null", {"operator": "exists"}),
        ("userId = null", {"operator": "not_exists"}),
        ("userId = true", {"operator": "is_true"}),
        ("userId = false", {"operator": "is_false"}),
        ("userId != true", {"operator": "!=", "value": "true"}),
        ('userId = "true"', {"operator": "=", "value": "true"}),
        ("userId != 5", {"operator": "!=", "value": "5"}),
    ],
)
def test_user_id_asks_for_booleans_too(text, tree):
    assert only(text) == {"type": "userId", **tree}


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("properties.a != null", {"operator": "exists"}),
        ("properties.a = null", {"operator": "not_exists"}),
        ("properties.a = true", {"operator": "is_true"}),
        ("properties.a = \\true", {"operator": "is_true"}),
        ("properties.a = false", {"operator": "is_false"}),
        ("properties.a = 5", {"operator": "number_equals", "value": 5}),
        ("properties.a != 5.5", {"operator": "number_not_equals", "value": 5.5}),
        ("properties.a < 5", {"operator": "<", "value": 5}),
        ("properties.a foo 5", {"operator": "foo", "value": 5}),
        ('properties.a = "5"', {"operator": "=", "value": "5"}),
        ('properties.a != "5"', {"operator": "!=", "value": "5"}),
        ("properties.a != true", {"operator": "!=", "value": True}),
        ("properties.a < false", {"operator": "<", "value": False}),
        ('properties.a = "true"', {"operator": "=", "value": "true"}),
        ("properties.a < null", {"operator": "<", "value": "null"}),
        ("properties.a >=5", {"operator": ">", "value": "="}),
        ("properties.a =", {"operator": "=", "value": "eos"}),
    ],
)
def test_what_is_inside_a_container_keeps_the_kind_of_its_value(text, tree):
    assert only(text) == {"type": "event-property", "name": "a", **tree}


def test_numbers_are_doubles():
    assert only("properties.a = 12345678901234567890")["value"] == 12345678901234567000.0
    assert only(f"properties.a = {'9' * 400}")["value"] == math.inf
    assert math.copysign(1, only("properties.a = -0")["value"]) == -1
    assert math.isnan(only("properties.a = -")["value"])


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("properties.a.b = x", "event-property", "a.b"),
        ("traits.a = x", "event-trait", "a"),
        ("context.a = x", "event-context", "a"),
        ("properties = x", "event-property", "properties"),
        ("traits = x", "event-trait", "traits"),
        ("context = x", "event-context", "context"),
        ("properties.properties.a = x", "event-property", "properties.a"),
        ("properties\\.a = x", "event-property", "a"),
        ("properties\\. = x", "event-property", ""),
        ("properties.\\. = x", "event-property", "."),
        ("properties.a\\[0\\] = x", "event-property", "a[0]"),
        ("traits.context.x = x", "event-trait", "context.x"),
        ('contains(traits.a.b, "x")', "event-trait", "a.b"),
        ('contains(context, "x")', "event-context", "context"),
        ('contains(propertiesX.a, "x")', "event-property", "propertiesX.a"),
        ('contains(contextual, "x")', "event-context", "contextual"),
    ],
)
def test_a_name_inside_a_container_loses_the_container(text, kind, name):
    assert (only(text)["type"], only(text)["name"]) == (kind, name)


@pytest.mark.parametrize(
    "text",
    ["propertiesX = 1", "Properties.a = 1", "properties\\ x = 1", "Type = a ", "anonymousId = 1"],
)
def test_a_name_with_another_head_makes_nothing(text):
    assert refusal(text).segment_message == SLIP


@pytest.mark.parametrize(
    "head",
    [
        "__defineGetter__",
        "__defineSetter__",
        "__lookupGetter__",
        "__lookupSetter__",
        "__proto__.a",
        "constructor",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "toLocaleString",
        "toString.x",
        "valueOf",
    ],
)
def test_a_head_every_object_inherits_takes_two_tokens(head):
    assert shape(f'{head} = type type = "a"') == "and(a)"
    assert shape(f'{head} = (type = "a"') == "and(a)"


@pytest.mark.parametrize(
    ("text", "operator", "value"),
    [
        ('contains(event, "x")', "contains", "x"),
        ('!contains(event, "x")', "not_contains", "x"),
        ("contains(event, 5.0)", "contains", "5"),
        ("contains(event, true)", "contains", "true"),
        ('contains(event "x")', "contains", ")"),
        ("contains(event)", "contains", "eos"),
        ('contains(event, "x"', "contains", "x"),
        ("contains(event,", "contains", "eos"),
        ("\\contains(event, x)", "contains", "x"),
        ('match(event, "abc*")', "starts_with", "abc"),
        ('!match(event, "abc*")', "not_starts_with", "abc"),
        ('match(event, "*abc")', "ends_with", "abc"),
        ('!match(event, "*abc")', "not_ends_with", "abc"),
        ('match(event, "abc")', "ends_with", "bc"),
        ("match(event, abc)", "ends_with", "bc"),
        ("match(event, 5)", "ends_with", ""),
        ("match(event, true)", "ends_with", "rue"),
        ("match(event, null)", "ends_with", "ull"),
        ('match(event, "*abc*")', "starts_with", "*abc"),
        ('match(event, "*")', "starts_with", ""),
        ('match(event, "")', "ends_with", ""),
        ("match(event, 'abc*')", "ends_with", "abc*'"),
        ('match(event, a\\*\\")', "starts_with", "a*"),
        ('match(event, "😀b")', "ends_with", "\ude00b"),
        ('match(event, "b😀*")', "starts_with", "b😀"),
    ],
)
def test_contains_and_match(text, operator, value):
    assert only(text) == {"type": "event", "operator": operator, "value": value}


def test_contains_and_match_look_at_event_name_user_id_and_containers_only():
    assert only('contains(name, "x")')["type"] == "name"
    assert only('match(userId, "x*")')["type"] == "userId"
    assert shape('contains(type, "x") type = "a"') == "and(a)"
    assert shape('contains("event", "x") type = "a"') == "and(a)"
    assert shape('contains(event.x, "x") type = "a"') == "and(a)"
    assert shape('contains(propertie, "x") type = "a"') == "and(a)"


def test_a_call_spans_its_negation_and_its_closing_parenthesis():
    spans = [
        (child.start, child.end)
        for child in parse(
            '!contains(event, "x") contains(event, "x" and match(event "x*")'
        ).tree.children
    ]

    assert spans == [(0, 21), (22, 41), (46, 63)]


def test_other_functions_are_names_like_any_other():
    assert shape('Contains(userId, "5") type = "a"') == "and(5, a)"
    assert shape('contains.x type = "a"') == "and(a)"
    assert shape('!matches type = "a"') == "and(a)"


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ('type = "track"', []),
        ('(type = "a" or type = "b") and !contains(event, "x")', []),
        (
            'foo = "x" type = "a"',
            [("foo", 0, 3, "unknown"), ("=", 4, 5, "stray"), ('"x"', 6, 9, "stray")],
        ),
        ('type = "a")', [(")", 10, 11, "stray")]),
        ('type = "a" or(type = "b")', [("or", 11, 13, "glued")]),
        ('type = "a" and(type = "b")', [("and", 11, 14, "glued")]),
        ('!type = "a"', [("!", 0, 1, "negation")]),
        ('not type = "a"', [("not", 0, 3, "negation")]),
        ("constructor = x type = a", [("constructor", 0, 11, "inherited")]),
        (
            'type = "a" or type = "b" and type = "c" or name = "d" and name = "e"',
            [("or", 11, 13, "overridden"), ("or", 40, 42, "overridden")],
        ),
        ('contains(type, "x") type = a', [("type", 9, 13, "argument")]),
        (
            'contains ] event= "x" , foo',
            [
                ("]", 9, 10, "dropped"),
                ("=", 16, 17, "dropped"),
                (",", 22, 23, "dropped"),
                ("foo", 24, 27, "unknown"),
            ],
        ),
        ("contains(event,", []),
        ("type = ab", [("b", 8, 9, "lost")]),
        (
            "(foo type = a) bar event = not",
            [("foo", 1, 4, "unknown"), ("bar", 15, 18, "unknown"), ("ot", 28, 30, "lost")],
        ),
    ],
)
def test_what_segment_ignores_is_noted_in_order(text, tokens):
    assert ignored(text) == tokens


def test_places_do_not_count_in_comparisons():
    assert parse('() type = "a" (type = "b" or name = "c")').tree == (
        parse('  ( )  and type="a" and (type="b" or name="c")').tree
    )


def test_empty_parentheses_are_undefined_in_the_tree_segment_has():
    assert as_segment(parse('() or type = "a"').tree) == {
        "type": "group",
        "operator": "or",
        "children": [MISSING, {"type": "event-type", "operator": "=", "value": "a"}],
    }
