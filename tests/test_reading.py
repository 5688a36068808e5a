"""Reading: the four forms of event input, and what is said of input that is none."""

import gzip
import json

import pytest

from sandbox.event_input import BadInput, InputEvent, read_events

TRACK = {"type": "track", "event": "Signed Up"}


def read(content, name="events.json"):
    return list(read_events(content, name=name))


def values(content):
    return [read.value for read in read(content) if isinstance(read, InputEvent)]


@pytest.mark.parametrize(
    "content",
    [
        b'{"type":"track","event":"Signed Up"}',
        b'[{"type":"track","event":"Signed Up"}]',
        b'{"batch":[{"type":"track","event":"Signed Up"}],"sentAt":"2026-11-23T16:17:19Z"}',
        b'{\n  "type": "track",\n  "event": "Signed Up"\n}\n',
        b'\xef\xbb\xbf{"type":"track","event":"Signed Up"}',
        gzip.compress(b'{"type":"track","event":"Signed Up"}'),
    ],
    ids=["object", "array", "sdk body", "pretty-printed", "byte order mark", "gzip"],
)
def test_every_form_holds_the_same_event(content):
    assert values(content) == [TRACK]


def test_a_pretty_printed_batch_is_one_body():
    body = json.dumps({"batch": [TRACK, {"type": "page"}]}, indent=1).encode()

    assert values(body) == [TRACK, {"type": "page"}]


def test_one_broken_line_is_named_and_the_others_go_on():
    reads = read(b'{"type":"track"}\n{"type": "tr\n\n{"type":"page"}\n', "e.ndjson")

    assert [(r.index, r.value["type"]) for r in reads if isinstance(r, InputEvent)] == [
        (0, "track"),
        (2, "page"),
    ]
    assert [str(r) for r in reads if isinstance(r, BadInput)] == [
        "e.ndjson, line 2: not JSON: the string that starts at line 1, column 10 is not closed."
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "e.json: is empty. Expected a JSON event, an array, or NDJSON."),
        (b"  \n", "e.json: is empty. Expected a JSON event, an array, or NDJSON."),
        (b"[]", "e.json: is an empty array. Expected events."),
        (b"5", "e.json: is a number. Expected an event, which is a JSON object."),
        (b"null", "e.json: is null. Expected an event, which is a JSON object."),
        (
            b'[{"type":"page"},[1]]',
            "e.json[1]: is an array. Expected an event, which is a JSON object.",
        ),
        (b'{"batch":[]}', "e.json: batch: is an empty array. Expected events."),
        (b'{"batch":5}', "e.json: batch: is a number. Expected an array of events."),
        (
            b'{"batch":["x"]}',
            "e.json: batch[0]: is a string. Expected an event, which is a JSON object.",
        ),
        (
            b'{"a":NaN}',
            "e.json: not JSON: NaN is not a JSON value; write null or a number.",
        ),
        (
            b'{"a":"\xff"}',
            "e.json: not UTF-8: byte 0xff at offset 6; JSON must be UTF-8.",
        ),
        (b'{"a":', "e.json: not JSON: it ends too early, at line 1, column 6."),
        (b"\x1f\x8bnot gzip", None),
        (
            b'{"a":' * 5000 + b"1" + b"}" * 5000,
            "e.json: nested more than 502 levels deep at offset 2510.",
        ),
    ],
)
def test_what_is_no_event_is_said_in_a_sentence(content, sentence):
    (unreadable,) = [r for r in read(content, "e.json") if isinstance(r, BadInput)]

    if sentence is None:
        assert str(unreadable).startswith("e.json: is not readable as gzip: damaged")
    else:
        assert str(unreadable) == sentence


def test_the_events_of_a_short_file_that_is_cut_off_are_read_before_that_is_said():
    lines = b"".join(b'{"type":"track","userId":"%d"}\n' % number for number in range(50))
    cut = gzip.compress(lines)[:-30]

    *events, unreadable = read(cut, "e.gz")

    assert [event.index for event in events] == [*range(len(events))]
    assert 10 < len(events) < 50
    assert str(unreadable) == "e.gz: is not readable as gzip: it is cut short."


def test_an_event_of_more_than_a_megabyte_is_refused_and_the_next_one_read():
    big = json.dumps({"type": "track", "event": "x" * 5_000_000}).encode()

    reads = read(b"[" + big + b',{"type":"page"}]', "e.json")

    assert isinstance(reads[0], BadInput)
    assert str(reads[0]) == (
        "e.json[0]: is an event of 5,000,027 bytes; the limit is 1,000,000 bytes."
    )
    assert reads[1].value == {"type": "page"}


def test_lines_are_recognised_behind_a_blank_line_also_where_the_first_event_is_long():
    line = json.dumps({**TRACK, "pad": "x" * 100_000}).encode()

    assert len(values(b"\n \n" + line + b"\n" + line)) == 2


def test_an_event_above_segments_limit_is_taken_with_a_warning():
    (event,) = read(json.dumps({"type": "track", "event": "x" * 40_000}).encode(), "e.json")

    assert event.warning == "e.json: 40,030 bytes; Segment's limit is 32,768."


def test_a_duplicate_key_and_a_lone_surrogate_are_data():
    assert values(b'{"event":"First","event":"Last","half":"\\ud83d"}') == [
        {"event": "Last", "half": "\ud83d"}
    ]
