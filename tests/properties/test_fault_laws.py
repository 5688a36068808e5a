"""Laws of faults, for any list of faults and any calls."""

import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.assertions import Assertions
from mock_server.exchange import received
from mock_server.mock import Mock
from mock_server.routes import ROUTES
from mock_server.toplyne.fault import WIRES, Fault
from sandbox.type_reading import problems_of

TOKENS = {"a": "tok_law_aaaaaaaa", "b": "tok_law_bbbbbbbb"}
BODY = b'{"events":[{"userId":"u","eventName":"E","timestamp":1}]}'


def faults():
    parts = st.fixed_dictionaries(
        {},
        optional={
            "status": st.integers(400, 599),
            "path": st.sampled_from(list(ROUTES)),
            "times": st.none() | st.integers(1, 5),
            "probability": st.floats(0.01, 1),
            "seed": st.integers(0, 2**64),
            "retry_after": st.integers(0, 100),
            "delay": st.floats(0, 300),
            "wire": st.sampled_from(WIRES),
            "stored": st.none() | st.booleans(),
        },
    )
    return parts.filter(lambda given: not problems_of(Fault, given)).map(
        lambda given: Fault(**given)
    )


def calls():
    return st.lists(st.sampled_from(["/v1/upload/events", "/v1/auth/me", "/v1/none"]), max_size=25)


def call(path, tenant="a"):
    headers = [("Authorization", f"Bearer {TOKENS[tenant]}"), ("Content-Type", "application/json")]
    return received("GET" if path == "/v1/auth/me" else "POST", path, headers, BODY)


def played(known, paths, *, others=()):
    """Return the answers of a mock with those faults; calls of another tenant come in between."""
    mock = Mock(tokens=TOKENS)
    mock.faults.add(Assertions.of(mock, "a").number, *known)
    answers = []
    for number, path in enumerate(paths):
        answers.append(mock.answer(call(path)))
        if others:
            assert mock.answer(call(others[number % len(others)], "b")).status in {200, 202, 404}
    entries = [(e["status"], e["fault"], e["stored"]) for e in Assertions.of(mock, "a").entries]
    mock.close()
    return answers, [entry for entry in entries if entry is not None]


def without_entry(answers):
    return [(a.status, a.headers, a.body, a.delay, a.wire) for a in answers]


@settings(max_examples=40, deadline=None)
@given(st.lists(faults(), max_size=4), calls())
def test_the_same_seeds_give_the_same_faults_to_the_byte(known, paths):
    assert played(known, paths) == played(known, paths)


@settings(max_examples=25, deadline=None)
@given(st.lists(faults(), max_size=4), calls(), calls())
def test_calls_of_another_tenant_neither_meet_nor_move_a_fault(known, paths, others):
    alone, alone_entries = played(known, paths)
    between, between_entries = played(known, paths, others=others)

    assert without_entry(alone) == without_entry(between)
    assert [e for e in between_entries if e[1]] == [e for e in alone_entries if e[1]]


@settings(max_examples=25, deadline=None)
@given(st.lists(faults(), max_size=4), calls())
def test_what_is_stored_is_what_the_journal_says_was_stored(known, paths):
    mock = Mock(tokens=TOKENS)
    mock.faults.add(Assertions.of(mock, "a").number, *known)
    for path in paths:
        mock.answer(call(path))

    view = Assertions.of(mock, "a")
    assert len(view.events) == sum(entry["stored"] for entry in view.entries)
    mock.close()


def test_a_fault_of_one_tenant_is_never_seen_in_another_while_threads_call_both():
    mock = Mock(tokens=TOKENS)
    mock.faults.add(Assertions.of(mock, "a").number, Fault(status=503, times=None, probability=0.5))
    mock.faults.add(Assertions.of(mock, "a").number, Fault(wire="reset", times=None))
    seen = {"a": [], "b": []}

    def work(tenant):
        for _ in range(150):
            answer = mock.answer(call("/v1/upload/events", tenant))
            seen[tenant].append((answer.status, answer.wire))

    threads = [threading.Thread(target=work, args=(tenant,)) for tenant in "abab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(seen["a"]) == {(503, "whole"), (202, "reset")}
    assert seen["b"] == [(202, "whole")] * 300
    assert [entry["fault"] for entry in Assertions.of(mock, "b").entries] == [None] * 300
    mock.close()
