"""Mapping: what can be wrong with one is found when it is made."""

import pytest

from sandbox import PRESETS, InvalidMapping, InvalidTrigger, Mapping


def mapping(**changes):
    parts = {"name": "Orders", "action": "sendEvents", "trigger": 'event = "Order Completed"'}
    return Mapping(**(parts | changes))


def test_fields_left_out_are_the_actions_defaults():
    assert mapping().fields == {
        "userId": {"@path": "$.userId"},
        "anonymousId": {"@path": "$.anonymousId"},
        "accountId": {"@path": "$.context.groupId"},
        "eventName": {"@path": "$.event"},
        "timestamp": {"@path": "$.timestamp"},
        "eventProperties": {"@path": "$.properties"},
    }


def test_empty_fields_stay_empty():
    assert mapping(fields={}).fields == {}


def test_the_name_may_be_given_by_position():
    assert Mapping("Orders", action="sendEvents", trigger='type = "track"').name == "Orders"


def test_a_mapping_keeps_its_own_copy_of_the_fields():
    fields = {"eventName": {"@path": "$.event"}}
    made = mapping(fields=fields)

    fields["eventName"]["@path"] = "$.other"

    assert made.fields == {"eventName": {"@path": "$.event"}}


def test_an_unknown_action_is_refused_with_the_nearest_name():
    with pytest.raises(InvalidMapping) as refused:
        mapping(action="sendEvent")

    assert [(p.path, p.message) for p in refused.value.problems] == [
        (
            "$.action",
            (
                "is 'sendEvent', which is not an action. Did you mean sendEvents? "
                "Known: sendUserProfiles, sendAccountProfiles, sendEvents."
            ),
        )
    ]


def test_a_wrong_trigger_alone_raises_invalid_trigger():
    with pytest.raises(InvalidTrigger) as refused:
        mapping(trigger='(type = "track"')

    assert refused.value.text == '(type = "track"'
    assert "mapping 'Orders'" in str(refused.value)


def test_all_problems_are_named_at_once():
    with pytest.raises(InvalidMapping) as refused:
        mapping(action="nope", trigger="", fields={"a": {"@path": 5}, "b": {"@nope": 1}})

    assert [p.path for p in refused.value.problems] == [
        "$.action",
        "$.trigger",
        "$.fields.a['@path']",
        "$.fields.b",
    ]


def test_a_field_that_does_not_exist_is_taken_with_a_warning():
    made = mapping(fields={"eventname": "x", "eventName": "y"})

    assert [(w.path, w.message) for w in made.warnings] == [
        (
            "$.fields.eventname",
            "is not a field of Send events and is dropped. Did you mean eventName?",
        )
    ]


def test_presets_warn_of_nothing():
    assert [preset.warnings for preset in PRESETS] == [(), (), ()]


def test_presets_are_named_as_in_segment():
    assert [(p.name, p.trigger, p.action) for p in PRESETS] == [
        ("Send User Profiles", 'type = "identify"', "sendUserProfiles"),
        ("Send Account Profiles", 'type = "group"', "sendAccountProfiles"),
        ("Send Events", 'type = "track"', "sendEvents"),
    ]


def test_what_is_wrong_with_a_long_name_or_action_is_told_by_its_beginning():
    with pytest.raises(InvalidMapping) as caught:
        Mapping(" " * 100_000, action="a" * 100_000, trigger='type = "track"')

    assert len(str(caught.value)) < 1000
