"""Segment's side: order, retries, floods, resets and the end, each over a mock of its own."""

import json
import threading
import time

import pytest

from mock_server import MockServer, SegmentChoices
from mock_server.assertions import Assertions
from mock_server.exchange import received
from mock_server.mock import Mock
from mock_server.segment.delivery_queue import DeliveryQueue, DeliverySetup
from mock_server.segment.ledger import Ledger
from mock_server.segment.record import Attempt, DeliveryRecord
from mock_server.segment.timed_work import WorkThreads
from mock_server.store.database import Limits
from sandbox import Mapping
from sandbox.segment.retry import Backoff
from sandbox.workspace import ConnectedDestination, Source, Workspace
from tests.wire import answering, http

TOKEN = "tok_segment_test"
FAST = Backoff(time_scale=0.001)
NOWHERE = "http://127.0.0.1:9/v1"  # the discard port: nothing listens


def workspace(*destinations, enabled=True):
    return Workspace(
        sources=(Source(name="app", write_key="the-write-key", enabled=enabled),),
        destinations=destinations,
    )


def destination(name="Here", **members):
    return ConnectedDestination(name=name, source="app", **{"api_key": TOKEN, **members})


@pytest.fixture
def make():
    made = []

    def making(*destinations, tokens=None, **choices):
        known = {"backoff": FAST, "seconds_to_drain": 5.0, **choices}
        mock = Mock(
            tokens=tokens,
            workspace=workspace(*(destinations or (destination(),))),
            segment=SegmentChoices(**known),
        )
        made.append(mock)
        return mock

    yield making
    for mock in made:
        mock.close()


def track(number=0, **members):
    known = {"type": "track", "event": f"E{number}", "userId": "u", "messageId": f"m{number}"}
    return {**known, **members}


def send(mock, *messages, key="the-write-key"):
    body = json.dumps({"batch": list(messages), "writeKey": key}).encode()
    return answering(mock).answer(received("POST", "/v1/batch", [], body))


def fates(mock):
    return [(r["outcome"], r["code"]) for r in Assertions.of(mock).ledger]


def events(mock):
    return [event["eventName"] for event in Assertions.of(mock).events]


def fault(mock, **members):
    body = json.dumps(members).encode()
    answer = answering(mock).answer(received("POST", "/_sandbox/faults", [], body))
    assert answer.status < 300, answer.body


def test_first_attempts_are_made_in_the_order_of_arrival(make):
    mock = make()

    for start in range(0, 300, 50):
        send(mock, *(track(number) for number in range(start, start + 50)))
    Assertions.of(mock).flush()

    assert events(mock) == [f"E{number}" for number in range(300)]
    assert fates(mock) == [("delivered", "202")] * 300


def test_a_failed_delivery_is_retried_and_holds_up_no_other(make):
    mock = make(backoff=Backoff(first_wait=2, growth=1))
    fault(mock, status=503, times=1)

    send(mock, *(track(number) for number in range(5)))
    Assertions.of(mock).wait_for(events=4)

    assert fates(mock)[0] == ("retrying", "RETRY")
    assert events(mock) == ["E1", "E2", "E3", "E4"]
    Assertions.of(mock).flush()
    assert events(mock) == ["E1", "E2", "E3", "E4", "E0"]
    (delivery,) = Assertions.of(mock).ledger[0]["deliveries"]
    assert [a["code"] for a in delivery["attempts"]] == ["503", "202"]
    assert [a["entry"] for a in delivery["attempts"]] == [1, 6]
    assert (delivery["outcome"], delivery["code"], delivery["entry"]) == ("delivered", "202", 6)


@pytest.mark.parametrize(
    ("status", "attempts"),
    [
        *((status, 1) for status in (400, 401, 403, 404, 501)),
        *((status, 3) for status in (408, 423, 429, 500, 503, 599)),
    ],
)
def test_which_answers_are_retried(make, status, attempts):
    mock = make()
    fault(mock, status=status, times=2)

    send(mock, track())
    Assertions.of(mock).flush()

    (record,) = Assertions.of(mock).ledger
    codes = [attempt["code"] for attempt in record["deliveries"][0]["attempts"]]
    assert codes == ([str(status)] * 2 + ["202"] if attempts == 3 else [str(status)])
    assert record["outcome"] == ("delivered" if attempts == 3 else "failed")
    assert record["drop"] is (attempts == 1)


def test_a_lost_answer_is_an_attempt_without_one_and_may_make_an_event_twice(make):
    mock = make()
    fault(mock, wire="reset", times=1)

    send(mock, track())
    Assertions.of(mock).flush()

    (delivery,) = Assertions.of(mock).ledger[0]["deliveries"]
    assert [(a["code"], a["status"]) for a in delivery["attempts"]] == [
        ("ECONNRESET", None),
        ("202", 202),
    ]
    assert events(mock) == ["E0", "E0"]


def test_it_is_given_up_when_the_window_is_over(make):
    backoff = Backoff(first_wait=1, growth=2, window=600, time_scale=0.001)
    mock = make(destination(base_url=NOWHERE), backoff=backoff)

    send(mock, track())
    Assertions.of(mock).flush()

    (record,) = Assertions.of(mock).ledger
    attempts = record["deliveries"][0]["attempts"]
    assert (record["outcome"], record["code"], record["drop"]) == ("failed", "ECONNREFUSED", True)
    assert 3 <= len(attempts) <= 11  # 10 or 11 fit, fewer where this machine is busy
    assert record["reason"].startswith(
        f"given up after {len(attempts)} attempts, because the time for retries is over."
    )


def test_the_waits_are_segments_by_the_timer_and_the_chance_given():
    choices = SegmentChoices(timer=lambda: 100.0, chance=lambda: 0.5, backoff=Backoff())
    shared = DeliverySetup(
        answer=lambda _: None,
        rules="documented",
        ledger=Ledger(Limits(), choices, None),
        clock=lambda: 0.0,
        choices=choices,
        threads=WorkThreads(most=1, clock=choices.timer),
    )
    queue = DeliveryQueue(destination(), shared)
    put = []
    queue._retries.put = lambda _, *, due: put.append(due)
    failed = Attempt(at=0, code="503", status=503, error="", entry=None, text="")

    for made in (1, 2, 3):
        part = DeliveryRecord(
            destination="T", outcome="retrying", code="RETRY", attempts=(failed,) * made
        )
        queue.retry(1, 1, queue.scheduled({0: part}))

    assert put == [100.75, 101.5, 103.0]


def test_a_destination_that_hangs_delays_only_its_own(make):
    with MockServer(tokens={"default": TOKEN}) as other:
        mock = make(destination("Slow", base_url=other.api_url), destination("Here"))
        other_fault = {"delay": 3, "times": 1}
        http.post(f"{other.url}/_sandbox/faults", json=other_fault).raise_for_status()

        send(mock, *(track(number) for number in range(20)))
        Assertions.of(mock).wait_for(events=20)
        assert all(r["outcome"] == "queued" for r in Assertions.of(mock).ledger)
        Assertions.of(mock).flush()

        assert [event["eventName"] for event in other.events] == [f"E{n}" for n in range(20)]


def test_the_answer_does_not_wait_for_a_destination_that_hangs(make):
    mock = make()
    fault(mock, delay=1.0, times=1)

    answer = send(mock, track())

    assert answer.status == 200
    assert fates(mock) == [("queued", None)]
    Assertions.of(mock).flush()
    assert fates(mock) == [("delivered", "202")]


def test_a_synchronous_answer_waits_until_all_is_done(make):
    mock = make(synchronous=True)
    fault(mock, status=503, times=2)

    send(mock, track(1), track(2))

    assert fates(mock) == [("delivered", "202")] * 2


def test_a_synchronous_answer_waits_for_its_own_messages_alone(make):
    mock = make(synchronous=True, backoff=Backoff(first_wait=3600))
    fault(mock, status=503, times=1)
    threading.Thread(target=send, args=(mock, track(1)), daemon=True).start()
    Assertions.of(mock).wait_for(entries=1)

    started = time.monotonic()
    send(mock, track(2))

    assert time.monotonic() - started < 5  # and not five minutes
    assert fates(mock)[1] == ("delivered", "202")


def test_a_flood_is_answered_429_and_what_was_taken_is_all_delivered(make):
    mock = make(most_queued=10)
    fault(mock, delay=1.5, times=1)

    first = send(mock, *(track(number) for number in range(8)))
    second = send(mock, *(track(number) for number in range(8, 12)))

    assert (first.status, second.status) == (200, 429)
    assert ("Retry-After", "1") in second.headers
    assert json.loads(second.body) == {
        "success": False,
        "code": "too_many_requests",
        "message": "8 messages are queued already. Retry later.",
    }
    Assertions.of(mock).flush()
    assert Assertions.of(mock).summary()["refused"] == 1
    again = send(mock, *(track(number) for number in range(8, 12)))
    Assertions.of(mock).flush()
    assert again.status == 200
    assert events(mock) == [f"E{number}" for number in range(12)]
    Assertions.of(mock).reset()
    assert Assertions.of(mock).summary()["refused"] == 0


def test_each_mapping_that_takes_a_message_makes_a_request_of_its_own(make):
    mappings = (
        Mapping("One", action="sendEvents", trigger='type = "track"'),
        Mapping("Two", action="sendEvents", trigger='event = "E0"'),
        Mapping("Bad", action="sendEvents", trigger='event = "E0"', fields={}),
        Mapping("None", action="sendEvents", trigger='type = "page"'),
        Mapping("Off", action="sendEvents", trigger='type = "track"', enabled=False),
    )
    mock = make(destination(mappings=mappings))

    send(mock, track(0))
    Assertions.of(mock).flush()

    (record,) = Assertions.of(mock).ledger
    found = [(d["mapping"], d["outcome"], d["code"]) for d in record["deliveries"]]
    assert found == [
        ("One", "delivered", "202"),
        ("Two", "delivered", "202"),
        ("Bad", "rejected", "MESSAGE_REJECTED"),
    ]
    assert (record["outcome"], record["drop"]) == ("rejected", True)
    assert [p["path"] for p in record["deliveries"][2]["problems"]][:1] == ["$.eventName"]
    assert events(mock) == ["E0", "E0"]


def test_a_message_that_is_not_simulated_is_no_drop(make):
    fields = {"eventName": {"@liquid": "{{ properties.plans | sample }}"}}
    mapping = Mapping("Chance", action="sendEvents", trigger='type = "track"', fields=fields)
    mock = make(destination(mappings=(mapping,)))

    send(mock, track(0))
    Assertions.of(mock).flush()

    (record,) = Assertions.of(mock).ledger
    assert (record["outcome"], record["code"], record["drop"]) == (
        "rejected",
        "NOT_SIMULATED",
        False,
    )
    assert record["deliveries"][0]["problems"][0]["message"].endswith("Segment may send this.")


@pytest.mark.parametrize(
    ("integrations", "fate"),
    [
        ({"All": False}, ("filtered", "FILTERED_BY_INTEGRATIONS_OBJECT")),
        ({"Toplyne Cloud Mode (Actions)": False}, ("filtered", "FILTERED_BY_INTEGRATIONS_OBJECT")),
        ({"All": False, "Toplyne Cloud Mode (Actions)": True}, ("delivered", "202")),
        ({"toplyne cloud mode (actions)": False}, ("delivered", "202")),
    ],
)
def test_the_integrations_object_decides_first(make, integrations, fate):
    mock = make()

    send(mock, track(integrations=integrations))
    Assertions.of(mock).flush()

    assert fates(mock) == [fate]
    assert Assertions.of(mock).ledger[0]["drop"] is False


def test_where_no_mapping_takes_it_the_ledger_says_why(make):
    mock = make()

    send(mock, {"type": "page", "userId": "u", "name": "P"})
    Assertions.of(mock).flush()

    (record,) = Assertions.of(mock).ledger
    assert (record["outcome"], record["code"]) == ("unmapped", "NO_MATCHING_MAPPING")
    assert record["reason"] == (
        'Send User Profiles: `type = "identify"`: type is "page", not "identify".'
        ' Send Account Profiles: `type = "group"`: type is "page", not "group".'
        ' Send Events: `type = "track"`: type is "page", not "track".'
    )
    assert record["drop"] is False


def test_a_disabled_destination_receives_nothing(make):
    mock = make(destination(enabled=False))

    send(mock, track())
    Assertions.of(mock).flush()

    assert fates(mock) == [("disabled", "MAPPING_DISABLED")]
    assert Assertions.of(mock).entries == []


def test_a_destination_that_is_disabled_receives_no_retry_either(make):
    mock = make(backoff=Backoff(first_wait=0.5))
    fault(mock, status=503, times=1)
    send(mock, track())
    Assertions.of(mock).wait_for(entries=1)

    mock.segment.reconfigure(lambda _: workspace(destination(enabled=False)))
    Assertions.of(mock).flush()

    assert fates(mock) == [("failed", "503")]
    assert Assertions.of(mock).ledger[0]["reason"] == (
        "given up after 1 attempt, because the destination is disabled. Service Unavailable"
    )
    assert len(Assertions.of(mock).entries) == 1


def test_a_source_without_destinations_and_a_disabled_source():
    for known, fate in (
        (workspace(), ("unmapped", "NO_DESTINATION")),
        (workspace(destination(), enabled=False), ("dropped", "source_disabled")),
    ):
        mock = Mock(workspace=known)
        assert send(mock, track()).status == 200
        Assertions.of(mock).flush()
        assert fates(mock) == [fate]
        mock.close()


def test_a_key_that_is_no_token_is_403_and_not_retried(make):
    mock = make(destination(api_key="not-the-token"), tokens={"default": TOKEN})

    send(mock, track())
    Assertions.of(mock).flush()

    assert fates(mock) == [("failed", "403")]
    assert Assertions.of(mock).ledger[0]["deliveries"][0]["entry"] == 1


def test_the_keys_of_a_workspace_become_the_tokens_and_tenants(make):
    mock = make(destination("One"), destination("Two", api_key="another-token"))

    send(mock, track())
    mock.segment.ledger.flush((1, 2), 5)

    assert mock.secrets == {"One": TOKEN, "Two": "another-token"}
    assert [e["eventName"] for e in Assertions.of(mock, "One").events] == ["E0"]
    assert [e["eventName"] for e in Assertions.of(mock, "Two").events] == ["E0"]
    assert [r["tenant"] for r in Assertions.of(mock, "One").ledger] == ["One"]
    assert Assertions.of(mock, "Two").ledger == []


def test_a_reset_forgets_queue_ledger_and_message_ids_and_nothing_arrives_after_it(make):
    mock = make(backoff=Backoff(first_wait=0.2, growth=1))
    fault(mock, status=503, times=3)
    send(mock, *(track(number) for number in range(3)))
    Assertions.of(mock).wait_for(entries=3)

    Assertions.of(mock).reset()
    time.sleep(0.5)

    assert Assertions.of(mock).ledger == []
    assert Assertions.of(mock).entries == []
    assert mock.segment.ledger.waiting() == 0
    send(mock, track(0))
    Assertions.of(mock).flush()
    assert fates(mock) == [("delivered", "202")]


def test_a_reset_leaves_another_tenant_alone():
    mock = Mock(tokens={"a": "tok_first_tenant", "b": "tok_second_tenant"})
    keys = [source.write_key for source in mock.segment.workspace.sources]
    for key in keys:
        send(mock, track(), key=key)
    for name in ("a", "b"):
        Assertions.of(mock, name).flush()

    Assertions.of(mock, "a").reset()

    assert Assertions.of(mock, "a").ledger == []
    assert [(r["tenant"], r["outcome"]) for r in Assertions.of(mock, "b").ledger] == [
        ("b", "delivered")
    ]
    assert [e["eventName"] for e in Assertions.of(mock, "b").events] == ["E0"]
    mock.close()


def test_a_reset_with_an_open_request_neither_waits_for_another_tenants_nor_holds_it_up():
    choices = SegmentChoices(seconds_to_drain=0)
    mock = Mock(tokens={"a": "tok_first_tenant", "b": "tok_second_tenant"}, segment=choices)
    key, others = [source.write_key for source in mock.segment.workspace.sources]
    Assertions.of(mock, "b").fail_next(delay=2)
    send(mock, track(), key=others)
    while Assertions.of(mock, "b").faults:
        time.sleep(0.001)

    began = time.monotonic()
    Assertions.of(mock, "a").reset()
    resetting = threading.Thread(target=Assertions.of(mock, "b").reset)
    resetting.start()
    time.sleep(0.05)
    send(mock, track(), key=key)
    took = time.monotonic() - began

    assert resetting.is_alive()
    assert took < 0.7
    resetting.join()
    assert (Assertions.of(mock, "b").ledger, len(Assertions.of(mock, "a").ledger)) == ([], 1)
    mock.close()


def test_at_the_end_what_is_queued_is_delivered(make):
    mock = make()
    seen = []
    mock.journal.listeners.append(seen.append)
    fault(mock, delay=0.2, times=1)
    send(mock, *(track(number) for number in range(50)))

    mock.close()

    assert len(seen) == 50
    assert mock.segment.ledger.counts() == {"delivered": 50}


def test_at_the_end_a_waiting_retry_is_made_once_more_and_then_given_up(make):
    mock = make(
        destination("Gone", base_url=NOWHERE), destination("Here"), backoff=Backoff(first_wait=3600)
    )
    fault(mock, status=503, times=1)
    send(mock, track())
    Assertions.of(mock).wait_for(entries=1)

    started = time.monotonic()
    mock.close()

    assert time.monotonic() - started < 5  # and not an hour
    (record,) = mock.segment.ledger.lost_and_latest()[1]
    codes = {p.destination: [a.code for a in p.attempts] for p in record.parts}
    assert codes["Gone"][:1] == ["ECONNREFUSED"]
    assert record.lost is not None
    assert mock.segment.ledger.counts() == {"failed": 1}


def test_at_the_end_what_cannot_be_done_in_time_is_written_down(make):
    mock = make(seconds_to_drain=0.3)
    fault(mock, delay=2.0, times=1)
    send(mock, track(0), track(1))
    Assertions.of(mock).wait_for(entries=1)

    mock.close()

    _, latest = mock.segment.ledger.lost_and_latest()
    assert [(r.event, r.code, r.reason) for r in latest] == [
        ("E1", "ABANDONED", "the server was stopped before the first attempt.")
    ]


def test_many_destinations_share_few_threads_also_at_the_end(make, monkeypatch):
    monkeypatch.setattr("mock_server.segment.segment.DELIVERIES_AT_ONCE", 5)
    mock = make(*(destination(f"D{n}") for n in range(60)), backoff=Backoff(first_wait=3600))
    fault(mock, status=503, times=40)
    started, start = [], threading.Thread.start

    def starting(thread):
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", starting)
    send(mock, track())
    deadline = time.monotonic() + 10
    while len(Assertions.of(mock).entries) < 60 and time.monotonic() < deadline:
        time.sleep(0.005)

    mock.close()

    assert len({*started}) <= 5 + 5  # idle ones may have ended before the end
    assert {thread.name for thread in started} == {"deliveries"}
    assert mock.segment.ledger.counts() == {"delivered": 1}


def test_a_message_that_comes_after_the_end_is_answered_503(make):
    mock = make()
    mock.segment.close()

    answer = send(mock, track())

    assert (answer.status, json.loads(answer.body)["code"]) == (503, "unavailable")


def test_a_bug_in_delivering_is_written_down_and_stops_nothing(make, capsys):
    mock = make()
    (queue,) = mock.segment._routing.queues()
    broken, works = lambda _: 1 / 0, queue._send

    queue._send = broken
    send(mock, track(0))
    Assertions.of(mock).flush()
    queue._send = works
    send(mock, track(1))
    Assertions.of(mock).flush()

    assert fates(mock) == [("failed", "ABANDONED"), ("delivered", "202")]
    assert "ZeroDivisionError" in Assertions.of(mock).ledger[0]["reason"]
    assert "a bug in delivering" in capsys.readouterr().err


def test_a_request_that_begins_after_the_end_is_no_bug(make, capsys):
    mock, is_closed = make(seconds_to_drain=0.1), threading.Event()
    (queue,) = mock.segment._routing.queues()

    def by_a_closed_client(_):
        is_closed.wait(5)
        raise RuntimeError("the client has been closed")

    queue._send = by_a_closed_client
    send(mock, track())
    mock.close()
    is_closed.set()

    assert queue._attempts.drain(5)
    assert mock.segment.abandoned == 1
    assert capsys.readouterr().err == ""


def test_many_clients_at_once_lose_and_double_nothing(make):
    mock = make()

    def client(name):
        for start in range(0, 100, 10):
            messages = [track(n, event=f"{name}/{n}", messageId=f"{name}/{n}")
                        for n in range(start, start + 10)]  # fmt: skip
            assert send(mock, *messages).status == 200

    threads = [threading.Thread(target=client, args=(name,)) for name in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    Assertions.of(mock).flush()

    arrived = events(mock)
    assert sorted(arrived) == sorted(f"{name}/{n}" for name in "abcdefgh" for n in range(100))
    for name in "abcdefgh":
        assert [e for e in arrived if e.startswith(name)] == [f"{name}/{n}" for n in range(100)]
    assert [r["event"] for r in Assertions.of(mock).ledger] == arrived
