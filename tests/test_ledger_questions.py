"""`/_sandbox/ledger` and `/_sandbox/flush` over a socket."""

import pytest

from mock_server import MockServer
from tests.wire import http


@pytest.fixture(scope="module")
def toplyne():
    with MockServer() as started:
        batch = [
            {"type": "track", "event": "E", "userId": "u", "messageId": "m1"},
            {"type": "track", "userId": "u", "messageId": "m2"},
            {"type": "page", "userId": "u", "messageId": "m3"},
        ]
        body = {"batch": batch, "writeKey": started.write_key}
        http.post(f"{started.url}/v1/batch", json=body).raise_for_status()
        yield started


@pytest.fixture(autouse=True)
def flushed(toplyne):
    answer = http.post(f"{toplyne.url}/_sandbox/flush")
    assert answer.status_code == 200


def ask(toplyne, path):
    return http.get(f"{toplyne.url}/_sandbox/{path}")


def test_the_flush_answers_the_totals(toplyne):
    answer = http.post(f"{toplyne.url}/_sandbox/flush?timeout=5")

    assert answer.json() == {
        "messages": 3,
        "outcomes": {"dropped": 1, "delivered": 1, "unmapped": 1},
        "waiting": 0,
        "refused": 0,
    }
    assert ask(toplyne, "ledger/summary").json() == answer.json()


def test_the_ledger_is_what_python_shows(toplyne):
    answer = ask(toplyne, "ledger").json()

    assert answer["messages"] == toplyne.ledger
    assert (answer["total"], answer["dropped"]) == (3, 0)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", ["m1", "m2", "m3"]),
        ("?order=desc&limit=2", ["m3", "m2"]),
        ("?offset=1&limit=1", ["m2"]),
        ("?after=2", ["m3"]),
        ("?outcome=delivered", ["m1"]),
        ("?code=event_not_defined", ["m2"]),
        ("?code=202", ["m1"]),
        ("?drop=true", ["m2"]),
        ("?drop=false&type=page", ["m3"]),
        ("?messageId=m2", ["m2"]),
        ("?event=E&source=default", ["m1"]),
    ],
)
def test_pages_and_filters(toplyne, query, ids):
    answer = ask(toplyne, f"ledger{query}").json()

    assert [record["messageId"] for record in answer["messages"]] == ids


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?outcome=deliverd", "not 'deliverd'. Did you mean delivered?"),
        ("?drop=yes", "drop must be true or false, not 'yes'."),
        ("?status=202", "There is no parameter 'status'. The parameters are order"),
    ],
)
def test_a_wrong_filter_is_400_with_a_sentence(toplyne, query, sentence):
    answer = ask(toplyne, f"ledger{query}")

    assert answer.status_code == 400
    assert sentence in answer.json()["error"]["details"]


def test_one_record_by_its_number(toplyne):
    assert ask(toplyne, "ledger/1").json() == toplyne.ledger[0]
    assert ask(toplyne, "ledger/99").status_code == 404
    assert ask(toplyne, "ledger/x").status_code == 404


def test_a_flush_whose_time_is_up_is_408_and_says_so_in_python_too(toplyne):
    fault = {"delay": 0.6, "times": 1}
    http.post(f"{toplyne.url}/_sandbox/faults", json=fault).raise_for_status()
    body = {"userId": "u", "event": "Late", "writeKey": toplyne.write_key}
    http.post(f"{toplyne.url}/v1/track", json=body).raise_for_status()

    assert http.post(f"{toplyne.url}/_sandbox/flush?timeout=0.05").status_code == 408
    with pytest.raises(TimeoutError, match=r"waited 0\.05 s .* 1 queued"):
        toplyne.flush(timeout=0.05)
