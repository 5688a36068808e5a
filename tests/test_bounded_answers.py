"""Bounded answers: what of the journal is told at once, and how many values a body may hold."""

import gzip
import json
import threading
import tracemalloc
from contextlib import closing

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.assertions import Assertions
from mock_server.exchange import holds_more_values, inflated_body
from mock_server.mock import Mock
from mock_server.store import journal_entry
from mock_server.store.database import Span, Store
from mock_server.store.journal_entry import INSERT, EntryFilter, EntryRow, page_rows
from mock_server.testing.transport import MockTransport

TOKEN = "tok_bounded"
EVENT = {"eventName": "E", "userId": "u", "timestamp": 1}
MEGABYTE = 2**20


@pytest.fixture
def mock():
    opened = Mock(tokens={"default": TOKEN})
    yield opened
    opened.close()


@pytest.fixture
def client(mock):
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    transport = MockTransport(mock)
    return httpx.Client(transport=transport, base_url="http://localhost", headers=headers)


def upload(client, *names):
    events = {"events": [{**EVENT, "eventName": name} for name in names]}
    assert client.post("/v1/upload/events", json=events).status_code == 202


def lines_of(answer):
    return [json.loads(line) for line in answer.text.splitlines()]


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(
            b",".join([b"[" * 690 + b"]" * 690] * 7000),
            id="7,000 lists 690 deep",
            marks=pytest.mark.laws,
        ),
        pytest.param(
            b"{" + b",".join(b'"%x":1' % number for number in range(900_000)) + b"}",
            id="900,000 unknown keys",
        ),
    ],
)
def test_a_body_of_millions_of_values_is_refused_for_what_is_wrong(client, more):
    answer = client.post("/v1/upload/events", content=b'{"events":[],"more":[%b]}' % more)

    assert answer.status_code == 400
    assert "events" in answer.json()["error"]["details"]


@pytest.mark.parametrize(
    ("body", "values"),
    [
        (b"[[],[],{}]", 6),
        (b'["a,b","[[[","\\",[\\\\","{"]', 4),
        (b'{"a,":1,"[":"{","":""}', 3),
        (b'[1,"never closed,,,,[[[[', 2),
        (b'["ends in a backslash,,\\', 1),
        (b'["\\\\",1,"\\\\\\",,,"]', 3),
    ],
)
def test_commas_and_brackets_in_strings_begin_no_value(body, values):
    blanks = b" " * 100

    assert holds_more_values(body + blanks, values - 1)
    assert not holds_more_values(body + blanks, values)


def test_values_are_counted_in_memory_that_strings_do_not_multiply():
    body = b"{" + b'"k":"a,b",' * 900_000 + b"}"
    tracemalloc.start()

    assert holds_more_values(body, 500_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 8 * len(body)


def test_large_entries_are_read_one_after_the_other(mock, client):
    for number in range(24):
        upload(client, f"{number}{'x' * MEGABYTE}")
    tracemalloc.start()

    read = [
        e.number
        for e in mock.journal.each(Assertions.of(mock).view, Span(descending=True), EntryFilter())
    ]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert read == sorted(read, reverse=True)
    assert len(read) == 24
    assert peak < 16 * MEGABYTE


def test_a_page_that_becomes_too_long_ends_there_and_names_the_bound(client, monkeypatch):
    monkeypatch.setattr("mock_server.control.entry_resource.PAGE_BYTES", 1000)
    for number in range(5):
        upload(client, f"{number}{'x' * 500}")

    seen, after, cut = [], 0, "page_bytes"
    while cut:
        page = client.get("/_sandbox/entries", params={"after": after}).json()
        seen += [entry["number"] for entry in page["entries"]]
        after, cut = seen[-1], page.get("cut")
        assert cut in {"page_bytes", None}

    assert seen == [1, 2, 3, 4, 5]
    assert page["total"] < 5


def test_a_long_export_ends_in_a_line_that_says_where_the_rest_is(client, monkeypatch):
    monkeypatch.setattr("mock_server.control.entry_resource.EXPORTED_BYTES", 1000)
    for number in range(5):
        upload(client, f"{number}{'x' * 500}")

    *entries, last = lines_of(client.get("/_sandbox/export"))
    numbers = [entry["number"] for entry in entries]
    assert last == {"cut": "exported_bytes", "after": numbers[-1]}
    while "cut" in last:
        *entries, last = lines_of(client.get("/_sandbox/export", params={"after": last["after"]}))
        numbers += [entry["number"] for entry in entries]

    assert [*numbers, last["number"]] == [1, 2, 3, 4, 5]


def test_what_is_exported_by_number_is_bounded_and_told_once(client, monkeypatch):
    wish = {"as": "har", "messages": [], "entries": [1] * 1000}
    upload(client, "x" * 2000)

    assert len(client.post("/_sandbox/export", json=wish).json()["log"]["entries"]) == 1
    monkeypatch.setattr("mock_server.control.entry_resource.EXPORTED_BYTES", 1000)
    refused = client.post("/_sandbox/export", json=wish)

    assert refused.status_code == 413
    assert "(exported_bytes)" in refused.text


def test_the_nearest_is_sought_in_so_much_and_no_more(client, monkeypatch):
    monkeypatch.setattr("mock_server.control.entry_resource.COMPARED_BYTES", 1000)
    upload(client, "wanted")
    for number in range(5):
        upload(client, f"{number}{'x' * 500}")

    wanted = {"body": {"events": [{**EVENT, "eventName": "wanted"}]}}
    found = client.post("/_sandbox/nearest", json=wanted).json()

    assert found["cut"] == "compared_bytes"
    assert found["nearest"]["number"] == 6


def test_no_recovery_is_told_of_a_journal_that_is_too_long(client, monkeypatch):
    upload(client, "x" * 2000)
    assert client.get("/_sandbox/recovery").status_code == 200

    monkeypatch.setattr("mock_server.control.archive_resource.RECOVERED_BYTES", 1000)
    refused = client.get("/_sandbox/recovery")

    assert refused.status_code == 413
    assert "(recovered_bytes)" in refused.text


def test_answers_that_wait_are_bounded_together(client):
    large = {"answer": {"status": 502, "body": "x" * MEGABYTE}}

    statuses = [client.post("/_sandbox/faults", json=large).status_code for _ in range(5)]
    refused = client.post("/_sandbox/faults", json=large)

    assert statuses[:4] == [201] * 4
    assert refused.status_code == 400
    assert "(answers_bytes)" in refused.text
    header = {"answer": {"status": 502, "headers": {"a": "v" * 5 * MEGABYTE}}}
    client.delete("/_sandbox/faults")
    assert "(answers_bytes)" in client.post("/_sandbox/faults", json=header).text


def test_of_a_bad_day_with_thousands_of_wrong_members_fifty_are_told(client):
    refused = client.post("/_sandbox/faults", json={"bad_day": {f"x{n}": 1 for n in range(5000)}})

    assert refused.status_code == 400
    assert refused.text.count("is unknown") == 50


def test_an_expiry_that_is_no_time_is_told_by_its_beginning(client):
    wish = {"name": "a", "expires": "2030" * 10_000}
    refused = client.post("/_sandbox/tokens", json=wish)

    assert refused.status_code == 400
    assert len(refused.content) < 1000


@pytest.mark.parametrize(
    "asked",
    [
        {},
        pytest.param({"userId": "u"}, marks=pytest.mark.laws),
        pytest.param({"search": "e"}, marks=pytest.mark.laws),
    ],
)
def test_large_events_are_told_one_after_the_other(client, monkeypatch, asked):
    monkeypatch.setattr("mock_server.control.resource.PAGE_BYTES", 5000)
    many = {f"p{n}": {"v": n} for n in range(20_000)}
    for number in range(20):
        event = {**EVENT, "timestamp": number, "eventProperties": many}
        assert client.post("/v1/upload/events", json={"events": [event]}).status_code == 202
    client.get("/_sandbox/state/events", params={**asked, "limit": 1})
    tracemalloc.start()

    page = client.get("/_sandbox/state/events", params={**asked, "order": "desc", "offset": 3})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    told = page.json()
    assert [event["timestamp"] for event in told["items"]] == [16]
    assert (told["cut"], told["total"]) == ("page_bytes", 20)
    assert peak < 40 * MEGABYTE  # of twenty such events 140


@pytest.mark.parametrize("changed", ["true", "false"])
def test_a_history_of_large_uploads_is_told_as_far_as_its_bound(client, changed):
    for number in range(16):
        properties = {"userProperties": {"p": f"{number}{'x' * MEGABYTE}"}}
        profile = {"userId": "u", "creationTime": 1, **properties}
        answer = client.post("/v1/upload/users/profiles", json={"profiles": [profile]})
        assert answer.status_code == 202

    asked = {"userId": "u", "changed": changed}
    told = client.get("/_sandbox/history/profiles", params=asked)

    assert told.json()["more"]
    assert told.json()["entries"][-1]["number"] == 16
    assert len(told.content) < 20 * MEGABYTE


def test_a_history_of_small_changes_to_a_large_profile_is_bounded_too(client):
    def send(properties):
        profile = {"userId": "u", "creationTime": 1, "userProperties": properties}
        answer = client.post("/v1/upload/users/profiles", json={"profiles": [profile]})
        assert answer.status_code == 202

    send({"large": "x" * 2 * MEGABYTE})
    for number in range(12):
        send({f"p{n}": number for n in range(200)})

    told = client.get("/_sandbox/history/profiles", params={"userId": "u"})

    assert told.json()["more"]
    assert told.json()["entries"][-1]["number"] == 13
    assert len(told.content) < 12 * MEGABYTE


def compressed(client, text):
    headers = {"Content-Encoding": "gzip"}
    body = json.dumps({"events": [{**EVENT, "eventName": text}]}).encode()
    answer = client.post("/v1/upload/events", content=gzip.compress(body), headers=headers)
    assert answer.status_code == 202


@pytest.mark.parametrize("path", ["entries?body=findable", "history/profiles?userId=u"])
def test_others_use_the_store_while_bodies_are_inflated_for_a_search(
    mock, client, monkeypatch, path
):
    compressed(client, "a findable event")
    reads = []

    def inflate(body, encoding):
        reading = threading.Thread(target=lambda: reads.append(mock.store.read("SELECT 1")))
        reading.start()
        reading.join(10)
        return inflated_body(body, encoding)

    monkeypatch.setattr(journal_entry, "inflated_body", inflate)

    assert len(client.get(f"/_sandbox/{path}").json()["entries"]) == 1
    assert reads


@pytest.mark.parametrize("path", ["entries?body=x", "export?body=x", "history/profiles?userId=u"])
def test_a_search_of_too_many_compressed_bodies_is_refused(client, monkeypatch, path):
    for number in range(10):
        compressed(client, f"E{number}")
    monkeypatch.setattr(journal_entry, "SEARCHED_BYTES", 300)

    answer = client.get(f"/_sandbox/{path}")

    assert answer.status_code == 413
    assert "300 bytes (searched_bytes)" in answer.text


def test_a_call_that_is_too_long_to_copy_is_refused(client):
    upload(client, "x" * (2 * MEGABYTE - 500))
    upload(client, "x" * (2 * MEGABYTE + 500))

    assert client.get("/_sandbox/entries/1/copies").status_code == 200
    answer = client.get("/_sandbox/entries/2/copies")

    assert answer.status_code == 413
    assert "copied_call_bytes" in answer.text


@given(
    tenants=st.lists(st.integers(0, 3), max_size=40),
    view=st.sampled_from([(1,), (1, 0), (2, 3)]),
    page=st.builds(
        Span,
        limit=st.integers(0, 12),
        offset=st.integers(0, 12),
        descending=st.booleans(),
        after=st.integers(0, 30),
        before=st.integers(0, 45),
    ),
    at_once=st.integers(1, 5),
)
def test_a_page_of_several_tenants_is_a_part_of_all_their_entries(tenants, view, page, at_once):
    with closing(Store()) as store, pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal_entry, "_LISTED_AT_ONCE", at_once)
        for number, tenant in enumerate(tenants, 1):
            told = (1.0, "GET", "/", 200, 0, 0, 0, None, None, None, None, b"", "", "[]", None)
            store.append(INSERT, EntryRow(number, tenant, *told))
        among = [n for n, t in enumerate(tenants, 1) if t in view and page.after < n < page.before]
        wanted = among[::-1] if page.descending else among

        found = [row.number for row in page_rows(store, view, ("TRUE", ()), page)]

    assert found == wanted[page.offset : page.offset + page.limit]


def test_what_is_read_of_compressed_bodies_counts_by_its_length_inflated(client, monkeypatch):
    for name in ("PAGE_BYTES", "EXPORTED_BYTES", "COMPARED_BYTES"):
        monkeypatch.setattr(f"mock_server.control.entry_resource.{name}", 5 * MEGABYTE)
    monkeypatch.setattr("mock_server.control.archive_resource.RECOVERED_BYTES", 5 * MEGABYTE)
    body = gzip.compress(b'{"events":[' + b" " * 4 * MEGABYTE)
    for _ in range(4):
        headers = {"Content-Encoding": "gzip"}
        assert client.post("/v1/upload/events", content=body, headers=headers).status_code == 400

    page = client.get("/_sandbox/entries").json()
    *lines, last = lines_of(client.get("/_sandbox/export"))
    nearest = client.post("/_sandbox/nearest", json={"body": {}}).json()
    wish = {"as": "har", "entries": [1, 2, 3, 4]}

    assert ([each["number"] for each in page["entries"]], page["cut"]) == ([1, 2], "page_bytes")
    assert ([each["number"] for each in lines], last["after"]) == ([1, 2], 2)
    assert nearest["cut"] == "compared_bytes"
    assert client.post("/_sandbox/export", json=wish).status_code == 413
    assert client.get("/_sandbox/recovery").status_code == 413
