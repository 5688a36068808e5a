"""Timed work: order, due times, threads that come and go."""

import queue
import sys
import threading
import time
from functools import partial

import pytest

from mock_server.segment.timed_work import DueQueue, WorkThreads


def work_threads(most=10, name="the items under test"):
    return WorkThreads(most=most, clock=time.monotonic, name=name)


def due_queue(work, workers=1):
    return DueQueue(work, workers=workers, threads=work_threads())


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
    before = set(threading.enumerate())
    items = due_queue(lambda item: done.append(1 / item))

    for item in (0, 0, 1, 0, 2):
        items.put(item)

    assert items.drain(5)
    assert done == [1, 0.5]
    for thread in {*threading.enumerate()} - before:
        thread.join(5)


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
    while not items.busy:
        time.sleep(0.001)

    assert not items.settle(0.05)
    assert not items.drain(0.05)
    go.set()
    assert items.settle(5)


def test_threads_end_when_nothing_comes_and_start_again(monkeypatch):
    monkeypatch.setattr("mock_server.segment.timed_work._IDLE_SECONDS", 0.02)
    done = []
    items = DueQueue(done.append, workers=4, threads=work_threads(name="threads that end"))

    def threads():
        return [t for t in threading.enumerate() if t.name == "threads that end"]

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


def test_queues_share_their_threads_and_each_keeps_its_order():
    most, lock, done = [0], threading.Lock(), [[] for _ in range(200)]
    threads = work_threads(most=5, name="shared threads")

    def work(number, item):
        with lock:
            most[0] = max(most[0], sum(t.name == "shared threads" for t in threading.enumerate()))
        done[number].append(item)

    queues = [DueQueue(partial(work, n), workers=1, threads=threads) for n in range(200)]
    for item in range(5):
        for each in queues:
            each.put(item)

    assert all(queue.drain(10) for queue in queues)
    assert done == [[0, 1, 2, 3, 4]] * 200
    assert most[0] <= 5


def test_items_of_many_queues_that_are_due_later_keep_one_thread(monkeypatch):
    monkeypatch.setattr("mock_server.segment.timed_work._IDLE_SECONDS", 0.02)
    done, threads = [], work_threads(name="threads that wait")
    queues = [DueQueue(done.append, workers=2, threads=threads) for _ in range(50)]
    due = time.monotonic() + 0.6

    for number, each in enumerate(queues):
        each.put(number, due=due)
    time.sleep(0.3)

    assert sum(t.name == "threads that wait" for t in threading.enumerate()) == 1
    assert all(queue.drain(5) for queue in queues)
    assert sorted(done) == [*range(50)]


def test_a_queue_whose_work_is_slow_holds_up_no_other():
    done, go, threads = [], threading.Event(), work_threads(most=3)
    slow = DueQueue(lambda _: go.wait(5), workers=2, threads=threads)
    quick = DueQueue(done.append, workers=1, threads=threads)
    for number in range(20):
        slow.put(number)

    for number in range(20):
        quick.put(number)

    assert quick.drain(5)
    assert done == [*range(20)]
    assert not slow.drain(0)
    go.set()
    assert slow.drain(5)


def test_a_thread_that_cannot_be_started_is_not_needed_while_another_one_works(monkeypatch):
    done, go, threads = [], threading.Event(), work_threads()
    slow = DueQueue(lambda _: go.wait(5), workers=1, threads=threads)
    quick = DueQueue(done.append, workers=1, threads=threads)
    slow.put("slow")
    while not slow.busy:
        time.sleep(0.001)

    monkeypatch.setattr(threading.Thread, "start", out_of_threads)
    quick.put(1)
    go.set()

    assert quick.drain(5)
    assert done == [1]


def test_a_queue_without_items_is_not_kept():
    threads = work_threads()
    queue = DueQueue(print, workers=1, threads=threads)
    queue.put(1, due=time.monotonic() + 60)
    queue.remove()
    DueQueue(bool, workers=1, threads=threads).put(2)

    deadline = time.monotonic() + 5
    while queue in threads.queues and time.monotonic() < deadline:
        time.sleep(0.005)
    assert queue not in threads.queues
