"""Recording: exchanges out of NDJSON, JSON and HAR, and what is none."""

import gzip
import json

import pytest

from sandbox.event_input import BadInput
from sandbox.recording import Exchange, read_recording

LINE = {
    "request": {
        "method": "post",
        "path": "/v1/upload/events?x=1",
        "headers": {"Content-Type": "application/json"},
        "json": {"events": [1.5]},
    },
    "response": {"status": 202, "headers": [["Pragma", "no-cache"]], "body": "ok"},
}
READ = Exchange(
    place="rec, exchange 1",
    method="POST",
    host="",
    target="/v1/upload/events?x=1",
    headers=(("content-type", "application/json"),),
    body=b'{"events":[1.5]}',
    status=202,
    answer_headers=(("pragma", "no-cache"),),
    answer_body=b"ok",
)


def read(value):
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return list(read_recording(content, name="rec"))


def test_one_exchange_and_a_list_of_them():
    assert read(LINE) == [READ]
    assert [one.place for one in read([LINE, LINE])] == ["rec, exchange 1", "rec, exchange 2"]


def test_ndjson_goes_on_behind_a_line_that_is_none():
    lines = [json.dumps(LINE), "", "{no", json.dumps(LINE)]

    first, bad, last = read("\n".join(lines).encode())

    assert (first.place, last.place) == ("rec, line 1", "rec, line 4")
    assert isinstance(bad, BadInput)
    assert bad.where == "rec, line 3"


def test_what_is_left_out_is_not_known():
    (only,) = read({"request": {"method": "GET", "path": "/v1/auth/me"}, "response": {"status": 0}})

    assert (only.headers, only.answer_headers, only.answer_body, only.body) == (
        None,
        None,
        None,
        b"",
    )


def test_har_as_a_browser_exports_it():
    har = {
        "log": {
            "version": "1.2",
            "entries": [
                {
                    "request": {
                        "method": "POST",
                        "url": "https://API.toplyne.io/v1/upload/events",
                        "headers": [{"name": "Content-Type", "value": "application/json"}],
                        "postData": {"mimeType": "application/json", "text": '{"events":[]}'},
                    },
                    "response": {
                        "status": 400,
                        "headers": [],
                        "content": {"size": 2, "text": "e30=", "encoding": "base64"},
                    },
                }
            ],
        }
    }

    (only,) = read(har)

    assert (only.host, only.target, only.place) == (
        "api.toplyne.io",
        "/v1/upload/events",
        "rec, entry 1",
    )
    assert (only.body, only.answer_body, only.answer_headers) == (b'{"events":[]}', b"{}", ())


def reasons(value):
    return [str(one) for one in read(value) if isinstance(one, BadInput)]


def test_what_is_no_exchange_is_said_with_its_place_and_what_would_be_right():
    like = 'Expected {"request": {"method", "path", "json"}, "response": {"status", "json"}}.'

    assert reasons([5]) == [f"rec, exchange 1: is not a recorded exchange. {like}"]
    assert reasons({"request": {}, "response": {"status": 200}}) == [
        f"rec, exchange 1: is not a recorded exchange (request.url or path is not a string). {like}"
    ]
    status = {"request": {"method": "GET", "path": "/"}, "response": {"status": "200"}}
    assert reasons(status) == [
        f"rec, exchange 1: is not a recorded exchange (response.status is '200'). {like}"
    ]
    for headers, said in [
        ([{"n": 1}], "{'n': 1} is not a header"),
        (["ab"], "'ab' is not a header"),
        (5, "headers is 5"),
    ]:
        request = {"method": "GET", "path": "/", "headers": headers}
        assert reasons({"request": request, "response": {"status": 200}}) == [
            f"rec, exchange 1: is not a recorded exchange ({said}). {like}"
        ]
    body = {"request": {"method": "POST", "path": "/", "body": 5}, "response": {"status": 200}}
    assert reasons(body) == [
        f"rec, exchange 1: is not a recorded exchange (a body is not a string). {like}"
    ]
    assert reasons({"log": {}}) == ["rec: is not a HAR file: log.entries is not an array."]
    assert reasons(b"") == ["rec: is empty. Expected NDJSON or HAR."]
    bad = {"request": {**body["request"], "body": ""}, "response": {"status": 200}}
    bad["response"]["content"] = {"text": "!!!!", "encoding": "base64"}
    assert reasons(bad) == [
        f"rec, exchange 1: is not a recorded exchange (a body is not base64). {like}"
    ]


@pytest.mark.parametrize(
    "written",
    [
        lambda text: b"\xef\xbb\xbf" + text,
        gzip.compress,
        lambda text: gzip.compress(b"\xef\xbb\xbf" + text),
        lambda text: b"\n" + text + b"\n",
    ],
    ids=["byte order mark", "gzip", "both", "blank lines"],
)
def test_a_har_file_is_read_however_it_was_written(written):
    har = json.dumps({"log": {"entries": [LINE]}}, indent=2).encode()

    assert [one.place for one in read(written(har))] == ["rec, entry 1"]


def test_a_har_file_that_is_cut_off_is_one_sentence():
    har = json.dumps({"log": {"entries": [LINE] * 50}}, indent=2).encode()

    assert reasons(har[:-30]) == ["rec: not JSON: it ends too early, at line 1201, column 23."]


def test_a_bomb_is_refused_before_it_is_read():
    bomb = gzip.compress(b'{"log":{"entries":[' + b"{}," * 3_000_000)

    (reason,) = reasons(bomb)
    assert reason.startswith("rec: has more than 3,000,000 values, the limit for a file")


def test_a_body_that_was_left_out_is_not_an_empty_one():
    request = {"method": "POST", "url": "http://localhost/v1/upload/events", "headers": []}
    length = [{"name": "Content-Length", "value": "67"}]
    entries = [
        request | {"bodySize": 67},
        request | {"bodySize": 67, "postData": {"mimeType": "", "params": []}},
        request | {"headers": length, "postData": {"text": ""}},
        request | {"bodySize": 0},
        request | {"bodySize": -1},
        request,
    ]
    har = {"log": {"entries": [{"request": each, "response": {"status": 202}} for each in entries]}}

    assert [one.body for one in read(har)] == [None, None, None, b"", b"", b""]


def test_what_a_browser_reads_out_of_itself_is_of_no_host_of_ours():
    urls = ["data:text/plain,x", "blob:https://a.example/1", "file:///etc/hosts", "/v1/auth/me"]
    calls = [
        {"request": {"method": "GET", "url": url}, "response": {"status": 200}} for url in urls
    ]

    assert [one.host for one in read(calls)] == ["data", "blob", "file", ""]


def test_half_a_character_in_a_url_is_told_as_its_number():
    call = {"request": {"method": "GET", "url": "/v1/\ud800"}, "response": {"status": 404}}

    (only,) = read(call)

    assert only.target == r"/v1/\ud800"
