"""JSON text: read as strictly as JSON.parse reads it, however deep, and refused in our words."""

import itertools
import json
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.segment.json_text import (
    InvalidJson,
    json_or,
    json_text,
    parse_json,
    to_json,
    too_deep_at,
)


def refusal(text, **options):
    with pytest.raises(InvalidJson) as raised:
        parse_json(text, **options)
    return str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON: it ends too early, at line 1, column 1"),
        ('{"a":', "not JSON: it ends too early, at line 1, column 6"),
        ('{"a', "not JSON: the string that starts at line 1, column 2 is not closed"),
        ("[1,\n nope]", 'not JSON: unexpected "nope" at line 2, column 2'),
        ("{} {}", 'not JSON: unexpected "{" at line 1, column 4'),
        ("[01]", 'not JSON: unexpected "1" at line 1, column 3'),
        ("[1,]", 'not JSON: unexpected "]" at line 1, column 4'),
        ('{\n"a": 1,\n}', 'not JSON: unexpected "}" at line 3, column 1'),
        ('{"a": 1 ,\t ', "not JSON: it ends too early, at line 1, column 12"),
        ('{"a" 1}', 'not JSON: unexpected "1" at line 1, column 6'),
        ("{1: 2}", 'not JSON: unexpected "1" at line 1, column 2'),
        ("{,}", 'not JSON: unexpected "," at line 1, column 2'),
        ('{"a": }', 'not JSON: unexpected "}" at line 1, column 7'),
        ('"\\x"', 'not JSON: unexpected "\\\\" at line 1, column 2'),
        ('"\\u12"', 'not JSON: unexpected "u12" at line 1, column 3'),
        ("\ufeff{}", "not JSON: it starts with a byte order mark; leave that out"),
        ("[NaN]", "not JSON: NaN is not a JSON value; write null or a number"),
        ("[-Infinity]", "not JSON: -Infinity is not a JSON value; write null or a number"),
        (b'"\xff"', "not UTF-8: byte 0xff at offset 1; JSON must be UTF-8"),
    ],
)
def test_text_that_is_no_json_is_refused_with_the_place(text, message):
    assert refusal(text) == message


def test_numbers_beyond_the_largest_are_infinite_or_refused():
    assert parse_json("[1e400, -1e400]") == [float("inf"), float("-inf")]
    assert parse_json("9" * 5000) == float("inf")
    assert refusal("[1e400]", finite=True) == (
        "not JSON that can be kept: 1e400 is beyond the largest number"
    )
    assert refusal("9" * 5000, finite=True) == (
        f"not JSON that can be kept: {'9' * 30}… is beyond the largest number"
    )
    assert parse_json("[1.5, 1e308, 7]", finite=True) == [1.5, 1e308, 7]


def test_the_last_of_duplicate_keys_wins_and_lone_surrogates_are_data():
    assert parse_json('{"a":1,"a":2,"b":"\\ud800"}') == {"a": 2, "b": "\ud800"}


@pytest.mark.parametrize(
    "text", ["[" * 3 + "]" * 3, '{"a":{"b":[1]}}', '[["]]]]", "\\"[[[["], []]']
)
def test_depth_is_counted_outside_of_texts(text):
    deepest = 3 if text.startswith(("[[[", "{")) else 2

    assert too_deep_at(text + " " * 9, deepest) is None
    assert refusal(text, max_depth=deepest - 1) == (
        f"nested more than {deepest - 1} levels deep at offset {too_deep_at(text, deepest - 1)}"
    )


@pytest.mark.parametrize("text", ["[" * 700 + "]" * 700, "{", b"\xff", "1e999"])
def test_what_is_not_json_is_what_the_caller_says(text):
    assert json_or(text, "other", finite=True) == "other"
    assert json_or("[1]", "other", finite=True) == [1]


def test_five_thousand_levels_are_refused_and_not_a_recursion_error():
    assert refusal("[" * 5000) == "nested more than 500 levels deep at offset 500"
    assert refusal('{"a":' * 5000) == "nested more than 500 levels deep at offset 2500"


def naive_depth(value):
    if isinstance(value, dict):
        return 1 + max(map(naive_depth, value.values()), default=0)
    return 1 + max(map(naive_depth, value), default=0) if isinstance(value, list) else 0


nested = st.recursive(
    st.none() | st.integers(-(2**53), 2**53) | st.text('[]{}"\\,: ax', max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text('[{"\\', max_size=2), inner)
    ),
    max_leaves=30,
)


@given(value=nested, indent=st.sampled_from([None, 1]))
def test_exactly_what_nests_deeper_than_the_limit_is_refused(value, indent):
    text, depth = json.dumps(value, indent=indent), naive_depth(value)

    assert parse_json(text, max_depth=depth) == value
    if depth:
        with pytest.raises(InvalidJson, match=f"more than {depth - 1} levels deep"):
            parse_json(text, max_depth=depth - 1)


@given(value=nested)
def test_what_is_written_is_read_again(value):
    assert parse_json(json_text(value)) == value


def test_other_threads_go_on_while_a_long_text_is_read():
    text = json.dumps([{"a": number} for number in range(200_000)])
    turns, is_read = itertools.count(), threading.Event()

    def go_on():
        while not is_read.is_set():
            next(turns)
            time.sleep(0)

    others = threading.Thread(target=go_on)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    try:
        others.start()
        started = next(turns)
        parse_json(text)
        ended = next(turns)
    finally:
        is_read.set()
        others.join()
        sys.setswitchinterval(before)

    assert ended - started > 10


def test_a_value_as_its_json_has_no_negative_zero():
    told = to_json({"a": -0.0, "b": [-0.0, -1.5, 1.0, True, None, 2**60]})

    assert json.dumps(told) == '{"a": 0.0, "b": [0.0, -1.5, 1.0, true, null, 1152921504606847000]}'
