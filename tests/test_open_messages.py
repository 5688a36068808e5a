"""What the ledger knows of open messages and of messageIds: limits, waiting, resets."""

import threading
import time
from dataclasses import replace

import pytest

from mock_server.segment import tenant_ledger
from mock_server.segment.ledger import Ledger
from mock_server.segment.record import DeliveryRecord, Record
from mock_server.segment.segment_choices import SegmentChoices
from mock_server.segment.tenant_ledger import SECONDS_KEPT
from mock_server.store.database import Limits

DELIVERED = {0: DeliveryRecord(destination="T", outcome="delivered", code="202")}


@pytest.fixture
def ledger():
    return Ledger(Limits(), SegmentChoices(most_queued=3, most_queued_bytes=100), None)


def queued(tenant=1, size=10, at=0.0):
    return Record(
        number=0, tenant=tenant, at=at, source="app", message=b"x" * size, outcome="queued",
        waiting=1,
    )  # fmt: skip


def add(ledger, count, *, ids=(), **members):
    return ledger.append([queued(**members)] * count, ids=ids)


def done(ledger, number, tenant=1):
    return ledger.write(tenant, number, DELIVERED)


def test_a_message_is_open_until_it_is_done(ledger):
    add(ledger, 1)
    assert ledger.waiting() == 1

    done(ledger, 1)
    done(ledger, 1)

    assert ledger.waiting() == 0


def test_there_is_room_up_to_the_limit(ledger):
    add(ledger, 2)

    assert ledger.has_room(1, 1)
    assert not ledger.has_room(1, 2)
    done(ledger, 1)
    assert ledger.has_room(1, 2)


def test_there_is_room_up_to_the_limit_of_bytes(ledger):
    add(ledger, 1, size=101)

    assert not ledger.has_room(1, 1)
    done(ledger, 1)
    assert ledger.has_room(1, 1)


def test_an_empty_queue_has_room_for_a_batch_of_any_size(ledger):
    assert ledger.has_room(1, 2500)


def test_a_tenant_with_nothing_queued_has_room_beside_a_full_queue(ledger):
    add(ledger, 3, tenant=1)

    assert not ledger.has_room(1, 1)
    assert ledger.has_room(2, 5)
    add(ledger, 1, tenant=2)
    assert not ledger.has_room(2, 1)


def test_a_drop_has_its_code_and_reason_while_another_destination_waits(ledger):
    ledger.append([replace(queued(), waiting=2)])

    failed = DeliveryRecord(destination="T", outcome="failed", code="400", reason="Bad Request")
    ledger.write(1, 1, {0: failed})

    lost, (drop,) = ledger.lost_and_latest()
    assert (lost, drop.outcome, drop.code, drop.reason) == (1, "queued", "400", "Bad Request")


def test_each_tenant_waits_for_its_own(ledger):
    add(ledger, 2, tenant=1)
    add(ledger, 1, tenant=2)

    assert (ledger.waiting((1,)), ledger.waiting((2,)), ledger.waiting()) == (2, 1, 3)
    assert ledger.flush((7,), 0)
    assert not ledger.flush((2,), 0.01)


def test_flushing_waits_for_what_was_there_and_not_for_what_comes_later(ledger):
    add(ledger, 2)
    flushed = []
    thread = threading.Thread(target=lambda: flushed.append(ledger.flush((1,), 5)))
    thread.start()
    deadline = time.monotonic() + 5
    while not ledger.flushing.waiting and time.monotonic() < deadline:
        time.sleep(0.001)

    add(ledger, 1)
    done(ledger, 2)
    assert flushed == []
    done(ledger, 1)
    thread.join(5)

    assert flushed == [True]
    assert ledger.waiting() == 1


def test_a_reset_ends_the_waiting_and_makes_room(ledger):
    add(ledger, 3, size=50)

    ledger.reset((1,), bool)

    assert ledger.flush((1,), 0)
    assert ledger.has_room(1, 3)
    done(ledger, 2)  # a delivery that was under way
    add(ledger, 1)
    assert ledger.waiting() == 1


def test_a_request_of_a_message_that_a_reset_deleted_is_not_sent(ledger):
    add(ledger, 1)
    assert ledger.claim(1, 1, 0, DELIVERED, 0.0)

    ledger.reset((1,), bool)

    assert not ledger.claim(1, 1, 0, DELIVERED, 0.0)


def test_a_message_id_counts_once_a_day_for_each_tenant(ledger):
    add(ledger, 1, ids=["m1"])

    assert ledger.has_seen(1, "m1", SECONDS_KEPT - 1)
    assert not ledger.has_seen(2, "m1", 0)
    assert not ledger.has_seen(1, "m1", SECONDS_KEPT)


def test_the_oldest_message_ids_are_forgotten_where_there_are_too_many(ledger, monkeypatch):
    monkeypatch.setattr(tenant_ledger, "MOST_KEPT", 2)

    for name in ("m1", "m2", "m3"):
        add(ledger, 1, ids=[name])

    assert [ledger.has_seen(1, name, 1) for name in ("m1", "m2", "m3")] == [False, True, True]


def test_a_reset_forgets_the_message_ids_of_one_tenant(ledger):
    add(ledger, 1, ids=["m1"])
    add(ledger, 1, ids=["m1"], tenant=2)

    ledger.reset((1,), bool)

    assert not ledger.has_seen(1, "m1", 1)
    assert ledger.has_seen(2, "m1", 1)
