"""Protocol: what a connection does with odd requests, over a real socket."""

import json
import socket
import time

import pytest

from mock_server import MockServer
from mock_server.exchange import HttpAnswer
from mock_server.server.outbox import to_bytes
from mock_server.toplyne.fault import Fault
from tests.wire import BODY, parsed, post, talk

ACCEPTED = b'{"status":"SUCCESS","data":{"message":"Events uploaded."}}'
HEALTH = b"GET /_sandbox/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
RECORDED_HEADERS = [
    ("Content-Type", "application/json"),
    ("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"),
    ("Pragma", "no-cache"),
    ("Expires", "0"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("X-XSS-Protection", "1; mode=block"),
]


@pytest.fixture(scope="module")
def server():
    with MockServer(tokens={"default": "tok_wire_test"}) as started:
        yield started


@pytest.fixture
def toplyne(server):
    server.reset()
    return server


def details(body):
    return json.loads(body)["error"]["details"]


def test_the_recorded_headers_come_in_their_order_and_with_their_names(toplyne):
    status, headers, body = parsed(talk(toplyne, post()))

    assert status == 202
    assert headers[:7] == RECORDED_HEADERS
    assert [name for name, _ in headers[7:]] == ["Connection", "X-Sandbox-Entry", "Content-Length"]
    assert body == ACCEPTED


def test_a_body_cut_short_is_400_and_kept_as_far_as_it_came(toplyne):
    status, headers, body = parsed(talk(toplyne, post(length=200), half_close=True))

    assert status == 400
    assert ("Connection", "close") in headers
    assert details(body) == (
        "The body is cut short: it ends after 75 bytes and should have 200 bytes."
    )
    (entry,) = toplyne.entries
    assert entry["problems"][0]["rule"] == "body-complete"
    assert entry["json"] == json.loads(BODY)
    assert toplyne.events == []


def test_a_chunked_body_cut_short_is_400(toplyne):
    head = post(headers=["Transfer-Encoding: chunked"]).partition(b"\r\n\r\n")[0]
    head = head.replace(b"Content-Length: 75\r\n", b"")

    answer = talk(toplyne, head + b"\r\n\r\n4b\r\n" + BODY + b"\r\n", half_close=True)

    assert details(parsed(answer)[2]) == (
        "The body is cut short: it ends after 75 bytes and should have a last chunk."
    )


def test_a_chunked_body_is_accepted(toplyne):
    head = post(headers=["Transfer-Encoding: chunked"]).partition(b"\r\n\r\n")[0]
    head = head.replace(b"Content-Length: 75\r\n", b"")
    chunks = b"10\r\n" + BODY[:16] + b"\r\n3b\r\n" + BODY[16:] + b"\r\n0\r\n\r\n"

    assert parsed(talk(toplyne, head + b"\r\n\r\n" + chunks))[0] == 202
    assert toplyne.entries[0]["json"] == json.loads(BODY)


def test_a_head_cut_short_is_closed_and_nothing_is_kept(toplyne):
    assert talk(toplyne, post()[:40], half_close=True) == b""
    assert toplyne.entries == []


def test_a_request_in_single_bytes_is_accepted(toplyne):
    whole = post()

    assert parsed(talk(toplyne, *[whole[i : i + 1] for i in range(len(whole))]))[0] == 202


def test_pipelined_requests_are_answered_in_their_order_whatever_way_they_take(toplyne):
    sent = (
        post(close=False) + post("/v1/upload/nope", close=False) + HEALTH + post(close=False)
    ) + post()

    answers = talk(toplyne, sent).split(b"HTTP/1.1 ")[1:]

    assert [answer[:3] for answer in answers] == [b"202", b"404", b"200", b"202", b"202"]
    assert [entry["status"] for entry in toplyne.entries] == [202, 404, 202, 202]


def test_http_1_0_gets_its_answer_and_the_end_of_the_connection(toplyne):
    status, headers, body = parsed(talk(toplyne, post(version="1.0", close=False)))

    assert (status, body) == (202, ACCEPTED)
    assert ("Connection", "close") in headers


def test_a_client_that_sends_on_after_its_last_request_sees_its_answer_and_no_reset(toplyne):
    toplyne.fail_next(delay=0.2)
    with socket.create_connection(("127.0.0.1", toplyne.port), timeout=10) as connection:
        connection.sendall(post() + b"POST /v1/upload")
        time.sleep(0.1)
        connection.sendall(b"/events HTTP/1.1\r\n")  # unread when the first one is answered

        came = b""
        while more := connection.recv(65536):
            came += more

    assert came.endswith(ACCEPTED)


def test_a_client_that_asks_before_it_sends_is_told_to_go_on(toplyne):
    head, _, body = post(headers=["Expect: 100-continue"]).partition(b"\r\n\r\n")

    answer = talk(toplyne, head + b"\r\n\r\n", body, wait_for=b"100 Continue\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\n")


def test_an_answer_comes_before_the_client_is_told_to_go_on_with_the_next_request(toplyne):
    head, _, body = post(headers=["Expect: 100-continue"]).partition(b"\r\n\r\n")

    sent = post(close=False) + head + b"\r\n\r\n"
    answer = talk(toplyne, sent, body, wait_for=b"100 Continue\r\n\r\n")

    parts = [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert parts == [b"202", b"100", b"202"]


def test_a_client_that_has_stopped_sending_gets_all_its_answers(toplyne):
    answers = talk(toplyne, post(close=False) * 100, half_close=True)

    assert answers.count(b"HTTP/1.1 202 Accepted") == 100
    assert len(toplyne.entries) == 100


def test_a_broken_answer_comes_behind_the_whole_ones(toplyne):
    other = "/v1/upload/accounts/events"
    for wire in ("garbage", "half", "empty"):
        toplyne.fail_next(path=other, wire=wire)
        sent = post(close=False) * 3 + post(other, close=False) + post(close=False)

        answers = talk(toplyne, sent, half_close=True)

        assert answers.count(ACCEPTED) == 3


def test_an_offer_of_http_2_is_ignored_and_the_body_kept(toplyne):
    offer = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"]

    answer = talk(toplyne, post(headers=offer, close=False), post(), wait_for=b"Events uploaded.")

    assert answer.count(b"HTTP/1.1 202 Accepted") == 2
    assert [entry["json"] for entry in toplyne.entries] == [json.loads(BODY)] * 2


@pytest.mark.parametrize(
    ("sent", "sentence", "method", "path"),
    [
        (
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            "This server speaks http. Use http:// in the URL, or `serve --tls` and https://.",
            "?",
            "",
        ),
        (
            b"hello\r\n\r\n",
            "This is not an HTTP/1.1 request: Invalid method encountered.",
            "?",
            "",
        ),
        (
            "GET /v1/é HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(),
            "The request cannot be read: Invalid char in url path.",
            "GET",
            "/v1/Ã©",
        ),
        (
            b"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n",
            "This server is not a proxy. Set the base URL, or use `toplyne-sandbox run`.",
            "CONNECT",
            "a:80",
        ),
        (
            b"POST /v1/upload/events HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
            "The request cannot be read: Invalid character in Content-Length.",
            "POST",
            "/v1/upload/events",
        ),
        (
            b"POST /v2 HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "The request cannot be read: Transfer-Encoding can't be present with Content-Length.",
            "POST",
            "/v2",
        ),
    ],
    ids=["TLS", "words", "path", "CONNECT", "length", "two framings"],
)
def test_what_cannot_be_read_is_400_with_its_reason_and_in_the_journal(
    toplyne, sent, sentence, method, path
):
    status, headers, body = parsed(talk(toplyne, sent))

    assert (status, details(body)) == (400, sentence)
    assert ("Connection", "close") in headers
    (entry,) = toplyne.entries
    assert (entry["method"], entry["path"], entry["status"]) == (method, path, 400)
    assert [(p["rule"], p["message"]) for p in entry["problems"]] == [
        ("request-readable", sentence)
    ]
    assert entry["tenant"] is None


def test_what_cannot_be_read_is_refused_in_the_form_of_its_side(toplyne):
    sent = b"POST /v1/batch HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n"

    status, _, body = parsed(talk(toplyne, sent))

    sentence = "The request cannot be read: Invalid character in Content-Length."
    assert status == 400
    assert json.loads(body) == {"success": False, "code": "bad_request", "message": sentence}
    assert [entry["path"] for entry in toplyne.entries] == ["/v1/batch"]


def test_what_cannot_be_read_and_is_for_the_sandbox_itself_is_not_kept(toplyne):
    assert parsed(talk(toplyne, b"GET /_sandbox/health HTTP/1.1\r\n\r\n"))[0] == 400
    assert toplyne.entries == []


def test_a_call_with_an_invented_method_is_405_and_in_the_journal(toplyne):
    head = b"Host: localhost\r\nAuthorization: Bearer tok_wire_test\r\nContent-Length: 2\r\n"
    end = b"Connection: close\r\n\r\n{}"
    answer = talk(toplyne, b"BREW /v1/upload/events HTTP/1.1\r\n" + head + end)

    status, headers, body = parsed(answer)

    assert status == 405
    assert dict(headers)["Allow"] == "POST, OPTIONS"
    assert details(body) == "/v1/upload/events does not allow BREW. Use POST, OPTIONS."
    assert [(entry["method"], entry["status"]) for entry in toplyne.entries] == [("BREW", 405)]


def test_another_path_with_an_invented_method_is_405_too(toplyne):
    head = b"BREW /_sandbox/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    status, headers, _ = parsed(talk(toplyne, head))

    assert status == 405
    assert "GET" in dict(headers)["Allow"]


def test_head_has_the_headers_of_get_and_no_body(toplyne):
    head = (
        b"HEAD /v1/auth/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer tok_wire_test\r\n"
    )

    status, headers, body = parsed(talk(toplyne, head + b"Connection: close\r\n\r\n"))

    assert (status, body) == (200, b"")
    assert ("Content-Length", "37") in headers


def test_options_lists_the_methods(toplyne):
    asked = b"OPTIONS /v1/upload/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    status, headers, body = parsed(talk(toplyne, asked))

    assert (status, body) == (204, b"")
    assert ("Allow", "POST, OPTIONS") in headers
    assert "Content-Length" not in dict(headers)


def test_a_body_of_20_mb_is_413_and_not_kept(toplyne):
    status, _, body = parsed(talk(toplyne, post(body=b"x" * 20_000_000), timeout=30))

    assert status == 413
    assert details(body) == (
        "The body is longer than 10485760 bytes. Expected at most 10485760 bytes."
    )
    (entry,) = toplyne.entries
    assert (entry["status"], entry.get("body")) == (413, None)


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ("reset", b"<reset>"),
        ("empty", b""),
        ("garbage", b"\x16\x03\x01garbage\x00\xff\r\n\r\n"),
    ],
)
def test_an_answer_can_get_lost_on_its_way(toplyne, wire, expected):
    toplyne.mock.faults.add(toplyne.tenant("default").number, Fault(wire=wire))

    assert talk(toplyne, post(close=False)) == expected
    assert [(e["status"], e["fault"]) for e in toplyne.entries] == [(202, wire)]
    assert len(toplyne.events) == 1


def test_an_answer_can_end_in_the_middle(toplyne):
    toplyne.mock.faults.add(toplyne.tenant("default").number, Fault(wire="half"))

    status, headers, body = parsed(talk(toplyne, post(close=False)))

    assert status == 202
    assert ("Content-Length", "58") in headers
    assert body == ACCEPTED[:29]


def test_a_delayed_answer_holds_up_nobody_else(toplyne):
    toplyne.mock.faults.add(toplyne.tenant("default").number, Fault(delay=0.5))
    begun = time.monotonic()

    with toplyne.client.stream("GET", "/auth/me"):
        delayed = time.monotonic() - begun
    answer = talk(toplyne, post())
    rest = time.monotonic() - begun - delayed

    assert delayed >= 0.5
    assert parsed(answer)[0] == 202
    assert rest < 0.5


def test_what_is_pipelined_behind_a_delayed_answer_waits_for_its_turn(toplyne):
    toplyne.mock.faults.add(toplyne.tenant("default").number, Fault(delay=0.2))
    begun = time.monotonic()

    answers = talk(toplyne, post(close=False) + HEALTH + post()).split(b"HTTP/1.1 ")[1:]

    assert [answer[:3] for answer in answers] == [b"202", b"200", b"202"]
    assert time.monotonic() - begun >= 0.2
    assert len(toplyne.entries) == 2


def test_who_ends_their_side_gets_the_answers_that_are_still_to_come(toplyne):
    toplyne.mock.faults.add(toplyne.tenant("default").number, Fault(delay=0.1))

    answers = talk(toplyne, post(close=False) + HEALTH, half_close=True).split(b"HTTP/1.1 ")[1:]

    assert [answer[:3] for answer in answers] == [b"202", b"200"]


def test_a_target_with_its_host_is_answered_as_one_without(toplyne):
    asked = b"GET http://localhost/v1/auth/me HTTP/1.1\r\nHost: localhost\r\n"
    key = b"Authorization: Bearer tok_wire_test\r\nConnection: close\r\n\r\n"

    assert parsed(talk(toplyne, asked + key))[0] == 200
    # a host alone is asked for its root, which is a page
    assert parsed(talk(toplyne, asked.replace(b"/v1/auth/me", b"") + key))[0] == 200


def test_the_same_head_again_is_the_same_request_again(toplyne):
    other = BODY.replace(b"Signed Up", b"Logged In")
    wrong = BODY.replace(b"events", b"avents")

    answers = talk(
        toplyne,
        *(post(body=body, close=False) for body in (BODY, BODY, other, wrong)),
        post(body=BODY + b" ", length=len(BODY) + 1),
        wait_for=b"}",
    )

    assert [a[:3] for a in answers.split(b"HTTP/1.1 ")[1:]] == [b"202"] * 3 + [b"400", b"202"]
    assert [e["json"] for e in toplyne.entries] == [
        json.loads(body) for body in (BODY, BODY, other, wrong, BODY)
    ]


def test_a_known_head_with_half_of_its_body_is_no_request_yet(toplyne):
    whole = post(close=False)
    talk(toplyne, whole, whole, post(), wait_for=b"}")
    toplyne.reset()

    assert (
        talk(toplyne, whole + whole[:-10], whole[-10:] + post(), wait_for=b"}").count(b"202") == 3
    )
    assert [e["json"] for e in toplyne.entries] == [json.loads(BODY)] * 3


def test_no_answer_is_written_to_who_has_gone(toplyne):
    toplyne.mock.faults.add(toplyne.tenant("default").number, Fault(delay=0.1))

    talk(toplyne, post(close=False), timeout=0.01)
    time.sleep(0.2)

    assert parsed(talk(toplyne, post()))[0] == 202
    assert len(toplyne.entries) == 2


def test_an_answer_as_bytes():
    answer = HttpAnswer(404, (("Content-Type", "application/json"),), b"{}", entry=7)

    assert to_bytes(answer, method="GET", keep_alive=True) == (
        b"HTTP/1.1 404 Not Found\r\n"
        b"Content-Type: application/json\r\n"
        b"X-Sandbox-Entry: 7\r\n"
        b"Content-Length: 2\r\n"
        b"\r\n"
        b"{}"
    )
