"""Timed work: order, due times, threads that come and go."""

import queue
import sys
import threading
import time

import pytest

from mock_server.segment.timed_work import DueQueue


def due_queue(work, workers=1):
    return DueQueue(work, workers=workers, clock=time.monotonic)


def out_of_threads(_):
    raise RuntimeError("can't start new thread")


def test_items_are_worked_on_in_the_order_they_were_put():
    done = []
    items = due_queue(done.append)

    for number in range(200):
        items.put(number)

    assert items.drain(5)
    assert done == list(range(200))


def test_an_item_waits_until_it_is_due_and_others_pass_it():
    done = []
    items = due_queue(lambda item: done.append((item, time.monotonic())))
    due = time.monotonic() + 0.2

    items.put("late", due=due)
    items.put("now")

    assert items.drain(5)
    assert [item for item, _ in done] == ["now", "late"]
    assert done[1][1] >= due


def test_items_come_in_the_order_they_are_due():
    done = []
    items = due_queue(done.append)
    now = time.monotonic()

    for item, wait in (("c", 0.15), ("a", 0.05), ("b", 0.1)):
        items.put(item, due=now + wait)

    assert items.drain(5)
    assert done == ["a", "b", "c"]


def test_an_item_whose_work_raises_holds_up_no_other(monkeypatch):
    done, told = [], queue.Queue()
    monkeypatch.setattr(threading, "excepthook", lambda seen: told.put(seen.exc_type))
    items = due_queue(lambda item: done.append(1 / item))

    for item in (0, 1, 0, 2):
        items.put(item)

    assert items.drain(5)
    assert done == [1, 0.5]
    assert [told.get(timeout=5) for _ in range(2)] == [ZeroDivisionError] * 2


def test_an_item_whose_report_raises_as_well_holds_up_no_other(monkeypatch):
    done = []
    monkeypatch.setattr(threading, "excepthook", lambda _: 1 / 0)
    monkeypatch.setattr(sys, "excepthook", lambda *_: None)
    items = due_queue(lambda item: done.append(1 / item))

    for item in (0, 0, 1, 0, 2):
        items.put(item)

    assert items.drain(5)
    assert done == [1, 0.5]


def test_an_item_waits_for_a_thread_where_the_system_has_none_left(monkeypatch):
    done = []
    line = due_queue(done.append)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", out_of_threads)
        with pytest.raises(RuntimeError, match="can't start"):
            line.put(1)

    line.put(2)

    assert line.drain(5)
    assert done == [1, 2]


def test_an_item_that_takes_long_holds_up_no_other_where_there_are_workers():
    done, go = [], threading.Event()

    def work(item):
        if item == "slow":
            go.wait(5)
        done.append(item)

    items = due_queue(work, workers=2)
    items.put("slow")
    for number in range(5):
        items.put(number)
    deadline = time.monotonic() + 5
    while len(done) < 5 and time.monotonic() < deadline:
        time.sleep(0.005)

    assert done == [0, 1, 2, 3, 4]
    go.set()
    assert items.drain(5)
    assert done[-1] == "slow"


def test_no_more_threads_than_workers_are_at_work():
    most, busy, lock = [0], [0], threading.Lock()

    def work(_):
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        time.sleep(0.005)
        with lock:
            busy[0] -= 1

    items = due_queue(work, workers=3)
    for number in range(30):
        items.put(number)

    assert items.drain(5)
    assert most == [3]


def test_what_is_removed_is_not_done_and_is_returned_in_its_order():
    done = []
    items = due_queue(done.append)
    late = time.monotonic() + 60

    for number in range(6):
        items.put(number, due=late + number)

    assert items.remove(lambda number: number % 2 == 0) == [0, 2, 4]
    for number in items.remove():
        items.put(number)
    assert items.drain(5)
    assert done == [1, 3, 5]


def test_settling_waits_for_what_is_under_way_and_not_for_the_rest():
    go = threading.Event()
    items = due_queue(lambda _: go.wait(5))
    items.put("slow")
    items.put("late", due=time.monotonic() + 60)
    while not items._busy:
        time.sleep(0.001)

    assert not items.settle(0.05)
    assert not items.drain(0.05)
    go.set()
    assert items.settle(5)


def test_threads_end_when_nothing_comes_and_start_again(monkeypatch):
    monkeypatch.setattr("mock_server.segment.timed_work._IDLE_SECONDS", 0.02)
    done = []
    items = DueQueue(done.append, workers=4, clock=time.monotonic, name="the items under test")

    def threads():
        return [t for t in threading.enumerate() if t.name == "the items under test"]

    for round_ in range(2):
        items.put(round_)
        assert items.drain(5)
        deadline = time.monotonic() + 5
        while threads() and time.monotonic() < deadline:
            time.sleep(0.005)
        assert threads() == []

    assert done == [0, 1]


def test_one_thread_stays_as_long_as_something_is_to_come_due(monkeypatch):
    monkeypatch.setattr("mock_server.segment.timed_work._IDLE_SECONDS", 0.02)
    done = []
    items = due_queue(done.append, workers=4)

    items.put("late", due=time.monotonic() + 0.3)

    assert items.drain(5)
    assert done == ["late"]
