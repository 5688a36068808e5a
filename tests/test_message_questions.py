"""What is asked of one message or call: why, what it changed, its copies, and the same again."""

import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from mock_server import MockServer, SegmentChoices
from sandbox import Mapping
from sandbox.segment.retry import Backoff
from sandbox.workspace import ConnectedDestination, Source, Workspace
from tests.running import needs_curl
from tests.wire import http

EVENT = {"eventName": "E", "userId": "u", "timestamp": 1}
ORDER = 'event = "Order Completed" and properties.total >= 100'


@pytest.fixture
def server():
    workspace = Workspace(
        sources=(Source(name="web", write_key="k" * 32),),
        destinations=(
            ConnectedDestination(
                name="Toplyne",
                source="web",
                api_key="secret-token",
                mappings=(Mapping("Big orders", action="sendEvents", trigger=ORDER),),
            ),
        ),
    )
    slow = SegmentChoices(backoff=Backoff(first_wait=60.0))
    with MockServer(workspace=workspace, segment=slow) as started:
        yield started


def ask(server, path, method="GET", **kwargs):
    answer = http.request(method, f"{server.url}/_sandbox/{path}", **kwargs)
    assert answer.status_code < 300, answer.text
    return answer.json()


def track(server, total, **properties):
    body = {"type": "track", "event": "Order Completed", "userId": "u", "timestamp": "2026-01-02"}
    body["properties"] = {"total": total, **properties}
    http.post(f"{server.url}/v1/batch", json={"batch": [body]}, auth=("k" * 32, ""))
    return ask(server, "ledger?order=desc&limit=1")["messages"][0]["number"]


def test_why_tells_the_clauses_and_the_smallest_change(server):
    number = track(server, 50)
    server.flush()

    (told,) = ask(server, f"ledger/{number}/why")["mappings"]

    explained = told["explanation"]
    assert (told["destination"], explained["outcome"]) == ("Toplyne", "skipped")
    verdicts = [each["verdict"] for each in explained["trigger"]["clause"]["clauses"]]
    assert verdicts == ["holds", "fails"]
    assert explained["change"]["edits"][0]["path"] == "$.properties.total"


def test_no_mapping_is_told_of_a_message_that_was_sent_and_dropped(server):
    sent = ask(server, "send", "POST", json={"event": {"type": "track", "userId": "u"}})

    assert sent["outcome"] == "dropped"
    assert ask(server, f"ledger/{sent['number']}/why") == {"mappings": [], "due": []}


def test_why_tells_when_a_request_is_tried_again(server):
    server.fail_next(status=429, retry_after=300)
    number = track(server, 150)
    server.wait_for(entries=1)
    until(lambda: ask(server, f"ledger/{number}")["outcome"] == "retrying")

    (due,) = ask(server, f"ledger/{number}/why")["due"]

    attempt = ask(server, f"ledger/{number}")["deliveries"][0]["attempts"][0]
    assert (due["destination"], due["mapping"]) == ("Toplyne", "Big orders")
    assert attempt["at"] < due["at"]
    answer = ask(server, f"entries/{attempt['entry']}")["answer"]
    assert ["Retry-After", "300"] in answer["headers"]


def until(is_met):
    event = threading.Event()
    for _ in range(500):
        if is_met():
            return
        event.wait(0.02)
    raise AssertionError("it never came to that")


def test_a_message_that_was_dropped_met_no_mapping(server):
    http.post(f"{server.url}/v1/batch", json={"batch": [{"type": "track"}]}, auth=("k" * 32, ""))

    (told,) = ask(server, "ledger/1/why")["mappings"]
    assert (told["mapping"]["name"], told["explanation"]) == ("Big orders", None)


def test_a_message_that_its_integrations_turned_off_met_no_mapping(server):
    event = {"type": "track", "event": "E", "userId": "u", "integrations": {"All": False}}
    http.post(f"{server.url}/v1/batch", json={"batch": [event]}, auth=("k" * 32, ""))
    server.flush()

    assert ask(server, "ledger/1")["outcome"] == "filtered"
    assert [each["explanation"] for each in ask(server, "ledger/1/why")["mappings"]] == [None]


def test_an_entry_shows_its_answer_as_it_was_sent(server):
    sent = [
        server.client.post("/upload/events", json={"events": [EVENT]}),
        server.client.post("/upload/events", content=b"<html>"),
        server.client.get("/auth/me"),
        server.client.get("/nowhere"),
    ]
    server.answer_next(status=502, headers={"x-from": "a proxy"}, body=b"\xff\x00")
    sent.append(server.client.post("/upload/events", json={"events": [EVENT]}))

    for number, answer in enumerate(sent, 1):
        told = ask(server, f"entries/{number}")["answer"]
        assert told["status"] == answer.status_code
        if "text" in told:
            assert told["text"] == answer.text
        headers = {name.lower(): value for name, value in told["headers"]}
        assert headers.items() <= dict(answer.headers).items()
    assert told["base64"] == "/wA="


def test_an_upload_shows_what_it_changed(server):
    profile = {"userId": "u", "creationTime": 1, "userProperties": {"plan": "pro"}}
    server.client.post("/upload/users/profiles", json={"profiles": [profile]})
    profile["userProperties"] = {"seats": 5}
    server.client.post("/upload/users/profiles", json={"profiles": [profile, profile]})
    server.client.post("/upload/events", json={"events": [EVENT]})

    first, second = (ask(server, f"entries/{n}/changes")["changes"] for n in (1, 2))

    assert [(each["kind"], each["name"]) for each in (*first, *second)] == [("profiles", "u")] * 2
    assert {"at": ["userProperties"], "after": {"plan": "pro"}} in first[0]["differences"]
    assert second[0]["differences"] == [{"at": ["userProperties", "seats"], "after": 5}]
    assert ask(server, "entries/3/changes") == {"events": 1, "changes": []}


class Catcher:
    """A server that keeps the bodies it gets."""

    def __init__(self):
        bodies = self.bodies = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                bodies.append(self.rfile.read(int(self.headers.get("content-length", 0))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def catcher():
    made = Catcher()
    yield made
    made.server.shutdown()
    made.server.server_close()


@needs_curl
@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "it\'s \\"$HOME\\" `id` \\\\"}\n\r\n\t!',
        b"@/etc/passwd",
        bytes(range(256)),
        b"a\0b",
        "é€😀".encode() * 12_000,
        b"",
    ],
    ids=["quotes and newlines", "an at", "binary", "a nul", "long", "nothing"],
)
def test_a_copied_curl_sends_the_same_bytes(server, catcher, body):
    server.client.post("/upload/events", content=body, headers={"Content-Type": "text/plain"})
    line = ask(server, "entries/1/copies")["curl"]

    environ = {
        "TOPLYNE_API_URL": f"{catcher.url}/v1",
        "TOPLYNE_API_KEY": "k",
        "PATH": "/usr/bin:/bin",
    }
    subprocess.run(["sh"], input=line.encode(), env=environ, check=True, stdout=subprocess.DEVNULL)

    assert catcher.bodies == [body]
    assert server.token not in line


def test_a_copied_test_of_a_call_holds(server, tmp_path):
    for body in (b'{"events": []}', b"\xff'\"", json.dumps({"events": [EVENT]}).encode()):
        server.client.post("/upload/events", content=body)
    http.post(
        f"{server.api_url}/upload/events", content=b"{}", headers={"Authorization": "Bearer x"}
    )
    http.get(f"{server.url}/v1/nowhere")
    server.fail_next(status=503)
    server.client.post("/upload/events", json={"events": [EVENT]})
    numbers = [each["number"] for each in ask(server, "entries")["entries"]]

    text = http.post(
        f"{server.url}/_sandbox/export", json={"as": "pytest", "entries": numbers}
    ).text

    made = {}
    exec(compile(text, "exported", "exec"), made)
    tests = {name: test for name, test in made.items() if name.startswith("test_")}
    assert len(tests) == len(numbers) == 6
    for test in tests.values():
        test(server)


def test_messages_are_exported_as_ndjson_har_and_pytest(server):
    numbers = [track(server, total) for total in (50, 150)]
    server.flush()

    def exported(form):
        wish = {"as": form, "messages": numbers}
        return http.post(f"{server.url}/_sandbox/export", json=wish).text

    events = [json.loads(line) for line in exported("ndjson").splitlines()]
    assert [event["properties"]["total"] for event in events] == [50, 150]
    calls = json.loads(exported("har"))["log"]["entries"]
    assert [each["request"]["url"].rpartition("/v1")[2] for each in calls] == [
        *("/batch", "/batch", "/upload/events"),
    ]
    assert calls[2]["response"]["status"] == 202
    for form in ("ndjson", "har"):  # Try it shows it as a table, as any file of events
        found = ask(server, "replay", "POST", json={"file": exported(form)})
        assert [row["event"]["properties"]["total"] for row in found["rows"]] == [50, 150]
    assert server.token not in exported("har")
    made = {}
    exec(compile(exported("pytest"), "exported", "exec"), made)
    for case in made["CASES"]:
        made["test_an_event_becomes_these_requests"](*case)
    assert [len(requests) for *_, requests in made["CASES"]] == [0, 1]


def test_a_message_that_nests_deeper_than_python_reads_is_exported_as_a_test(server):
    deep = {"end": 1}
    for _ in range(480):
        deep = {"a": deep}
    number = track(server, 150, deep=deep)
    server.flush()

    wish = {"as": "pytest", "messages": [number]}
    text = http.post(f"{server.url}/_sandbox/export", json=wish).text
    copies = ask(server, f"ledger/{number}/copies")

    for module in (text, copies["pytest"]):
        exec(compile(module, "exported", "exec"), made := {})
        (test,) = [each for name, each in made.items() if name.startswith("test_")]
        test(*made.get("CASES", [[]])[0])


@pytest.mark.parametrize(
    ("wish", "status", "told"),
    [
        ({"as": "csv"}, 400, "one of ndjson, har, pytest"),
        (
            {"as": "har", "messages": ["1"]},
            400,
            "$.messages[0] must be a whole number from 0 to 999999999999999, not '1'.",
        ),
        ({"as": "pytest", "messages": list(range(1001))}, 413, "at most 1,000"),
    ],
)
def test_an_export_that_cannot_be_is_refused(server, wish, status, told):
    answer = http.post(f"{server.url}/_sandbox/export", json=wish)

    assert answer.status_code == status
    assert told in answer.json()["error"]["details"]


def test_a_message_is_sent_again_with_its_time_and_an_id_of_its_own(server):
    number = track(server, 150)

    again = ask(server, f"ledger/{number}/again", "POST")["number"]
    server.flush()

    first, second = (ask(server, f"ledger/{n}") for n in (number, again))
    assert second["outcome"] == "delivered"
    assert second["message"]["timestamp"] == first["message"]["timestamp"]
    assert second["messageId"] != first["messageId"]
    assert second["remarks"] == [f"Message {number}, sent again."]


def test_a_message_sent_again_or_copied_keeps_its_time_whenever_it_was_sent_first(server):
    sent = {"type": "track", "event": "E", "userId": "u", "messageId": "m1"}
    times = {"timestamp": "2026-01-02T03:04:05.000Z", "sentAt": "2026-01-02T03:04:06.000Z"}
    http.post(f"{server.url}/v1/batch", json={"batch": [sent | times]}, auth=("k" * 32, ""))
    server.flush()

    again = ask(server, "ledger/1/again", "POST")["number"]

    first, second = (ask(server, f"ledger/{n}")["message"] for n in (1, again))
    assert second["timestamp"] == first["timestamp"]
    copied = ask(server, "ledger/1/copies")["sdk"]
    assert not {"messageId", "sentAt", "receivedAt"} & {
        *json.loads(copied.split("'")[3])["batch"][0]
    }


def test_what_was_sent_from_try_it_is_explained_and_sent_again_by_its_own_mappings(server):
    event = {"type": "track", "event": "E", "userId": "u"}
    mine = {"name": "Mine", "action": "sendEvents", "trigger": 'event = "E"'}
    wish = {"event": event, "mappings": [mine]}
    number = ask(server, "send", "POST", json=wish)["number"]

    again = ask(server, f"ledger/{number}/again", "POST")["number"]
    server.flush()

    told = ask(server, f"ledger/{again}")
    assert [part["mapping"] for part in told["deliveries"]] == ["Mine"]
    assert told["remarks"] == [f"Message {number}, sent again."]
    (explained,) = ask(server, f"ledger/{again}/why")["mappings"]
    assert explained["mapping"]["trigger"] == mine["trigger"]


def test_a_message_of_no_source_is_not_sent_again(server):
    http.post(f"{server.url}/v1/batch", json={"batch": [{"type": "track"}]}, auth=("x" * 32, ""))

    answer = http.post(f"{server.url}/_sandbox/ledger/1/again")

    assert answer.status_code == 400
    assert answer.json()["error"]["details"] == "The source of message 1 does not exist."


def test_a_call_is_made_again_with_the_same_bytes(server):
    server.client.post("/upload/events", content=b"{ }", headers={"X-Mine": "yes"})

    told = ask(server, "entries/1/again", "POST")

    first, second = ask(server, "entries")["entries"]
    assert (told["number"], told["status"]) == (second["number"], first["status"])
    assert first["json"] == second["json"] == {}
    assert first["token"] == second["token"]
    assert ["x-mine", "yes"] in second["headers"]


def test_start_tells_how_to_reach_the_server(server):
    told = ask(server, "start")
    snippets = told.pop("snippets")

    assert told == {
        "token": server.token,
        "source": "web",
        "write_key": server.write_key,
    }
    assert list(snippets) == ["Python", "Node", "Browser", "Ruby", "curl"]
    assert all("$key" in text and "Signed Up" in text for text in snippets.values())


@pytest.mark.parametrize(
    "path", ["ledger/9/why", "entries/9/changes", "ledger/9/copies", "entries/9/copies"]
)
def test_what_is_not_there_is_told_so(server, path):
    answer = http.get(f"{server.url}/_sandbox/{path}")

    assert answer.status_code == 404
    assert "or was dropped or reset." in answer.json()["error"]["details"]
