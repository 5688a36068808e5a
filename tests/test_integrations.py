"""Integrations: whether a message passes to a destination."""

import pytest

from sandbox.segment.integrations import turned_off

NAME = "Some Destination (Actions)"


@pytest.mark.parametrize(
    "integrations",
    [
        {},
        None,
        "All",
        [False],
        {"All": True},
        {"All": None},
        {NAME: True},
        {NAME: {"option": 1}},
        {NAME: {}},
        {"All": False, NAME: True},
        {"All": False, NAME: {}},
        {"Other": False},
        {NAME.lower(): False},
        {"all": False},
        {NAME: None},
    ],
    ids=repr,
)
def test_a_message_passes(integrations):
    assert turned_off({"integrations": integrations}, NAME) == ""


def test_a_message_without_integrations_passes():
    assert turned_off({}, NAME) == ""


@pytest.mark.parametrize(
    ("integrations", "reason"),
    [
        ({NAME: False}, f"integrations turns '{NAME}' off."),
        ({"All": True, NAME: False}, f"integrations turns '{NAME}' off."),
        ({"All": False}, f"integrations turns All off and has no key '{NAME}'."),
        (
            {"All": False, NAME: None},
            f"integrations turns All off and has no key '{NAME}'.",
        ),
        (
            {"All": False, "Some destination (Actions)": True},
            (
                f"integrations turns All off and has no key '{NAME}'."
                " Its key 'Some destination (Actions)' is not that name and is ignored."
            ),
        ),
    ],
    ids=repr,
)
def test_a_message_is_turned_off_with_the_reason(integrations, reason):
    assert turned_off({"integrations": integrations}, NAME) == reason
