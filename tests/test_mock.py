"""Mock: any request gets an answer, a bug of ours too."""

import json

import pytest

from mock_server.assertions import Assertions
from mock_server.exchange import received
from mock_server.mock import Mock
from mock_server.store.opening import InvalidStore
from mock_server.toplyne.fault import Fault
from tests.wire import answering

TOKEN = "tok_mock_test"
KEY = ("Authorization", f"Bearer {TOKEN}")
JSON = ("Content-Type", "application/json")
EVENT = b'{"events":[{"userId":"u","eventName":"E","timestamp":1}]}'
RECORDED_500 = (
    '{"status":"ERROR","error":{"code":"UNKNOWN","message":"Internal server error","details":'
    '"Unable to process request at our end. Contact Admin or retry after some time."}}'
)


@pytest.fixture
def mock():
    opened = Mock(tokens={"default": TOKEN})
    yield opened
    opened.close()


def call(method, path, body=b"", *headers):
    return received(method, path, [KEY, *headers], body)


def details(answer):
    return json.loads(answer.body)["error"]["details"]


@pytest.mark.parametrize(
    ("path", "key", "message"),
    [
        ("users/profiles", "profiles", "User profiles uploaded."),
        ("accounts/profiles", "accounts", "Account profiles uploaded."),
        ("events", "events", "Events uploaded."),
        ("accounts/events", "events", "Events uploaded."),
    ],
)
def test_each_upload_is_answered_with_its_own_message(mock, path, key, message):
    item = {
        "profiles": {"userId": "u", "creationTime": 1},
        "accounts": {"accountId": "a", "creationTime": 1},
        "events": {"accountId": "a", "eventName": "E", "timestamp": 1},
    }[key]
    if path == "events":
        item["userId"] = "u"

    answer = mock.answer(
        call("POST", f"/v1/upload/{path}", json.dumps({key: [item]}).encode(), JSON)
    )

    assert answer.status == 202
    assert answer.body.decode() == f'{{"status":"SUCCESS","data":{{"message":"{message}"}}}}'


def test_a_good_key_is_answered_with_its_clients_name(mock):
    answer = mock.answer(call("GET", "/v1/auth/me"))

    assert (answer.status, answer.body) == (200, b'{"status":"SUCCESS","data":"default"}')


def test_a_bug_is_the_recorded_500_and_shown_on_the_error_output(mock, monkeypatch, capsys):
    def broken(*_, **__):
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(mock.journal, "append", broken)

    answer = mock.answer(call("POST", "/v1/upload/events", EVENT, JSON))

    assert (answer.status, answer.body.decode()) == (500, RECORDED_500)
    shown = capsys.readouterr().err
    assert shown.startswith("toplyne-sandbox: a bug in answering POST /v1/upload/events\n")
    assert "ZeroDivisionError: planted" in shown
    assert TOKEN not in shown
    monkeypatch.undo()
    assert mock.answer(call("POST", "/v1/upload/events", EVENT, JSON)).status == 202


@pytest.mark.parametrize(
    ("method", "path", "status", "sentence"),
    [
        (
            "POST",
            "/v1/upload/event",
            404,
            "There is no path /v1/upload/event. Did you mean /v1/upload/events?",
        ),
        (
            "POST",
            "/v1/people",
            404,
            ("There is no path /v1/people. The paths are: GET /v1/auth/me,"
            " POST /v1/upload/users/profiles, POST /v1/upload/accounts/profiles,"
            " POST /v1/upload/events, POST /v1/upload/accounts/events."),
        ),
        (
            "GET",
            "/v1/upload/events",
            405,
            "/v1/upload/events does not allow GET. Use POST, OPTIONS.",
        ),
        ("POST", "/v1/auth/me", 405, "/v1/auth/me does not allow POST. Use GET, HEAD, OPTIONS."),
        (
            "HEAD",
            "/v1/upload/events",
            405,
            "/v1/upload/events does not allow HEAD. Use POST, OPTIONS.",
        ),
        ("TRACE", "/v1/auth/me", 405, "/v1/auth/me does not allow TRACE. Use GET, HEAD, OPTIONS."),
    ],
)  # fmt: skip
def test_a_wrong_path_or_method_says_what_is_right_and_is_journaled(
    mock, method, path, status, sentence
):
    answer = mock.answer(call(method, path))

    assert (answer.status, details(answer)) == (status, sentence)
    assert ("Allow" in dict(answer.headers)) == (status == 405)
    (entry,) = Assertions.of(mock).entries
    assert (entry["number"], entry["status"]) == (answer.entry, status)
    assert entry["problems"][0]["message"] == sentence


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/upload/", "/v1//upload/events"])
def test_what_is_under_v1_and_nothing_is_404_and_journaled(mock, path):
    answer = mock.answer(call("GET", path))

    assert (answer.status, answer.entry) == (404, 1)


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("/other", None),
        ("/v2/upload/events", "/v1/upload/events"),
        ("/live/", None),
        ("/v1x", None),
        ("*", None),
    ],
)
def test_any_other_path_is_404_with_the_nearest_or_all_of_both_halves_and_is_journaled(
    mock, path, near
):
    answer = answering(mock).answer(call("GET", path))

    assert (answer.status, dict(answer.headers)["X-Sandbox-Entry"]) == (404, "1")
    (entry,) = Assertions.of(mock).entries
    assert (entry["status"], entry["path"], entry["tenant"]) == (404, path, None)
    if near is None:
        assert "POST /v1/upload/events" in details(answer)
        assert "GET /_sandbox/entries" in details(answer)
    else:
        assert details(answer) == f"There is no path {path}. Did you mean {near}?"


def test_options_needs_no_token_and_lists_the_methods(mock):
    answer = mock.answer(received("OPTIONS", "/v1/upload/events"))

    assert (answer.status, answer.body) == (204, b"")
    assert dict(answer.headers)["Allow"] == "POST, OPTIONS"
    assert Assertions.of(mock).entries[0]["tenant"] is None


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([JSON], 202),
        ([("Content-Type", "application/json; charset=utf-8")], 202),
        ([], 415),
        ([("Content-Type", "text/plain")], 415),
        ([JSON, ("Content-Encoding", "br")], 415),
        ([JSON, ("Content-Encoding", "gzip")], 400),
    ],
)
def test_the_type_and_encoding_of_a_body_are_looked_at(mock, headers, status):
    assert mock.answer(call("POST", "/v1/upload/events", EVENT, *headers)).status == status


def test_a_fault_with_a_status_is_answered_instead_of_working(mock):
    tenant = Assertions.of(mock).number
    mock.faults.add(tenant, Fault(status=503, path="/v1/upload/events", times=2))
    upload = call("POST", "/v1/upload/events", EVENT, JSON)

    statuses = [
        mock.answer(request).status
        for request in (upload, call("GET", "/v1/auth/me"), upload, upload)
    ]

    assert statuses == [503, 200, 503, 202]
    assert [entry["fault"] for entry in Assertions.of(mock).entries] == ["503", None, "503", None]
    assert len(Assertions.of(mock).events) == 1


def test_a_fault_of_one_tenant_is_never_seen_in_another():
    mock = Mock(tokens={"a": "tok_tenant_aaaa", "b": "tok_tenant_bbbb"})
    mock.faults.add(Assertions.of(mock, "b").number, Fault(status=500))

    def status(token):
        headers = [("Authorization", f"Bearer {token}")]
        return mock.answer(received("GET", "/v1/auth/me", headers)).status

    assert [status("tok_tenant_aaaa"), status("tok_tenant_bbbb")] == [200, 500]


def test_a_fault_without_a_status_befalls_the_answer_of_work_that_was_done(mock):
    mock.faults.add(Assertions.of(mock).number, Fault(wire="reset", delay=0.5))

    answer = mock.answer(call("POST", "/v1/upload/events", EVENT, JSON))

    assert (answer.status, answer.wire, answer.delay) == (202, "reset", 0.5)
    assert Assertions.of(mock).entries[0]["fault"] == "reset, delay 0.5 s"
    assert len(Assertions.of(mock).events) == 1


def test_a_reset_forgets_faults(mock):
    mock.faults.add(Assertions.of(mock).number, Fault(status=500, times=100))

    Assertions.of(mock).reset()

    assert mock.answer(call("GET", "/v1/auth/me")).status == 200


@pytest.mark.parametrize(
    ("choices", "error", "sentence"),
    [
        (
            {"rules": "observe"},
            ValueError,
            "rules is 'observe'. Expected documented or observed.",
        ),
        (
            {"tokens": {"": "x"}},
            ValueError,
            "the name of a token, which its tenant and its destination have too, must be 1 to 100",
        ),
        (
            {"tokens": {"a": ""}},
            ValueError,
            "a token must be visible Latin-1",
        ),
        (
            {"tokens": {"a": "same_token", "b": "same_token"}},
            ValueError,
            "already has the name 'a', not 'b'",
        ),
        ({"db": "/nowhere/at/all/mock.db"}, InvalidStore, "mock.db cannot be the store"),
    ],
)
def test_a_wrong_choice_raises_when_the_mock_is_made(choices, error, sentence):
    with pytest.raises(error, match=sentence):
        Mock(**choices)


def test_without_tokens_one_is_made_for_the_default_tenant():
    first, second = Mock(), Mock(tokens={})

    assert list(first.secrets) == list(second.secrets) == ["default"]
    assert first.secrets != second.secrets
    assert len(first.secrets["default"]) >= 32


def test_the_first_token_is_the_default_tenant_where_none_is_called_so():
    mock = Mock(tokens={"a": "tok_of_tenant_a", "b": "tok_of_tenant_b"})

    assert Assertions.of(mock).number == Assertions.of(mock, "a").number
    with pytest.raises(KeyError, match="no token is named 'c'"):
        Assertions.of(mock, "c")


def test_the_default_view_waits_for_what_it_shows(mock):
    mock.answer(received("GET", "/v1/auth/me"))

    Assertions.of(mock).wait_for(entries=1, timeout=0)


def test_waiting_in_vain_says_what_came_and_what_was_refused(mock):
    mock.answer(call("POST", "/v1/upload/events", EVENT, JSON))
    mock.answer(call("POST", "/v1/upload/events", b'{"events":[{"userId":"u"}]}', JSON))

    with pytest.raises(TimeoutError) as raised:
        Assertions.of(mock).wait_for(events=2, profiles=1, timeout=0)

    assert str(raised.value) == (
        "waited 0 s for events=2, profiles=1; received entries=2, events=1, profiles=0,"
        " accounts=0.\n"
        "The last refused calls:\n"
        "  entry 2: 400 POST /v1/upload/events\n"
        "    $.events[0].eventName is missing. Expected a non-empty string.\n"
        "    $.events[0].timestamp is missing. Expected Unix seconds, a number without a fraction."
    )


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({}, "wait_for needs a whole number for at least one of entries, events"),
        ({"events": "1"}, "events must be a whole number from 0 on, not '1'."),
        ({"events": 1, "entries": 1.5}, "entries must be a whole number from 0 on, not 1.5."),
        ({"accounts": True}, "accounts must be a whole number from 0 on, not True."),
        ({"profiles": -1}, "profiles must be a whole number from 0 on, not -1."),
        ({"events": 1, "timeout": None}, "timeout must be a number from 0 on, not None."),
        ({"events": 1, "timeout": float("nan")}, "timeout must be a number from 0 on, not nan."),
    ],
)
def test_waiting_for_no_number_is_a_mistake(mock, wanted, said):
    with pytest.raises(ValueError, match=said):
        Assertions.of(mock).wait_for(**wanted)
