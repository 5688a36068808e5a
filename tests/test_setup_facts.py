"""What the page Set-up is told: every directive with a start that works, samples of each type."""

import pytest

from mock_server.pages.page_facts import setup_facts
from sandbox.segment.fields import DIRECTIVES, check_fields, resolve

EVENT = {
    "userId": "u",
    "context": {"traits": {"seats": 3}},
    "properties": {"plan": "pro-plus", "products": [{"product_id": "p1"}]},
}


@pytest.mark.parametrize("directive", DIRECTIVES.values(), ids=lambda directive: directive.name)
def test_what_a_directive_begins_with_is_taken_by_segment_and_gives_something(directive):
    fields = {"field": {directive.name: directive.example}}

    check_fields(fields)

    assert resolve(fields, EVENT).get("field")


def test_the_samples_are_the_plain_ones():
    samples = setup_facts()["samples"]

    assert [s["name"] for s in samples][:3] == ["Identify", "Group", "Track"]
