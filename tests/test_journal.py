"""Journal: every request once, in order, bounded, and nothing counted twice."""

import gzip
import json
import re
from base64 import b64decode

import pytest

from mock_server import create_app
from mock_server.assertions import Assertions
from mock_server.exchange import received
from mock_server.mock import Mock
from mock_server.store.database import Limits, Span
from mock_server.store.journal_entry import EntryFilter, decoded_body, iso_time
from tests.wire import answering

TOKEN, OTHER = "tok_journal_test", "tok_other_tenant"
NOW = 1_700_000_000.25


def mock_of(**choices):
    return Mock(tokens={"default": TOKEN, "other": OTHER}, clock=lambda: NOW, **choices)


@pytest.fixture
def mock():
    opened = mock_of()
    yield opened
    opened.close()


def body_of(*names):
    items = [{"userId": "u1", "eventName": name, "timestamp": 1_700_000_000} for name in names]
    return json.dumps({"events": items}).encode()


def send(mock, body, *, token=TOKEN, path="/v1/upload/events", headers=()):
    named = [("Authorization", f"Bearer {token}"), ("Content-Type", "application/json"), *headers]
    return mock.answer(received("POST", path, named, body))


def test_an_accepted_request_is_one_entry(mock):
    answer = send(mock, body_of("A"))

    assert (answer.status, answer.entry) == (202, 1)
    assert Assertions.of(mock).entries == [
        {
            "number": 1,
            "at": "2023-11-14T22:13:20.250Z",
            "method": "POST",
            "path": "/v1/upload/events",
            "query": "",
            "headers": [
                ["authorization", "Bearer …test"],
                ["content-type", "application/json"],
            ],
            "status": 202,
            "json": {"events": [{"userId": "u1", "eventName": "A", "timestamp": 1700000000}]},
            "problems": [],
            "suspicions": [],
            "tenant": "default",
            "token": "…test",
            "items": 1,
            "fault": None,
            "stored": True,
        }
    ]


def test_a_refused_request_is_kept_with_every_problem_its_rule_and_evidence(mock):
    body = b'{"events":[{"timestamp":1.5,"eventName":"","x":1}]}'

    answer = send(mock, body)

    (entry,) = Assertions.of(mock).entries
    assert (answer.status, answer.entry, entry["status"]) == (400, 1, 400)
    assert [(p["path"], p["rule"], p["evidence"]["mark"]) for p in entry["problems"]] == [
        ("$.events[0].timestamp", "time-integer", "docs"),
        ("$.events[0].eventName", "text-empty", "assumed"),
        ("$.events[0].x", "unknown-key", "assumed"),
        ("$.events[0].userId", "id-required", "docs"),
    ]
    assert all(p["message"] and p["found"] and p["expected"] for p in entry["problems"])


@pytest.mark.parametrize(
    ("body", "json_shown", "body_shown"),
    [
        (b"", None, None),
        (b"{", None, "ew=="),
        (b"\xff\xfe", None, "//4="),
        (b"null", None, "bnVsbA=="),
        (b"[1]", [1], None),
        (b'{"a":1,"a":2}', {"a": 2}, None),
        (b'{"a":NaN}', None, "eyJhIjpOYU59"),
        (b'"\\ud800"', "\ud800", None),
    ],
)
def test_a_body_is_shown_as_json_or_else_in_base64(mock, body, json_shown, body_shown):
    send(mock, body)

    (entry,) = Assertions.of(mock).entries
    assert (entry["json"], entry.get("body")) == (json_shown, body_shown)


def test_a_gzip_body_is_kept_as_it_came_and_read_inflated(mock):
    packed = gzip.compress(body_of("A"))

    assert send(mock, packed, headers=[("Content-Encoding", "gzip")]).status == 202

    (entry,) = mock.journal.each(Assertions.of(mock).view, Span(), EntryFilter())
    assert entry.body == packed
    assert entry.json["events"][0]["eventName"] == "A"
    assert [event["eventName"] for event in Assertions.of(mock).events] == ["A"]


def test_a_body_that_is_not_the_gzip_it_says_is_shown_as_it_is():
    assert decoded_body(b"not gzip", "gzip") == b"not gzip"


def test_requests_without_a_known_token_are_nobodys_and_shown_in_the_default_view(mock):
    send(mock, body_of("A"), token="tok_nobody_knows")
    send(mock, body_of("B"), token=OTHER)
    send(mock, body_of("C"))

    shown = [(entry["number"], entry["tenant"]) for entry in Assertions.of(mock).entries]
    others = [(entry["number"], entry["tenant"]) for entry in Assertions.of(mock, "other").entries]

    assert shown == [(1, None), (3, "default")]
    assert others == [(2, "other")]


@pytest.mark.parametrize(
    ("page", "numbers"),
    [
        (Span(), [1, 2, 3, 4, 5]),
        (Span(limit=2), [1, 2]),
        (Span(limit=2, offset=2), [3, 4]),
        (Span(after=3), [4, 5]),
        (Span(after=5), []),
        (Span(after=3, limit=1), [4]),
        (Span(descending=True), [5, 4, 3, 2, 1]),
        (Span(descending=True, limit=2, offset=1), [4, 3]),
        (Span(descending=True, after=3), [5, 4]),
        (Span(limit=0), []),
        (Span(offset=9), []),
    ],
)
def test_a_page_of_entries(mock, page, numbers):
    for name in "ABCDE":
        send(mock, body_of(name))

    found = mock.journal.each(Assertions.of(mock).view, page, EntryFilter())

    assert [entry.number for entry in found] == numbers


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        (EntryFilter(method="post"), [1, 2, 4]),
        (EntryFilter(refused=True), [2]),
        (EntryFilter(refused=False), [1, 3, 4]),
        (EntryFilter(method="GET"), [3]),
        (EntryFilter(path="/v1/auth/me"), [3]),
        (EntryFilter(status="202"), [1, 4]),
        (EntryFilter(status="4xx"), [2]),
        (EntryFilter(status="2xx"), [1, 3, 4]),
        (EntryFilter(body="Signed"), [1, 4]),
        (EntryFilter(body="signed"), []),
        (EntryFilter(body="é"), [4]),
        (EntryFilter(body="Signed", status="202", method="POST"), [1, 4]),
        (EntryFilter(body="%"), []),
    ],
)
def test_entries_are_found_by_method_path_status_and_inflated_body(mock, where, numbers):
    send(mock, body_of("Signed Up"))
    send(mock, b"{}")
    mock.answer(received("GET", "/v1/auth/me", [("Authorization", f"Bearer {TOKEN}")]))
    packed = gzip.compress(json.dumps(json.loads(body_of("Signed é")), ensure_ascii=False).encode())
    send(mock, packed, headers=[("Content-Encoding", "gzip")])

    view = Assertions.of(mock).view

    assert [entry.number for entry in mock.journal.each(view, Span(), where)] == numbers
    assert mock.journal.matching(view, where) == len(numbers)


def test_the_oldest_entries_go_first_and_are_counted():
    mock = mock_of(limits=Limits(entries=10))

    for number in range(25):
        send(mock, body_of(f"E{number}"))

    view = Assertions.of(mock)
    assert [entry["number"] for entry in view.entries] == list(range(16, 26))
    assert mock.journal.dropped(view.view) == 15
    assert view.counts()["entries"] == 25
    assert view.counts()["events"] == 25
    assert [event["eventName"] for event in view.events] == [f"E{n}" for n in range(15, 25)]


def test_a_flood_of_unknown_tokens_drops_no_entry_of_a_tenant():
    mock = mock_of(limits=Limits(entries=5))
    send(mock, body_of("kept"))

    for _ in range(50):
        send(mock, body_of("flood"), token="tok_nobody_knows")

    assert Assertions.of(mock).events == [
        {"userId": "u1", "eventName": "kept", "timestamp": 1700000000}
    ]
    assert len(Assertions.of(mock).entries) == 6


def test_large_bodies_are_bounded_together_with_what_else_is_kept_of_a_request():
    mock = mock_of(limits=Limits(body_bytes=2500))

    for number in range(10):
        send(mock, body_of(f"{number}" + "x" * 400))

    kept = list(mock.journal.each(Assertions.of(mock).view, Span(), EntryFilter()))
    assert sum(len(entry.body) for entry in kept) <= 2000  # and 500 of heads
    assert [entry.number for entry in kept] == [7, 8, 9, 10]
    assert mock.journal.dropped(Assertions.of(mock).view) == 6


def test_paths_headers_and_problems_count_too_also_after_the_store_was_opened_again(tmp_path):
    limits, file = Limits(body_bytes=100_000), tmp_path / "journal.db"
    long = received("GET", "/nope/%00" + "x" * 2000, [("x-a", "b" * 30_000)] * 2, b"")

    for _ in range(2):
        mock = mock_of(limits=limits, db=file)
        for _ in range(10):
            mock.answer(long)
        assert len(Assertions.of(mock).entries) == 1
        tally = mock.journal._tallies[0].body_bytes
        assert 60_000 < tally < 70_000
        mock.close()


def test_one_body_above_the_bound_is_kept_alone():
    mock = mock_of(limits=Limits(body_bytes=100))

    for name in ("A", "x" * 400, "B"):
        send(mock, body_of(name))

    assert [entry["number"] for entry in Assertions.of(mock).entries] == [3]


def test_a_reset_forgets_one_tenant_and_nobody_with_the_default():
    mock = mock_of()
    for token in (TOKEN, OTHER, "tok_nobody_knows"):
        send(mock, body_of("A"), token=token)

    Assertions.of(mock).reset()

    assert Assertions.of(mock).entries == []
    assert Assertions.of(mock).counts() == {"entries": 0, "events": 0, "profiles": 0, "accounts": 0}
    assert len(Assertions.of(mock, "other").entries) == 1
    assert send(mock, body_of("B")).entry == 4


def test_one_entry_is_found_by_its_number_in_its_own_view_only(mock):
    send(mock, body_of("A"), token=OTHER)

    assert mock.journal.entry(Assertions.of(mock, "other").view, 1).number == 1
    assert mock.journal.entry(Assertions.of(mock).view, 1) is None
    assert mock.journal.entry(Assertions.of(mock, "other").view, 2) is None


def test_query_and_headers_are_kept_and_keys_in_them_by_their_last_characters(mock):
    headers = [
        ("X-Api-Key", TOKEN),
        ("Cookie", f"session={TOKEN}"),
        ("Cookie", f"session={TOKEN}; other=12345678"),
        ("Authorization", f"Bearer {TOKEN}"),
        ("Authorization", f"{TOKEN} and more"),
        ("X-Session-Id", TOKEN),
        ("Accept", "a"),
        ("accept", "b"),
    ]
    mock.answer(received("GET", f"/v1/auth/me?apiKey={TOKEN}&page=2&write_key=short", headers))

    (entry,) = Assertions.of(mock).entries
    assert (entry["path"], entry["query"]) == (
        "/v1/auth/me",
        "apiKey=…test&page=2&write_key=…",
    )
    assert entry["headers"] == [
        ["x-api-key", "…test"],
        ["cookie", "…test"],
        ["cookie", "…5678"],
        ["authorization", "Bearer …test"],
        ["authorization", "…more"],
        ["x-session-id", "…test"],
        ["accept", "a"],
        ["accept", "b"],
    ]
    assert TOKEN not in json.dumps(Assertions.of(mock).entries)


def test_a_write_key_in_a_path_or_in_a_body_at_a_wrong_path_is_masked_too(mock):
    key = "write-key-of-someone"
    body = json.dumps({"batch": [{"writeKey": key}], "writeKey": key}).encode()
    for path in ("/batch", f"/v1/projects/{key}/settings", f"/analytics.js/v1/{key}/a.js"):
        answering(mock).answer(received("POST", path, [], body))

    assert [entry["path"] for entry in Assertions.of(mock).entries] == [
        "/batch",
        "/v1/projects/…eone/settings",
        "/analytics.js/v1/…eone/a.js",
    ]
    assert Assertions.of(mock).entries[0]["json"] == {
        "batch": [{"writeKey": "…eone"}],
        "writeKey": "…eone",
    }
    assert key not in json.dumps(Assertions.of(mock).entries)


KEY = "write-key-of-someone"
SENT = json.dumps({"context": {"writeKey": KEY}, "batch": [{"writeKey": KEY}]}).encode()
GZIP = [("content-encoding", "gzip")]


@pytest.mark.parametrize(
    ("headers", "body"),
    [([], SENT), (GZIP, gzip.compress(SENT)), ([], SENT[:-1]), ([], SENT[:35]), ([], SENT[:28])],
    ids=["whole", "gzip", "cut short", "cut behind the key", "cut in the key"],
)
def test_nothing_that_is_shown_or_copied_of_a_call_holds_a_write_key(headers, body):
    client = create_app(mock := Mock(reaches_socket=False)).test_client()
    client.post("/batch", headers=headers, data=body)

    shown = [client.get(f"/_sandbox/{path}").text for path in ("entries", "entries/1", "export")]
    shown += [json.dumps(client.get("/_sandbox/entries/1/copies").get_json())]
    for form in ("har", "pytest"):
        asked = {"as": form, "entries": [1]}
        shown.append(client.post("/_sandbox/export", json=asked).text)
    found = re.findall(r"(?:[A-Za-z0-9+/]{4}){6,}", " ".join(shown))  # in base64
    shown += [b64decode(each).decode("latin-1") for each in found]

    assert "write-key-of" not in " ".join(shown)
    assert (
        mock.journal.entry(Assertions.of(mock).view, 1).body == body
    )  # which is what `again` sends


def test_a_long_path_and_a_long_query_are_cut_and_counted(mock):
    answering(mock).answer(received("GET", "/" + "p" * 1999 + "?" + "q" * 3000))

    (entry,) = Assertions.of(mock).entries
    assert entry["path"] == "/" + "p" * 999 + "… (2,000 characters)"
    assert entry["query"] == "q" * 1000 + "… (3,000 characters)"


def test_what_is_surely_wrong_with_an_accepted_upload_is_told_with_it(mock):
    event = {"userId": "undefined", "eventName": "E", "timestamp": 1700000000}
    send(mock, json.dumps({"events": [event]}).encode())

    assert [each["code"] for each in Assertions.of(mock).entries[0]["suspicions"]] == ["no-real-id"]


def test_time_as_text():
    assert iso_time(0.0004) == "1970-01-01T00:00:00.000Z"
    assert iso_time(NOW) == "2023-11-14T22:13:20.250Z"
