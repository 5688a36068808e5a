"""What Segment takes a trigger for is written as a trigger that Segment takes for the same."""

import pytest

from sandbox.segment.triggers import parse_trigger

TAKEN = [
    ('type="track"', 'type = "track"'),
    ("type = track", 'type = "track"'),
    ("type = 'track'", "type = \"'track'\""),
    ("type = 'a\"b'", "type = 'a\"b'"),
    ("type = \\'a\\\"", "type = \\'a\\\""),
    ("type = \\'\\\"\\'\\'", "type = \\'\\\"\\'\\'"),
    ('type = \\"', 'type = \\"'),
    ('type = \\5\\"', 'type = \\5\\"'),
    ("type =", 'type = "eos"'),
    ("type = 5.0", 'type = "5"'),
    ("type.x != null", 'type != "null"'),
    ("name != null", "name != null"),
    ("name.x = null", "name = null"),
    ("userId = true", "userId = true"),
    ("userId = false", "userId = false"),
    ("userId = 5", 'userId = "5"'),
    ("properties.a = 5.50", "properties.a = 5.5"),
    ("properties.a != 5", "properties.a != 5"),
    ("properties.a = -", "properties.a = -"),
    ("properties.a = --5", "properties.a = -"),
    ("properties.a = -0.0", "properties.a = -0"),
    ("properties.a = 1234567890123456789012", "properties.a = 1234567890123456800000"),
    ("properties.a = .5", 'properties.a = "."'),
    ("properties.a = 0.00000001", "properties.a = 0.00000001"),
    (f"properties.a = {'8' * 400}", f"properties.a = {'9' * 309}"),
    (f"properties.a = -{'8' * 400}", f"properties.a = -{'9' * 309}"),
    ("properties.a > true", "properties.a > true"),
    ("properties.a != false", "properties.a != false"),
    ("properties.a >=5", 'properties.a > "="'),
    ("properties = 5", "properties.properties = 5"),
    ("properties . a = 5", "properties.a = 5"),
    ("properties.a\\[0\\] = 5", "properties.a\\[0\\] = 5"),
    ("properties.a\\.b = 5", "properties.a.b = 5"),
    ("properties.a\\.0 = 5", "properties.a\\.0 = 5"),
    ("properties.\\.a\\. = 5", "properties\\..a\\. = 5"),
    ("properties\\. = 5", "properties\\. = 5"),
    ("properties.\\and = 5", "properties\\.and = 5"),
    ("properties.\\or = 5", "properties\\.or = 5"),
    ("properties.\\null = 5", "properties\\.null = 5"),
    ("properties.null.a = 5", "properties.null.a = 5"),
    ("properties.\\é\\ x-y_9 = 5", "properties.\\é\\ x-y_9 = 5"),
    ("properties.0 = 5", "properties.properties \\. 0"),
    ('contains(event "x")', 'contains(event, ")")'),
    ('contains(propertiesX,"x")', 'contains(properties.propertiesX, "x")'),
    ("contains(event, 'a\"')", "contains(event, 'a\"')"),
    ("contains(event, 5)", 'contains(event, "5")'),
    ('!contains(event, "x"', '!contains(event, "x")'),
    ('event contains "x"', 'contains(event, "x")'),
    ('event not_contains "x"', '!contains(event, "x")'),
    ('type contains "x"', 'type contains "x"'),
    ("properties.a contains 5", "properties.a contains 5"),
    ("event number_equals 5", 'event number_equals "5"'),
    ("name exists x)", 'name exists "x"'),
    ('match(event, "ab*")', 'match(event, "ab*")'),
    ('!match(event, "ab*")', '!match(event, "ab*")'),
    ('match(event, "*")', 'match(event, "*")'),
    ('match(event, "abc")', 'match(event, "*bc")'),
    ('!match(event, "*bc")', '!match(event, "*bc")'),
    ("match(event, 5)", 'match(event, "")'),
    ('match(event, "😀b")', 'match(event, "😀b")'),
    ('match(event, "*😀")', 'match(event, "*😀")'),
    ("match(event, \\a\\*)", 'event ends_with "*"'),
    ("match(event, 'a\"b')", "event ends_with a\\\"b\\'"),
    ('match(event, a\\"\\*\\")', 'event starts_with a\\"\\*'),
    ('type starts_with "a"', 'type starts_with "a"'),
    ('type ends_with "a"', 'type ends_with "a"'),
    ('type foo "x"', 'type foo "x"'),
    ('type "op" "x"', 'type "op" "x"'),
    ("type 'op' \"x\"", "type 'op' \"x\""),
    ("type 5.5 x)", 'type 5.5 "x"'),
    ("type !a", 'type \\! "a"'),
    ("type ( x)", 'type \\( "x"'),
    ("properties.a \\. true", "properties.a \\. true"),
    ('type = "a" or type = "b" and name = "c"', 'type = "a" and type = "b" and name = "c"'),
    ('(type = "a" or type = "b") name = "c"', '(type = "a" or type = "b") and name = "c"'),
    ('(type = "a" or type = "b")', 'type = "a" or type = "b"'),
    ('() type = "a"', '() and type = "a"'),
    (
        '(event contains "x" or match(name, "y")) and contains(event, "z")',
        '(event contains "x" or name ends_with "") and contains(event, "z")',
    ),
]


@pytest.mark.parametrize(("text", "taken"), TAKEN)
def test_as_taken(text, taken):
    trigger = parse_trigger(text)

    assert trigger.as_taken == taken
    assert str(trigger) == taken
    assert parse_trigger(taken).tree == trigger.tree
    assert parse_trigger(taken).as_taken == taken
