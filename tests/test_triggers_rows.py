"""Rows: triggers as the rows of the builder, and back."""

import pytest

from sandbox.segment.triggers import parse_trigger
from sandbox.segment.triggers.operators import OPERATORS
from sandbox.segment.triggers.rows import (
    SUBJECTS,
    WORDS,
    ConditionRow,
    ConditionRows,
    operators_of,
    rows_of,
    text_of,
)
from sandbox.segment.triggers.tree import HEADS


def test_there_is_a_word_for_every_subject_and_operator():
    assert list(SUBJECTS) == list(HEADS)
    assert set(WORDS) == set(OPERATORS)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_what_a_row_can_ask_comes_back_as_the_same_row(subject):
    path = "plan.name" if subject in {"properties", "traits", "context"} else None
    for operator in operators_of(subject):
        (row,) = rows_of(
            parse_trigger(text_of("and", [ConditionRow(subject, operator, "1", path)]))
        ).rows

        assert (row.subject, row.path, row.operator) == (subject, path, operator)


def test_only_containers_have_numbers_and_booleans():
    assert operators_of("type") == tuple(WORDS)[:8]
    assert "exists" in operators_of("userId")
    assert operators_of("properties") == tuple(WORDS)


@pytest.mark.parametrize(
    ("trigger", "rows"),
    [
        ('type = "track"', ConditionRows("and", (ConditionRow("type", "=", "track"),))),
        (
            'event = "A" or contains(event, "B")',
            ConditionRows(
                "or", (ConditionRow("event", "=", "A"), ConditionRow("event", "contains", "B"))
            ),
        ),
        (
            "properties.on = true and traits.age > 7",
            ConditionRows(
                "and",
                (
                    ConditionRow("properties", "is_true", None, "on"),
                    ConditionRow("traits", ">", 7.0, "age"),
                ),
            ),
        ),
        ('type = "track" and (event = "A" or event = "B")', None),
        ('event > "3"', None),
    ],
)
def test_a_trigger_has_rows_where_it_fits_the_builder(trigger, rows):
    assert rows_of(parse_trigger(trigger)) == rows


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (ConditionRow("typ", "=", "x"), "condition 1: a trigger cannot read 'typ'."),
        (ConditionRow("type", "contain", "x"), "condition 1: 'contain' is not an operator."),
        (ConditionRow("traits", "=", "x"), "condition 1: Event Trait needs a name, such as plan"),
        (
            ConditionRow("traits", ">", "x", "a"),
            "condition 1: 'is more than' needs a number, not 'x'",
        ),
        (
            ConditionRow("event", "<", "1"),
            "condition 1: Segment's triggers cannot express this: event < 1",
        ),
    ],
)
def test_a_row_that_is_none_is_refused_with_a_sentence(row, sentence):
    with pytest.raises(ValueError, match=r".") as error:
        text_of("and", [row])

    assert str(error.value).startswith(sentence)


def test_rows_are_joined_by_and_or_or():
    with pytest.raises(ValueError, match="not by 'xor'"):
        text_of("xor", [ConditionRow("type", "=", "track")])
