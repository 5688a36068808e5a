"""A trigger is parsed once, in bounded time, and asked often."""

import copy
import time

import pytest

from sandbox.segment.triggers import InvalidTrigger, parse_trigger

EVENT = {"type": "track", "event": "Order", "properties": {"a": "b"}}


def test_triggers_of_one_text_are_equal():
    assert parse_trigger('type = "track"') == parse_trigger('type = "track"')
    assert parse_trigger('type = "track"') != parse_trigger("type = track")
    assert len({parse_trigger('type = "track"'), parse_trigger('type = "track"')}) == 1
    assert repr(parse_trigger('type = "track"')) == "Trigger(text='type = \"track\"')"


def test_a_copied_trigger_still_works():
    assert copy.deepcopy(parse_trigger('type = "track"')).matches(EVENT)


def test_a_trigger_shows_its_text_tree_and_what_was_ignored():
    trigger = parse_trigger('foo type = "track"')

    assert trigger.text == 'foo type = "track"'
    assert str(trigger.tree) == 'type = "track"'
    assert [each.text for each in trigger.ignored] == ["foo"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('type = "track"', True),
        (' type="track" ', True),
        ('(type = "a" or type = "b") and !contains(event,"x")', True),
        ("type = track", False),
        ('foo type = "track"', False),
        ('type = "a" or type = "b" and type = "c"', False),
        ("properties.a >=5", False),
        ('match(event, "abc")', False),
    ],
)
def test_is_taken_as_written(text, expected):
    assert parse_trigger(text).is_taken_as_written is expected


N = 100_000
LONG = {
    "open parentheses": "(" * N,
    "empty parentheses": "()" * (N // 2),
    "nested parentheses": "(" * (N // 2) + ")" * (N // 2),
    "quotes": '"' * N,
    "glued quotes": '"a' * (N // 2),
    "pieces": "properties" + ".a" * (N // 2) + " = 1",
    "dots": "type = " + "." * N,
    "names": "a " * (N // 2),
    "and": 'type = "a" and ' * (N // 15),
    "or": 'type = "a" or ' * (N // 15),
    "ignored words": "foo and " * (N // 8) + "or type = b",
    "bangs": "!" * N,
    "digits": "type = " + "1" * N,
    "escapes": "type = " + '\\"' * (N // 2),
    "astral": 'type = "' + "😀" * (N // 2 - 10) + '"',
    "blanks": " " * N,
    "calls": 'contains(event, "x") and ' * (N // 25),
    "open calls": "contains(" * (N // 9),
    "groups": "(type = a) or " * (N // 14),
    "brackets": "properties." + "\\[" * (N // 2) + " = 1",
    "backslashes": "\\" * N,
}


IN_THE_SUITE = ["nested parentheses", "pieces", "or", "escapes", "calls"]  # one of each kind


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(text, id=name, marks=() if name in IN_THE_SUITE else pytest.mark.laws)
        for name, text in LONG.items()
    ],
)
def test_a_long_trigger_is_read_and_explained_or_refused_in_bounded_time(text):
    begin = time.process_time()

    trigger = _parsed_or_refused(text)
    if isinstance(trigger, InvalidTrigger):
        said = str(trigger)
    else:
        trigger.matches(EVENT)
        said = trigger.reason(EVENT)
        assert parse_trigger(trigger.as_taken).tree == trigger.tree

    assert len(said) < 1000
    assert time.process_time() - begin < 5


def _parsed_or_refused(text):
    try:
        return parse_trigger(text)
    except InvalidTrigger as refused:
        return refused
