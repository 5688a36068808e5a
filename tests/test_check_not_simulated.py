"""Check: an event whose right answer nobody knows says nothing against a mapper."""

import pytest

from sandbox import Mapping
from sandbox.check.cases import Case, MapperAnswer, right_for
from sandbox.check.mapper_differences import broken_requests

EVENT = {"type": "track", "event": "E", "userId": "u", "timestamp": "2021-02-01", "list": ["a"]}
REQUEST = {"method": "POST", "path": "/upload/events", "json": {"events": []}}


def mapping(template):
    return Mapping(
        "Chance",
        action="sendEvents",
        trigger='type = "track"',
        fields={"eventName": {"@liquid": template}, "userId": "u", "timestamp": 0},
    )


@pytest.mark.parametrize("requests", [(), (REQUEST,)], ids=["nothing sent", "something sent"])
@pytest.mark.parametrize(
    ("template", "is_broken"), [("{{ list | sample }}", False), ("{{ list | first }}", True)]
)
def test_nothing_is_said_of_what_is_not_simulated(template, is_broken, requests):
    right = right_for(Case(event=EVENT, mappings=(mapping(template),)), "observed")

    broken = broken_requests(EVENT, right, MapperAnswer(requests=requests))

    assert any(broken) is is_broken
