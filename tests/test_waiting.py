"""Waiting: woken by what is awaited, at the latest when time is up."""

import threading
import time

import pytest

from mock_server.bounds import WAITING
from mock_server.later import TooManyWaiting
from mock_server.store.waiting import Waiting


class Shelf:
    """What is counted, and how often."""

    def __init__(self):
        self.number = 0
        self.asked = 0
        self.waiting = Waiting(self.counts)

    def counts(self, _, kinds):
        self.asked += 1
        return dict.fromkeys(kinds, self.number)

    def add(self, tenant=1):
        self.number += 1
        self.waiting.changes.changed(tenant)


def test_what_is_there_already_is_not_waited_for():
    shelf = Shelf()
    shelf.add()

    assert shelf.waiting.wait((1,), {"events": 1}, timeout=0) is True


def test_time_runs_out():
    begun = time.monotonic()

    assert Shelf().waiting.wait((1,), {"events": 1}, timeout=0.1) is False
    assert 0.1 <= time.monotonic() - begun < 2


def test_every_wanted_kind_must_be_there():
    shelf = Shelf()
    shelf.add()

    assert shelf.waiting.wait((1,), {"events": 1, "entries": 2}, timeout=0) is False


def test_the_one_that_was_missing_wakes():
    shelf = Shelf()
    timers = [threading.Timer(delay, shelf.add) for delay in (0.05, 0.1)]
    for timer in timers:
        timer.start()

    assert shelf.waiting.wait((1, 0), {"events": 2}, timeout=10) is True
    assert shelf.number == 2


def test_another_tenant_wakes_nobody():
    shelf = Shelf()
    timer = threading.Timer(0.05, shelf.add, (2,))
    timer.start()

    assert shelf.waiting.wait((1,), {"events": 9}, timeout=0.2) is False
    timer.join()
    assert shelf.asked == 2


def test_closing_lets_everybody_go():
    shelf = Shelf()
    timer = threading.Timer(0.05, shelf.waiting.changes.close)
    timer.start()
    begun = time.monotonic()

    assert shelf.waiting.wait((1,), {"events": 1}, timeout=30) is False
    assert time.monotonic() - begun < 10


def test_not_more_wait_than_there_are_threads_for():
    shelf = Shelf()
    waiters = [
        threading.Thread(target=shelf.waiting.wait, args=((1,), {"events": 1}, 30))
        for _ in range(WAITING)
    ]
    for waiter in waiters:
        waiter.start()
    deadline = time.monotonic() + 10
    while shelf.waiting.changes.waiting < WAITING and time.monotonic() < deadline:
        time.sleep(0.01)

    with pytest.raises(TooManyWaiting, match=r"200 clients wait already\. Try again later"):
        shelf.waiting.wait((1,), {"events": 1}, timeout=1)

    shelf.add()
    for waiter in waiters:
        waiter.join(10)
    assert not any(waiter.is_alive() for waiter in waiters)
