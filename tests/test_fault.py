"""Fault: what one is, what it makes of an answer, and everything that is wrong with a bad one."""

import json

import pytest

from mock_server.exchange import HttpAnswer
from mock_server.toplyne.fault import Fault, InvalidFault

ACCEPTED = HttpAnswer(202, (("Content-Type", "application/json"),), b"{}", entry=7)


def problems(**parts):
    with pytest.raises(InvalidFault) as raised:
        Fault(**parts)
    return [(problem.path, problem.message) for problem in raised.value.problems]


def test_a_status_is_answered_in_the_recorded_error_body():
    answer = Fault(status=429, retry_after=2).applied_to(ACCEPTED)

    assert (answer.status, answer.entry, answer.wire) == (429, 7, "whole")
    assert answer.headers[-1] == ("Retry-After", "2")
    assert json.loads(answer.body) == {
        "status": "ERROR",
        "error": {
            "code": "TOO_MANY_REQUESTS",
            "message": "Too many requests",
            "details": "A fault of the sandbox asked for 429.",
        },
    }


def test_a_status_nobody_has_words_for_is_answered_too():
    answer = Fault(status=599).applied_to(ACCEPTED)

    assert json.loads(answer.body)["error"]["code"] == "UNKNOWN"
    assert answer.status == 599


def test_an_accident_of_the_wire_leaves_the_answer_as_it_is():
    assert Fault(wire="half", delay=0.5).applied_to(ACCEPTED) == HttpAnswer(
        202, ACCEPTED.headers, b"{}", entry=7, wire="half", delay=0.5
    )


@pytest.mark.parametrize(
    ("parts", "does_work"),
    [
        ({"status": 503}, False),
        ({"status": 503, "stored": True}, True),
        ({"wire": "reset"}, True),
        ({"wire": "reset", "stored": False}, False),
        ({"status": 503, "wire": "half"}, False),
        ({"delay": 1}, True),
    ],
)
def test_work_is_done_where_only_the_answer_is_late_or_lost(parts, does_work):
    assert Fault(**parts).does_work is does_work
    assert Fault(**parts).to_json()["stored"] is does_work


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        ({"status": 503}, "503"),
        ({"status": 429, "retry_after": 2, "delay": 0.25}, "429, retry after 2 s, delay 0.25 s"),
        ({"wire": "garbage", "delay": 1}, "garbage, delay 1 s"),
    ],
)
def test_the_journal_notes_a_fault_in_a_few_words(parts, name):
    assert Fault(**parts).name == name


def test_everything_wrong_is_said_at_once():
    assert problems(
        status=202, path="/v1/upload/event", times=0, probability=0, seed=-1, retry_after=1.5,
        delay=301, wire="cut", stored="yes",
    ) == [
        ("$.status", "must be a whole number from 400 to 599, or nothing, not 202."),
        (
            "$.path",
            ("must be one of /v1/auth/me, /v1/upload/users/profiles, /v1/upload/accounts/profiles,"
            " /v1/upload/events, /v1/upload/accounts/events, or nothing, not"
            " '/v1/upload/event'. Did you mean /v1/upload/events?"),
        ),
        ("$.times", "must be a whole number from 1 on, or nothing, not 0."),
        ("$.probability", "must be a number above 0 and up to 1, not 0."),
        ("$.seed", "must be a whole number from 0 on, not -1."),
        ("$.retry_after", "must be a whole number from 0 to 1000000000, or nothing, not 1.5."),
        ("$.delay", "must be a number from 0 to 300, not 301."),
        ("$.wire", "must be one of whole, reset, empty, half, garbage, not 'cut'."),
        ("$.stored", "must be true or false, or nothing, not 'yes'."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({}, [("$", "does nothing. Give a status, a delay or a wire.")]),
        ({"retry_after": 1, "delay": 1}, [("$.retry_after", "needs a status, such as 429.")]),
        (
            {"status": True},
            [("$.status", "must be a whole number from 400 to 599, or nothing, not True.")],
        ),
        (
            {"status": 503, "probability": float("nan")},
            [("$.probability", "must be a number above 0 and up to 1, not nan.")],
        ),
        (
            {"status": 503, "wire": ["reset"]},
            [
                (
                    "$.wire",
                    "must be one of whole, reset, empty, half, garbage, not a list of 1 item.",
                )
            ],
        ),
    ],
)
def test_what_makes_no_sense_is_said(parts, expected):
    assert problems(**parts) == expected
