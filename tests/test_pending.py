"""Pending: what is not done, how much there may be, and waiting for it."""

import threading
import time

import pytest

from mock_server.segment.pending import Pending


@pytest.fixture
def pending():
    return Pending(most=3, most_bytes=100)


def add(pending, *numbers, tenant=1, size=10):
    for number in numbers:
        pending.add(tenant, number, size=size)


def test_a_message_is_open_until_it_is_done(pending):
    add(pending, 1)
    assert pending.is_open(1, 1)

    pending.done(1, 1)
    pending.done(1, 1)

    assert not pending.is_open(1, 1)
    assert pending.waiting() == 0


def test_there_is_room_up_to_the_limit(pending):
    add(pending, 1, 2)

    assert pending.has_room(1)
    assert not pending.has_room(2)
    pending.done(1, 1)
    assert pending.has_room(2)


def test_there_is_room_up_to_the_limit_of_bytes(pending):
    add(pending, 1, size=101)

    assert not pending.has_room(1)
    pending.done(1, 1)
    assert pending.has_room(1)


def test_an_empty_queue_has_room_for_a_batch_of_any_size(pending):
    assert pending.has_room(2500)


def test_each_tenant_waits_for_its_own(pending):
    add(pending, 1, 2, tenant=1)
    add(pending, 3, tenant=2)

    assert (pending.waiting((1,)), pending.waiting((2,)), pending.waiting()) == (2, 1, 3)
    assert pending.flush((7,), 0)
    assert not pending.flush((2,), 0.01)


def test_flushing_waits_for_what_was_there_and_not_for_what_comes_later(pending):
    add(pending, 1, 2)
    flushed = []
    thread = threading.Thread(target=lambda: flushed.append(pending.flush((1,), 5)))
    thread.start()
    time.sleep(0.05)

    add(pending, 3)
    pending.done(1, 2)
    time.sleep(0.05)
    assert flushed == []
    pending.done(1, 1)
    thread.join(5)

    assert flushed == [True]
    assert pending.is_open(1, 3)


def test_a_reset_ends_the_waiting_and_makes_room(pending):
    add(pending, 1, 2, 3, size=50)

    pending.reset(1)

    assert pending.flush((1,), 0)
    assert pending.has_room(3)
    pending.done(1, 2)  # a delivery that was under way
    add(pending, 4)
    assert pending.waiting() == 1
