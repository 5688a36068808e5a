"""Pipeline: what becomes of one event, under both rule sets."""

import pytest

from sandbox import PRESETS, Mapped, Mapping, Rejected, Skipped, map_event
from sandbox.compiled import compile_mappings

TRACK = {
    "type": "track",
    "event": "E",
    "timestamp": "2021-02-01T00:00:00Z",
    "userId": "u",
    "anonymousId": "a",
    "context": {"groupId": "g"},
    "properties": {"p": 1, "n": None, "u": [1, {"x": None}]},
}
EVENTS = Mapping("Events", action="sendEvents", trigger='type = "track"')


def only(event, rules="documented", mapping=EVENTS):
    (outcome,) = map_event(event, [mapping], rules)
    return outcome


def test_a_track_event_becomes_the_exact_body_segment_sends():
    outcome = only(TRACK)

    assert isinstance(outcome, Mapped)
    assert outcome.mapping is EVENTS
    assert (outcome.request.method, outcome.request.path) == ("POST", "/upload/events")
    assert outcome.request.content == (
        b'{"events":[{"userId":"u","anonymousId":"a","accountId":"g","eventName":"E",'
        b'"timestamp":1612137600,"eventProperties":{"p":1,"n":null,"u":[1,{"x":null}]}}]}'
    )
    assert outcome.request.json["events"][0]["timestamp"] == 1612137600


@pytest.mark.parametrize(
    ("event_type", "names"),
    [
        ("identify", ["Send User Profiles"]),
        ("group", ["Send Account Profiles"]),
        ("track", ["Send Events"]),
        ("page", []),
        ("screen", []),
        ("alias", []),
        ("Track", []),
    ],
)
def test_each_type_triggers_exactly_its_preset(event_type, names):
    event = TRACK | {"type": event_type, "groupId": "g", "traits": {}}

    outcomes = map_event(event, PRESETS)

    assert [o.mapping.name for o in outcomes if not isinstance(o, Skipped)] == names
    assert len(outcomes) == 3


def test_a_disabled_mapping_is_skipped_with_our_code():
    disabled = Mapping("Off", action="sendEvents", trigger='type = "track"', enabled=False)

    outcome = only(TRACK, mapping=disabled)

    assert isinstance(outcome, Skipped)
    assert outcome.code == "MAPPING_DISABLED"


def test_a_missing_event_name_is_rejected_in_segments_words():
    outcome = only({k: v for k, v in TRACK.items() if k != "event"})

    assert isinstance(outcome, Rejected)
    assert outcome.code == "MESSAGE_REJECTED"
    assert [(p.path, p.message) for p in outcome.problems] == [
        ("$.eventName", "The root value is missing the required field 'eventName'.")
    ]


def test_an_event_without_an_id_is_rejected_only_as_documented():
    event = TRACK | {"userId": None, "anonymousId": ""}

    documented, observed = only(event), only(event, "observed")

    assert isinstance(documented, Rejected)
    assert documented.problems[0].path == "$.userId"
    assert documented.problems[0].message == (
        "is missing, and so is anonymousId. Expected at least one of them. "
        'Segment itself would send this; rules="observed" shows the request.'
    )
    assert isinstance(observed, Mapped)
    assert list(observed.request.json["events"][0]) == [
        "accountId",
        "eventName",
        "timestamp",
        "eventProperties",
    ]


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (
            TRACK | {"context": None},
            "Cannot destructure property 'personas' of '{}' as it is null.",
        ),
        (
            TRACK | {"context": {"personas": None}},
            "Cannot read properties of null (reading 'computation_class')",
        ),
        (None, "Cannot read properties of null (reading 'type')"),
        ([TRACK], "This action does not support batched requests."),
    ],
    ids=["context null", "personas null", "event null", "event a list"],
)
def test_what_segment_throws_for_a_whole_event_is_a_rejection_in_its_words(event, text):
    outcome = only(event)

    assert isinstance(outcome, Rejected)
    assert [(p.path, p.message) for p in outcome.problems] == [("$", text)]


def test_a_directive_that_fails_on_an_event_is_a_rejection_in_segments_words():
    fields = {"eventName": {"@template": {"@path": "$.properties.p"}}}
    mapping = Mapping("T", action="sendEvents", trigger='type = "track"', fields=fields)

    outcome = only(TRACK, mapping=mapping)

    assert isinstance(outcome, Rejected)
    assert outcome.problems[0].message == "@template: expected string, got number"


def test_what_is_not_simulated_is_told_from_what_segment_rejects():
    fields = {"eventName": {"@liquid": "{{ properties.plans | sample }}"}}
    mapping = Mapping("T", action="sendEvents", trigger='type = "track"', fields=fields)

    outcome = only(TRACK | {"properties": {"plans": ["a", "b"]}}, mapping=mapping)

    assert isinstance(outcome, Rejected)
    assert outcome.code == "NOT_SIMULATED"
    assert outcome.problems[0].message == (
        "@liquid: the sandbox does not simulate the Liquid filter `sample`: it picks elements at"
        " random. Segment may send this."
    )


@pytest.mark.parametrize(
    "clause",
    [
        'contains(event, "zz")',
        pytest.param('match(event, "\U0001f600*")', marks=pytest.mark.laws),
    ],
)
def test_a_trigger_of_thousands_of_searches_is_stopped_on_a_string_far_above_segments_32_kb(clause):
    searches = Mapping("Mine", action="sendEvents", trigger=" or ".join([clause] * 4_000))
    event = {"type": "track", "event": "a" * 900_000, "userId": "u1"}

    for outcomes in (map_event(event, [searches]), compile_mappings([searches])(event)):
        (outcome,) = outcomes
        assert (type(outcome), outcome.code) == (Rejected, "NOT_SIMULATED")
        assert outcome.problems[0].message.startswith(
            "the mapping: the sandbox does not simulate a mapping that goes through more than "
            "100,000,000 characters for one event, a value counting as 100 and one that a trigger "
            "searches as a quarter"
        )
    (skipped,) = map_event(event | {"event": "a" * 32_000}, [searches])
    assert skipped.code == "FILTERED_AT_MAPPING"


def test_an_event_nested_5000_deep_is_a_rejection_not_a_crash():
    nested: dict = {}
    for _ in range(5000):
        nested = {"a": nested}

    outcome = only(TRACK | {"properties": nested})

    assert isinstance(outcome, Rejected)
    assert outcome.code == "NOT_SIMULATED"
    assert "an event too deep for Python's own stack" in outcome.problems[0].message


@pytest.mark.parametrize(("depth", "kind"), [(696, Mapped), (697, Mapped), (698, Rejected)])
def test_no_request_is_made_that_nests_deeper_than_the_api_takes(depth, kind):
    nested: dict = {}
    for _ in range(depth - 1):
        nested = {"a": nested}

    outcome = only(TRACK | {"properties": nested})

    assert isinstance(outcome, kind)
    if isinstance(outcome, Mapped):
        assert outcome.request.json["events"][0]["eventProperties"] == nested
    else:
        assert outcome.code == "NOT_SIMULATED"
        assert "a request nested more than 700 levels deep" in outcome.problems[0].message


def test_an_event_nested_490_deep_is_mapped():
    nested: dict = {}
    for _ in range(490):
        nested = {"a": nested}

    outcome = only(TRACK | {"properties": nested})

    assert isinstance(outcome, Mapped)
    assert outcome.request.json["events"][0]["eventProperties"] == nested


def test_an_unknown_word_for_the_rules_is_refused():
    with pytest.raises(ValueError, match=r"is 'strict'\. Expected documented or observed"):
        map_event(TRACK, rules="strict")


def test_each_mapping_makes_a_request_of_its_own():
    twice = [EVENTS, Mapping("Again", action="sendEvents", trigger='event = "E"')]

    assert [type(o) for o in map_event(TRACK, twice)] == [Mapped, Mapped]


def test_the_event_is_left_as_it_was():
    event = {**TRACK, "properties": {"list": [1, {"x": None}], "e": ""}}
    before = repr(event)

    map_event(event)

    assert repr(event) == before
