"""Failing: faults asked for in Python, of the server and of a tenant's view."""

import threading

import httpx
import pytest

from mock_server import MockServer
from mock_server.toplyne.fault import InvalidFault
from tests.wire import BODY, post, talk

TOKENS = {"default": "tok_failing_default", "other": "tok_failing_other"}


@pytest.fixture(scope="module")
def server():
    with MockServer(tokens=TOKENS) as started:
        yield started


@pytest.fixture
def toplyne(server):
    server.reset()
    server.tenant("other").reset()
    return server


def upload(toplyne, **headers):
    content = {"Content-Type": "application/json", **headers}
    return toplyne.client.post("/upload/events", content=BODY, headers=content)


def test_the_next_calls_fail_and_those_behind_them_do_not(toplyne):
    toplyne.fail_next(status=429, retry_after=2, times=2)

    answers = [upload(toplyne) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [429, 429, 202]
    assert [answer.headers.get("Retry-After") for answer in answers] == ["2", "2", None]
    assert len(toplyne.events) == 1


def test_the_journal_tells_which_calls_were_faulted_and_what_was_stored(toplyne):
    toplyne.fail_next(status=503)
    toplyne.fail_next(status=503, stored=True)
    toplyne.fail_next(wire="empty")
    toplyne.fail_next(wire="empty", stored=False)
    toplyne.fail_next(delay=0.01)
    for _ in range(6):
        try:
            upload(toplyne)
        except httpx.RemoteProtocolError as error:
            assert "without sending a response" in str(error)  # noqa: PT017 - two of six do

    told = [(e["status"], e["fault"], e["stored"], e["items"]) for e in toplyne.entries]

    assert told == [
        (503, "503", False, 0),
        (503, "503", True, 1),
        (202, "empty", True, 1),
        (202, "empty", False, 0),
        (202, "delay 0.01 s", True, 1),
        (202, None, True, 1),
    ]
    assert len(toplyne.events) == 4


def test_what_a_faulted_call_had_wrong_is_told_all_the_same(toplyne):
    toplyne.fail_next(status=503, stored=True)

    answer = toplyne.client.post("/upload/events", json={"events": []})

    (entry,) = toplyne.entries
    assert (answer.status_code, entry["status"], entry["stored"]) == (503, 503, False)
    assert [problem["rule"] for problem in entry["problems"]] == ["list-size"]


def test_every_call_fails_until_the_faults_are_cleared(toplyne):
    toplyne.fail_always(status=500, path="/v1/upload/events")

    assert [upload(toplyne).status_code for _ in range(5)] == [500] * 5
    assert toplyne.client.get("/auth/me").status_code == 200
    assert [(fault["status"], fault["met"]) for fault in toplyne.faults] == [(500, 5)]

    toplyne.clear_faults()
    assert upload(toplyne).status_code == 202
    assert toplyne.faults == []


def test_failing_always_so_many_times_is_refused_with_what_would_be_right(toplyne):
    with pytest.raises(InvalidFault, match=r"\$\.times does not fit fail_always.*Use fail_next"):
        toplyne.fail_always(status=503, times=3)

    assert toplyne.faults == []


def test_a_view_asks_for_faults_of_its_own_tenant(toplyne):
    other = toplyne.tenant("other")
    other.fail_next(status=503)

    assert upload(toplyne).status_code == 202
    assert upload(toplyne, Authorization=f"Bearer {TOKENS['other']}").status_code == 503


def test_a_bad_day_is_a_list_of_faults(toplyne):
    toplyne.bad_day(probability=0.5, seed=3)

    assert [fault["times"] for fault in toplyne.faults] == [None] * 10


def test_a_reset_ends_a_bad_day(toplyne):
    toplyne.bad_day(probability=1)

    toplyne.reset()

    assert upload(toplyne).status_code == 202


def test_what_cannot_be_a_fault_is_said_at_once(toplyne):
    with pytest.raises(InvalidFault) as raised:
        toplyne.fail_next(staus=503, times=0)

    assert str(raised.value) == (
        "the fault has 3 problems:"
        "\n  $.times must be a whole number from 1 on, or nothing, not 0."
        "\n  $.staus is unknown. The members are status, path, times,"
        " probability, seed, retry_after, delay, wire, stored, most_delay, bytes_per_second."
        " Did you mean status?"
        "\n  $ does nothing. Give a status, a delay or a wire."
    )


def test_a_request_asks_for_its_own_fault_before_those_that_wait(toplyne):
    toplyne.fail_next(status=500)

    answers = [upload(toplyne, **{"X-Sandbox-Fault": "429; retry-after=3"}), upload(toplyne)]

    assert [answer.status_code for answer in answers] == [429, 500]
    assert answers[0].headers["Retry-After"] == "3"


def test_a_header_that_is_no_fault_is_refused_and_told_in_the_journal(toplyne):
    answer = upload(toplyne, **{"X-Sandbox-Fault": "rest; delay=x"})

    assert answer.status_code == 400
    assert answer.json()["error"]["details"].startswith("X-Sandbox-Fault is not a fault. $: 'rest'")
    (entry,) = toplyne.entries
    assert [problem["rule"] for problem in entry["problems"]] == ["fault-header"] * 2
    assert toplyne.events == []


def test_a_fault_needs_a_good_token(toplyne):
    headers = {"Authorization": "Bearer nobody", "X-Sandbox-Fault": "503"}

    assert upload(toplyne, **headers).status_code == 403


def test_the_same_seed_gives_the_same_bytes_on_the_wire():
    def day(seed):
        with MockServer(tokens=TOKENS) as toplyne:
            toplyne.bad_day(probability=0.7, seed=seed)
            return [talk(toplyne, post(token=TOKENS["default"])) for _ in range(60)]

    first = day(20261123)

    assert first == day(20261123)
    assert first != day(20261124)
    kinds = [b"HTTP/1.1 202", b"HTTP/1.1 429", b"HTTP/1.1 50", b"<reset>", b"\x16\x03\x01garbage"]
    assert all(any(answer.startswith(kind) for answer in first) for kind in kinds)
    assert b"" in first


def test_threads_of_two_tenants_meet_their_own_faults_alone(toplyne):
    other = toplyne.tenant("other")
    other.fail_always(status=503, probability=0.5, seed=1)
    other.fail_always(wire="empty")
    answers = {name: [] for name in TOKENS}

    def work(name):
        for _ in range(40):
            answers[name].append(talk(toplyne, post(token=TOKENS[name]))[:12])

    threads = [threading.Thread(target=work, args=(name,)) for name in [*TOKENS, *TOKENS]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers["default"] == [b"HTTP/1.1 202"] * 80
    assert set(answers["other"]) == {b"HTTP/1.1 503", b""}
    assert {entry["fault"] for entry in toplyne.entries} == {None}
    assert {entry["fault"] for entry in other.entries} == {"503", "empty"}
