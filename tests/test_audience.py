"""Audience: which events Segment stumbles over, whatever the mapping."""

import pytest

from sandbox.segment.errors import Thrown
from sandbox.segment.pipeline import check_audience

NO_TEXT = {"toString": 1}


def with_key(key, *, computation_class="audience", **event):
    personas = {"computation_class": computation_class, "computation_key": key}
    return {"context": {"personas": personas}, **event}


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (
            {"context": None},
            "Cannot destructure property 'personas' of '{}' as it is null.",
        ),
        (
            {"context": {"personas": None}},
            "Cannot read properties of null (reading 'computation_class')",
        ),
        (
            with_key(NO_TEXT, type="identify", traits={}),
            "Cannot convert object to primitive value",
        ),
        (with_key(NO_TEXT, type="identify"), "Cannot convert object to primitive value"),
        (
            with_key([NO_TEXT], type="track", properties=[]),
            "Cannot convert object to primitive value",
        ),
    ],
)
def test_it_throws_a_type_error(event, message):
    with pytest.raises(Thrown) as thrown:
        check_audience(event)

    assert (thrown.value.name, thrown.value.message) == ("TypeError", message)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"context": {}},
        {"context": []},
        {"context": 5},
        {"context": "text"},
        {"context": {"personas": 0}},
        {"context": {"personas": {}}},
        {"context": {"personas": {"computation_class": None, "computation_key": None}}},
        {"context": {"personas": {"computation_class": ["audience"], "computation_key": NO_TEXT}}},
        {"personas": None},
        with_key(NO_TEXT, type="page"),
        with_key(NO_TEXT, type=["track"]),
        with_key(NO_TEXT, type="track", properties=None),
        with_key(NO_TEXT, type="identify", traits=None, properties={}),
        with_key("k", type="track", properties={"k": True}),
        with_key(NO_TEXT, type="track", properties={}, computation_class="cohort"),
        with_key([], type="identify", traits={}),
        with_key(None, type="track", properties={}),
        5,
        "text",
    ],
    ids=repr,
)
def test_it_passes_over_everything_else(event):
    assert check_audience(event) is None


def test_journey_steps_are_looked_for_as_audiences_are():
    event = with_key(NO_TEXT, computation_class="journey_step", type="track", properties={})

    with pytest.raises(Thrown):
        check_audience(event)
