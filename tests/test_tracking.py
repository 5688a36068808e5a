"""The Tracking API over real sockets: paths, keys, encodings, answers, and the browser's needs."""

import base64
import gzip
import json
import os
from urllib.parse import quote

import pytest

from mock_server import MockServer, create_app
from mock_server.assertions import Assertions
from mock_server.mock import Mock
from mock_server.segment.segment_choices import SegmentChoices
from tests.wire import http, parsed, talk

TRACK = {"type": "track", "event": "Signed Up", "userId": "u1", "messageId": "m1"}
KEY = "a-write-key-of-32-letters-or-more"


@pytest.fixture(scope="module")
def server():
    with MockServer(segment=SegmentChoices(synchronous=True)) as started:
        yield started


@pytest.fixture
def toplyne(server):
    server.reset()
    return server


def basic(key, colon=":"):
    return {"Authorization": "Basic " + base64.b64encode(f"{key}{colon}".encode()).decode()}


def post(toplyne, path, body, *, headers=None, **arguments):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    known = basic(toplyne.write_key) if headers is None else headers
    return http.post(f"{toplyne.url}{path}", content=content, headers=known, **arguments)


def fates(toplyne):
    return [(record["outcome"], record["code"]) for record in toplyne.ledger]


@pytest.mark.skipif(os.name == "nt", reason="its event loop ends a connection with its input")
def test_a_synchronous_call_whose_client_closes_its_side_is_answered_after_the_delivery(toplyne):
    toplyne.fail_next(delay=0.5)
    body = json.dumps(TRACK | {"writeKey": toplyne.write_key}).encode()
    head = b"POST /v1/track HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body)

    answer = talk(toplyne, head + body, half_close=True)

    assert parsed(answer.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b""))[0] == 200
    assert fates(toplyne) == [("delivered", "202")]


@pytest.mark.parametrize("end", ["", "/"])
@pytest.mark.parametrize(
    ("path", "call", "state"),
    [
        ("/v1/identify", {"userId": "u1", "traits": {"a": 1}}, "profiles"),
        ("/v1/i", {"userId": "u1", "traits": {"a": 1}}, "profiles"),
        ("/v1/track", {"userId": "u1", "event": "E"}, "events"),
        ("/v1/t", {"userId": "u1", "event": "E"}, "events"),
        ("/v1/group", {"userId": "u1", "groupId": "g"}, "accounts"),
        ("/v1/g", {"userId": "u1", "groupId": "g"}, "accounts"),
        ("/v1/page", {"userId": "u1", "name": "P"}, None),
        ("/v1/p", {"userId": "u1", "name": "P"}, None),
        ("/v1/screen", {"userId": "u1", "name": "S"}, None),
        ("/v1/s", {"userId": "u1", "name": "S"}, None),
        ("/v1/alias", {"userId": "u1", "previousId": "a"}, None),
        ("/v1/a", {"userId": "u1", "previousId": "a"}, None),
        ("/v1/batch", {"batch": [TRACK]}, "events"),
        ("/v1/b", {"batch": [TRACK]}, "events"),
        ("/v1/import", {"batch": [TRACK]}, "events"),
    ],
)
def test_every_path_takes_its_call(toplyne, path, end, call, state):
    answer = post(toplyne, path + end, call)

    assert (answer.status_code, answer.text) == (200, '{"success":true}')
    assert answer.headers["content-type"] == "application/json"
    held = {kind: getattr(toplyne, kind) for kind in ("profiles", "accounts", "events")}
    assert [kind for kind, items in held.items() if items] == ([state] if state else [])
    expected = ("delivered", "202") if state else ("unmapped", "NO_MATCHING_MAPPING")
    assert fates(toplyne) == [expected]


def test_the_key_may_come_in_the_body_or_as_basic_with_or_without_its_colon(toplyne):
    key = toplyne.write_key
    for number, headers in enumerate([{}, basic(key), basic(key, colon="")]):
        body = {**TRACK, "messageId": f"m{number}"}
        if not headers:
            body["writeKey"] = key
        assert post(toplyne, "/v1/track", body, headers=headers).status_code == 200

    assert fates(toplyne) == [("delivered", "202")] * 3


def test_basic_wins_over_the_body(toplyne):
    post(toplyne, "/v1/track", {**TRACK, "writeKey": "another-key-of-nobody"})

    assert fates(toplyne) == [("delivered", "202")]


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "text/plain", "application/x-www-form-urlencoded", "nonsense", ""],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_the_body_is_json_whatever_the_content_type_says(toplyne, content_type, zipped):
    content = json.dumps({"batch": [TRACK]}).encode()
    headers = {**basic(toplyne.write_key), "Content-Type": content_type}
    if zipped:
        content, headers["Content-Encoding"] = gzip.compress(content), "gzip"

    assert post(toplyne, "/v1/batch", content, headers=headers).status_code == 200
    assert [event["eventName"] for event in toplyne.events] == ["Signed Up"]


@pytest.mark.parametrize(
    ("body", "headers", "message"),
    [
        (b'{"a":NaN}', None, "the body is "),
        (b"[]", None, "the body must be a JSON object, but it was of kind array."),
        (b"", None, "the body is "),
        (
            b'{"event":"' + b"x" * 33_000 + b'"}',
            None,
            "the body has 33,012 bytes; an event has at most",
        ),
        (b"{}", {}, "the write key is missing. Send it as Basic authorization or as writeKey."),
        (b"{}", {"Authorization": "Bearer abcdefgh"}, "the write key is missing. Send it"),
        (b"{}", {"Authorization": "Basic %%%"}, "the write key is missing. Send it as Basic"),
        (
            b'{"writeKey":"abc"}',
            {},
            "the write key has 3 characters, which is too short. Send it as",
        ),
    ],
    ids=["NaN", "no object", "empty", "too large", "no key", "Bearer", "no base64", "short"],
)
def test_the_few_bodies_that_are_answered_400(toplyne, body, headers, message):
    answer = post(toplyne, "/v1/track", body, headers=headers)

    assert answer.status_code == 400
    assert answer.json()["success"] is False
    assert answer.json()["code"] == "bad_request"
    assert answer.json()["message"].startswith(message)
    assert fates(toplyne) == [("dropped", "bad_request")]
    assert toplyne.ledger[0]["reason"] == answer.json()["message"]


def test_a_gzip_body_that_is_none_is_answered_400(toplyne):
    headers = {**basic(toplyne.write_key), "Content-Encoding": "gzip"}

    answer = post(toplyne, "/v1/batch", b"no gzip", headers=headers)

    assert answer.status_code == 400
    assert answer.json()["message"] == (
        "the body is not readable as gzip: damaged, or followed by something else"
        " (incorrect header check). Expected one or more whole gzip members."
    )


def test_a_gzip_body_may_have_several_members(toplyne):
    headers = {**basic(toplyne.write_key), "Content-Encoding": "gzip"}
    body = b'{"userId": "u1", "event": "Signed Up"}'

    packed = gzip.compress(body[:9]) + gzip.compress(body[9:])

    assert post(toplyne, "/v1/track", packed, headers=headers).status_code == 200
    toplyne.flush()
    assert fates(toplyne) == [("delivered", "202")]


def test_an_unknown_write_key_is_answered_200_and_written_down(toplyne):
    answer = post(toplyne, "/v1/batch", {"batch": [TRACK, TRACK]}, headers=basic(KEY))

    assert (answer.status_code, answer.text) == (200, '{"success":true}')
    assert fates(toplyne) == [("dropped", "unknown_source")] * 2
    assert toplyne.ledger[0]["reason"] == "no source has the write key …more."
    assert toplyne.ledger[0]["tenant"] is None
    assert KEY not in json.dumps(toplyne.ledger)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"type": "track", "event": "E"}, "no_user_anon_id"),
        ({"type": "track", "userId": "u"}, "event_not_defined"),
        ({"type": "track", "userId": "u", "event": 1}, "event_not_string"),
        ({"type": "track", "userId": "u", "event": "E", "properties": 1}, "properties_not_object"),
        ({"type": "identify", "userId": "u", "traits": []}, "traits_not_object"),
        ({"type": "page", "userId": "u", "name": 1}, "name_not_string"),
        ({"type": "page", "userId": "u", "category": 1}, "category_not_string"),
        ({"type": "track", "userId": "", "event": "E"}, "id_required"),
        ({"type": "track", "userId": {}, "event": "E"}, "id_not_string"),
        ({"type": "tracks", "userId": "u", "event": "E"}, "bad_request"),
    ],
)
def test_what_segment_drops_is_answered_200_and_written_down(toplyne, message, code):
    answer = post(toplyne, "/v1/batch", {"batch": [message]})

    assert answer.status_code == 200
    assert fates(toplyne) == [("dropped", code)]
    assert toplyne.ledger[0]["message"] == message
    assert toplyne.ledger[0]["batchCode"] == code
    assert toplyne.entries == []


def test_a_batch_of_which_some_are_dropped_has_segments_code_for_that(toplyne):
    post(toplyne, "/v1/batch", {"batch": [TRACK, {"type": "track", "userId": "u"}]})

    assert fates(toplyne) == [("delivered", "202"), ("dropped", "event_not_defined")]
    assert [r["batchCode"] for r in toplyne.ledger] == ["multi_user_error"] * 2


def test_an_empty_batch_is_one_line_in_the_ledger(toplyne):
    post(toplyne, "/v1/batch", {"batch": []})

    assert fates(toplyne) == [("dropped", "empty_batch")]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/track", {"userId": "u1"}),
        ("/v1/t", {"userId": "u1", "event": 5}),
        ("/v1/batch", {"batch": []}),
        ("/v1/batch", {"batch": 5}),
        ("/v1/batch", {"batch": [{"type": "track", "writeKey": "in-an-item-of-the-batch"}]}),
    ],
)
@pytest.mark.parametrize("key", ["in-an-item-of-the-batch", 123456789, "wxyz"])
def test_the_ledger_shows_no_write_key_of_what_was_dropped(toplyne, path, body, key):
    post(toplyne, path, {**body, "writeKey": key})
    post(toplyne, path, {**body, "writeKey": key}, headers={})

    assert [record["outcome"] for record in toplyne.ledger] == ["dropped", "dropped"]
    assert ["writeKey" in record["message"] for record in toplyne.ledger] == [False, False]
    assert str(key) not in json.dumps(toplyne.ledger)
    assert "in-an-item-of-the-batch" not in json.dumps(toplyne.ledger)


def test_batches_within_batches_are_dropped_with_a_sentence_however_deep(toplyne):
    body = b'{"batch":[' * 250 + b"]}" * 250

    assert post(toplyne, "/v1/batch", body).status_code == 200

    assert fates(toplyne) == [("dropped", "bad_request")]


def test_a_dropped_call_has_the_type_of_its_path(toplyne):
    post(toplyne, "/v1/track", {"userId": "u1", "event": 5})
    post(toplyne, "/v1/i", {"userId": "u1"}, headers={})

    assert [record["type"] for record in toplyne.ledger] == ["track", "identify"]


def test_a_message_sent_twice_is_delivered_once(toplyne):
    for _ in range(2):
        post(toplyne, "/v1/track", TRACK)

    assert fates(toplyne) == [("delivered", "202"), ("duplicate", None)]
    assert len(toplyne.events) == 1

    toplyne.reset()
    post(toplyne, "/v1/track", TRACK)

    assert fates(toplyne) == [("delivered", "202")]


def test_a_message_without_an_id_gets_one(toplyne):
    for _ in range(2):
        post(toplyne, "/v1/track", {"userId": "u", "event": "E"})

    assert len({record["messageId"] for record in toplyne.ledger}) == 2
    assert len(toplyne.events) == 2


def test_rudderstacks_traits_are_remarked(toplyne):
    message = {"type": "identify", "userId": "u", "context": {"traits": {"plan": "pro"}}}
    post(toplyne, "/v1/batch", {"batch": [message]})

    assert toplyne.ledger[0]["remarks"] == [
        "the traits are in context.traits, where RudderStack's clients put them; Segment does not."
    ]
    assert "userProperties" not in toplyne.profiles[0]


def test_a_browser_may_call_from_any_page_with_authorization(toplyne):
    origin = {"Origin": "https://app.example.com"}
    asked = {
        **origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,x-retry-count",
        "Access-Control-Request-Private-Network": "true",
    }

    leave = http.options(f"{toplyne.url}/v1/t", headers=asked)
    answer = post(toplyne, "/v1/t", TRACK, headers={**origin, **basic(toplyne.write_key)})

    assert leave.status_code == 204
    assert leave.headers["access-control-allow-origin"] == "*"
    assert leave.headers["access-control-allow-headers"] == "authorization,x-retry-count"
    assert leave.headers["access-control-allow-methods"] == "POST, OPTIONS"
    assert leave.headers["access-control-allow-private-network"] == "true"
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert fates(toplyne) == [("delivered", "202")]


def test_a_foreign_host_is_refused_here_too(toplyne):
    answer = post(toplyne, "/v1/t", TRACK, headers={"Host": "evil.example.com"})

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert fates(toplyne) == []
    assert [(e["status"], e["path"], e["tenant"]) for e in toplyne.entries] == [
        (403, "/v1/t", None)
    ]


def test_a_foreign_page_may_still_not_call_toplyne_or_ask_what_came(toplyne):
    origin = {"Origin": "https://app.example.com"}

    for path in ("/v1/upload/events", "/_sandbox/ledger", "/_sandbox/flush"):
        assert http.post(f"{toplyne.url}{path}", headers=origin).status_code == 403


def test_the_browsers_settings_send_its_events_here(toplyne):
    path = f"/v1/projects/{toplyne.write_key}/settings"
    answer = http.get(f"{toplyne.url}{path}", headers={"Origin": "https://app.example.com"})

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    segment = answer.json()["integrations"]["Segment.io"]
    assert segment["apiKey"] == toplyne.write_key
    assert segment["apiHost"] == f"127.0.0.1:{toplyne.port}/v1"
    assert segment["protocol"] == "http"


def test_the_settings_of_an_unknown_key_are_404_and_do_not_repeat_it(toplyne):
    answer = http.get(f"{toplyne.url}/v1/projects/{KEY}/settings")

    assert answer.status_code == 404
    assert answer.json()["message"] == "No source has the write key …more."


def test_the_flask_application_takes_calls_too():
    mock = Mock(reaches_socket=False, segment=SegmentChoices(synchronous=True))
    client = create_app(mock).test_client()
    key = mock.segment.workspace.sources[0].write_key

    answer = client.post("/v1/t", json={**TRACK, "writeKey": key})
    leave = client.options("/v1/t", headers={"Origin": "https://app.example.com"})

    assert (answer.status_code, answer.data) == (200, b'{"success":true}')
    assert (leave.status_code, leave.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert [event["eventName"] for event in Assertions.of(mock).events] == ["Signed Up"]
    mock.close()


def test_another_method_is_405_with_allow(toplyne):
    answer = http.get(f"{toplyne.url}/v1/track")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST, OPTIONS"
    assert answer.json()["message"] == "/v1/track does not allow GET. Use POST, OPTIONS."


# --- the Pixel API, metrics, and the browser's snippet ---


def pixel(toplyne, call, **query):
    return http.get(f"{toplyne.url}/v1/pixel/{call}", params=query, timeout=5)


def test_a_pixel_takes_a_message_in_base64_and_answers_an_image(toplyne):
    message = {"writeKey": toplyne.write_key, "userId": "u", "event": "Opened", "timestamp": None}
    data = base64.b64encode(json.dumps(message).encode()).decode()

    answer = pixel(toplyne, "track", data=data)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
    toplyne.flush()
    assert [event["eventName"] for event in toplyne.events] == ["Opened"]


@pytest.mark.parametrize(
    "written",
    [
        lambda data: data,
        lambda data: data.rstrip("="),
        lambda data: data.replace("+", "-").replace("/", "_"),
        quote,
    ],
    ids=["bare", "without padding", "URL-safe", "encoded"],
)
def test_a_pixel_takes_base64_however_a_page_writes_it_into_the_url(toplyne, written):
    message = {"userId": "u", "event": "?>?>?>~~~~", "writeKey": toplyne.write_key}
    data = base64.b64encode(json.dumps(message).encode()).decode()
    assert {"+", "/", "="} <= {*data}

    http.get(f"{toplyne.url}/v1/pixel/track?data={written(data)}", timeout=5)

    toplyne.flush()
    assert [event["eventName"] for event in toplyne.events] == ["?>?>?>~~~~"]


@pytest.mark.parametrize(
    "path", ["/analytics.js/v1/KEY/analytics.min.js", "/v1/m", "/v1/pixel/track", "/v1/pixel/none"]
)
def test_each_path_of_the_tracking_api_refuses_in_its_form_and_to_any_page(toplyne, path):
    answer = http.put(f"{toplyne.url}{path}", headers={"Origin": "https://shop.example"}, timeout=5)

    assert answer.json()["success"] is False
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_pixel_takes_plain_parameters_and_is_an_image_whatever_they_say(toplyne):
    answers = [
        pixel(toplyne, "identify", writeKey=toplyne.write_key, userId="u7"),
        pixel(toplyne, "track", data="%%%"),
        pixel(toplyne, "track", writeKey="abc"),
    ]

    assert [answer.content[:6] for answer in answers] == [b"GIF89a"] * 3
    toplyne.flush()
    assert [profile["userId"] for profile in toplyne.profiles] == ["u7"]
    assert [entry["status"] for entry in toplyne.entries if "pixel" in entry["path"]] == [400, 400]


def test_metrics_of_sdks_are_taken_and_are_no_messages(toplyne):
    answer = http.post(f"{toplyne.url}/v1/m", json={"series": []})

    assert answer.json() == {"success": True}
    assert toplyne.ledger == []
    assert toplyne.entries[-1]["path"] == "/v1/m"


def test_the_browsers_snippet_is_told_in_the_console_what_to_load(toplyne):
    answer = http.get(f"{toplyne.url}/analytics.js/v1/{toplyne.write_key}/analytics.min.js")

    assert answer.headers["content-type"].startswith("text/javascript")
    assert "load @segment/analytics-next" in answer.text


def test_a_write_key_of_six_characters_is_answered_400_and_one_of_seven_200(toplyne):
    statuses = [
        http.post(
            f"{toplyne.url}/v1/track", json={"writeKey": key, "event": "E", "userId": "u"}
        ).status_code
        for key in ("abc123", "abc1234")
    ]

    assert statuses == [400, 200]
