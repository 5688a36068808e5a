"""Line blocks: the lines of a content however it comes in pieces, and what is NDJSON."""

import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.event_input import MAX_LINE, TOO_LONG, detect_lines, line_blocks

BIG = b"x" * (MAX_LINE + 1)


def numbered(pieces):
    return [
        (number, line)
        for first, lines in line_blocks(pieces)
        for number, line in enumerate(lines, first)
    ]


@given(st.lists(st.binary(max_size=20)), st.integers(1, 7))
def test_lines_are_those_of_the_whole_however_it_is_cut(parts, size):
    content = b"\n".join(parts)
    pieces = [content[at : at + size] for at in range(0, len(content), size)]

    expected = content.removesuffix(b"\n").split(b"\n") if content else []
    assert [line for _, line in numbered(pieces)] == expected


def test_a_line_ends_at_a_line_feed_alone():
    content = "a\u2028b\x85c\rd\x0be\n".encode()

    assert numbered([content]) == [(1, content[:-1])]


def test_a_line_in_very_many_pieces_is_joined_once():
    pieces = [b"x" * 20] * 45_000

    started = time.process_time()
    ((_, line),) = numbered([*pieces, b"\n"])

    assert line == b"x" * 900_000
    assert time.process_time() - started < 2  # 8 seconds and more where each piece joins anew


def test_a_line_that_is_too_long_is_passed_over_without_keeping_it():
    pieces = [b"a\n", *[b"x" * 100_000] * 11, b"\nb\n", BIG, b"\n", BIG]

    assert numbered(pieces) == [(1, b"a"), (2, TOO_LONG), (3, b"b"), (4, TOO_LONG), (5, TOO_LONG)]


@pytest.mark.parametrize(
    ("content", "is_lines"),
    [
        (b'{"a":1}\n{"b":2}\n', True),
        (b'\xef\xbb\xbf{"a":1}\r\n{"b":2}\r\n', True),
        (b'{"a":1}\n{"b":\n', True),
        (b'[{"a":1}]\n[{"b":2}]\n{"c":3}\n', True),
        (b"garbage\nmore garbage\n", True),
        (b'{"a":1}', False),
        (b'{"a":1}\n', False),
        (b"", False),
        (b'{\n  "a": 1\n}\n', False),
        (b'[\n{"a":1}\n]', False),
        (b'[{"a":1},\n{"b":2},\n{"c":3}]', False),
        (b'{"batch": [\n{"a":1},\n{"a":1}\n]}', False),
        (BIG + b'\n{"a":1}\n', True),
    ],
    ids=[
        *(
            "lines",
            "mark and CRLF",
            "one bad",
            "lists",
            "all bad",
            "one object",
            "one line",
            "empty",
        ),
        *("pretty object", "pretty array", "array by lines", "body", "first line too long"),
    ],
)
def test_ndjson_is_told_from_a_whole_document(content, is_lines):
    found, pieces = detect_lines(
        iter([content[at : at + 999] for at in range(0, len(content), 999)])
    )

    assert found is is_lines
    assert b"".join(pieces) == content.removeprefix(b"\xef\xbb\xbf")


@pytest.mark.laws
def test_the_beginning_is_told_apart_in_memory_that_its_lines_do_not_multiply():
    long = b'["' + b'","'.join([b"x" * 14_000_000] * 3) + b'"'
    lines = b"\n" + b"{}\n" * 8_000_000

    tracemalloc.start()
    is_lines, pieces = detect_lines(iter([long, lines]))
    first = next(line_blocks(pieces))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert is_lines
    assert first.lines[:2] == [TOO_LONG, b"{}"]
    assert peak < 250_000_000  # 530 MB, where each of its lines were an object
