"""Lines: where in a TOML or JSON text each value stands."""

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.segment.json_text import MAX_EVENT_DEPTH
from sandbox.workspace.documents import json_lines, line_of, read_document, toml_lines

TOML = '''\
# a comment with [brackets] and "quotes"
title = "x # no comment"  # a comment
a.b = 1
a."c d".e = 2
date = 1979-05-27 07:32:00.5
text = """
two [lines]
""" # after
raw = \'\'\'
= {
\'\'\'
quoted = """"quoted""""
list = [
  1, # one
  { x = 1, y.z = [2, 3] },
  [ "a]",
    'b' ],
]

[table]
x = 1.5
[table.inner . deep]
x = 2

[[array]]
x = 1
[[array]]
x = 2
[array.sub]
y = 3
[[array.nested]]
[[array.nested]]
z = 4
'''


def test_every_key_and_element_of_a_toml_text_has_its_line():
    tomllib.loads(TOML)

    assert toml_lines(TOML) == {
        ("title",): 2,
        ("a",): 3,
        ("a", "b"): 3,
        ("a", "c d"): 4,
        ("a", "c d", "e"): 4,
        ("date",): 5,
        ("text",): 6,
        ("raw",): 9,
        ("quoted",): 12,
        ("list",): 13,
        ("list", 0): 14,
        ("list", 1): 15,
        ("list", 1, "x"): 15,
        ("list", 1, "y"): 15,
        ("list", 1, "y", "z"): 15,
        ("list", 1, "y", "z", 0): 15,
        ("list", 1, "y", "z", 1): 15,
        ("list", 2): 16,
        ("list", 2, 0): 16,
        ("list", 2, 1): 17,
        ("table",): 20,
        ("table", "x"): 21,
        ("table", "inner"): 22,
        ("table", "inner", "deep"): 22,
        ("table", "inner", "deep", "x"): 23,
        ("array",): 25,
        ("array", 0): 25,
        ("array", 0, "x"): 26,
        ("array", 1): 27,
        ("array", 1, "x"): 28,
        ("array", 1, "sub"): 29,
        ("array", 1, "sub", "y"): 30,
        ("array", 1, "nested"): 31,
        ("array", 1, "nested", 0): 31,
        ("array", 1, "nested", 1): 32,
        ("array", 1, "nested", 1, "z"): 33,
    }


def test_every_key_and_element_of_a_json_text_has_its_line():
    text = '{\n "a": [1,\n {"b\\n": "}"}],\n "c": {}, "a\\u0062":\n [\n]}'
    assert json.loads(text) == {"a": [1, {"b\n": "}"}], "c": {}, "ab": []}

    assert json_lines(text) == {
        (): 1,
        ("a",): 2,
        ("a", 0): 2,
        ("a", 1): 3,
        ("a", 1, "b\n"): 3,
        ("c",): 4,
        ("ab",): 4,
    }


@pytest.mark.parametrize(
    ("text", "path"),
    [('{"a": 1,\n"a": 2}', ("a",)), ('{"a": [1],\n"a": [2]}', ("a", 0))],
    ids=["the key", "an element of its list"],
)
def test_of_a_repeated_key_the_last_one_counts(text, path):
    assert json_lines(text)[path] == 2


def test_a_json_text_as_deep_as_an_event_may_be_has_all_its_lines():
    text = '{"a":\n' * MAX_EVENT_DEPTH + "1" + "}" * MAX_EVENT_DEPTH

    document = read_document(text, "json")

    assert document.lines[("a",) * MAX_EVENT_DEPTH] == MAX_EVENT_DEPTH


@pytest.mark.parametrize(
    ("path", "line"), [(("a", 0), 2), (("a", 7, "x"), 1), (("b",), 1), ((), 1)], ids=repr
)
def test_what_is_not_there_has_the_line_of_what_is_around_it(path, line):
    assert line_of(json_lines('{"a": [\n1]}'), path) == line


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment", " \n"])
def test_an_empty_toml_text_has_no_lines(text):
    assert toml_lines(text) == {}


def paths(value, path=()):
    if path:
        yield path
    if isinstance(value, dict | list):
        for key, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths(member, (*path, key))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(value=JSON_VALUES)
def test_a_json_text_of_a_line_each_has_a_line_for_each_path_and_no_other(value):
    text = json.dumps(value, indent=1)
    found = json_lines(text)
    found.pop((), None)

    assert list(found) == list(paths(value))
    lines = text.split("\n")
    for path, line in found.items():
        if isinstance(path[-1], str):
            assert lines[line - 1].strip().startswith(json.dumps(path[-1]))
