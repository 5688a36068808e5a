"""Explanations: what they say of an event at a mapping, literally."""

import json
import math
import time

import pytest

from sandbox import PRESETS, Mapping
from sandbox.explain import Edit, explain, to_json, to_text
from sandbox.samples import odd, recorded
from sandbox.segment.javascript import MISSING
from sandbox.type_reading import problems_of
from sandbox.wire_types import FieldJson

USERS, ACCOUNTS, EVENTS = PRESETS
TRACK = {
    "type": "track",
    "event": "Signed Up",
    "userId": "u1",
    "timestamp": "2026-11-23T16:17:19.871Z",
    "properties": {"plan": "pro"},
}


BARE = {"type": "track", "event": "Order", "userId": "u1"}


def mapping(trigger, **parts):
    return Mapping("Mine", action="sendEvents", trigger=trigger, **parts)


def lines(explanation):
    return to_text(explanation).splitlines()


def test_an_event_that_is_sent_is_told_from_trigger_to_request():
    assert (
        to_text(explain(TRACK, EVENTS))
        == """\
Send Events  sent: POST /upload/events
  trigger  type = "track"
    ✓ type = "track"  type is "track"
  fields
    ✓ userId           "u1"  ← $.userId
    - anonymousId      left out  ← $.anonymousId  Nothing is at $.anonymousId.
    - accountId        left out  ← $.context.groupId  Nothing is at $.context.groupId.
    ✓ eventName        "Signed Up"  ← $.event
    ✓ timestamp        1795450639  ← $.timestamp  "2026-11-23T16:17:19.871Z" is \
2026-11-23T16:17:19Z, in Unix seconds.
    ✓ eventProperties  {"plan":"pro"}  ← $.properties
  request  POST /upload/events
    {"events":[{"userId":"u1","eventName":"Signed Up","timestamp":1795450639,\
"eventProperties":{"plan":"pro"}}]}"""
    )


def test_an_event_that_is_skipped_is_told_with_the_smallest_changes():
    event = {"type": "track", "event": "order completed", "properties": {"total": "50"}}
    orders = mapping('type = "track" and match(event, "Order*") and properties.total > 100')

    assert (
        to_text(explain(event, orders))
        == """\
Mine  skipped (FILTERED_AT_MAPPING)
  trigger  type = "track" and match(event, "Order*") and properties.total > 100
    ✗ all of these
      ✓ type = "track"  type is "track"
      ✗ match(event, "Order*")  event is "order completed", not a string that starts with "Order"
      ✗ properties.total > 100  properties.total is the string "50", not a number above 100  \
(Segment stops before this)
  smallest change to the event
    set $.event to "Order completed", instead of "order completed"
    set $.properties.total to 101, instead of "50"
    add $.userId: "u1"
  smallest change to the trigger
    type = "track" and match(event, "order completed*") and properties.total = "50"
  even if the trigger took it, it would be rejected
    ✗ timestamp  refused  ← $.timestamp
      Nothing is at $.timestamp, and this field is required. Send it with the event, or map the \
field to something else.
      Segment's message: The root value is missing the required field 'timestamp'."""
    )


def test_an_event_that_is_rejected_is_told_field_by_field_in_segments_words_and_ours():
    event = {"type": "group", "traits": [1], "timestamp": "tomorrow"}

    assert lines(explain(event, ACCOUNTS))[4:] == [
        "    ✗ accountId          refused  ← $.groupId",
        (
            "      Nothing is at $.groupId, and this field is required. Send it with the event, or "
            "map the field to something else."
        ),
        "      Segment's message: The root value is missing the required field 'accountId'.",
        '    ✗ creationTime       "tomorrow"  refused  ← $.timestamp',
        (
            '      This is the string "tomorrow". Expected a date string, such as '
            '"2026-11-23T16:17:19Z", or a number of milliseconds.'
        ),
        "      Segment's message: Creation time must be a valid date-like string but it was not.",
        "    ✗ accountProperties  [1]  refused  ← $.traits",
        "      This is an array of 1 item. Expected an object.",
        "      Segment's message: Account Properties must be an object but it was an array.",
    ]


def test_a_trigger_taken_otherwise_is_shown_as_taken_and_as_meant():
    assert lines(explain(TRACK, mapping("type = 'track'")))[:5] == [
        "Mine  skipped (FILTERED_AT_MAPPING)",
        "  trigger  type = 'track'",
        "  read as  type = \"'track'\"",
        '    ✗ type = "\'track\'"  type is "track", not "\'track\'"',
        "  the trigger probably means this, which takes the event",
    ]


def test_a_meant_trigger_that_does_not_take_the_event_comes_with_its_own_change():
    change = explain(TRACK, mapping("type = 'track' and properties.plan = 'free'")).change

    assert change.meant == 'type = "track" and properties.plan = "free"'
    assert change.meant_edits == (Edit(("properties", "plan"), "pro", "free"),)
    assert change.edits == ()  # intake drops what is no call
    assert change.no_event == (
        "No event that passes Segment's intake can make this trigger true; the trigger must change."
    )


def test_what_segment_ignores_is_said_in_one_sentence_for_each_thing():
    trigger = explain(TRACK, mapping('anonymousId = "a" and type = "page" OR event = "x"')).trigger

    assert trigger.ignored == (
        'Segment ignores `anonymousId = "a"`: a trigger cannot read `anonymousId`.',
        "Segment does not know `OR` and ignores it. Did you mean or?",
    )


def test_a_trigger_with_calls_in_parentheses_is_taken_as_written():
    trigger = mapping('type = "page" and (event = "x" or contains(event, "y"))')

    verdict = explain(TRACK, trigger).trigger

    assert (verdict.taken, verdict.ignored) == ("", ())


def test_what_throws_is_told_with_advice():
    assert "    The trigger has empty parentheses. Remove them." in lines(
        explain(TRACK, mapping('() and type = "track"'))
    )
    assert lines(explain(TRACK | {"context": None}, EVENTS))[-3:] == [
        "  rejected because",
        "    $  Cannot destructure property 'personas' of '{}' as it is null.",
        (
            "      The event's context is null, but Segment reads the context of every event. "
            "Leave context out, or make it an object."
        ),
    ]


def test_a_suspicion_stands_below_the_request():
    assert lines(explain(TRACK | {"timestamp": 1763914639}, EVENTS))[-2:] == [
        "  accepted, but surely wrong",
        (
            "    ! $.events[0].timestamp is 1970-01-21T09:58:34Z: Segment reads a number as "
            "milliseconds, and the source was probably in seconds. Multiply it by 1000."
        ),
    ]


def test_a_disabled_mapping_says_so_first():
    assert lines(explain(TRACK, mapping('type = "track"', enabled=False)))[:2] == [
        "Mine  skipped (MAPPING_DISABLED)",
        "  The mapping is disabled. If it were enabled:",
    ]


@pytest.mark.parametrize(
    ("fields", "event", "key", "fate", "why"),
    [
        pytest.param(
            {"eventNam": {"@path": "$.event"}}, {}, "eventNam", "dropped",
            "Send events has no such field. Did you mean eventName?", id="no field",
        ),
        pytest.param(
            {"userId": {"@path": "$.userId"}}, {"userId": None}, "userId", "left out",
            "Null counts as no value.", id="null",
        ),
        pytest.param(
            {"accountId": {"@path": "$.n"}}, {"n": ""}, "accountId", "left out",
            "An empty string counts as no value.", id="empty text",
        ),
        pytest.param(
            {"accountId": {"@path": "$.n"}}, {"n": [5]}, "accountId", "sent",
            "A string made of an array of 1 item.", id="list of one",
        ),
        pytest.param(
            {"accountId": {"@template": "{{n}}"}}, {"n": {"a": 1}}, "accountId", "sent", "",
            id="a template",
        ),
        pytest.param(
            {"accountId": {"@case": {"operator": "title", "value": {"@path": "$.event"}}}}, {},
            "accountId", "refused",
            'Segment throws Error: operator key should have a value of "lower" or "upper".',
            id="thrown",
        ),
        pytest.param(
            {"dynamicAuthSettings": 5}, {}, "dynamicAuthSettings", "sent",
            "This is not a field, but Segment sends it.", id="passed through",
        ),
        pytest.param({}, {}, "anonymousId", "not mapped", "The mapping has no such field.",
                     id="not mapped"),
    ],
)  # fmt: skip
def test_each_fields_fate_is_named_with_its_reason(fields, event, key, fate, why):
    plain = {"userId": "u", "eventName": "E", "timestamp": 1612137600000}
    mapped = mapping('type = "track"', fields=plain | fields)

    fates = {each.key: each for each in explain(TRACK | event, mapped, "observed").fields}

    assert (fates[key].fate, fates[key].why) == (fate, why)


def test_the_fields_of_a_root_directive_are_what_it_gives():
    fields = {"@merge": {"direction": "right", "objects": [
        {"eventName": {"@path": "$.event"}, "timestamp": {"@path": "$.timestamp"}},
        {"userId": {"@path": "$.userId"}, "other": 1},
    ]}}  # fmt: skip

    fates = explain(TRACK, mapping('type = "track"', fields=fields)).fields

    assert [(each.key, each.fate) for each in fates] == [
        ("eventName", "sent"),
        ("timestamp", "sent"),
        ("userId", "sent"),
        ("other", "dropped"),
        ("anonymousId", "not mapped"),
    ]


@pytest.mark.parametrize("path", ["$.nothing", "$.event", "$.timestamp"])
def test_a_root_directive_that_gives_no_object_gives_no_field(path):
    explained = explain(TRACK, mapping('type = "track"', fields={"@path": path}))

    assert {each.raw for each in explained.fields} == {MISSING}


@pytest.mark.parametrize(
    ("trigger", "event", "edits"),
    [
        pytest.param(
            'context.ip = "::1"', {}, (Edit(("context",), MISSING, {"ip": "::1"}),), id="add"
        ),
        pytest.param(
            "properties.n = 5", {"properties": {"n": "5"}}, (Edit(("properties", "n"), "5", 5),),
            id="another kind",
        ),
        pytest.param(
            "properties.t = true", {"properties": {"t": "true"}},
            (Edit(("properties", "t"), "true", True),), id="a boolean",
        ),
        pytest.param(
            "properties.a = null", {"properties": {"a": "x", "b": 1}},
            (Edit(("properties", "a"), "x", MISSING),), id="take out",
        ),
        pytest.param(
            "properties.a.b != null", {"properties": None},
            (Edit(("properties",), None, {"a": {"b": "x"}}),), id="what stands in the way",
        ),
        pytest.param(
            "properties.list.length >= 2", {"properties": {"list": [1]}},
            (Edit(("properties", "list", 1), MISSING, None),), id="a length",
        ),
        pytest.param(
            'type = "page" or (event = "A" and userId = "b")', {"event": "A", "userId": "bb"},
            (Edit(("userId",), "bb", "b"),), id="the alternative that is nearest",
        ),
        pytest.param(
            'contains(event, "Order") and !contains(event, "Test")', {"event": "order 1"},
            (Edit(("event",), "order 1", "Order 1"),), id="letters of another case",
        ),
        pytest.param(
            "properties.n > 1 and properties.n < 1.5", {"properties": {"n": 9}},
            (Edit(("properties", "n"), 9, 1.25),), id="between two numbers",
        ),
    ],
)  # fmt: skip
def test_the_smallest_change_to_an_event_is_this(trigger, event, edits):
    change = explain(BARE | event, mapping(trigger)).change

    assert change.edits == edits
    assert mapping(trigger).parsed_trigger.matches(change.event)


def test_a_number_beyond_a_double_is_shown_with_the_digits_that_are_sent():
    event = TRACK | {"properties": {"id": 12345678901234567890, "n": 5}}

    explanation = explain(event, EVENTS)

    sent = explanation.outcome.request.json["events"][0]["eventProperties"]
    assert sent == {"id": 12345678901234567000, "n": 5}
    assert [f.value for f in explanation.fields if f.key == "eventProperties"] == [sent]


def test_a_field_that_is_not_simulated_is_of_the_declared_type():
    fields = {**EVENTS.fields, "eventName": {"@liquid": "{{ properties.list | sample }}"}}

    explanation = explain(TRACK, mapping('type = "track"', fields=fields))

    found = {fate.fate: problems_of(FieldJson, fate.to_json()) for fate in explanation.fields}
    assert found["not simulated"] == ()
    assert set(found.values()) == {()}


def test_the_smallest_change_has_no_edit_that_a_later_one_makes_needless():
    fields = {"anonymousId": {"@path": "$.anonymousId"}, "eventName": "E", "timestamp": 0}
    asked = mapping('type = "track"', fields=fields)

    change = explain({"type": "page", "event": "E"}, asked).change

    assert [edit.at for edit in change.edits] == [("type",), ("anonymousId",)]


def test_the_smallest_change_adds_no_id_that_the_return_of_another_makes_needless():
    fields = {"accountId": {"@path": "$.groupId"}, "creationTime": 0}
    trigger = 'match(event, "*Up") or userId = null'
    asked = Mapping("Mine", action="sendAccountProfiles", trigger=trigger, fields=fields)
    event = {"type": "track", "event": 0, "userId": 1e-07, "groupId": [{}]}

    change = explain(event, asked).change

    assert [edit.at for edit in change.edits] == [("event",), ("groupId",)]


@pytest.mark.parametrize(
    ("trigger", "event", "changed"),
    [
        ('type = "track"', {"type": "page"}, 'type = "page"'),
        ('type = "a" and event = "x"', {"type": "a", "event": "y"}, 'type = "a" and event = "y"'),
        ("properties.n >= 5", {"properties": {"n": 3}}, "properties.n >= 3"),
        ("properties.n = 5", {"properties": {"n": "5"}}, 'properties.n = "5"'),
        ("properties.n != null", {}, "properties.n = null"),
        ('contains(event, "a")', {"event": "b"}, 'contains(event, "b")'),
        ('event != "a"', {"event": "a"}, 'event = "a"'),
        ("properties.t = true", {"properties": {"t": False}}, "properties.t = false"),
        ("properties.t = true", {"properties": {"t": [1]}}, "properties.t != null"),
        (
            'type="a" or (event = "x" and event = "y")',
            {"type": "b"},
            'type = "b" or (event = "x" and event = "y")',
        ),
    ],
)
def test_the_smallest_change_to_a_trigger_is_this(trigger, event, changed):
    assert explain(event, mapping(trigger)).change.trigger == changed


def test_a_trigger_nothing_can_fulfil_says_so():
    change = explain(TRACK, mapping('type = "track" and type = "page"')).change

    assert (change.event, change.no_event) == (
        None,
        "No event can make this trigger true; the trigger must change.",
    )
    assert change.trigger == 'type = "track" and type = "track"'


def test_the_tree_is_json_and_leaves_out_what_is_not_there():
    tree = to_json(explain(TRACK | {"type": "page"}, mapping("properties.none = 1 or type = 2")))

    json.dumps(tree, allow_nan=False)
    first = tree["trigger"]["clause"]["clauses"][0]
    assert first["sentence"] == "properties.none is missing, not the number 1"
    assert "actual" not in first
    assert first["actualKind"] == "undefined"
    assert tree["change"]["edits"] == [{"path": "$.properties.none", "after": 1}]
    assert (tree["outcome"], tree["request"]) == ("skipped", None)


def test_every_sample_is_explained_as_text_and_as_json():
    for sample in (*odd(), *recorded()):
        for preset in PRESETS:
            for rules in ("documented", "observed"):
                explanation = explain(sample.event.value, preset, rules)
                assert to_text(explanation).startswith(preset.name)
                json.dumps(to_json(explanation), allow_nan=False)


@pytest.mark.parametrize("event", [None, [], [{"type": "track"}], 5, "text", {"type": math.inf}])
def test_even_what_is_no_event_is_explained(event):
    explanation = explain(event, EVENTS)

    assert to_text(explanation).startswith("Send Events")
    json.dumps(to_json(explanation), allow_nan=False)


def test_a_trigger_that_searches_too_much_is_told_in_a_sentence_and_no_change_is_looked_for():
    searches = mapping(" or ".join(['contains(event, "zz")'] * 4_000))

    told = to_json(explain(TRACK | {"event": "a" * 900_000}, searches))

    clauses = told["trigger"]["clause"]["clauses"]
    assert (told["outcome"], told["code"]) == ("rejected", "NOT_SIMULATED")
    assert clauses[0]["sentence"].startswith('event is "aaaa')
    assert clauses[-1]["verdict"] == "throws"
    assert clauses[-1]["sentence"].startswith(
        "the mapping: the sandbox does not simulate a mapping"
    )
    assert told["change"]["noEvent"].startswith("This is too large to compare")
    assert len(json.dumps(told)) < 6_000_000  # it was 3.6 GB


def test_a_clause_leaves_out_what_is_there_where_that_is_long():
    tree = to_json(
        explain(TRACK | {"event": "a" * 1000}, mapping("event = 1 or properties.plan = 1"))
    )

    first, second = tree["trigger"]["clause"]["clauses"]
    assert "actual" not in first
    assert first["sentence"].startswith('event is "aaaa')
    assert second["actual"] == "pro"


@pytest.mark.laws
@pytest.mark.parametrize("more", [[], ['event = "zz"']])
def test_thousands_of_clauses_on_a_long_string_are_explained_in_seconds(more):
    clauses = [f'contains(event, "a{number}")' for number in range(4_000)]
    began = time.process_time()

    told = explain(TRACK | {"event": "a" * 100_000}, mapping(" and ".join([*clauses, *more])))

    assert told.change.no_event.startswith("This is too large to compare")
    assert time.process_time() - began < 20  # without an end: hours, and gigabytes
