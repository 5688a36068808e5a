"""Every answer: status, headers and shape of what each path says to right and wrong requests.

The recorded ones are in `every_answer.json`; `python -m tests.test_every_answer` records them anew,
and the difference is to be read before it is committed.
"""

import json
import sys
from pathlib import Path

import pytest

from mock_server import MockServer, SegmentChoices
from mock_server.mock import Mock
from sandbox.segment.retry import Backoff
from tests.wire import http

FILE = Path(__file__).with_suffix(".json").with_name("every_answer.json")
TOKEN, OTHER = "tok_every_answer_1", "tok_every_answer_2"
KEY = {"Authorization": f"Bearer {TOKEN}"}
HTML = {"Accept": "text/html,application/xhtml+xml"}
WRITE_KEY = "34a8e0e1b1d94eb8ff8d0f0f7aa19dc8"
EVENT = {"type": "track", "event": "E", "userId": "u", "messageId": "m1", "timestamp": "2024-01-01"}
UPLOAD = {"events": [{"eventName": "E", "userId": "u", "timestamp": 1}]}
MAPPING = {"name": "Mine", "action": "sendEvents", "trigger": 'event = "A"'}


def calls(write_key):
    """Return the requests, in their order: name, method, target, headers, JSON or bytes."""
    control = [
        ("GET", "health"),
        ("HEAD", "health"),
        ("OPTIONS", "health"),
        ("POST", "health"),
        ("GET", "openapi.json"),
        ("GET", "entries"),
        ("GET", "entries?limit=1&order=desc"),
        ("GET", "entries?x=1"),
        ("GET", "entries?limit=1&limit=2"),
        ("GET", "entries/1"),
        ("GET", "entries/x"),
        ("GET", "entries/"),
        ("GET", "entries/1/2"),
        ("DELETE", "entries"),
        ("GET", "export"),
        ("GET", "export?limit=1"),
        ("POST", "nearest", {"body": UPLOAD}),
        ("POST", "nearest", {"x": UPLOAD}),
        ("POST", "nearest", b"{"),
        ("POST", "nearest", []),
        ("GET", "nearest"),
        ("GET", "state/profiles"),
        ("GET", "state/events?eventName=E"),
        ("GET", "state/events?nope=E"),
        ("GET", "state/nothing"),
        ("GET", "state"),
        ("GET", "history/profiles?userId=u"),
        ("GET", "history/profiles"),
        ("GET", "history/events"),
        ("GET", "history/nothing"),
        ("GET", "ledger"),
        ("GET", "ledger?outcome=delivered"),
        ("GET", "ledger?outcome=x"),
        ("GET", "ledger?drop=maybe"),
        ("GET", "ledger/summary"),
        ("GET", "ledger/1"),
        ("GET", "ledger/99"),
        ("GET", "ledger/1/why"),
        ("GET", "ledger/1/copies"),
        ("GET", "entries/1/changes"),
        ("GET", "entries/1/copies"),
        ("POST", "export", {"as": "ndjson", "messages": [1]}),
        ("POST", "export", {"as": "har", "entries": [1]}),
        ("POST", "export", {"as": "csv"}),
        ("GET", "news?last=1"),
        ("GET", "news?since=x"),
        ("GET", "start"),
        ("POST", "flush"),
        ("POST", "flush?timeout=301"),
        ("GET", "flush"),
        ("GET", "wait?events=1&timeout=0"),
        ("GET", "wait?events=99&timeout=0"),
        ("GET", "wait"),
        ("GET", "faults"),
        ("POST", "faults", {"status": 503}),
        ("POST", "faults", {"status": 1}),
        ("POST", "faults", []),
        ("DELETE", "faults"),
        ("PUT", "faults"),
        ("GET", "workspace"),
        ("GET", "workspace?x=1"),
        ("PUT", "workspace", {"sources": 1}),
        ("PUT", "workspace", b""),
        ("POST", "workspace/sources", {"name": "New", "write_key": "key-of-new-source"}),
        ("POST", "workspace/sources", {}),
        ("PATCH", "workspace/sources?name=New", {"enabled": False}),
        ("PATCH", "workspace/sources?name=Nobody", {"enabled": False}),
        ("DELETE", "workspace/sources?name=New"),
        ("GET", "workspace/sources"),
        ("POST", "workspace/mappings?destination=x", MAPPING),
        ("POST", "workspace/mappings", MAPPING),
        ("GET", "workspace/nothing"),
        ("POST", "replay", {"file": json.dumps(EVENT), "mappings": [MAPPING]}),
        ("POST", "replay", {"file": 1}),
        ("GET", "replay"),
        ("GET", "recovery"),
        ("POST", "recovery", EVENT),
        ("POST", "recovery", b"{"),
        ("GET", "try"),
        ("POST", "try", {"event": EVENT, "mappings": [MAPPING]}),
        ("POST", "try", {"mappings": 1}),
        ("POST", "send", {"event": {**EVENT, "messageId": "m2"}}),
        ("POST", "send", {"eventText": "{"}),
        ("GET", "tokens"),
        ("POST", "tokens", {"name": "third", "expires": "2030-01-31T00:00:00Z"}),
        ("POST", "tokens", {"name": "third"}),
        ("POST", "tokens", {"name": ""}),
        ("POST", "tokens", {"name": "fourth", "source": True}),
        ("DELETE", "tokens/third"),
        ("DELETE", "tokens/nobody"),
        ("DELETE", "tokens/a%2Fb"),
        ("OPTIONS", "tokens"),
        ("OPTIONS", "entries/1"),
        ("GET", "nothing"),
        ("GET", "entreis"),
        ("GET", ""),
        ("POST", "reset"),
        ("GET", "reset"),
    ]
    tracking = [
        ("POST", "/v1/track", {**EVENT, "writeKey": write_key}),
        ("POST", "/v1/batch", {"batch": [EVENT], "writeKey": write_key}),
        ("POST", "/v1/batch/", {"batch": [], "writeKey": write_key}),
        ("POST", "/v1/t", {**EVENT, "writeKey": "unknown-write-key"}),
        ("POST", "/v1/track", EVENT),
        ("POST", "/v1/track", b"{"),
        ("GET", "/v1/track"),
        ("OPTIONS", "/v1/track"),
        ("GET", f"/v1/projects/{write_key}/settings"),
        ("HEAD", f"/v1/projects/{write_key}/settings"),
        ("GET", "/v1/projects/nobody/settings"),
        ("POST", "/v1/projects/nobody/settings"),
    ]
    toplyne = [
        ("GET", "/v1/auth/me"),
        ("HEAD", "/v1/auth/me"),
        ("OPTIONS", "/v1/auth/me"),
        ("DELETE", "/v1/auth/me"),
        ("PURGE", "/v1/auth/me"),
        ("POST", "/v1/upload/events", UPLOAD),
        ("POST", "/v1/upload/events", {"events": []}),
        ("POST", "/v1/upload/events", b"{"),
        ("GET", "/v1/upload/events"),
        ("OPTIONS", "/v1/upload/events"),
        ("GET", "/v1/upload/events/"),
        ("POST", "/v1/upload/event"),
        ("POST", "/v1/nothing"),
        ("GET", "/v1//auth/me"),
        ("GET", "//v1/auth/me"),
        ("GET", "/v1/auth%2Fme"),
        ("GET", "/v1"),
        ("GET", "/v1/"),
    ]
    others = [
        ("GET", "/"),
        ("HEAD", "/live"),
        ("OPTIONS", "/live"),
        ("POST", "/live"),
        ("GET", "/live/"),
        ("GET", "/static/style.css"),
        ("GET", "/static/nothing.css"),
        ("GET", "/static/"),
        ("GET", "/nothing"),
        ("GET", "/v2/upload/events"),
        ("POST", "/batch", {"batch": [EVENT], "writeKey": write_key}),
        ("OPTIONS", "/nothing"),
    ]
    json_type = {"Content-Type": "application/json"}

    def one(method, target, content=None, **headers):
        body = content if isinstance(content, bytes | None) else json.dumps(content).encode()
        kind = {} if body is None else json_type
        return method, target, {**kind, **headers}, body

    found = [one(m, t, *c) for m, t, *c in tracking]
    found += [one(m, t, *c, **KEY) for m, t, *c in toplyne]
    found += [one(m, t, *c) for m, t, *c in toplyne]
    found += [("POST", "/_sandbox/flush", {}, None)]
    found += [one(m, f"/_sandbox/{t}", *c) for m, t, *c in control]
    found += [one(m, f"/_sandbox/{t}", Authorization="Bearer nobody") for m, t, *_ in control[:6]]
    found += [one("GET", "/_sandbox/entries", Authorization=f"Bearer {OTHER}")]
    found += [one(m, t, *c) for m, t, *c in others]
    found += [one(m, t, **HTML) for m, t, *_ in others]
    for bad in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
        found += [
            one("GET", target, **bad)
            for target in ("/v1/auth/me", "/_sandbox/health", "/_sandbox/entries", "/", "/nothing")
        ]
        found += [one("POST", "/v1/track", {**EVENT, "writeKey": write_key}, **bad)]
    return found


def shape(value, depth=2):
    """Return what a value is made of, two levels deep; what lies deeper has tests of its own."""
    if isinstance(value, dict):
        return {key: shape(each, depth - 1) for key, each in value.items()} if depth else "object"
    if isinstance(value, list):
        return [shape(each, depth) for each in value[:1]]
    return value if value is None or isinstance(value, bool) else type(value).__name__


def told(answer, *, whole=False):
    headers = [[n, v] for n, v in answer.headers.multi_items() if n not in {"etag", "date"}]
    headers = [[n, v] for n, v in headers if n not in {"content-length", "last-modified"}]
    try:
        body = answer.json() if whole else shape(answer.json())
    except ValueError:
        body = answer.text.splitlines() if whole else answer.text[:15]
    return [answer.status_code, headers, body]


def all_answers(*, whole=False):
    """Return the answers of a new server, each with its request."""
    numbers = iter(range(1000))
    mock = Mock(
        tokens={"default": TOKEN, "other": OTHER},
        clock=lambda: 1_700_000_000.0,
        segment=SegmentChoices(
            synchronous=True,  # as an entry's number depends on when a message is delivered
            backoff=Backoff(time_scale=0.001),
            new_id=lambda: f"id-{next(numbers)}",
        ),
    )
    with MockServer(mock=mock) as server:
        found = []
        for method, target, headers, body in calls(server.write_key):
            request = http.build_request(
                method, f"{server.url}/", headers=headers, content=body, extensions={}
            )
            request.url = request.url.copy_with(raw_path=target.encode())
            asked = f"{method} {target.replace(server.write_key, WRITE_KEY)}"
            extra = {k: v for k, v in headers.items() if k not in {"Content-Type", "Authorization"}}
            who = headers.get("Authorization", "")
            found.append([asked, who, extra, told(http.send(request), whole=whole)])
    return found


@pytest.fixture(scope="module")
def answers():
    return all_answers()


def test_each_path_answers_in_status_headers_and_shape_as_recorded(answers):
    recorded = json.loads(FILE.read_text(encoding="utf-8"))
    now = json.loads(json.dumps(answers))

    assert [each[0] for each in now] == [each[0] for each in recorded]
    assert [(was, found) for was, found in zip(recorded, now, strict=True) if was != found] == []


if __name__ == "__main__":
    whole = sys.argv[1:] == ["--whole"]
    lines = ",\n".join(json.dumps(each) for each in all_answers(whole=whole))
    text = f"[\n{lines}\n]\n"
    if whole:
        sys.stdout.write(text)
    else:
        FILE.write_text(text, encoding="utf-8")
