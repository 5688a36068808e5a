"""Checking mappers: seeded faults are found and shown small, a right mapper shows nothing."""

import pytest

from sandbox.check import CheckError, check_mapper
from sandbox.check.cases import Case, MapperAnswer
from sandbox.check.mapper import FunctionMapper, MapperSubject
from tests.check_mappers.faulty import (
    FAULTY,
    inner_lists_cut_at_eleven,
    lists_of_objects_cut_at_eleven,
    lists_of_texts_cut_at_eleven,
    objects_cut_at_twenty,
    right,
    twenty_inner_properties,
    twenty_properties,
)
from tests.check_mappers.faulty_triggers import words_that_bind, words_that_do_not_bind


def count_keys(value):
    if isinstance(value, dict):
        return len(value) + sum(map(count_keys, value.values()))
    return sum(map(count_keys, value)) if isinstance(value, list) else 0


@pytest.mark.laws
@pytest.mark.parametrize("mapper", FAULTY, ids=lambda mapper: mapper.__name__)
def test_a_faulty_mapper_is_found_within_1000_examples_and_six_keys(mapper):
    report = check_mapper(mapper, rules="observed", max_examples=1000, most=1)

    (failure,) = report.failures
    assert report.examples <= 1000
    assert count_keys(failure.case["event"]) <= 6
    assert failure.rule.key in FAULTY[mapper]


def test_what_is_shown_small_still_shows_the_fault():
    (mapper,) = [each for each in FAULTY if each.__name__ == "dropped_null"]

    (failure,) = check_mapper(mapper, max_examples=1000, rules="observed", most=1).failures

    assert failure.case["event"] == {
        "type": "track",
        "event": "Signed Up",
        "timestamp": "2021-02-01T00:00:00Z",
        "properties": {"plan": None},
    }
    assert failure.sentence == (
        "Send Events: $.events[0].eventProperties.plan is missing; Segment sends null."
    )
    assert [d.to_json() for d in failure.differences] == [
        {"path": "$.events[0].eventProperties.plan", "expected": None}
    ]


def test_a_limit_of_twenty_properties_is_shown_with_twenty_one():
    (failure,) = check_mapper(twenty_properties, max_examples=1, rules="observed").failures

    assert len(failure.case["event"].pop("properties")) == 21
    assert failure.case["event"].keys() == {"type", "event", "timestamp"}


@pytest.mark.parametrize(
    ("mapper", "keys"),
    [
        (lists_of_texts_cut_at_eleven, 1),
        (lists_of_objects_cut_at_eleven, 2),
        (inner_lists_cut_at_eleven, 2),
        (objects_cut_at_twenty, 20),
        (twenty_inner_properties, 22),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_limit_inside_of_properties_is_found_with_plain_events(mapper, keys):
    (failure,) = check_mapper(mapper, max_examples=1, rules="observed").failures

    assert failure.rule.key == "object-unchanged"
    assert count_keys(failure.case["event"]["properties"]) == keys


def test_a_long_string_is_shown_cut_in_half_as_often_as_it_can_be():
    mapper = next(each for each in FAULTY if each.__name__ == "cut_at_255")

    (failure,) = check_mapper(mapper, max_examples=1, rules="observed").failures

    assert failure.case["event"]["event"] == "x" * 275


def test_the_last_operator_rule_is_found_where_mappings_are_generated():
    report = check_mapper(words_that_bind, workspaces=True, max_examples=1000, most=1)

    (failure,) = report.failures
    assert failure.rule.key == "trigger-last-operator"
    assert count_keys(failure.case["event"]) <= 6
    (destination,) = failure.case["workspace"]["destinations"]
    assert len(destination["mappings"]) == 1


def test_the_reference_shows_nothing():
    assert check_mapper(right, rules="observed", max_examples=150).failures == ()
    assert check_mapper(right, rules="documented", max_examples=150).failures == ()


def test_the_reference_with_generated_mappings_shows_nothing():
    report = check_mapper(words_that_do_not_bind, workspaces=True, max_examples=150)

    assert report.failures == ()


def test_what_the_documentation_refuses_may_be_left_out_under_documented_rules_only():
    no_id = {"type": "track", "event": "Signed Up", "timestamp": "2021-02-01T00:00:00Z"}

    silent = FunctionMapper(lambda _event: [])

    assert not MapperSubject(silent, "documented").broken(Case(no_id))
    assert MapperSubject(silent, "observed").broken(Case(no_id))


class GoneAfter:
    """Leaves out every request, and gives no answer after some cases."""

    def __init__(self, cases):
        self.left = cases

    def answer(self, _case):
        self.left -= 1
        if self.left < 0:
            raise CheckError("it did not answer.")
        return MapperAnswer(())


@pytest.mark.parametrize("cases", [1, 2, 30])
def test_what_was_found_is_reported_if_a_mapper_gives_no_answer_any_more(cases):
    report = check_mapper(GoneAfter(cases), rules="observed", max_examples=1)

    assert "trigger" in [failure.rule.key for failure in report.failures]
    assert report.ended == "it did not answer."


def test_a_mapper_that_gives_no_answer_at_all_ends_the_check():
    with pytest.raises(CheckError, match=r"it did not answer\."):
        check_mapper(GoneAfter(0), rules="observed", max_examples=1)


def test_the_same_seed_finds_the_same():
    first, again = (
        check_mapper(next(iter(FAULTY)), seed=3, max_examples=200, most=1).failures
        for _ in range(2)
    )

    assert first == again
