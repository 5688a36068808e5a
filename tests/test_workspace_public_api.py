"""Public API: mappings as Segment's Public API and Terraform write them, in and out."""

import json

import pytest

from sandbox import PRESETS, Mapping
from sandbox.workspace import (
    ConnectedDestination,
    InvalidWorkspace,
    export_mappings,
    import_mappings,
)

ORDERS = {
    "id": "eoeXaMeAYcB2XvEApJDrQs",
    "name": "Orders",
    "actionId": "uD9jEQ4DxJZzhzVqppM7UD",
    "actionSlug": "sendEvents",
    "destinationId": "fP7qoQw2HTWt9WdMr718gn",
    "modelId": "",
    "enabled": True,
    "trigger": 'event = "Order Completed"',
    "settings": {"eventName": {"@path": "$.event"}, "userId": None},
}
MAPPING = Mapping(
    "Orders",
    action="sendEvents",
    trigger='event = "Order Completed"',
    fields={"eventName": {"@path": "$.event"}, "userId": None},
)
TERRAFORM = {
    "name": "Orders",
    "action_id": "uD9jEQ4DxJZzhzVqppM7UD",
    "action_slug": "sendEvents",
    "destination_id": "fP7qoQw2HTWt9WdMr718gn",
    "model_id": None,
    "enabled": True,
    "trigger": 'event = "Order Completed"',
    "settings": '{"eventName": {"@path": "$.event"}, "userId": null}',
}
OTHER = {"type": "aws_cloudwatch_event_rule", "values": {"trigger": "x"}}
RESOURCE = {"type": "segment_destination_subscription", "name": "orders", "values": TERRAFORM}
VALUES = {"root_module": {"resources": [OTHER, RESOURCE]}}

SHAPES = {
    "one mapping": ORDERS,
    "a list": [ORDERS],
    "the answer of a list": {"data": {"subscriptions": [ORDERS], "pagination": {"current": "MA"}}},
    "the answer of a get": {"data": {"subscription": ORDERS}},
    "the answer of a create": {"data": {"destinationSubscription": ORDERS}},
    "an answer in an answer": {"data": {"data": {"subscription": ORDERS}}},
    "Terraform's keys": TERRAFORM,
    "terraform show -json": {"format_version": "1.0", "values": VALUES},
    "a plan": {
        "planned_values": VALUES,
        "resource_changes": [{"change": {"before": TERRAFORM, "after": TERRAFORM}}],
    },
    "terraform.tfstate": {
        "version": 4,
        "resources": [
            {"type": "null_resource", "instances": [{"attributes": {"trigger": "x"}}]},
            {
                "type": "segment_destination_subscription",
                "instances": [{"attributes": TERRAFORM}],
            },
        ],
    },
    "a .tf.json": {"resource": {"segment_destination_subscription": {"orders": TERRAFORM}}},
}


@pytest.mark.parametrize("value", SHAPES.values(), ids=SHAPES.keys())
def test_a_mapping_is_found_in_every_shape(value):
    imported = import_mappings(json.dumps(value))

    assert imported.mappings == (MAPPING,)
    assert imported.action_ids == {"sendEvents": "uD9jEQ4DxJZzhzVqppM7UD"}


@pytest.mark.parametrize("name", ["sendEvents", "send-events", "send_events", "Send events"])
@pytest.mark.parametrize("key", ["actionSlug", "actionId"])
def test_an_action_is_known_by_its_key_its_slug_and_its_name(key, name):
    given = {k: v for k, v in ORDERS.items() if not k.startswith("action")} | {key: name}

    assert import_mappings(json.dumps(given)).mappings == (MAPPING,)


def test_a_bare_id_needs_to_be_told_which_action_it_is():
    given = {k: v for k, v in ORDERS.items() if k != "actionSlug"}
    text = json.dumps([given], indent=1)

    with pytest.raises(InvalidWorkspace) as refused:
        import_mappings(text, file="mappings.json")

    assert str(refused.value) == (
        "mappings.json:2: $[0] names its action by Segment's id 'uD9jEQ4DxJZzhzVqppM7UD' alone; "
        "say which it is (sendUserProfiles, sendAccountProfiles, sendEvents), "
        "for instance --action uD9jEQ4DxJZzhzVqppM7UD=sendEvents."
    )
    imported = import_mappings(text, actions={"uD9jEQ4DxJZzhzVqppM7UD": "sendEvents"})
    assert imported.mappings == (MAPPING,)
    assert imported.action_ids == {"sendEvents": "uD9jEQ4DxJZzhzVqppM7UD"}


def test_settings_left_out_are_the_actions_defaults_and_empty_ones_stay_empty():
    without = {k: v for k, v in ORDERS.items() if k != "settings"}

    (defaults,) = import_mappings(json.dumps(without)).mappings
    (empty,) = import_mappings(json.dumps(without | {"settings": {}})).mappings

    assert defaults.fields == PRESETS[2].fields
    assert empty.fields == {}


def test_all_problems_are_named_at_once_with_their_lines():
    text = """\
{"data": {"subscriptions": [
  {"name": "A", "actionSlug": "sendMail", "enabled": true, "trigger": "type", "settings": {}},
  {"name": "", "actionSlug": "sendEvents", "enabled": "yes",
   "trigger": "type = \\"track\\"",
   "settings": {
     "userId": {"@path": 5},
     "eventName": {"@nope": 1}
   }},
  {"name": "C", "trigger": "type = \\"track\\""},
  {"name": "D", "actionSlug": "sendEvents", "trigger": "type = \\"track\\"", "settings": "{"}
]}}
"""

    with pytest.raises(InvalidWorkspace) as refused:
        import_mappings(text)

    assert [(p.line, p.path) for p in refused.value.problems] == [
        (2, "$.data.subscriptions[0]"),
        (2, "$.data.subscriptions[0].trigger"),
        (3, "$.data.subscriptions[1].enabled"),
        (3, "$.data.subscriptions[1].name"),
        (6, "$.data.subscriptions[1].settings.userId['@path']"),
        (7, "$.data.subscriptions[1].settings.eventName"),
        (9, "$.data.subscriptions[2]"),
        (10, "$.data.subscriptions[3].settings"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("{}", 1, "holds no mapping; a mapping has "),
        ("[]", 1, "holds no mapping; "),
        ("5", 1, "holds no mapping; "),
        ('{\n"trigger": }', 2, "is not JSON: "),
        ('resource "segment_destination_subscription" {}', 1, "is not JSON: "),
    ],
)
def test_a_text_without_mappings_is_refused(text, line, message):
    with pytest.raises(InvalidWorkspace) as refused:
        import_mappings(text)

    (problem,) = refused.value.problems
    assert (problem.line, problem.path) == (line, "$")
    assert problem.message.startswith(message)


def test_mappings_are_exported_as_the_public_api_lists_them():
    destination = ConnectedDestination(
        name="T",
        source="web",
        api_key="k",
        mappings=(
            MAPPING,
            Mapping("B", action="sendUserProfiles", trigger='type = "a"', fields={}),
        ),
        action_ids={"sendEvents": "uD9jEQ4DxJZzhzVqppM7UD"},
    )

    assert export_mappings(destination) == {
        "data": {
            "subscriptions": [
                {
                    "name": "Orders",
                    "actionId": "uD9jEQ4DxJZzhzVqppM7UD",
                    "actionSlug": "sendEvents",
                    "enabled": True,
                    "trigger": 'event = "Order Completed"',
                    "settings": {"eventName": {"@path": "$.event"}, "userId": None},
                },
                {
                    "name": "B",
                    "actionSlug": "sendUserProfiles",
                    "enabled": True,
                    "trigger": 'type = "a"',
                    "settings": {},
                },
            ]
        }
    }
