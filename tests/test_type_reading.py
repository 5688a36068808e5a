"""Type reading: what is wrong with a value is said by the type that describes it."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import pytest

from sandbox.type_reading import MOST_TOLD, from_text, problems_of
from sandbox.type_schemas import BytesJson, With, schema_of
from sandbox.values import Problem


class Shelf(TypedDict):
    """A list of at most two words, and what else there may be."""

    words: Annotated[list[str], With(maxItems=2)]
    colour: NotRequired[Literal["red", "green", "blue"] | None]
    anything: NotRequired[Any]


class Box(TypedDict):
    """A shelf, or its height alone."""

    content: Shelf | Annotated[float, With(minimum=0, maximum=9)]


@dataclass
class Sized:
    """Something of a width, whose members do not all fit together."""

    width: Annotated[int, With(exclusiveMinimum=0, maximum=5)]
    label: Annotated[str, With(pattern="^[a-z]+$", right="small letters")] = "a"

    @classmethod
    def problems_between(cls, given, right):
        """Yield what is said where the label is one."""
        if "label" in given:
            yield Problem((), f"is labelled, and right are {', '.join(right)}.")


def told(kind, value):
    return [f"{problem.path} {problem.message}" for problem in problems_of(kind, value)]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Shelf, {"words": []}),
        (Shelf, {"words": ["a", "b"], "colour": None, "anything": {"x": [1]}}),
        (Box, {"content": {"words": []}}),
        (Box, {"content": 9}),
        (Sized, {"width": 1}),
        (BytesJson, "text"),
        (BytesJson, {"base64": "/w=="}),
        (dict[str, str], {"a": "b"}),
    ],
)
def test_a_value_of_the_type_has_no_problem(kind, value):
    assert told(kind, value) == []


@pytest.mark.parametrize(
    ("kind", "value", "problems"),
    [
        (Shelf, 5, ["$ must be an object, not 5."]),
        (Shelf, {}, ["$.words is missing. Expected a list of at most 2 items."]),
        (Shelf, {"words": ["a", 1]}, ["$.words[1] must be a string, not 1."]),
        (
            Shelf,
            {"words": ["a"] * 3},
            ["$.words must be a list of at most 2 items, not a list of 3 items."],
        ),
        (
            Shelf,
            {"words": [], "colour": "gren", "colur": 1},
            [
                (
                    "$.colour must be one of red, green, blue, or nothing, not 'gren'."
                    " Did you mean green?"
                ),
                "$.colur is unknown. The members are words, colour, anything. Did you mean colour?",
            ],
        ),
        (Box, {"content": 10}, ["$.content must be an object, or a number from 0 to 9, not 10."]),
        (
            Box,
            {"content": True},
            ["$.content must be an object, or a number from 0 to 9, not True."],
        ),
        (
            Box,
            {"content": {"words": 1}},
            ["$.content.words must be a list of at most 2 items, not 1."],
        ),
        (Sized, {"width": 0}, ["$.width must be a whole number above 0 and up to 5, not 0."]),
        (Sized, {"width": 1.0}, ["$.width must be a whole number above 0 and up to 5, not 1.0."]),
        (
            Sized,
            {"width": 1, "label": "a\n"},
            ["$.label must be small letters, not 'a\\n'.", "$ is labelled, and right are width."],
        ),
        (
            BytesJson,
            {"base64": "", "unknown": 1},
            ['$ must be a string, or {"base64": "…"}, not an object.'],
        ),
        (BytesJson, {"base64": "%"}, ['$ must be a string, or {"base64": "…"}, not an object.']),
        (dict[str, str], {"a": 1}, ["$.a must be a string, not 1."]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place_and_what_would_be_right(kind, value, problems):
    assert told(kind, value) == problems


def test_of_very_many_problems_the_first_are_told():
    assert len(told(dict[str, str], dict.fromkeys(map(str, range(100_000))))) == MOST_TOLD


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (int, "12", 12),
        (int, "-1", "-1"),
        (int, "1234567890123456", "1234567890123456"),
        (float, "0.5", 0.5),
        (float, "nan", "nan"),
        (bool, "true", True),
        (bool, "1", "1"),
        (str, "1", "1"),
    ],
)
def test_a_text_stands_for_a_value_of_its_type(kind, text, value):
    assert from_text(kind, text) == value
    assert type(from_text(kind, text)) is type(value)


def test_the_description_has_nothing_of_the_reading():
    known = {}

    schema_of(Sized, known)

    assert known["Sized"]["properties"]["label"] == {"type": "string", "pattern": "^[a-z]+$"}
    assert known["Sized"].keys() == {"type", "properties", "required", "additionalProperties"}
