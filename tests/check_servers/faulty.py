"""Seeded faulty servers: each is the mock but for one thing, told in its first line."""

import gzip
import json
import re
from abc import abstractmethod
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep

from mock_server import create_app
from mock_server.assertions import Assertions
from mock_server.exchange import Fields, HttpAnswer, received
from mock_server.mock import Mock
from mock_server.toplyne.answers import ACCEPTED
from sandbox.check.http_calls import Reply

KEY = "tok_of_the_faulty"


class Faulty:
    """A right server; the faults change what comes in, or what goes out."""

    def __init__(self, rules="documented"):
        self.mock = Mock(tokens={"me": KEY}, rules=rules)
        self.count = 0
        self.client = create_app(self.mock).test_client()
        self.silence = 0

    def leaves_unread(self, _path):
        """Return whether it answers a request without reading its body."""
        return False

    def answer(self, call):
        if not call.path.startswith("/_sandbox"):
            return self.mock.answer(call)
        path = f"{call.path}?{call.query}"
        found = self.client.get(path, headers=list(call.headers))
        return HttpAnswer(found.status_code, tuple(found.headers), found.data)


class NoKeyNeeded(Faulty):
    """Answers without a token."""

    def answer(self, call):
        if call.header("authorization") is None:
            call = call._replace(
                headers=Fields([*call.headers, ("authorization", f"Bearer {KEY}")])
            )
        return super().answer(call)


class AnyKeyTaken(Faulty):
    """Answers whatever the token is."""

    def answer(self, call):
        said = call.header("authorization") or ""
        if said.startswith("Bearer tok_"):
            kept = tuple(pair for pair in call.headers if pair[0] != "authorization")
            call = call._replace(headers=Fields([*kept, ("authorization", f"Bearer {KEY}")]))
        return super().answer(call)


class Answers200(Faulty):
    """Answers uploads with 200."""

    def answer(self, call):
        answer = super().answer(call)
        return answer._replace(status=200) if answer.status == 202 else answer


class OtherWords(Faulty):
    """Answers account profiles as if they were user profiles."""

    def answer(self, call):
        answer = super().answer(call)
        return answer._replace(body=answer.body.replace(b"Account profiles", b"User profiles"))


class PlainErrors(Faulty):
    """Answers refusals with a body of its own."""

    def answer(self, call):
        answer = super().answer(call)
        return answer._replace(body=b'{"error":"no"}') if answer.status >= 400 else answer


class OwnErrorCodes(Faulty):
    """Answers refusals with codes of its own."""

    def answer(self, call):
        answer = super().answer(call)
        return answer._replace(body=answer.body.replace(b"BAD_REQUEST", b"INVALID"))


class OwnErrorMessages(Faulty):
    """Answers refusals with messages of its own."""

    def answer(self, call):
        answer = super().answer(call)
        return answer._replace(body=answer.body.replace(b"Bad request", b"Oh no"))


class NoHeaders(Faulty):
    """Lets answers be cached."""

    def answer(self, call):
        answer = super().answer(call)
        return answer._replace(headers=(("Content-Type", "application/json"),))


class Limit100(Faulty):
    """Takes 100 items a list."""

    def answer(self, call):
        if call.body.count(b"creationTime") + call.body.count(b"timestamp") > 100:
            return refused(call)
        return super().answer(call)


class ChangesItems(Faulty):
    """Changes what it reads before it is checked."""

    def answer(self, call):
        try:
            body = json.loads(call.body.decode())
        except (ValueError, RecursionError):
            return super().answer(call)
        for items in body.values() if isinstance(body, dict) else ():
            for item in items if isinstance(items, list) else ():
                if isinstance(item, dict):
                    self.change(item)
        changed = json.dumps(body).encode().ljust(len(call.body))
        return super().answer(call._replace(body=changed))

    @abstractmethod
    def change(self, item):
        """Change one item of a list before the mock sees it."""


class UnknownKeysTaken(ChangesItems):
    """Takes keys it does not know."""

    def change(self, item):
        item.pop("plan", None)


class NumbersAsTexts(ChangesItems):
    """Takes numbers where a text must be."""

    def change(self, item):
        for key in ("userId", "accountId", "eventName"):
            if type(item.get(key)) is int:
                item[key] = str(item[key])


class FractionsTaken(ChangesItems):
    """Takes times with a fraction, as the real one was seen to."""

    def change(self, item):
        for key in ("creationTime", "timestamp"):
            if isinstance(item.get(key), float) and abs(item[key]) < 1e10:
                item[key] = int(item[key])


class NoIdNeeded(ChangesItems):
    """Takes profiles of nobody."""

    def change(self, item):
        if "creationTime" in item and not {"userId", "anonymousId", "accountId"} & set(item):
            item["userId"] = "nobody"


class FirstItemOnly(Faulty):
    """Looks at the first item of a list alone."""

    def answer(self, call):
        try:
            body = json.loads(call.body.decode())
            ((name, items),) = body.items()
            call = call._replace(body=json.dumps({name: items[:1]}).encode())
        except (ValueError, AttributeError, TypeError, RecursionError):
            return super().answer(call)
        return super().answer(call)


class BeginningOfKeyCompared(Faulty):
    """Compares as many characters of the token as its own has."""

    def answer(self, call):
        if (call.header("authorization") or "").startswith(f"Bearer {KEY}"):
            kept = tuple(pair for pair in call.headers if pair[0] != "authorization")
            call = call._replace(headers=Fields([*kept, ("authorization", f"Bearer {KEY}")]))
        return super().answer(call)


class EventsWithoutLimit(Faulty):
    """Takes any number of events, though not of profiles."""

    def answer(self, call):
        if call.path == "/v1/upload/events" and call.body.count(b"timestamp") > 500:
            events = json.loads(call.body)["events"][:500]
            call = call._replace(body=json.dumps({"events": events}).encode())
        return super().answer(call)


class LenientJson(Faulty):
    """Reads JSON as a file of settings is read; `lenient` makes it strict."""

    @abstractmethod
    def lenient(self, body):
        """Return the body as strict JSON."""

    def answer(self, call):
        return super().answer(call._replace(body=self.lenient(call.body)))


class TrailingCommas(LenientJson):
    """Takes a comma before a closing bracket."""

    def lenient(self, body):
        return body.replace(b",}", b"}").replace(b",]", b"]")


class ByteOrderMark(LenientJson):
    """Takes a byte order mark."""

    def lenient(self, body):
        return body.removeprefix(b"\xef\xbb\xbf")


class WrongUtf8(LenientJson):
    """Replaces what is not UTF-8."""

    def lenient(self, body):
        is_zipped = body.startswith(b"\x1f\x8b")
        return body if is_zipped else body.decode("utf-8", "replace").encode()


class InfinityTaken(LenientJson):
    """Takes Infinity as a number."""

    def lenient(self, body):
        return body.replace(b":Infinity", b":0")


class SmallBodies(Faulty):
    """Takes 100 KiB, as a web framework does unless it is told otherwise."""

    def answer(self, call):
        if 100 * 1024 < len(call.body) <= 10 * 2**20:
            return refused(call)._replace(status=413)
        return super().answer(call)


class CaseOfPathsIgnored(Faulty):
    """Finds a path in any letter case."""

    def answer(self, call):
        return super().answer(call._replace(path=call.path.lower()))


class BombsTaken(Faulty):
    """Limits what comes, and not what it inflates to."""

    def answer(self, call):
        if call.header("content-encoding") == "gzip" and 9000 < len(call.body) < 2**20:
            body = gzip.compress(gzip.decompress(call.body).rstrip())
            call = call._replace(body=body)
        return super().answer(call)


class CaseOfTypeCompared(Faulty):
    """Takes the content type in lower case only."""

    def answer(self, call):
        said = call.header("content-type") or ""
        return super().answer(call) if said == said.lower() else refused(call)


class NoHead(Faulty):
    """Answers GET, and not HEAD."""

    def answer(self, call):
        if call.method == "HEAD":
            call = call._replace(method="PUT")
        return super().answer(call)


class CaseOfCodingCompared(Faulty):
    """Inflates gzip in lower case only."""

    def answer(self, call):
        said = call.header("content-encoding") or ""
        return super().answer(call) if said == said.lower() else refused(call)


class CaseOfCharsetCompared(Faulty):
    """Takes the charset in lower case only."""

    def answer(self, call):
        is_upper = "UTF-8" in (call.header("content-type") or "")
        return refused(call) if is_upper else super().answer(call)


class CaseOfSchemeCompared(Faulty):
    """Takes `Bearer` with a capital letter only."""

    def answer(self, call):
        if (call.header("authorization") or "").startswith("bearer"):
            call = call._replace(headers=Fields())
        return super().answer(call)


class QueryNotTaken(Faulty):
    """Knows no path with a query."""

    def answer(self, call):
        if call.path.startswith("/v1") and call.query:
            call = call._replace(path="/v1/nothing")
        return super().answer(call)


class ShortLists(ChangesItems):
    """Refuses a list of more than ten values inside of properties."""

    def change(self, item):
        members = item.get("userProperties")
        values = members.values() if isinstance(members, dict) else ()
        if any(isinstance(value, list) and len(value) > 10 for value in values):
            item["userProperties"] = None


class NullIsNothing(ChangesItems):
    """Takes a null User ID beside an Anonymous ID."""

    def change(self, item):
        if item.get("userId", "") is None and "anonymousId" in item:
            del item["userId"]


class SlashAtTheEnd(Faulty):
    """Takes a slash at the end of a path."""

    def answer(self, call):
        return super().answer(call._replace(path=call.path.rstrip("/")))


class NoGzip(Faulty):
    """Does not inflate what is compressed."""

    def answer(self, call):
        if call.header("content-encoding") == "gzip":
            return refused(call)
        return super().answer(call)


class WrongMethods404(Faulty):
    """Answers a wrong method as it answers a wrong path."""

    def answer(self, call):
        answer = super().answer(call)
        if answer.status != 405:
            return answer
        return self.mock.answer(call._replace(method="GET", path="/v1/nothing"))


class RateLimit(Faulty):
    """Answers every tenth call with 429."""

    def answer(self, call):
        self.count += 1
        right = super().answer(call)
        if self.count % 10:
            return right
        return refused(call)._replace(status=429)


class LosesProperties(Faulty):
    """Keeps the properties of the last call alone."""

    def answer(self, call):
        answer = super().answer(call)
        if call.path != "/_sandbox/state/profiles" or answer.status != 200:
            return answer
        state = json.loads(answer.body)
        for item in state["items"]:
            properties = item.get("userProperties", {})
            if len(properties) > 1:
                properties.pop("plan", None)
        return answer._replace(body=json.dumps(state).encode())


class EventsMakeProfiles(Faulty):
    """Makes a profile of whoever an event names."""

    def answer(self, call):
        answer = super().answer(call)
        if call.path != "/_sandbox/state/profiles" or answer.status != 200:
            return answer
        state = json.loads(answer.body)
        known = {item.get("userId") for item in state["items"]}
        for event in Assertions.of(self.mock).events:
            if event.get("userId") not in known:
                known.add(event.get("userId"))
                profile = {"userId": event.get("userId"), "creationTime": event["timestamp"]}
                state["items"].insert(0, profile)
        return answer._replace(body=json.dumps(state).encode())


class ChangesState(Faulty):
    """Shows another state than it should."""

    kinds = ("profiles", "accounts", "events")

    @abstractmethod
    def change(self, items):
        """Return the items of one kind as it shows them."""

    def answer(self, call):
        answer = super().answer(call)
        if call.path not in {f"/_sandbox/state/{kind}" for kind in self.kinds}:
            return answer
        state = json.loads(answer.body)
        return answer._replace(
            body=json.dumps({**state, "items": self.change(state["items"])}).encode()
        )


class StoresNothing(ChangesState):
    """Accepts all and keeps none of it."""

    def change(self, items):
        return items[:0]


class NotAsciiLost(ChangesState):
    """Keeps ASCII only."""

    def change(self, items):
        return json.loads(json.dumps(items, ensure_ascii=False).encode("ascii", "replace"))


class NumbersRounded(ChangesState):
    """Keeps whole numbers only."""

    def change(self, items):
        return json.loads(json.dumps(items), parse_float=lambda text: int(float(text)))


class AccountEventsLost(ChangesState):
    """Keeps no event of an account alone."""

    kinds = ("events",)

    def change(self, items):
        return [item for item in items if {"userId", "anonymousId"} & set(item)]


class ListsTurnedRound(Faulty):
    """Keeps the items of a list in the opposite order."""

    def answer(self, call):
        try:
            ((name, items),) = json.loads(call.body.decode()).items()
            body = json.dumps({name: items[::-1]}).encode().ljust(len(call.body))
        except (ValueError, AttributeError, TypeError, RecursionError):
            return super().answer(call)
        return super().answer(call._replace(body=body))


class Unread(Faulty):
    """Refuses a wrong path before it has read the body."""

    def leaves_unread(self, path):
        return path == "/v1/upload/nothing"


def wait_for_others(call):
    """Answer slowly what the check sends at once, that is, ids such as u3-…."""
    if re.search(rb'"[au]\d-', call.body):
        sleep(0.1)


class MixesAnswers(Faulty):
    """Answers calls that come together with the answer to one of them."""

    def __init__(self):
        super().__init__()
        self.latest = None

    def answer(self, call):
        self.latest = super().answer(call)
        wait_for_others(call)
        return self.latest


class LosesUploads(Faulty):
    """Stores one of several uploads that come together."""

    def __init__(self):
        super().__init__()
        self.under_way = 0

    def answer(self, call):
        if not call.path.startswith("/v1/upload"):
            return super().answer(call)
        self.under_way += 1
        wait_for_others(call)
        is_alone = self.under_way == 1
        self.under_way -= 1
        return super().answer(call) if is_alone else ACCEPTED[call.path]


FAULTY = {
    NoKeyNeeded: "token-missing",
    AnyKeyTaken: "token-unknown",
    Answers200: "accepted-answer",
    OtherWords: "accepted-answer",
    PlainErrors: "error-body",
    OwnErrorCodes: "error-words",
    OwnErrorMessages: "error-words",
    NoHeaders: "answer-headers",
    Limit100: "list-size",
    UnknownKeysTaken: "unknown-key",
    NumbersAsTexts: "field-type",
    FractionsTaken: "time-integer",
    NoIdNeeded: "id-required",
    FirstItemOnly: "all-or-nothing",
    NoGzip: "content-encoding",
    WrongMethods404: "method-allowed",
    RateLimit: "no-rate-limit",
    LosesProperties: "merge-properties",
    EventsMakeProfiles: "event-no-profile",
    BeginningOfKeyCompared: "token-unknown",
    EventsWithoutLimit: "list-size",
    TrailingCommas: "body-json",
    ByteOrderMark: "body-json",
    WrongUtf8: "body-json",
    InfinityTaken: "body-json",
    SmallBodies: "body-size",
    CaseOfTypeCompared: "content-type",
    NullIsNothing: "field-type",
    CaseOfPathsIgnored: "path-known",
    BombsTaken: "body-size",
    NoHead: "method-allowed",
    CaseOfCodingCompared: "content-encoding",
    CaseOfCharsetCompared: "content-type",
    CaseOfSchemeCompared: "token-missing",
    QueryNotTaken: "path-known",
    ShortLists: "accepted-answer",
    SlashAtTheEnd: "path-known",
    StoresNothing: "stored",
    NotAsciiLost: "merge-properties",
    NumbersRounded: "merge-properties",
    AccountEventsLost: "stored",
    ListsTurnedRound: "stored",
}
"""Each server, and the rule it is found to break."""


def refused(call):
    error = {"code": "BAD_REQUEST", "message": "Bad request", "details": "no"}
    body = json.dumps({"status": "ERROR", "error": error}).encode()
    return HttpAnswer(400, Mock(tokens={"me": KEY}).answer(call).headers, body)


class Asked:
    """A faulty server asked without a network."""

    has_state = True
    last = None

    def __init__(self, server):
        self.server = server

    def ask(self, call):
        headers = list(call.headers)
        if call.authorization is not None:
            headers.append(("Authorization", call.authorization.replace("KEY", KEY)))
        return self._told(received(call.method, f"/v1{call.path}", headers, call.body))

    def ask_together(self, calls):
        return [self.ask(call) for call in calls]

    def renew(self):
        """Keep no connection."""

    def state(self, kind):
        headers = [("Authorization", f"Bearer {KEY}")]
        told = self._told(received("GET", f"/_sandbox/state/{kind}?order=desc&limit=50", headers))
        return told.json["items"][::-1] if told.status == 200 else None

    def _told(self, call):
        answer = self.server.answer(call)
        headers = tuple((name.lower(), value) for name, value in answer.headers)
        return Reply(answer.status, headers, answer.body)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.mock.close()


@contextmanager
def serving(server):
    """Serve it on a port of its own, and give the base URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_any(self):
            is_chunked = "Transfer-Encoding" in self.headers
            body = b"".join(self.chunks()) if is_chunked else self.whole()
            call = received(self.command, self.path, self.headers.items(), body)
            answer = server.answer(call)
            if answer is None:
                sleep(server.silence)
                self.close_connection = True
                return
            self.send_response_only(answer.status)
            for name, value in answer.headers:
                if name.lower() != "content-length":  # a fault may have changed the body
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else answer.body)

        def whole(self):
            if server.leaves_unread(self.path):
                return b""
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))

        def chunks(self):
            while size := int(self.rfile.readline(), 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

        def log_message(self, *_):
            """Say nothing."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}/v1"
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()
        server.mock.close()
