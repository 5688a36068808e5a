"""Intake: which events of a body go on, completed, and which are dropped with which code."""

import json

import pytest

from sandbox.samples import recorded
from sandbox.segment.ingest_checks import IngestLimits
from sandbox.segment.intake import CALLS, Dropped, Kept, RefusedBody, batch_code, read_body, take_in

RECEIVED_AT = 1_700_000_000_000  # 2023-11-14T22:13:20.000Z
RECEIVED = "2023-11-14T22:13:20.000Z"


def taken(body, *, call="batch", **options):
    return take_in(body, call=call, received_at=RECEIVED_AT, new_id=lambda: "new-id", **options)


def taken_one(event, **options):
    (one,) = taken({"batch": [event]}, **options)
    return one


def track(**changes):
    return {"type": "track", "event": "E", "userId": "u", "messageId": "m"} | changes


def without(event, *keys):
    return {key: value for key, value in event.items() if key not in keys}


def test_an_event_in_a_batch_is_kept_and_completed():
    assert taken_one(without(track(), "messageId")) == Kept(
        {
            "type": "track",
            "event": "E",
            "userId": "u",
            "messageId": "new-id",
            "timestamp": RECEIVED,
            "receivedAt": RECEIVED,
        }
    )


def test_a_single_call_gets_its_type_from_the_path():
    (kept,) = taken({"userId": "u", "event": "E", "messageId": "m"}, call="track")

    assert kept.message["type"] == "track"


@pytest.mark.parametrize(
    ("word", "call"),
    [
        ("identify", "identify"),
        ("i", "identify"),
        ("t", "track"),
        ("p", "page"),
        ("s", "screen"),
        ("g", "group"),
        ("a", "alias"),
        ("b", "batch"),
        ("batch", "batch"),
        ("import", "batch"),
    ],
)
def test_every_word_after_v1_names_its_call(word, call):
    assert CALLS[word] == call


def test_an_unknown_call_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="Did you mean track"):
        taken({}, call="tracks")


def test_the_body_is_left_as_it_was():
    body = {
        "batch": [track(context={"a": 1}, writeKey="w")],
        "context": {"b": 2},
        "sentAt": "2023-11-14T22:13:19.000Z",
    }
    before = json.dumps(body)

    taken(body)

    assert json.dumps(body) == before


def test_context_and_integrations_of_a_batch_are_merged_and_the_items_win():
    body = {
        "context": {"ip": "1.2.3.4", "library": {"name": "batch"}},
        "integrations": {"All": False, "X": True},
        "batch": [
            track(context={"library": {"name": "item"}}, integrations={"All": True}),
            track(),
            track(context=None, integrations=None),
        ],
    }

    first, second, third = (kept.message for kept in taken(body))

    assert first["context"] == {"ip": "1.2.3.4", "library": {"name": "item"}}
    assert first["integrations"] == {"All": True, "X": True}
    assert second["context"] == {"ip": "1.2.3.4", "library": {"name": "batch"}}
    assert third["context"] == second["context"]
    assert third["integrations"] == {"All": False, "X": True}


def test_the_write_key_is_no_part_of_an_event():
    (single,) = taken(without(track(writeKey="w"), "type"), call="track")

    assert "writeKey" not in single.message
    assert "writeKey" not in taken_one(track(writeKey="w")).message


@pytest.mark.parametrize("empty", [None, ""], ids=["null", "empty"])
def test_a_message_id_that_is_not_given_is_made(empty):
    assert taken_one(track(messageId=empty)).message["messageId"] == "new-id"


def test_the_sent_at_of_the_body_is_each_items():
    body = {
        "sentAt": "2023-11-14T22:13:19.000Z",
        "batch": [track(), track(sentAt="2023-11-14T22:13:18.000Z")],
    }

    assert [kept.message["sentAt"] for kept in taken(body)] == [
        "2023-11-14T22:13:19.000Z",
        "2023-11-14T22:13:18.000Z",
    ]


DROPS = {
    "no id": (without(track(), "userId"), "no_user_anon_id"),
    "null ids": (track(userId=None, anonymousId=None), "no_user_anon_id"),
    "empty ids": (track(userId="", anonymousId=None), "id_required"),
    "an object as id": (track(userId={"id": 1}), "id_not_string"),
    "a list as group id": (
        {"type": "group", "userId": "u", "groupId": ["g"]},
        "id_not_string",
    ),
    "no event": (without(track(), "event"), "event_not_defined"),
    "null event": (track(event=None), "event_not_defined"),
    "empty event": (track(event=""), "event_not_defined"),
    "number as event": (track(event=5), "event_not_string"),
    "list as properties": (track(properties=[1]), "properties_not_object"),
    "text as properties of a page": (
        {"type": "page", "userId": "u", "properties": "p"},
        "properties_not_object",
    ),
    "text as traits": ({"type": "identify", "userId": "u", "traits": "t"}, "traits_not_object"),
    "list as traits of a group": (
        {"type": "group", "userId": "u", "groupId": "g", "traits": []},
        "traits_not_object",
    ),
    "empty name": ({"type": "page", "userId": "u", "name": ""}, "name_not_string"),
    "number as name": ({"type": "screen", "userId": "u", "name": 5}, "name_not_string"),
    "empty category": ({"type": "page", "userId": "u", "category": ""}, "category_not_string"),
    "object as category": (
        {"type": "screen", "userId": "u", "category": {}},
        "category_not_string",
    ),
    "no type": (without(track(), "type"), "bad_request"),
    "unknown type": (track(type="tracks"), "bad_request"),
    "object as type": (track(type={"a": 1}), "bad_request"),
    "long messageId": (track(messageId="x" * 101), "bad_request"),
    "number as messageId": (track(messageId=5), "bad_request"),
    "no object": ("track", "bad_request"),
    "null": (None, "bad_request"),
    "33 KB": (track(properties={"p": "x" * 33_000}), "bad_request"),
}


@pytest.mark.parametrize(("event", "code"), DROPS.values(), ids=DROPS.keys())
def test_an_event_is_dropped_with_segments_code(event, code):
    dropped = taken_one(event)

    assert isinstance(dropped, Dropped)
    assert dropped.code == code
    assert dropped.message == event
    assert dropped.reason.endswith((".", "?"))


KEEPS = {
    "an anonymous id alone": without(track(anonymousId="a"), "userId"),
    "null beside an id": track(anonymousId=None),
    "a number as id": track(userId=42),
    "a number as group id": {"type": "group", "userId": "u", "groupId": 777},
    "a group without group id": {"type": "group", "userId": "u"},
    "null properties": track(properties=None),
    "traits of a track call are not looked at": track(traits="t"),
    "the name of a track call is not looked at": track(name=5),
    "a page without a name": {"type": "page", "userId": "u", "name": None, "category": None},
    "an alias": {"type": "alias", "userId": "u", "previousId": "old"},
    "a messageId of 100": track(messageId="x" * 100),
    "an event of spaces": track(event=" "),
}


@pytest.mark.parametrize("event", KEEPS.values(), ids=KEEPS.keys())
def test_an_event_is_kept(event):
    kept = taken_one(event)

    assert isinstance(kept, Kept)
    assert {key: kept.message[key] for key in event} == event


@pytest.mark.parametrize("client", sorted({sample.name for sample in recorded()}))
def test_every_event_a_real_client_sent_is_kept_without_a_remark(client):
    events = [sample.event.value for sample in recorded() if sample.name == client]

    results = taken({"batch": events})

    assert len(results) == len(events) > 0
    assert {type(each) for each in results} == {Kept}
    remarks = {remark for each in results for remark in each.remarks}
    assert all(remark.startswith("by sentAt the client's clock was wrong") for remark in remarks)


def test_the_reason_says_what_was_there_and_what_would_be_right():
    assert taken_one(track(event=5)) == Dropped(
        track(event=5), "event_not_string", "event must be a string, but it was a number."
    )
    assert taken_one(track(type="tracks")).reason == (
        "type is 'tracks'. Expected one of identify, track, page, screen, group, alias. Did you "
        "mean track?"
    )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"batch": []}, "empty_batch"),
        ({"batch": None}, "empty_batch"),
        ({}, "empty_batch"),
        ({"batch": {"type": "track"}}, "bad_request"),
    ],
)
def test_a_batch_without_events_is_one_drop(body, code):
    (dropped,) = taken(body)

    assert (dropped.code, dropped.message) == (code, body)


def test_of_a_batch_that_is_far_too_long_the_rest_is_one_drop():
    *apart, rest = taken({"batch": [[]] * 100_000 + [{"writeKey": "secret"}]})

    assert len(apart) == 5000
    assert rest.reason == "these are 95,001 more events of a batch; the limit is 2,500."
    assert rest.message == [*[[]] * 95_000, {}]


def test_events_beyond_the_limit_of_a_batch_are_dropped():
    results = taken({"batch": [track()] * 4}, limits=IngestLimits(batch_events=3))

    assert [isinstance(each, Kept) for each in results] == [True, True, True, False]
    assert results[3].reason == "it is event 4 of its batch; the limit is 3."


def test_rudderstacks_traits_stay_where_they_are_with_a_remark():
    kept = taken_one({"type": "identify", "userId": "u", "context": {"traits": {"plan": "pro"}}})

    assert "traits" not in kept.message
    assert kept.message["context"] == {"traits": {"plan": "pro"}}
    assert kept.remarks == (
        "the traits are in context.traits, where RudderStack's clients put them; Segment does not.",
    )


def test_a_time_that_is_none_is_replaced_with_a_remark():
    kept = taken_one(track(timestamp="yesterday"))

    assert kept.message["timestamp"] == RECEIVED
    assert kept.message["originalTimestamp"] == "yesterday"
    assert kept.remarks == (
        "timestamp 'yesterday' is not an ISO 8601 date, so the server's time is used.",
    )


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([track()], ""),
        ([track(), track(event=5)], "multi_user_error"),
        ([track(event=5)], "event_not_string"),
        ([track(event=5), track(event="")], "empty_batch_result"),
        ([], "empty_batch"),
    ],
    ids=["all kept", "some dropped", "one dropped", "all dropped", "none there"],
)
def test_a_batch_has_a_code_of_its_own(events, code):
    assert batch_code(taken({"batch": events})) == code


def test_a_body_is_read_whatever_its_white_space():
    assert read_body(b' {"batch": []} ', call="batch") == {"batch": []}


@pytest.mark.parametrize(
    ("content", "call", "reason"),
    [
        (b"", "batch", "the body is not JSON: "),
        (b"{", "track", "the body is not JSON: "),
        (b'{"a": NaN}', "track", "the body is not JSON: NaN is not a JSON value"),
        (b"[]", "batch", "the body must be a JSON object, but it was of kind array."),
        (b'"\xff"', "track", "the body is not UTF-8: byte 0xff at offset 1"),
        (
            b"x" * (32 * 1024 + 1),
            "track",
            "the body has 32,769 bytes; an event has at most 32,768.",
        ),
        (
            b"x" * (500 * 1024 + 1),
            "batch",
            "the body has 512,001 bytes; a batch has at most 512,000.",
        ),
        (b'{"a":' + b"[" * 600 + b"]" * 600 + b"}", "batch", "the body is nested more than 502"),
    ],
    ids=["empty", "cut short", "NaN", "array", "no UTF-8", "event too large", "batch", "deep"],
)
def test_a_body_that_is_not_taken_is_refused_with_the_reason(content, call, reason):
    refused = read_body(content, call=call)

    assert isinstance(refused, RefusedBody)
    assert refused.code == "bad_request"
    assert refused.reason.startswith(reason)


def test_a_batch_may_be_larger_than_an_event():
    content = json.dumps({"batch": [track(properties={"p": "x" * 20_000})] * 3}).encode()

    body = read_body(content, call="batch")

    assert [isinstance(each, Kept) for each in taken(body)] == [True, True, True]


def test_the_densest_event_of_32_kb_has_fewer_properties_than_the_limit():
    names = (f"{number:x}" for number in range(1_000_000))
    densest, size = [], len('{"type":"track","event":"E","userId":"u","properties":{}}')
    for name in names:
        size += len(f'"{name}":1,')
        if size > 32 * 1024:
            break
        densest.append(name)

    assert len(densest) < 10_000


def test_an_event_too_large_takes_its_batch_with_it_where_that_is_chosen():
    body = json.dumps({"batch": [track(), track(properties={"a": "x" * 40_000})]}).encode()

    whole = read_body(body, call="batch", limits=IngestLimits(large_event="batch"))

    assert isinstance(whole, RefusedBody)
    assert whole.reason == ("event 2 of the batch has 40,079 bytes; an event has at most 32,768.")
    assert isinstance(read_body(body, call="batch"), dict)


@pytest.mark.parametrize(
    ("context", "ip"),
    [
        ({"library": {"name": "analytics.js"}}, "198.51.100.7"),
        ({"direct": True}, "198.51.100.7"),
        ({"library": {"name": "analytics-python"}}, None),
        ({"direct": True, "ip": "1.2.3.4"}, "1.2.3.4"),
        ({"library": {"name": ["analytics.js"]}}, None),
        ({"library": "analytics.js"}, None),
    ],
    ids=["a browser", "direct", "a server", "given", "a list for a name", "a string"],
)
def test_the_clients_address_is_filled_in_where_segment_does(context, ip):
    kept = taken_one(track(context=context), client_ip="198.51.100.7")

    assert kept.message["context"].get("ip") == ip
