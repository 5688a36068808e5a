"""Retry: which failures are tried again, how long is waited, and when a delivery is given up."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.segment.retry import SEGMENTS_BACKOFF, Backoff, is_retried


@pytest.mark.parametrize("status", [None, 408, 423, 429, 500, 502, 503, 504, 505, 599])
def test_a_failure_that_may_pass_is_retried(status):
    assert is_retried(status)


@pytest.mark.parametrize(
    "status", [200, 202, 301, 304, 400, 401, 403, 404, 409, 410, 413, 422, 501]
)
def test_a_failure_that_will_not_pass_is_final(status):
    assert not is_retried(status)


@pytest.mark.parametrize(
    ("attempt", "shortest", "longest"), [(1, 0.5, 1), (2, 1, 2), (3, 2, 4), (11, 512, 1024)]
)
def test_waits_double_and_chance_takes_up_to_half(attempt, shortest, longest):
    assert SEGMENTS_BACKOFF.wait(attempt, chance=0) == shortest
    assert SEGMENTS_BACKOFF.wait(attempt, chance=1) == longest


def test_the_next_attempt_is_due_after_the_wait():
    assert SEGMENTS_BACKOFF.due(3, started=100, now=110, chance=0.5) == 113


def test_a_delivery_is_given_up_where_the_next_attempt_would_be_after_four_hours():
    assert SEGMENTS_BACKOFF.due(1, started=0, now=14_399, chance=1) == 14_400
    assert SEGMENTS_BACKOFF.due(1, started=0, now=14_399.5, chance=1) is None


def test_an_attempt_far_beyond_the_window_does_not_overflow():
    assert SEGMENTS_BACKOFF.due(100_000, started=0, now=0, chance=0) is None


def attempts(backoff, chance):
    """Return when each attempt of a delivery that always fails is made."""
    made = [0.0]
    while (due := backoff.due(len(made), started=0, now=made[-1], chance=chance)) is not None:
        made.append(due)
    return made


def test_a_delivery_that_always_fails_is_attempted_14_times_within_four_hours():
    made = attempts(SEGMENTS_BACKOFF, 1)

    assert len(made) == 14
    assert made[-1] == 8191


def test_the_time_scale_shrinks_waits_and_window_alike():
    scaled = attempts(Backoff(time_scale=0.001), 1)

    assert scaled == pytest.approx([time / 1000 for time in attempts(SEGMENTS_BACKOFF, 1)])


@given(chance=st.floats(0, 1, exclude_max=True), scale=st.floats(1e-6, 1000))
def test_waits_only_grow_and_the_last_attempt_is_within_the_window(chance, scale):
    backoff = Backoff(time_scale=scale)

    made = attempts(backoff, chance)

    waits = [later - earlier for earlier, later in pairwise(made)]
    assert waits == sorted(waits)
    assert made[-1] <= backoff.window * scale
    assert len(made) <= 15


@pytest.mark.parametrize(
    "wrong",
    [
        {"time_scale": 0},
        {"time_scale": -1},
        {"time_scale": float("nan")},
        {"window": float("inf")},
        {"first_wait": 0},
        {"growth": 0.5},
    ],
    ids=repr,
)
def test_a_backoff_that_never_waits_or_never_ends_is_refused(wrong):
    (name,) = wrong

    with pytest.raises(ValueError, match=name):
        Backoff(**wrong)
