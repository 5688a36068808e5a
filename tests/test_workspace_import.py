"""Import: the files people hold of Segment come in as they are, and go out again."""

import json
import time
from pathlib import Path

import pytest

from sandbox import Mapping, Rejected, map_event
from sandbox.segment.json_text import MAX_EVENT_DEPTH
from sandbox.workspace import (
    InvalidWorkspace,
    export_mappings,
    import_workspace,
    parse_workspace,
    to_toml,
)
from sandbox.workspace.file_writing import to_value

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
    "the state before a plan, taken out of it": {"prior_state": {"values": VALUES}},
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


def imported(value, **choices):
    text = value if isinstance(value, str) else json.dumps(value)
    return import_workspace([("f.json", text)], **choices)


def mappings_of(value, **choices):
    (destination,) = imported(value, **choices).workspace.destinations
    return destination.mappings


def remarks_of(value, **choices):
    return [str(remark) for remark in imported(value, **choices).remarks]


@pytest.mark.parametrize("value", SHAPES.values(), ids=SHAPES.keys())
def test_a_mapping_is_found_in_every_shape(value):
    (mapping,) = mappings_of(value)

    assert mapping == MAPPING
    assert mapping.kept["actionId"] == "uD9jEQ4DxJZzhzVqppM7UD"


@pytest.mark.parametrize("name", ["sendEvents", "send-events", "send_events", "Send events"])
@pytest.mark.parametrize("key", ["actionSlug", "actionId"])
def test_an_action_is_known_by_its_key_its_slug_and_its_name(key, name):
    given = {k: v for k, v in ORDERS.items() if not k.startswith("action")} | {key: name}

    assert mappings_of(given) == (MAPPING,)


def test_a_bare_id_is_known_by_the_fields_that_one_action_alone_has():
    given = {k: v for k, v in ORDERS.items() if k != "actionSlug"}

    assert mappings_of(given) == (MAPPING,)
    assert remarks_of(given) == [
        (
            "f.json:1: $.actionId is sendEvents, judging by its fields;"
            " use --action uD9jEQ4DxJZzhzVqppM7UD=… for another."
        )
    ]


def test_a_bare_id_of_fields_that_several_actions_have_needs_to_be_told():
    given = {"actionId": "a1", "name": "Who", "trigger": TRACK, "settings": {"userId": "u"}}

    with pytest.raises(InvalidWorkspace) as refused:
        imported(json.dumps([given], indent=1))

    assert str(refused.value) == (
        "f.json:2: $[0] names its action only by Segment's id 'a1'; "
        "say which action it is (sendUserProfiles, sendAccountProfiles, sendEvents), "
        "for instance --action a1=sendUserProfiles."
    )
    (mapping,) = mappings_of([given], actions={"a1": "sendUserProfiles"})
    assert mapping.action == "sendUserProfiles"


TRACK = 'type = "track"'
INPUTS = {
    "runtime form": [
        {"subscribe": TRACK, "partnerAction": "sendEvents", "mapping": {"userId": "u"}}
    ],
    "two of one name": [{**ORDERS, "name": "A"}, {**ORDERS, "name": "A", "trigger": TRACK}],
    "an id of the catalogue": [
        {k: v for k, v in ORDERS.items() if k != "actionSlug"} | {"settings": {}},
        {
            "type": "segment_destination_metadata",
            "values": {"actions": [{"id": ORDERS["actionId"], "slug": "sendEvents"}], "slug": "t"},
        },
    ],
}


@pytest.mark.parametrize("value", INPUTS.values(), ids=INPUTS.keys())
def test_what_is_in_a_file_comes_in_as_it_is(value):
    names = [each.get("name") or "Mapping of sendEvents" for each in value if "type" not in each]

    assert [mapping.name for mapping in mappings_of(value)] == names
    assert {mapping.action for mapping in mappings_of(value)} == {"sendEvents"}


def test_calls_of_terraforms_that_double_their_text_are_refused_after_six():
    six, seven = (f"{'jsonencode(' * most}1{')' * most}" for most in (6, 7))

    with pytest.raises(InvalidWorkspace, match="has more than 6 calls in each other at line 4"):
        import_workspace([("a.tf", f"{RESOURCE_HEAD}  a = [{six}, {six}]\n  b = {seven}\n}}\n")])


def test_a_destination_whose_mappings_are_all_off_comes_in_disabled():
    (destination,) = imported([{**ORDERS, "enabled": False}]).workspace.destinations

    assert destination.enabled is False


def test_several_destinations_stay_several_and_one_can_be_chosen():
    others = [ORDERS, {**ORDERS, "destinationId": "d2"}]
    known = {"id": "d2", "name": "Staging", "sourceId": "s", "enabled": True}
    value = [*others, {**known, "settings": {"apiKey": "…"}, "metadata": {"id": "m"}}]

    assert [d.name for d in imported(value).workspace.destinations] == ["Toplyne", "Staging"]
    for chosen in ("d2", "Staging"):
        (only,) = imported(value, destination=chosen).workspace.destinations
        assert only.name == "Staging"
    with pytest.raises(InvalidWorkspace, match="has no mapping of the destination 'nowhere'"):
        imported(value, destination="nowhere")


def test_a_trigger_segment_cannot_parse_comes_in_and_every_event_is_rejected_in_segments_words():
    value = [ORDERS, {**ORDERS, "name": "X", "trigger": "anonymousId != null"}]

    (destination,) = imported(value).workspace.destinations
    outcomes = map_event({"type": "track", "event": "E"}, destination.mappings)

    assert "Segment runs the other mappings" in remarks_of(value)[0]
    assert isinstance(outcomes[1], Rejected)
    assert outcomes[1].problems[0].message.startswith("Invalid subscription : ")
    workspace = imported(value).workspace
    assert parse_workspace(to_toml(workspace)) == workspace


def test_a_trigger_that_is_said_to_be_invalid_has_to_be():
    with pytest.raises(ValueError, match="invalid is true, but Segment can read the trigger"):
        Mapping("A", action="sendEvents", trigger=TRACK, invalid=True)


def test_mappings_of_other_destinations_are_passed_over_in_a_line_each():
    slack = {"name": "Slack", "actionSlug": "postToChannel", "trigger": TRACK, "settings": {}}
    other = {"name": "Ads", "actionId": "x", "trigger": TRACK, "settings": {"audience": 1}}

    assert mappings_of([slack, ORDERS, other]) == (MAPPING,)
    assert remarks_of([slack, ORDERS, other]) == [
        "f.json:1: $[0] mapping 'Slack' has the action postToChannel, so it is skipped.",
        "f.json:1: $[2] mapping 'Ads' has none of Toplyne's fields, so it is skipped.",
    ]


def test_fields_that_are_not_in_the_file_are_not_made_up():
    without = {k: v for k, v in ORDERS.items() if k != "settings"}
    plan = {"planned_values": {"resources": [{**RESOURCE, "values": without}]}}

    assert mappings_of(without)[0].fields == {}
    assert "are not in the file" in remarks_of(without)[0]
    assert "are known after apply" in remarks_of(plan)[0]


def test_presets_of_a_catalogue_are_no_mappings():
    preset = {"actionId": "a1", "name": "Send Events", "fields": {}, "trigger": TRACK}
    catalogue = {"id": "m", "slug": "toplyne", "actions": [{"id": "a1"}], "presets": [preset]}

    with pytest.raises(InvalidWorkspace, match="a catalogue with presets, but no mappings"):
        imported({"data": {"destinationMetadata": catalogue}})


def test_a_mapping_segment_would_refuse_is_left_out_and_said():
    broken = {**ORDERS, "settings": {"userId": {"@path": 5}}}

    told = imported([broken, ORDERS])

    assert told.is_whole is False
    assert [str(r).split(" cannot")[0] for r in told.remarks] == ["f.json:1: $[0]"]
    assert str(told.remarks[0]).endswith("so it is left out.")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("{}", 0, "has no mapping; a mapping has "),
        ("[]", 0, "has no mapping; "),
        ("5", 0, "has no mapping; "),
        ('{\n"trigger": }', 2, "is not JSON: "),
        ('resource "segment_destination_subscription" {}', 1, "is not JSON: "),
    ],
)
def test_a_text_without_mappings_is_refused(text, line, message):
    with pytest.raises(InvalidWorkspace) as refused:
        imported(text)

    (problem,) = refused.value.problems
    assert (problem.line, problem.path) == (line, "$")
    assert problem.message.startswith(message)


# --- Terraform's own language ---

TF = """
resource "segment_destination_subscription" "a" {
  action_id      = "x1"
  destination_id = segment_destination.toplyne.id
  enabled        = true
  name           = "Paid \\"sign ups\\""
  settings = jsonencode({
    userId    = { "@path" = "$.userId" }
    eventName = "a$${b}"
    timestamp = [1, -2.5, true, null]
    "accountId" : var.account
  })
  trigger = <<-EOT
    type = "track"
    and userId != null
  EOT
}
resource "aws_s3_bucket" "b" { bucket = "b" }
"""

RESOURCE_HEAD = 'resource "segment_destination_subscription" "a" {\n  action_slug = "sendEvents"\n'


def test_terraforms_language_is_evaluated_and_what_depends_on_other_things_is_said():
    told = import_workspace([("main.tf", TF)])

    (mapping,) = told.workspace.destinations[0].mappings
    assert mapping.name == 'Paid "sign ups"'
    assert mapping.trigger == 'type = "track"\nand userId != null\n'
    assert mapping.fields == {
        "userId": {"@path": "$.userId"},
        "eventName": "a${b}",
        "timestamp": [1, -2.5, True, None],
        "accountId": "not known here: var.account",
    }
    assert [str(remark) for remark in told.remarks] == [
        (
            "main.tf:3: $.segment_destination_subscription.a.actionId is sendEvents,"
            " judging by its fields; use --action x1=… for another."
        ),
        (
            "main.tf:2: $.segment_destination_subscription.a destination_id contains"
            " segment_destination.toplyne.id, which is not known here."
        ),
        (
            "main.tf:2: $.segment_destination_subscription.a settings contains var.account,"
            " which is not known here."
        ),
    ]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('<<EOT\nevent = "a\u2028b\u0085c"\nEOT', 'event = "a\u2028b\u0085c"\n'),
        ("<<EOT\nEOT", ""),
        (r'"\ud83d \U00110000 \U0001F600"', "\ufffd \ufffd \U0001f600"),
        ('"a %{ if true }b%{ endif } c"', "a not known here: %{iftrue}b%{endif} c"),
    ],
    ids=["line separators", "empty heredoc", "no characters", "directive"],
)
def test_a_string_of_terraforms_is_read_as_terraform_does(written, read):
    told = import_workspace([("a.tf", f"{RESOURCE_HEAD}  trigger = {written}\n}}\n")])

    (mapping,) = told.workspace.destinations[0].mappings
    assert mapping.trigger == read


@pytest.mark.parametrize(
    ("written", "read"),
    [("007", 7), ("007.50", 7.5), ("00", 0), ("-007", -7), ("tostring(null)", None)],
)
def test_a_number_of_terraforms_may_begin_with_zeros(written, read):
    text = f'{RESOURCE_HEAD}  trigger = ""\n  settings = jsonencode({{a = {written}}})\n}}\n'

    (mapping,) = import_workspace([("a.tf", text)]).workspace.destinations[0].mappings
    assert mapping.fields == {"a": read}


@pytest.mark.parametrize(
    "written", ["(\n'E'\n)", "( # why\n'E')", "tostring(\n'E',\n)", "[\n'E', # why\n][0]"]
)
def test_what_is_written_over_several_lines_is_read_or_named_without_comments(written):
    quoted = written.replace("'", '"')
    text = f'{RESOURCE_HEAD}  trigger = ""\n  settings = jsonencode({{a = {quoted}}})\n}}\n'

    (mapping,) = import_workspace([("a.tf", text)]).workspace.destinations[0].mappings
    assert mapping.fields["a"] in {"E", 'not known here: ["E",][0]'}


def test_a_terraform_file_may_begin_with_a_byte_order_mark_and_end_in_capital_letters():
    text = f'\ufeff{RESOURCE_HEAD}  trigger = "type = \\"page\\""\n}}\n'

    told = import_workspace([("A.TF", text)])

    assert told.workspace.destinations[0].mappings[0].trigger == 'type = "page"'


def test_a_destination_named_as_another_with_an_id_loses_no_mapping():
    names = {"d": "A", "e": "A (f)", "f": "A"}
    known = [
        {"id": key, "name": name, "settings": {}, "metadata": {"name": "Toplyne"}}
        for key, name in names.items()
    ]

    told = imported([*known, *({**ORDERS, "destinationId": key} for key in names)])

    found = told.workspace.destinations
    assert [each.name for each in found] == ["A", "A (f)", "A (f) (f)"]
    assert [each.mappings[0].kept["destinationId"] for each in found] == ["d", "e", "f"]


@pytest.mark.parametrize("template", ["%{if x}", "%{for x in y}"])
def test_a_template_of_terraforms_without_its_end_is_refused_with_its_place(template):
    with pytest.raises(InvalidWorkspace, match="is not Terraform's language at line 3, column 10"):
        import_workspace([("a.tf", f'{RESOURCE_HEAD}  name = "a{template}"\n}}\n')])


@pytest.mark.parametrize(("opened", "closed"), [("a(", ")"), ("{a = ", "}"), ("[", "]")])
@pytest.mark.parametrize("depth", [400, 2000])
def test_what_is_too_deep_in_terraforms_language_is_refused(opened, closed, depth):
    text = f"{RESOURCE_HEAD}  a = {opened * depth}1{closed * depth}\n}}\n"

    with pytest.raises(InvalidWorkspace, match="is nested too deeply to be read"):
        import_workspace([("a.tf", text)])


def test_a_destination_whose_mappings_are_all_off_comes_in_and_is_read_again():
    workspace = imported({**ORDERS, "enabled": False}).workspace

    assert not workspace.destinations[0].enabled
    assert parse_workspace(to_toml(workspace)) == workspace
    assert parse_workspace(json.dumps(to_value(workspace)), "json") == workspace


def test_a_file_that_is_not_terraforms_language_is_refused_with_its_place():
    with pytest.raises(
        InvalidWorkspace, match=r"main\.tf: \$ is not Terraform's language at line 2"
    ):
        import_workspace([("main.tf", 'resource "a" "b" {\n  x = = 1\n}\n')])


# --- forty files, in and out again ---

SETTINGS = {
    "paths": {"userId": {"@path": "$.userId"}, "eventName": {"@path": "$.event"}},
    "nulls": {"userId": None, "eventName": "E", "eventProperties": {"a": None, "b": [1, 2.5]}},
    "texts": {"eventName": 'q"uo\\te\n$ {x} é 😀', "timestamp": {"@path": "$.timestamp"}},
    "directives": {
        "eventName": {"@if": {"exists": {"@path": "$.event"}, "then": "a", "else": "b"}}
    },
    "switches": {"eventName": "E", "enable_batching": True, "batch_size": 10},
}


def as_tf(name, trigger, settings):
    def quoted(text):
        escaped = json.dumps(text, ensure_ascii=False)
        return escaped.replace("${", "$${").replace("%{", "%%{")

    def value(of):
        if isinstance(of, dict):
            return "{" + ", ".join(f"{quoted(k)} = {value(v)}" for k, v in of.items()) + "}"
        if isinstance(of, list):
            return f"[{', '.join(map(value, of))}]"
        return quoted(of) if isinstance(of, str) else json.dumps(of)

    return (
        'resource "segment_destination_subscription" "x" {\n'
        f'  action_slug = "sendEvents"\n  enabled = true\n  name = {quoted(name)}\n'
        f"  trigger = {quoted(trigger)}\n  settings = jsonencode({value(settings)})\n}}\n"
    )


def api(settings):
    return {**ORDERS, "settings": settings}


def resource(settings):
    return {**RESOURCE, "values": {**TERRAFORM, "settings": json.dumps(settings)}}


ACTION = {"partnerAction": "sendEvents"}
FORMS = {
    "list.json": lambda s: json.dumps({"data": {"subscriptions": [api(s)]}, "pagination": {}}),
    "get.json": lambda s: json.dumps({"data": {"subscription": api(s)}}),
    "bare.json": lambda s: json.dumps(api(s)),
    "state.json": lambda s: json.dumps({"values": {"root_module": {"resources": [resource(s)]}}}),
    "plan.json": lambda s: json.dumps({"planned_values": {"resources": [resource(s)]}}),
    "raw.json": lambda s: json.dumps(
        {
            "resources": [
                {"type": RESOURCE["type"], "instances": [{"attributes": resource(s)["values"]}]}
            ]
        }
    ),
    "runtime.json": lambda s: json.dumps(
        [
            {
                "name": "Orders",
                "subscribe": ORDERS["trigger"],
                "partnerAction": "sendEvents",
                "mapping": s,
            }
        ]
    ),
    "main.tf": lambda s: as_tf("Orders", ORDERS["trigger"], s),
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())
@pytest.mark.parametrize("form", FORMS)
def test_a_file_comes_in_and_goes_out_with_the_same_values(form, settings, tmp_path):
    file = Path(tmp_path, form)
    file.write_text(FORMS[form](settings), encoding="utf-8")

    told = import_workspace([(str(file), file.read_text(encoding="utf-8"))])
    (destination,) = parse_workspace(to_toml(told.workspace)).destinations
    (exported,) = export_mappings(destination)["data"]["subscriptions"]

    assert told.remarks == ()
    assert exported["settings"] == settings
    assert exported["trigger"] == ORDERS["trigger"]
    again = imported(export_mappings(destination)).workspace.destinations[0]
    assert again.mappings[0].kept == destination.mappings[0].kept
    assert again.mappings == destination.mappings


@pytest.mark.parametrize("odd", [5, 1.5, True, "x", {"a": 1}])
def test_a_catalogue_whose_lists_are_no_lists_holds_no_mapping(odd):
    catalogue = {"slug": "actions-toplyne", "actions": [], "presets": odd}
    destination = {"settings": {}, "metadata": {"actions": odd}}

    for value in (catalogue, destination):
        with pytest.raises(InvalidWorkspace, match="has no mapping"):
            import_workspace([("a.json", json.dumps(value))])


def test_a_heredoc_of_templates_that_never_end_is_read_in_one_go():
    text = RESOURCE_HEAD + "  trigger = <<EOT\n" + "${" * 100_000 + "\nEOT\n}\n"

    begin = time.process_time()
    told = import_workspace([("a.tf", text)])

    assert time.process_time() - begin < 5  # each on its own would look to the end: minutes
    assert any("not known here" in str(remark) for remark in told.remarks)


def test_a_mapping_is_found_as_deep_as_json_may_be():
    depth = MAX_EVENT_DEPTH - 3
    text = '{"a":' * depth + json.dumps(ORDERS) + "}" * depth

    assert mappings_of(text) == (MAPPING,)


def test_mappings_of_the_state_before_a_plan_are_not_those_of_the_plan():
    plan = {"prior_state": {"values": VALUES}, "planned_values": {}}

    with pytest.raises(InvalidWorkspace, match="has no mapping"):
        imported(plan)


def test_presets_of_a_catalogue_in_terraform_are_no_mappings_either():
    presets = [{"action_id": "a1", "name": "Send Events", "fields": "{}", "trigger": TRACK}]
    values = {"slug": "toplyne", "actions": [], "presets": presets}
    resource = {"type": "segment_destination_metadata", "values": values}

    with pytest.raises(InvalidWorkspace, match="a catalogue with presets, but no mappings"):
        imported(resource)


def test_attributes_of_a_resource_that_are_no_object_are_no_mapping():
    resource = {"type": "segment_destination_subscription", "values": [5, ORDERS]}

    with pytest.raises(InvalidWorkspace, match=r"\$ has no mapping;"):
        imported(resource)


def test_a_destination_that_is_not_in_a_file_is_told_with_those_that_are():
    value = [ORDERS, {**ORDERS, "destinationId": None}]

    with pytest.raises(InvalidWorkspace, match=r"Known: fP7qoQw2HTWt9WdMr718gn\.$"):
        imported(value, destination="nowhere")


def test_what_is_wrong_with_several_files_names_the_file_of_each():
    nameless = json.dumps({**ORDERS, "actionSlug": "", "settings": {}})

    with pytest.raises(InvalidWorkspace) as refused:
        import_workspace([("a.json", nameless), ("b.json", nameless)])

    assert [line.split(" ")[0] for line in str(refused.value).splitlines()] == [
        "a.json:1:",
        "b.json:1:",
    ]
