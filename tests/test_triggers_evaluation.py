"""A trigger holds for an event where it holds in Segment's matcher, and throws where that does."""

import math

import pytest

from sandbox.segment import javascript
from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import MISSING
from sandbox.segment.triggers import parse_trigger

UNDEFINED_TYPE = "Cannot read properties of undefined (reading 'type')"
NO_PIECES = "Cannot read properties of null (reading 'reduce')"


def holds(text, event):
    return parse_trigger(text).evaluate(event)


def thrown(text, event):
    with pytest.raises(Thrown) as error:
        parse_trigger(text).evaluate(event)
    assert error.value.name == "TypeError"
    return error.value.message


@pytest.mark.parametrize(
    ("text", "a", "b", "c"),
    [
        ('type = "a" and event = "b" and name = "c"', True, True, True),
        ('type = "a" and event = "b" and name = "c"', True, True, False),
        ('type = "a" and event = "b" and name = "c"', False, True, True),
        ('type = "a" or event = "b" or name = "c"', False, False, True),
        ('type = "a" or event = "b" or name = "c"', True, False, False),
        ('type = "a" or event = "b" or name = "c"', False, False, False),
        ('(type = "a" or event = "b") and name = "c"', False, True, True),
        ('(type = "a" or event = "b") and name = "c"', True, False, True),
        ('(type = "a" or event = "b") and name = "c"', True, True, False),
        ('(type = "a" or event = "b") and name = "c"', False, False, True),
        ('(type = "a" and event = "b") or name = "c"', True, False, True),
        ('(type = "a" and event = "b") or name = "c"', True, True, False),
        ('(type = "a" and event = "b") or name = "c"', True, False, False),
    ],
)
def test_and_takes_all_and_or_takes_any(text, a, b, c):
    event = {"type": "a" if a else "", "event": "b" if b else "", "name": "c" if c else ""}
    meaning = text.replace('type = "a"', "a").replace('event = "b"', "b").replace('name = "c"', "c")

    assert holds(text, event) is eval(meaning, {"a": a, "b": b, "c": c})


STRING, NUMBER = "5", 5
OTHERS = (True, False, None, MISSING, [], ["5"], {}, {"a": 5})


@pytest.mark.parametrize(
    ("text", "takes", "refuses"),
    [
        ('properties.a = "5"', [STRING], ["", "5 ", "6", NUMBER, *OTHERS]),
        ('properties.a != "5"', ["", "6", NUMBER, *OTHERS], [STRING]),
        ("properties.a != true", [True, False, None, MISSING, "x"], ["true"]),
        ("properties.a = 5", [5, 5.0], [STRING, 6, math.nan, *OTHERS]),
        ("properties.a != 5", [6, 5.5, math.nan], [5, 5.0, STRING, "6", *OTHERS]),
        ("properties.a < 5", [4, -5, 4.99], [5, 6, math.nan, "4", *OTHERS]),
        ("properties.a <= 5", [4, 5], [6, math.nan, "4", *OTHERS]),
        ("properties.a > 5", [6, math.inf, 10**400], [5, 4, math.nan, "6", *OTHERS]),
        ("properties.a >= 5", [6, 5], [4, -(10**400), "6", *OTHERS]),
        ('properties.a < "5"', [4], [5, "4", *OTHERS]),
        ('properties.a < " 0x10 "', [15], [16]),
        ('properties.a < ""', [-1], [0]),
        ("properties.a < true", [0], [1]),
        ('properties.a > "x"', [], [6, "y", *OTHERS]),
        ("properties.a = -", [], [math.nan, "NaN", *OTHERS]),
        ("properties.a != -", [5, math.nan], ["NaN", *OTHERS]),
        ("properties.a = -0", [0, -0.0], [1, *OTHERS]),
        ("properties.a = 9007199254740993", [9007199254740992, 9007199254740993], [2**53 + 2]),
        ('contains(properties.a, "b")', ["b", "abc"], ["", "B", 5, ["b"], {"b": 1}, *OTHERS]),
        ('contains(properties.a, "")', ["", "b"], [5, *OTHERS]),
        ('!contains(properties.a, "b")', ["", "B"], ["abc", 5, ["c"], *OTHERS]),
        ('match(properties.a, "b*")', ["b", "bc"], ["ab", "", 5, *OTHERS]),
        ('!match(properties.a, "b*")', ["ab", ""], ["bc", 5, *OTHERS]),
        ('match(properties.a, "*b")', ["b", "ab"], ["ba", "", 5, *OTHERS]),
        ('!match(properties.a, "*b")', ["ba", ""], ["ab", 5, *OTHERS]),
        ("properties.a != null", ["", 0, False, "x", [], {}], [None, MISSING]),
        ("properties.a = null", [None, MISSING], ["", 0, False, "x", [], {}]),
        ("properties.a = true", [True], [False, 1, "true", None, MISSING]),
        ("properties.a = false", [False], [True, 0, "", "false", None, MISSING]),
        ('properties.a foo "x"', [], ["x", "foo", 5, *OTHERS]),
        ('properties.a toString "x"', [], ["x", 5, *OTHERS]),
        ("properties.a . , ", [], ["x", ",", *OTHERS]),
    ],
)
def test_operators(text, takes, refuses):
    trigger = parse_trigger(text)

    for actual in takes:
        assert trigger.evaluate(_with(actual)), actual
    for actual in refuses:
        assert not trigger.evaluate(_with(actual)), actual


def _with(actual):
    return {"properties": {} if actual is MISSING else {"a": actual}}


@pytest.mark.parametrize(
    ("text", "takes", "refuses"),
    [
        ('event contains "b"', ["abc"], ["", 5]),
        ('event not_contains "b"', ["", "a"], ["abc", 5]),
        ('event starts_with "b"', ["bc"], ["ab"]),
        ("event ends_with b)", ["ab"], ["bc"]),
        ("event not_ends_with b)", ["bc"], ["ab"]),
        ("event not_starts_with b)", ["ab"], ["bc"]),
        ("event number_equals 5", [5], ["5", 6]),
        ("event number_not_equals 5", [6], ["6", 5]),
        ("event exists x", [""], [None]),
        ("event not_exists x", [None], [""]),
        ("event is_true x", [True], [False, "x"]),
        ("event is_false x", [False], [True, "x"]),
    ],
)
def test_segments_own_words_for_operators_work_in_a_trigger(text, takes, refuses):
    trigger = parse_trigger(text)

    assert [trigger.evaluate({"event": actual}) for actual in takes] == [True] * len(takes)
    assert [trigger.evaluate({"event": actual}) for actual in refuses] == [False] * len(refuses)


@pytest.mark.parametrize(
    ("text", "event", "expected"),
    [
        ("userId = 5", {"userId": "5"}, True),
        ("userId = 5", {"userId": 5}, False),
        ("userId = true", {"userId": True}, True),
        ("userId = true", {"userId": "true"}, False),
        ("event > 5", {"event": 6}, True),
        ("event > 5", {"event": "6"}, False),
        ("event != null", {}, True),
        ("event != null", {"event": "null"}, False),
        ("name != null", {}, False),
        ("name != null", {"name": ""}, True),
        ("name = null", {"name": None}, True),
        ("type = 'track'", {"type": "track"}, False),
        ("type = 'track'", {"type": "'track'"}, True),
        ("type =", {"type": "eos"}, True),
        ("type = ab", {"type": "a"}, True),
        ("type.foo = x)", {"type": "x"}, True),
        ("traits.a = x)", {"traits": {"a": "x"}}, True),
        ("traits.a = x)", {"properties": {"a": "x"}}, False),
        ("context.a = x)", {"context": {"a": "x"}}, True),
        ("properties = x)", {"properties": "x"}, False),
        ("properties = x)", {"properties": {"properties": "x"}}, True),
        ('contains(propertiesX, "a")', {"properties": {"propertiesX": "a"}}, True),
    ],
)
def test_heads(text, event, expected):
    assert holds(text, event) is expected


@pytest.mark.parametrize(
    ("text", "properties"),
    [
        ("properties.a.b = x)", {"a": {"b": "x"}}),
        ("properties.a.b.c = 0", {"a": 0}),
        ("properties.a.b = false", {"a": False}),
        ('properties.a.b = ""', {"a": ""}),
        ("properties.a.b != null", {"a": ""}),
        ("properties.a.b = null", {"a": None}),
        ("properties.a.b = null", {}),
        ("properties.a.b = null", {"a": 5}),
        ("properties.a.b = null", {"a": True}),
        ("properties.a = null", None),
        ("properties.a = 0", 0),
        ("properties.a = null", MISSING),
        ("properties.a.b != -", {"a": math.nan}),
        ("properties.length = 3", "abc"),
        ("properties.s.length = 3", {"s": "😀b"}),
        ("properties.s.\\0 = a)", {"s": "a"}),
        ("properties.s.\\2 = b)", {"s": "😀b"}),
        ("properties.s.\\1 = null", {"s": "a"}),
        ("properties.l.length > 1", {"l": [1, 2]}),
        ("properties.l.length.x = 0", {"l": []}),
        ("properties.l\\[1\\].x = y)", {"l": [{}, {"x": "y"}]}),
        ("properties.l.\\2 = null", {"l": [1, 2]}),
        ("properties.l.\\01 = null", {"l": [1, 2]}),
        ("properties.l.\\-1 = null", {"l": [1, 2]}),
        ("properties.o.\\0 = x)", {"o": {"0": "x"}}),
        ("properties.o.length = x)", {"o": {"length": "x"}}),
        ("properties.\\.a\\. = x)", {"a": "x"}),
        ("properties.\\[a\\] = x)", {"a": "x"}),
        ("properties.\\ a = x)", {" a": "x"}),
        ("properties.a\\.b = x)", {"a": {"b": "x"}}),
        ("properties.and.b = x)", {"and": {"b": "x"}}),
        ("properties\\. = null", {"": "x"}),
    ],
)
def test_lookup_takes_property_after_property_and_stops_at_a_falsy_one(text, properties):
    assert holds(text, {} if properties is MISSING else {"properties": properties})


def test_every_object_inherits_names():
    assert holds("properties.constructor != null", {"properties": {}})
    assert holds("properties.s.toString != x)", {"properties": {"s": "a"}})
    assert holds("properties.n.valueOf.constructor != null", {"properties": {"n": 5}})
    assert holds("properties.constructor = x)", {"properties": {"constructor": "x"}})
    assert holds("properties.filters.values != null", {"properties": {"filters": []}})
    assert holds("properties.filters.values = null", {"properties": {"filters": {}}})
    assert holds("properties.s.link.name = link)", {"properties": {"s": "a"}})
    assert not holds("properties.constructor = x)", {"properties": {}})
    assert not holds("properties.constructor = true", {"properties": {}})
    assert not holds("properties.constructor < 5", {"properties": {}})
    assert not holds('contains(properties.constructor, "")', {"properties": {}})
    assert not holds("properties.constructor != null", {})
    assert holds('properties.e.constructor = ""', {"properties": {"e": ""}})


def test_text_is_compared_by_its_units():
    assert holds('match(event, "😀b")', {"event": "x\ude00b"})
    assert holds('match(event, "😀b")', {"event": "x😀b"})
    assert not holds('match(event, "😀b")', {"event": "xb"})
    assert not holds('!match(event, "😀b")', {"event": "x😀b"})
    assert holds('contains(event, "😀")', {"event": "x\ud83d\ude00"})
    assert holds('event = "😀"', {"event": "\ud83d\ude00"})
    assert holds('contains(event, "\ude00")', {"event": "😀"})
    assert holds('event = "é"', {"event": "é"})
    assert not holds('event = "😀"', {"event": 5})
    assert not holds('event = "\ud83d"', {"event": "😀"})


def test_an_event_that_is_no_object_has_no_fields():
    for event in (5, "type", [], [{"type": "a"}], True, 0, "", False):
        assert holds('type != "a"', event)
        assert not holds('type = "a"', event)


def test_an_undefined_event_is_never_taken():
    assert not holds('type != "a"', MISSING)
    assert not holds('() or type = "a"', MISSING)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('type = "a"', "Cannot read properties of null (reading 'type')"),
        ('name = "a" and type = "a"', "Cannot read properties of null (reading 'name')"),
        ("properties.x = 1", "Cannot read properties of null (reading 'properties')"),
        ("properties.\\. = 1", "Cannot read properties of null (reading 'properties')"),
        ("event foo bar", "Cannot read properties of null (reading 'event')"),
        ("(userId = a or type = b) or ()", "Cannot read properties of null (reading 'userId')"),
        ('() or type = "a"', UNDEFINED_TYPE),
    ],
)
def test_a_null_event_throws_at_the_first_field_that_is_read(text, message):
    assert thrown(text, None) == message


def test_empty_parentheses_throw_when_they_are_reached():
    assert thrown('() or type = "a"', {"type": "a"}) == UNDEFINED_TYPE
    assert thrown('type = "a" or ()', {"type": "b"}) == UNDEFINED_TYPE
    assert thrown('type = "a" and ()', {"type": "a"}) == UNDEFINED_TYPE
    assert holds('type = "a" or ()', {"type": "a"})
    assert not holds('type = "a" and ()', {"type": "b"})


def test_a_name_of_dots_throws_whatever_the_operator():
    for text in ("properties.\\. = 1", "properties.\\[\\] != null", 'traits.\\. foo "x"'):
        assert thrown(text, {}) == NO_PIECES
        assert thrown(text, {"properties": {"a": 1}, "traits": {}}) == NO_PIECES
    assert holds('type = "a" or properties.\\. = 1', {"type": "a"})


def test_matches_is_false_where_evaluate_throws():
    assert parse_trigger('type = "a"').matches({"type": "a"})
    assert not parse_trigger('type = "a"').matches({"type": "b"})
    assert not parse_trigger('type = "a"').matches(None)
    assert not parse_trigger('() or type = "a"').matches({"type": "a"})


def test_emoji_are_sought_without_taking_the_text_apart(monkeypatch):
    trigger = parse_trigger('contains(event, "\U0001f600a") or match(event, "*\U0001f601")')
    asked = []
    monkeypatch.setattr(javascript, "to_units", lambda text: asked.append(text) or text)

    assert not trigger.matches({"event": "\U0001f600" * 10})
    assert trigger.matches({"event": "x\U0001f600a"})
    assert trigger.matches({"event": "\U0001f600\U0001f601"})
    assert not asked
