"""Replay as a function: what it reads, counts, compares and writes."""

import base64
import gc
import gzip
import io
import json
import os
import re
import tracemalloc
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard

from sandbox import PRESETS, Mapping
from sandbox.replay import ReplayError, replay, replay_content
from sandbox.replay.report_page import page
from sandbox.replay.report_tables import markdown_of, report_text
from sandbox.replay.tallies import (
    MOST_DISTINCT,
    Distinct,
    EventPlace,
    Example,
    Listed,
    Tallied,
    UnreadLine,
    order_of,
)

TRACK = {
    "type": "track",
    "event": "Order Completed",
    "userId": "u1",
    "timestamp": "2026-03-02T08:59:30.000Z",
    "properties": {"total": 120},
}
ORDERS = Mapping("Orders", action="sendEvents", trigger='type = "track"')


def ndjson(*events):
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def of(tmp_path, content, **options):
    path = tmp_path / "events"
    path.write_bytes(content)
    return replay(path, **options)


def read_rows(folder, name):
    text = gzip.decompress((folder / f"{name}.ndjson.gz").read_bytes())
    return [json.loads(line) for line in text.splitlines()]


ZSTD = zstandard.ZstdCompressor().compress
TWO = ndjson(TRACK, TRACK)
BODY = {"batch": [TRACK, {**TRACK, "userId": ""}, {"type": "track"}], "sentAt": None}
HAR_ENTRY = {
    "startedDateTime": "2026-03-02T09:00:00.000Z",
    "request": {
        "method": "POST",
        "url": "http://127.0.0.1:8020/v1/batch",
        "headers": [],
        "postData": {"text": json.dumps({"batch": [TRACK, TRACK]})},
    },
    "response": {"status": 200, "headers": [], "content": {"text": '{"success":true}'}},
}
UPLOAD = {
    **HAR_ENTRY,
    "request": {**HAR_ENTRY["request"], "url": "http://127.0.0.1:8020/v1/upload/events"},
}


@pytest.mark.parametrize(
    "content",
    [
        TWO,
        TWO.rstrip(b"\n"),
        b"\xef\xbb\xbf" + TWO.replace(b"\n", b"\r\n"),
        b"\n\n" + TWO.replace(b"\n", b"\n   \n"),
        gzip.compress(TWO),
        gzip.compress(ndjson(TRACK)) + gzip.compress(ndjson(TRACK)) + b"\0\0\0",
        ZSTD(ndjson(TRACK)) + ZSTD(ndjson(TRACK)) + ZSTD(b""),
        json.dumps([TRACK, TRACK]).encode(),
        json.dumps([TRACK, TRACK], indent=2).encode(),
        json.dumps({"batch": [TRACK, TRACK]}).encode(),
        ndjson({"batch": [TRACK]}, {"batch": [TRACK]}),
        b"\n" + ndjson([TRACK, TRACK]) + b"\n",
        ndjson([TRACK], TRACK),
        json.dumps({"log": {"entries": [UPLOAD, HAR_ENTRY]}}).encode(),
        ndjson(HAR_ENTRY, UPLOAD),
        ndjson({**TRACK, "event": "a\u2028b"}, TRACK),
    ],
    ids=[
        *("lines", "no last newline", "mark and CRLF", "blank lines", "gzip", "two members"),
        *("zstandard frames", "array", "pretty array", "body", "a body a line"),
        *("an array alone", "an array a line", "HAR"),
        *("records of serve", "U+2028"),
    ],
)
def test_every_form_of_an_archive_gives_its_two_events(tmp_path, content):
    report = of(tmp_path, content)

    assert (report.events, report.unread_count) == (2, 0)
    assert report.mappings[2][:4] == ("Send Events", 2, 0, 0)
    assert report.days == {"2026-03-02": 2}


@pytest.mark.parametrize("part_bytes", [1, 2, 7, 40])
def test_an_archive_that_is_cut_within_its_lines_gives_what_the_whole_gives(tmp_path, part_bytes):
    page = {"type": "page"}
    whole = of(tmp_path, ndjson(page, page) + b"{\n\n" + ndjson(page))

    assert (whole.events, whole.bad_lines) == (3, 1)
    cut = replay(tmp_path / "events", part_bytes=part_bytes)
    assert cut.to_json() == whole.to_json()


def har(body):
    request = {**HAR_ENTRY["request"], "postData": {"text": body}}
    return {**HAR_ENTRY, "request": request}


LARGE = {**TRACK, "properties": {"note": "x" * 1_000_000}}
LARGE_CALL = har(json.dumps(LARGE))
LARGE_CALL["request"]["url"] = "http://127.0.0.1:8020/v1/track"


@pytest.mark.parametrize(
    ("content", "events", "bad", "reason"),
    [
        (b"x\ny\n", 0, 2, "not JSON"),
        (ndjson(TRACK) + b'{"a":NaN}\n', 1, 1, "NaN is not a JSON value"),
        (ndjson(TRACK) + b"[1]\n", 1, 1, "is not a JSON object. Expected an event."),
        (ndjson(TRACK) + b'"' + b"x" * 1_000_000 + b'"\n' + ndjson(TRACK), 2, 1, "1,000,000 bytes"),
        (ndjson(TRACK) + b'{"type":' + b"[" * 600 + b"]" * 600 + b"}\n", 1, 1, "nested more than"),
        (b'{"log":{"entries":{}}}', 0, 1, "is not a HAR file: log.entries is not an array."),
        (ndjson(TRACK, har("")), 1, 1, "has no body in the recording."),
        (ndjson(TRACK, har("x")), 1, 1, "has a body that is not JSON: "),
        (json.dumps(LARGE).encode(), 0, 1, "is an event of 1,000,"),
        (json.dumps([TRACK, LARGE, TRACK]).encode(), 2, 1, "is an event of 1,000,"),
        (json.dumps({"log": {"entries": [LARGE_CALL]}}).encode(), 0, 1, "is an event of 1,000,"),
    ],
    ids=[
        *("bad lines only", "NaN", "no object", "over 1 MB", "deep"),
        *("no HAR", "HAR without a body", "HAR with another body"),
        *("a large event", "a large event of an array", "a large event in HAR"),
    ],
)
def test_a_line_that_cannot_be_read_is_listed(tmp_path, content, events, bad, reason):
    report = of(tmp_path, content)

    assert (report.events, report.bad_lines) == (events, bad)
    assert reason in report.unread[-1].reason


def test_what_was_read_of_a_damaged_source_counts_and_the_damage_is_told(tmp_path):
    lines = b"".join(ndjson({**TRACK, "messageId": os.urandom(200).hex()}) for _ in range(3_000))
    report = of(tmp_path, gzip.compress(lines)[:-9])

    assert report.events > 2_000
    (unread,) = report.unread
    assert (unread.line, unread.reason) == (0, "is not readable as gzip: it is cut short.")


def test_a_folder_and_a_pattern_stand_for_their_files_each_once(tmp_path):
    (tmp_path / "b" / "c").mkdir(parents=True)
    for name in ("a.json", "b/x.json", "b/c/y.json", "b/_SUCCESS", "b/.hidden"):
        (tmp_path / name).write_bytes(ndjson(TRACK))

    assert replay(tmp_path).events == 3
    assert replay([tmp_path, tmp_path / "a.json"]).events == 3
    assert replay(f"{tmp_path}/b/*.json").events == 1
    assert replay(f"{tmp_path}/**/*.json").events == 3
    (unread,) = replay(f"{tmp_path}/*.gz").unread
    assert unread.reason == "contains no file."


def test_a_folder_with_a_file_that_is_named_like_a_pattern_is_read_whole(tmp_path):
    for name in ("a.json", "*", "[a].json"):
        (tmp_path / name).write_bytes(ndjson(TRACK))

    assert replay(tmp_path).events == 3
    assert replay(tmp_path / "**").events == 3


def test_a_folder_is_read_without_its_links_to_nothing_and_its_pipes(tmp_path):
    (tmp_path / "a.json").write_bytes(ndjson(TRACK))
    (tmp_path / "gone.json").symlink_to("nothing")
    (tmp_path / "loop.json").symlink_to("loop.json")
    os.mkfifo(tmp_path / "pipe.json")

    report = replay(tmp_path)

    assert report.events == 1
    assert [(Path(each.source).name, each.reason) for each in report.unread] == [
        ("gone.json", "does not exist."),
        ("loop.json", "cannot be read: Too many levels of symbolic links."),
    ]


def test_a_call_with_two_suspicions_is_one_suspicious_call(tmp_path):
    report = of(tmp_path, ndjson({**TRACK, "userId": "null", "event": "[object Object]"}))

    assert [each.times for each in report.suspicions] == [1, 1]
    assert [each.suspicious for each in report.mappings] == [0, 0, 1]


def test_a_call_that_goes_to_another_endpoint_concerns_its_user_on_both_sides(tmp_path):
    (tmp_path / "a.ndjson").write_bytes(ndjson(TRACK))
    old, new = (
        [Mapping("All", action=action, trigger='type = "track"', fields=fields)]
        for action, fields in (
            ("sendUserProfiles", {"userId": {"@path": "$.userId"}, "creationTime": 1}),
            ("sendEvents", {"eventName": "x", "anonymousId": "a1", "timestamp": 1}),
        )
    )

    report = replay(tmp_path, workspace=new, against=old)

    assert report.totals.changed == 1
    assert report.found.differing_users.count == 2


def test_a_file_that_becomes_shorter_while_it_is_read_is_told(tmp_path):
    path = tmp_path / "a.ndjson"
    path.write_bytes(ndjson(TRACK) * 2_000)

    def shorten(*_):
        os.truncate(path, len(ndjson(TRACK)) * 1_000)
        return False

    report = replay(path, part_bytes=10_000, progress=shorten)

    assert 0 < report.events <= 1_000
    assert {each.reason for each in report.unread} == {"became shorter while it was read."}


def test_linked_folders_are_read_once_each_also_where_they_lead_back(tmp_path):
    outside, inside = tmp_path / "outside", tmp_path / "archive" / "day"
    outside.mkdir()
    inside.mkdir(parents=True)
    for folder in (outside, inside):
        (folder / "a.json").write_bytes(ndjson(TRACK))
    for name, target in (("one", outside), ("two", outside), ("back", inside.parent)):
        (inside / name).symlink_to(target)

    for source in (inside.parent, inside.parent / "**", tmp_path / "arch*" / "**" / "a.*"):
        report = replay(source)

        assert (report.events, report.unread) == (2, [])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_a_folder_that_may_not_be_read_is_told(tmp_path):
    (tmp_path / "a.json").write_bytes(ndjson(TRACK))
    closed = tmp_path / "closed"
    closed.mkdir(0)

    for source in (tmp_path, tmp_path / "**", tmp_path / "**" / "*.json"):
        report = replay(source)

        assert report.events == 1
        assert [(each.source, each.reason) for each in report.unread] == [
            (str(closed), "cannot be read: Permission denied.")
        ]


def test_messages_of_sdk_bodies_go_through_segments_intake(tmp_path):
    report = of(tmp_path, json.dumps(BODY).encode())

    assert report.events == 1
    assert (
        report.found.dropped == {"no_user_anon_id": 1, "event_not_defined": 1}
        or sum(report.found.dropped.values()) == 2
    )


def test_an_event_whose_integrations_turn_toplyne_off_is_held_back(tmp_path):
    report = of(tmp_path, ndjson(TRACK, {**TRACK, "integrations": {"All": False}}))

    assert (report.events, report.found.held_back, report.calls) == (2, 1, 1)


def test_planted_changes_are_counted_exactly_with_their_paths_and_examples(tmp_path):
    events = [{**TRACK, "userId": f"u{n}", "properties": {"total": n}} for n in range(1_000)]
    old = [
        ORDERS,
        Mapping("Twice", action="sendEvents", trigger='event = "Order Completed"'),
        Mapping("Twice", action="sendEvents", trigger='event = "Nothing"'),
        Mapping("Gone", action="sendEvents", trigger="properties.total < 10"),
    ]
    new = [
        Mapping("Twice", action="sendEvents", trigger='event = "Nothing"'),
        Mapping("Twice", action="sendEvents", trigger='event = "Order Completed"'),
        Mapping(
            "Orders",
            action="sendEvents",
            trigger="properties.total >= 400",
            fields={
                "userId": {"@path": "$.userId"},
                "eventName": {"@path": "$.event"},
                "timestamp": {"@path": "$.timestamp"},
                "eventProperties": {"amount": {"@path": "$.properties.total"}},
            },
        ),
        Mapping("New", action="sendEvents", trigger="properties.total = 7"),
    ]
    report = of(tmp_path, ndjson(*events), workspace=new, against=old, out=tmp_path / "out")

    assert report.to_json()["against"] == {
        "same": 1_000,
        "appeared": 1,
        "vanished": 410,
        "changed": 600,
        "fields": {
            "$.events[0].eventProperties.amount": 600,
            "$.events[0].eventProperties.total": 600,
        },
    }
    changed = next(each for each in report.differences if each.what == "changed")
    assert (len(changed.examples), changed.times) == (5, 600)
    rows = read_rows(tmp_path / "out", "differences")
    assert len(rows) == 1_011
    assert {row["kind"] for row in rows} == {"appeared", "vanished", "changed"}
    row = next(row for row in rows if row["kind"] == "changed")
    assert (row["line"], row["event"]) == (401, events[400])
    assert row["before"]["events"][0]["eventProperties"] == {"total": 400}
    assert row["after"]["events"][0]["eventProperties"] == {"amount": 400}


def test_rows_are_whole_and_of_a_new_folder_only(tmp_path):
    content = ndjson(TRACK, {**TRACK, "event": ""})
    report = of(tmp_path, content, out=tmp_path / "out", requests=True)

    (rejected,) = read_rows(tmp_path / "out", "rejected")
    assert (rejected["line"], rejected["mapping"], rejected["code"]) == (
        *(2, "Send Events"),
        "MESSAGE_REJECTED",
    )
    assert rejected["problems"][0]["path"] == "$.eventName"
    (request,) = read_rows(tmp_path / "out", "requests")
    assert request["request"]["events"][0]["eventName"] == "Order Completed"
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == [
        "rejected.ndjson.gz",
        "report.html",
        "requests.ndjson.gz",
    ]
    assert report.problems[0].times == 1
    with pytest.raises(ReplayError, match="is not empty"):
        replay(tmp_path / "events", out=tmp_path / "out")


def test_a_full_disk_ends_the_replay_in_a_sentence(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gzip.GzipFile.write", full)

    with pytest.raises(ReplayError, match="rows cannot be written: No space left on device"):
        of(tmp_path, ndjson({**TRACK, "event": ""}, TRACK), out=tmp_path / "out")
    gc.collect()  # a file that is still open would say so here, and fail this test


def test_a_url_without_its_filesystem_names_the_package(tmp_path):
    report = replay("adl://bucket/key")

    (unread,) = report.unread
    assert "adl:// cannot be opened" in unread.reason
    assert "adlfs" in unread.reason or "install" in unread.reason.lower()


def test_a_suspicious_call_is_counted_and_shown(tmp_path):
    report = of(tmp_path, ndjson(TRACK, {**TRACK, "userId": "undefined"}))

    (found,) = report.suspicions
    assert (found.mapping, found.what, found.times) == ("Send Events", "no-real-id", 1)
    assert found.examples[0].place.line == 2


def test_distinct_texts_are_exact_up_to_their_bound_and_then_more():
    one, other = Distinct(), Distinct()
    for number in range(MOST_DISTINCT):
        (one if number % 2 else other).add(f"u{number}")
        one.add("u0")

    exact = one + other
    one.add("one more")
    more = one + other

    assert (exact.count, exact.is_more) == (100_000, False)
    assert (more.count, more.is_more) == (100_000, True)
    assert (more + one).is_more


def test_very_many_keys_keep_the_same_whatever_the_order():
    def made(order):
        return Example(order, EventPlace("a", 1), "")

    def tallied(numbers):
        found = Tallied()
        for number in numbers:
            found.add(number % 3_000, order_of(1, number, 0), made)
        return found

    whole = tallied(range(9_000)).commonest()
    split = (tallied(range(4_000, 9_000)) + tallied(range(4_000))).commonest()

    assert len(whole) == 500
    assert split == whole
    assert {count for _, count, _ in whole} == {3}


def test_of_very_much_that_cannot_be_read_the_first_is_listed():
    one, other = Listed(), Listed()
    for line in range(1, 5_001):
        (one if line % 2 else other).add(UnreadLine("a", line, "bad"))
    both = one + other

    assert both.lines == 5_000
    assert max(both.first).line == 1_000


def test_a_report_of_odd_values_is_whole_in_every_form(tmp_path):
    odd = "<script>alert(1)</script> | `x` \x1b[31m \ud800"
    events = [{**TRACK, "event": odd, "properties": {f"p{n}<b>": n for n in range(600)}}]
    fields = {
        "eventName": {"@path": "$.event"},
        "timestamp": {"@path": "$.timestamp"},
        "userId": {"@path": "$.userId"},
    }
    new = [Mapping(odd, action="sendEvents", trigger='type = "track"', fields=fields)]
    old = [Mapping(odd, action="sendEvents", trigger='type = "track"')]
    report = of(tmp_path, ndjson(*events, TRACK), workspace=new, against=old)

    told = report.to_json()
    html, text, markdown = page(report), report_text(report), markdown_of(report)
    assert told["against"]["changed"] == 2
    assert "<script>" not in html
    assert "\x1b" not in text + markdown
    assert max(map(len, text.splitlines())) <= 100
    assert len(text.splitlines()) <= 40
    assert len(markdown) <= 60_000
    for form in (html, text, markdown):
        assert "2 changed" in form or ">2<" in form


def test_a_mapping_whose_trigger_segment_cannot_read_rejects_every_event(tmp_path):
    broken = Mapping("Broken", action="sendEvents", trigger='foo = "a"', invalid=True)

    report = of(tmp_path, ndjson(TRACK, TRACK), workspace=[broken, ORDERS])

    assert [(each.rejected, each.mapped) for each in report.mappings] == [(2, 0), (0, 2)]


def test_an_empty_archive_is_reported_in_every_form(tmp_path):
    report = of(tmp_path, b"", workspace=PRESETS, against=PRESETS)

    assert report.to_json()["events"] == 0
    for form in (page(report), report_text(report), markdown_of(report)):
        assert "0 events" in form


def test_a_zip_file_is_no_archive_of_events(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("a.json", ndjson(TRACK))

    report = of(tmp_path, packed.getvalue())

    assert report.events == 0
    assert report.unread_count > 0


def test_an_example_is_the_whole_event_also_where_most_of_it_is_not_looked_at(tmp_path):
    event = {**TRACK, "event": "", "extra": [1, {"é": 2.5}], "context": {"locale": "en"}}

    (problem,) = of(tmp_path, ndjson(event, event), out=tmp_path / "out").problems

    assert json.loads(problem.examples[0].event) == event
    assert read_rows(tmp_path / "out", "rejected")[1]["event"] == event


@pytest.mark.parametrize("bad", [b'"\xff"', b'"\\q"', b"[1,]", b"NaN", b'"\\ud8"'])
def test_what_is_not_looked_at_must_be_json_all_the_same(tmp_path, bad):
    line = b'{"type":"track","event":"E","extra":%b}\n' % bad

    report = of(tmp_path, ndjson(TRACK, TRACK) + line)

    assert (report.events, report.bad_lines) == (2, 1)


def test_a_content_is_replayed_as_a_file_of_it(tmp_path):
    content = gzip.compress(ndjson(TRACK, {**TRACK, "event": ""}))

    report = replay_content(content, name=str(tmp_path / "events"), against=PRESETS)

    assert report.to_json() == of(tmp_path, content, against=PRESETS).to_json()


def test_a_link_of_the_page_holds_the_event_and_its_mapping_of_each_side(tmp_path):
    new = [Mapping("Orders", action="sendEvents", trigger='event = "Order Completed"')]
    report = of(tmp_path, ndjson(TRACK, {**TRACK, "event": "é"}), workspace=new, against=[ORDERS])

    (link,) = re.findall(r'href="http://127.0.0.1:8020/#1.([^"]+)"', page(report))
    packed = base64.urlsafe_b64decode(link + "=" * (-len(link) % 4))
    situation = json.loads(zlib.decompress(packed, wbits=-15))

    assert json.loads(situation["eventText"]) == {**TRACK, "event": "é"}
    assert [each["trigger"] for each in situation["mappings"]] == [
        'event = "Order Completed"',
        'type = "track"',
    ]


@pytest.mark.parametrize("long", ["type", "userId", "properties"])
def test_very_long_texts_that_all_differ_are_not_all_kept(tmp_path, long):
    texts = [f"{number}{'x' * 400_000}" for number in range(100)]
    odd = ({long: {text: 1} if long == "properties" else text} for text in texts)
    lines = (json.dumps({**TRACK, **each}).encode() + b"\n" for each in odd)
    path = tmp_path / "events"
    path.write_bytes(gzip.compress(b"".join(lines), 1))
    fields = {"eventName": {"@path": "$.event"}, "userId": {"@path": "$.userId"}}
    fields |= {"timestamp": {"@path": "$.timestamp"}, "eventProperties": {"@path": "$.properties"}}
    old = [Mapping("Orders", action="sendEvents", trigger='type = "track"', fields=fields)]
    new = [replace(old[0], fields={**fields, "eventProperties": {"a": 1}})]

    tracemalloc.start()
    report = replay(path, workspace=new, against=old)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert report.events == 100
    assert max(held, peak) < 15_000_000
