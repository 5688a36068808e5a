"""Later: who waits is woken, at the latest at the deadline, and nobody stays behind."""

import threading
import time

import pytest

from mock_server.exchange import HttpAnswer
from mock_server.later import ChangeCondition, Changes, Later, Stream, TooManyWaiting
from mock_server.real_clock import monotonic

HERE, OVERDUE = HttpAnswer(200), HttpAnswer(408)


@pytest.fixture
def changes():
    return Changes(2, "2 wait already")


def later(changes, ready, seconds=5.0, tenants=None):
    return Later(
        condition=ChangeCondition(changes, tenants),
        deadline=monotonic() + seconds,
        ready=ready,
        overdue=lambda: OVERDUE,
    )


def test_what_is_there_is_not_waited_for(changes):
    assert later(changes, lambda: HERE, seconds=0).wait() is HERE
    assert changes.waiting == 0


def test_the_deadline_ends_it(changes):
    begun = time.monotonic()

    assert later(changes, lambda: None, seconds=0.1).wait() is OVERDUE
    assert 0.1 <= time.monotonic() - begun < 2
    assert changes.waiting == 0


def test_a_change_lets_it_look_again(changes):
    here = threading.Event()
    waiting = later(changes, lambda: HERE if here.is_set() else None)

    def happen():
        here.set()
        changes.changed(1)

    timer = threading.Timer(0.05, happen)
    timer.start()

    assert waiting.wait() is HERE
    timer.join()


def test_another_tenants_change_wakes_nobody(changes):
    woken = []
    end = ChangeCondition(changes, (1, 0)).subscribe(lambda: woken.append(1))

    changes.changed(2)
    assert woken == []
    changes.changed(0)
    changes.changed()

    assert woken == [1, 1]
    end()
    end()
    changes.changed(1)
    assert woken == [1, 1]


def test_the_end_of_the_mock_ends_it(changes):
    timer = threading.Timer(0.05, changes.close)
    timer.start()

    assert later(changes, lambda: None, seconds=30).wait() is OVERDUE
    timer.join()


def test_one_more_than_may_wait_is_refused_and_who_leaves_makes_room(changes):
    ends = [changes.subscribe(lambda: None) for _ in range(2)]

    with pytest.raises(TooManyWaiting, match="2 wait already"):
        later(changes, lambda: HERE).wait()

    ends[0]()
    assert later(changes, lambda: HERE).wait() is HERE


def test_an_error_leaves_nobody_behind(changes):
    def broken():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        later(changes, broken).wait()

    assert changes.waiting == 0


def stream(changes, *following, seconds=5.0):
    pieces = iter(following)
    return Stream(
        condition=ChangeCondition(changes),
        first=HttpAnswer(200, (), b"first"),
        following=lambda: next(pieces),
        heartbeat=b"beat",
        seconds=seconds,
    )


def test_a_stream_tells_what_comes_and_ends_where_there_is_nothing_more(changes):
    assert list(stream(changes, b"a", b"b", None).parts()) == [b"first", b"a", b"b"]
    assert changes.waiting == 0


def test_a_stream_without_news_says_that_it_lives(changes):
    parts = stream(changes, b"", b"", None, seconds=0.01).parts()

    assert list(parts) == [b"first", b"beat", b"beat"]


def test_a_change_wakes_a_stream(changes):
    parts = stream(changes, b"", b"news", None).parts()
    assert next(parts) == b"first"
    timer = threading.Timer(0.05, changes.changed)
    timer.start()

    assert next(parts) == b"news"
    timer.join()


def test_a_stream_whose_client_is_gone_is_forgotten_even_where_it_never_began(changes):
    stream(changes, b"").parts().close()

    assert changes.waiting == 0


def test_a_stream_ends_with_the_mock(changes):
    parts = stream(changes, b"a").parts()
    assert next(parts) == b"first"
    changes.close()

    assert list(parts) == []
    assert changes.waiting == 0
