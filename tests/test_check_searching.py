"""Searching: one smallest example a rule, errors that end the search, and what is not stable."""

import pytest
from hypothesis import strategies as st

from sandbox.check.searching import search
from sandbox.strategies.tape import Tape, taped


def over(*limits):
    """Say of a number which of the limits it is above."""
    return lambda number: {f"over {limit}": number for limit in limits if number > limit}


def test_each_rule_gets_its_own_smallest_example():
    shown = dict(search(st.integers(0, 1000), over(10, 500), max_examples=500, seed=1))

    assert {key: each.example for key, each in shown.items()} == {
        "over 10": 11,
        "over 500": 501,
    }


def test_known_rules_are_not_looked_for_and_enough_is_enough():
    known = frozenset({"over 10"})
    numbers, judge = st.integers(0, 1000), over(10, 500)

    first = dict(search(numbers, judge, max_examples=200, seed=1, known=known))
    one = dict(search(numbers, judge, max_examples=200, seed=1, most=1))

    assert list(first) == ["over 500"]
    assert len(one) == 1


def test_every_example_is_ticked():
    ticks = []

    shown = search(
        st.integers(0, 1000), over(5000), max_examples=300, seed=1, tick=lambda: ticks.append(1)
    )

    assert dict(shown) == {}
    assert len(ticks) == 300


def test_what_judging_raises_ends_the_search_at_once():
    asked = []

    def judge(number):
        asked.append(number)
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        dict(search(st.integers(), judge, max_examples=100, seed=1))

    assert len(asked) == 1


def test_what_is_not_stable_is_told_so():
    answers = iter([{"odd": "once"}])

    shown = search(st.integers(0, 9), lambda _number: next(answers, {}), max_examples=20, seed=1)

    assert dict(shown)["odd"].unstable


def test_a_tape_reads_zeros_past_its_end_and_a_stretch_leaves_the_rest_alone():
    tape = Tape(b"\xff\x80\x07")

    stretch = tape.stretch(2)

    assert (stretch.byte(), stretch.byte(), stretch.byte()) == (255, 128, 0)
    assert (tape.byte(), tape.byte()) == (7, 0)


def test_a_tape_shrinks_to_the_plainest_choices():
    numbers = taped(lambda tape: [tape.below(100) for _ in range(8)], length=8)

    shown = search(
        numbers, lambda made: {"large": made} if max(made) > 50 else {}, max_examples=50, seed=1
    )

    assert sorted(dict(shown)["large"].example) == [0] * 7 + [51]
