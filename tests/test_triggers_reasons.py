"""A trigger that does not take an event says which clause decides, and what was there."""

import math

import pytest

from sandbox.segment.javascript import MISSING
from sandbox.segment.triggers import parse_trigger

EVENT = {
    "type": "track",
    "event": "Order",
    "userId": 5,
    "name": "x" * 100,
    "properties": {
        "five": "5",
        "three": 3,
        "list": [1, 2],
        "object": {},
        "yes": True,
        "nothing": None,
        "nan": math.nan,
        "half": "\ud83d",
        "lines": "a\nb",
    },
}


@pytest.mark.parametrize(
    ("text", "difference"),
    [
        ('type = "identify"', 'type is "track", not "identify"'),
        ('type != "track"', 'type is "track", not something else'),
        ('type = ""', 'type is "track", not ""'),
        ('userId = "5"', 'userId is the number 5, not the string "5"'),
        ("properties.five = 5", 'properties.five is the string "5", not the number 5'),
        ("properties.five != 5", 'properties.five is the string "5", not a number other than 5'),
        ('properties.three = "3"', 'properties.three is the number 3, not the string "3"'),
        ("properties.three = 4", "properties.three is 3, not 4"),
        ("properties.three != 3", "properties.three is 3, not a number other than 3"),
        ("properties.three < 3", "properties.three is 3, not a number below 3"),
        ("properties.three <= 2.5", "properties.three is 3, not a number up to 2.5"),
        ("properties.three > 4", "properties.three is 3, not a number above 4"),
        ("properties.three >= 4", "properties.three is 3, not a number from 4 on"),
        ('properties.five > "4"', 'properties.five is the string "5", not a number above 4'),
        (
            'properties.three > "x"',
            'properties.three is 3, not a number above "x", which is not a number',
        ),
        (
            "properties.three > -",
            "properties.three is 3, not a number above NaN, which is not a number",
        ),
        ("properties.three < true", "properties.three is 3, not a number below 1"),
        ("properties.nan = 5", "properties.nan is NaN, not 5"),
        ('properties.yes = "true"', 'properties.yes is the boolean true, not the string "true"'),
        ("properties.yes = false", "properties.yes is the boolean true, not the boolean false"),
        ("properties.five = true", 'properties.five is the string "5", not the boolean true'),
        ("properties.none = true", "properties.none is missing, not the boolean true"),
        ("properties.none != null", "properties.none is missing, not a value"),
        ("properties.nothing != null", "properties.nothing is null, not a value"),
        ("properties.list = null", "properties.list is an array of 2, not missing or null"),
        ("properties.object = 5", "properties.object is an object, not the number 5"),
        ("properties.five = null", 'properties.five is the string "5", not missing or null'),
        (
            "properties.constructor = null",
            "properties.constructor is a function of JavaScript's own, not missing or null",
        ),
        ('contains(event, "x")', 'event is "Order", not a string that contains "x"'),
        ('contains(userId, "5")', 'userId is the number 5, not a string that contains "5"'),
        ('!contains(event, "d")', 'event is "Order", not a string that does not contain "d"'),
        ('match(event, "x*")', 'event is "Order", not a string that starts with "x"'),
        ('!match(event, "O*")', 'event is "Order", not a string that does not start with "O"'),
        ('match(event, "*x")', 'event is "Order", not a string that ends with "x"'),
        ('!match(event, "*r")', 'event is "Order", not a string that does not end with "r"'),
        ('name = "y"', f'name is "{"x" * 60}"…, not "y"'),
        ('properties.lines = "y"', 'properties.lines is "a\\nb", not "y"'),
        ('properties.half = "y"', 'properties.half is "\\ud83d", not "y"'),
        ('event foo "Order"', "`foo` is not an operator, so this is never true"),
    ],
)
def test_the_sentence_names_the_clause_what_was_there_and_what_is_wanted(text, difference):
    assert parse_trigger(text).reason(EVENT) == f"`{text}`: {difference}."


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("type = x ", '`type = x` (read as `type = "x"`)'),
        ('type="x"', '`type="x"`'),
        ("type =ab", '`type =ab` (read as `type = "a"`)'),
        ('type.x = "x"', '`type.x = "x"` (read as `type = "x"`)'),
        ("type\n= \n'x'", "`type =  'x'` (read as `type = \"'x'\"`)"),
        (f'type = "{"y" * 70}"', f'`type = "{"y" * 52}…`'),
    ],
)
def test_the_clause_is_named_as_it_is_written_and_taken(text, written):
    assert parse_trigger(text).reason(EVENT).startswith(f"{written}: type is ")


def test_an_and_names_the_first_clause_that_does_not_hold():
    trigger = parse_trigger('type = "track" and event = "x" and name = "y"')

    assert trigger.reason(EVENT) == '`event = "x"`: event is "Order", not "x".'


def test_an_or_names_its_clauses():
    assert parse_trigger('type = "a" or type = "b"').reason(EVENT) == (
        'no alternative holds: `type = "a"`: type is "track", not "a"; '
        '`type = "b"`: type is "track", not "b".'
    )
    assert (
        parse_trigger('type = "a" or type = "b" or event = "c"')
        .reason(EVENT)
        .endswith('; `event = "c"`: event is "Order", not "c".')
    )


def test_an_or_of_many_clauses_names_three():
    trigger = parse_trigger(" or ".join(["type = 1"] * 100))

    assert trigger.reason(EVENT).count("type is") == 3
    assert trigger.reason(EVENT).endswith("; and 97 more.")


def test_groups_are_looked_into():
    trigger = parse_trigger('type = "track" and (event = "x" or event = "y") and name = 1')

    assert trigger.reason(EVENT) == (
        'no alternative holds: `event = "x"`: event is "Order", not "x"; '
        '`event = "y"`: event is "Order", not "y".'
    )


def test_an_event_that_is_taken_gives_no_reason():
    assert parse_trigger('type = "track"').reason(EVENT) == ""
    assert parse_trigger('type = "x" or ()').reason({"type": "x"}) == ""


def test_a_clause_that_throws_is_named():
    assert parse_trigger('type = "a" or ()').reason(EVENT) == (
        "`()`: Segment throws TypeError: Cannot read properties of undefined (reading 'type')."
    )
    assert parse_trigger('(type = "track" and traits\\.\\. = 5) or ()').reason(EVENT) == (
        "`traits\\.\\. = 5`: Segment throws TypeError: "
        "Cannot read properties of null (reading 'reduce')."
    )


def test_texts_are_cut_behind_60_characters():
    trigger = parse_trigger('type = "a"')

    assert trigger.reason({"type": "x" * 60}).endswith(f'type is "{"x" * 60}", not "a".')
    assert trigger.reason({"type": "x" * 61}).endswith(f'type is "{"x" * 60}"…, not "a".')


def test_what_is_no_event_is_said():
    trigger = parse_trigger('type = "track"')

    assert trigger.reason(None) == "there is no event, it is null."
    assert trigger.reason(MISSING) == "there is no event, it is undefined."
    assert trigger.reason(["track"]) == (
        '`type = "track"`: type is missing, not the string "track".'
    )
