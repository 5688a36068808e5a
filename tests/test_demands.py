"""What the contract comes down to for payloads whose values are plainly of their types."""

import pytest

from sandbox.contract.demands import _groups, _takes, demands_of
from sandbox.toplyne import TOPLYNE


def test_each_action_demands_its_required_fields_and_an_id_under_documented_rules():
    demands = {a.key: demands_of(a, rules="documented") for a in TOPLYNE.actions}

    assert demands == {
        "sendUserProfiles": (("creationTime",), ("userId", "anonymousId")),
        "sendAccountProfiles": (("accountId",), ("creationTime",)),
        "sendEvents": (("eventName",), ("timestamp",), ("userId", "anonymousId")),
    }


def test_no_action_demands_an_id_under_observed_rules():
    demands = {a.key: demands_of(a, rules="observed") for a in TOPLYNE.actions}

    assert demands["sendUserProfiles"] == (("creationTime",),)
    assert demands["sendEvents"] == (("eventName",), ("timestamp",))


@pytest.mark.parametrize(
    ("schema", "field_type", "taken"),
    [
        ({"type": "string", "minLength": 1}, "string", True),
        ({"type": "string", "minLength": 2}, "string", False),
        ({"type": "string", "pattern": "^a"}, "string", False),
        ({"type": "integer", "title": "T"}, "datetime", True),
        ({"type": "integer", "minimum": 0}, "datetime", False),
        ({"type": "integer", "maximum": 4_000_000_000}, "datetime", False),
        ({"type": "string"}, "datetime", False),
        ({"type": "object"}, "object", True),
        ({"type": "object", "required": ["a"]}, "object", False),
        (False, "string", False),
    ],
)
def test_a_schema_takes_plain_values_only_if_it_takes_all_of_them(schema, field_type, taken):
    assert _takes(schema, field_type) is taken


@pytest.mark.parametrize(
    ("schema", "groups"),
    [
        ({"type": "object"}, ()),
        ({"required": ["a", "b"]}, (("a",), ("b",))),
        ({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, (("a", "b"),)),
        ({"allOf": [{"required": ["a"]}, {"required": ["b"]}]}, (("a",), ("b",))),
        ({"anyOf": [{"required": ["a", "b"]}, {"required": ["c"]}]}, None),
        ({"anyOf": [{"required": ["a"]}, {"minProperties": 2}]}, None),
        ({"allOf": [{"maxProperties": 2}]}, None),
        ({"type": "array"}, None),
        ({"dependentRequired": {"a": ["b"]}}, None),
    ],
)
def test_a_schema_is_groups_of_fields_or_asks_more_than_that(schema, groups):
    assert _groups(schema) == groups
