"""Kept queue: what a server with a file knows and owes outlives its end."""

import json
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from mock_server import SegmentChoices
from mock_server.assertions import Assertions
from mock_server.exchange import received
from mock_server.mock import Mock
from mock_server.segment import kept_queue
from mock_server.segment.delivery_queue import Ended
from mock_server.segment.record import NO_ANSWER_KNOWN
from mock_server.store.database import Limits, StoreUnavailable
from mock_server.store.opening import InvalidStore
from mock_server.toplyne.fault import Fault
from sandbox import PRESETS
from sandbox.cli.serve_lines import say_what_is_left
from sandbox.segment.retry import Backoff
from sandbox.workspace import ConnectedDestination, Source, Workspace
from tests.small_disk import UNSHARE, needs_small_disk
from tests.wire import answering

TOKEN = "tok_kept_test"
URL = re.compile(r"http://[^/ ]+:[0-9]+")
NOWHERE = "http://127.0.0.1:9/v1"  # the discard port: nothing listens
EVENTS = next(preset for preset in PRESETS if preset.action == "sendEvents")
SLOWLY = Backoff(first_wait=600)


def workspace(*destinations):
    return Workspace(
        sources=(Source(name="app", write_key="the-write-key"),),
        destinations=destinations or (destination(),),
    )


def destination(name="Here", **members):
    return ConnectedDestination(name=name, source="app", **{"api_key": TOKEN, **members})


@pytest.fixture
def start(tmp_path):
    made = []

    def starting(*destinations, limits=None, clock=time.time, **choices):
        known = {"backoff": Backoff(time_scale=0.001), "seconds_to_drain": 0.2, **choices}
        mock = Mock(
            tokens={"default": TOKEN},
            workspace=workspace(*destinations),
            db=tmp_path / "mock.db",
            limits=limits,
            clock=clock,
            segment=SegmentChoices(**known),
        )
        made.append(mock)
        return mock

    yield starting
    for mock in made:
        mock.close()


def track(number=0, **members):
    known = {"type": "track", "event": f"E{number}", "userId": "u", "messageId": f"m{number}"}
    return {**known, **members}


def send(mock, *messages):
    body = json.dumps({"batch": list(messages), "writeKey": "the-write-key"}).encode()
    return answering(mock).answer(received("POST", "/v1/batch", [], body))


def ask(mock, method, path, **body):
    content = json.dumps(body).encode() if body else b""
    return answering(mock).answer(received(method, f"/_sandbox{path}", [], content))


def outcomes(mock):
    return [record["outcome"] for record in Assertions.of(mock).ledger]


def attempts(mock, number=0):
    (delivery,) = Assertions.of(mock).ledger[number]["deliveries"]
    return [attempt["code"] for attempt in delivery["attempts"]]


def events(mock):
    return [event["eventName"] for event in Assertions.of(mock).events]


def die(mock):
    """Let go of the file as a killed process does: nothing is finished, nothing written."""
    mock.store.close()


def until_tried(mock):
    """Wait until all that was sent has been tried once; the end of a server does not wait long."""
    deadline = time.monotonic() + 30
    while set(outcomes(mock)) != {"retrying"} and time.monotonic() < deadline:
        time.sleep(0.01)


def test_the_ledger_is_the_same_after_a_restart(start):
    first = start()
    send(first, track(1), track(1), {"type": "track"}, track(2, event="\ud800"))
    Assertions.of(first).flush()
    ledger, counts = Assertions.of(first).ledger, first.segment.ledger.counts()
    first.close()

    again = start()

    assert Assertions.of(again).ledger == ledger
    assert again.segment.ledger.counts() == counts
    assert send(again, track(1), track(3)).status == 200
    assert [r["number"] for r in Assertions.of(again).ledger] == [1, 2, 3, 4, 5, 6]
    Assertions.of(again).flush()
    assert outcomes(again)[-2:] == ["duplicate", "delivered"]


def test_what_waits_is_delivered_by_the_next_start(start):
    first = start(destination(base_url=NOWHERE), backoff=SLOWLY)
    send(first, track(1), track(2))
    until_tried(first)
    first.close()
    assert outcomes(first) == ["retrying", "retrying"]

    again = start(destination())
    Assertions.of(again).flush()

    assert sorted(events(again)) == ["E1", "E2"]
    assert attempts(again) == ["ECONNREFUSED", "202"]
    assert again.segment.ledger.waiting() == 0


def test_a_message_whose_turn_had_not_come_is_seen_by_the_next_start(start):
    first = start()
    first.segment._routing.queues()[0].put = lambda _: None
    send(first, *(track(number) for number in range(3)))
    die(first)

    again = start()
    Assertions.of(again).flush()

    assert events(again) == ["E0", "E1", "E2"]
    assert outcomes(again) == ["delivered"] * 3


class Killing:
    """Sends as a sender does, until the process dies before or after a request is answered."""

    def __init__(self, mock, *, answered=0, after=False):
        (self.queue,) = mock.segment._routing.queues()
        self.sender, self.queue._send = self.queue._send, self
        self.mock, self.left, self.after = mock, answered, after
        self.made = 0
        self.died = threading.Event()

    def __call__(self, request):
        self.made += 1
        if self.made <= self.left:
            return self.sender(request)
        if self.after:
            self.sender(request)
        die(self.mock)
        self.queue._is_over.set()
        self.died.set()
        raise Ended

    def wait(self):
        assert self.died.wait(10)
        assert self.queue._attempts.settle(5)
        assert self.queue._retries.settle(5)


def killed_while_sending(mock, **how):
    killing = Killing(mock, **how)
    send(mock, track())
    killing.wait()
    return killing


@pytest.mark.parametrize(("after", "arrived"), [(False, ["E0"]), (True, ["E0", "E0"])])
def test_a_request_without_a_known_answer_is_sent_again_and_told(start, after, arrived):
    killed_while_sending(start(), after=after)

    again = start()
    Assertions.of(again).flush()

    assert events(again) == arrived
    assert attempts(again) == [NO_ANSWER_KNOWN, "202"]
    (lost, _) = Assertions.of(again).ledger[0]["deliveries"][0]["attempts"]
    assert lost["error"].startswith("the server ended before the answer was stored")


def test_a_message_that_ends_every_server_is_given_up(start):
    hours = iter(range(40))
    killed_while_sending(start(clock=lambda: 0))

    for hour in hours:
        mock = start(clock=lambda hour=hour: hour * 3600)
        if not mock.segment.ledger.waiting():
            break
        killing = Killing(mock)
        for retry in killing.queue._retries.remove():
            killing.queue._retries.put(retry)
        killing.wait()

    assert outcomes(mock) == ["failed"]
    assert set(attempts(mock)) == {NO_ANSWER_KNOWN}
    assert 2 <= len(attempts(mock)) <= 6  # a window of four hours, here of 14 seconds


def test_requests_that_were_answered_are_not_sent_again(start):
    twice = destination(mappings=(EVENTS, EVENTS))
    killing = killed_while_sending(start(twice), answered=1)

    again = start(twice)
    Assertions.of(again).flush()

    assert killing.made == 2
    assert events(again) == ["E0", "E0"]
    codes = [
        [a["code"] for a in d["attempts"]] for d in Assertions.of(again).ledger[0]["deliveries"]
    ]
    assert codes == [["202"], [NO_ANSWER_KNOWN, "202"]]


def test_two_requests_of_one_destination_are_each_retried_to_the_end(start):
    mock = start(destination(mappings=(EVENTS, EVENTS)))
    mock.faults.add(1, Fault(status=503, times=3))

    send(mock, track())
    Assertions.of(mock).flush()

    assert events(mock) == ["E0", "E0"]
    assert outcomes(mock) == ["delivered"]


def test_a_late_answer_of_an_earlier_start_changes_nothing(start):
    first = start()
    (queue,) = first.segment._routing.queues()
    taken, go = threading.Event(), threading.Event()
    send_it = queue._send

    def late(request):
        taken.set()
        go.wait(10)
        return send_it(request)

    queue._send = late
    send(first, track())
    assert taken.wait(10)
    first.close()
    again = start()
    Assertions.of(again).flush()
    before = Assertions.of(again).ledger
    go.set()
    assert queue._attempts.settle(5)

    assert Assertions.of(again).ledger == before
    assert attempts(again) == [NO_ANSWER_KNOWN, "202"]
    assert events(again) == ["E0"]


def test_of_two_threads_one_claims_a_request(start):
    mock = start(destination(base_url=NOWHERE), backoff=SLOWLY)
    send(mock, track())
    until_tried(mock)
    record = mock.segment.ledger.record(
        Assertions.of(mock).view, Assertions.of(mock).ledger[0]["number"]
    )
    part, together = record.parts[0], threading.Barrier(2)
    claimed = []

    def claim():
        for place in range(10, 60):
            together.wait(10)
            if mock.segment.ledger.claim(record.tenant, record.number, place, {place: part}, 0.0):
                claimed.append(place)

    threads = [threading.Thread(target=claim) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(claimed) == list(range(10, 60))


def test_a_clock_that_was_set_back_gives_nothing_up(start):
    first = start(destination(base_url=NOWHERE), backoff=SLOWLY, clock=lambda: 2e9)
    send(first, track())
    until_tried(first)
    first.close()

    again = start(clock=lambda: 1e9)
    Assertions.of(again).flush()

    assert attempts(again) == ["ECONNREFUSED", "202"]


def test_what_waits_for_a_destination_that_is_gone_is_told(start):
    first = start(destination("Old", base_url=NOWHERE), backoff=SLOWLY)
    send(first, track(1))
    first.segment._routing.queues()[0].put = lambda _: None
    send(first, track(2))
    first.close()

    again = start(destination("New"))
    Assertions.of(again).flush()

    reasons = [record["reason"] for record in Assertions.of(again).ledger]
    assert outcomes(again) == ["failed", "failed"]
    assert (
        reasons
        == ["the server was restarted, and the workspace no longer has the destination."] * 2
    )


def test_a_request_without_a_known_answer_is_given_up_where_its_destination_is_gone(start):
    killed_while_sending(start(destination("Old")))

    again = start(destination("New"))

    assert outcomes(again) == ["failed"]
    assert again.segment.ledger.waiting() == 0
    assert attempts_of_all(again) == [NO_ANSWER_KNOWN]
    assert len(Assertions.of(again).ledger[0]["deliveries"]) == 1


def attempts_of_all(mock):
    deliveries = Assertions.of(mock).ledger[0]["deliveries"]
    return [attempt["code"] for delivery in deliveries for attempt in delivery["attempts"]]


def test_a_reset_forgets_what_is_kept_and_numbers_go_on(start):
    first = start(destination(base_url=NOWHERE), backoff=SLOWLY)
    send(first, track(1))
    first.faults.add(1, Fault(status=503))
    Assertions.of(first).reset()
    first.close()

    again = start()
    for table in ("messages", "message_ids", "settings", "forgotten"):
        assert again.store.read(f"SELECT count(*) FROM {table}") == [(0,)]
    send(again, track(1))
    Assertions.of(again).flush()

    assert [(r["number"], r["outcome"]) for r in Assertions.of(again).ledger] == [(2, "delivered")]


KILLED_IN_A_RESET = """
import os, signal, sys
from mock_server import SegmentChoices
from mock_server.assertions import Assertions
from tests.test_kept_queue import NOWHERE, SLOWLY, TOKEN, Mock, destination, workspace
file, last_words = sys.argv[1:]
mock = Mock(
    tokens={"default": TOKEN},
    workspace=workspace(destination(base_url=NOWHERE)),
    db=file,
    segment=SegmentChoices(backoff=SLOWLY),
)
view, seen = Assertions.of(mock), []
def look(statement):
    seen.append(statement)
    if statement.startswith(last_words) and any("entries" in each for each in seen):
        os.kill(os.getpid(), signal.SIGKILL)
mock.store._connection.set_trace_callback(look)
view.reset()
"""


def what_is_kept(mock):
    tables = ("messages", "message_ids", "entries", "people", "settings")
    return [mock.store.read(f"SELECT count(*) FROM {table}")[0][0] for table in tables]


@pytest.mark.parametrize(
    ("last_words", "is_forgotten"),
    [("DELETE FROM people", False), ("COMMIT", False), ("PRAGMA wal_checkpoint", True)],
)
def test_a_reset_that_is_killed_has_forgotten_all_or_nothing(
    start, tmp_path, last_words, is_forgotten
):
    first = start(destination(base_url=NOWHERE), backoff=SLOWLY)
    send(first, track(1), track(2))
    until_tried(first)
    content = b'{"profiles":[{"userId":"u","creationTime":1}]}'
    headers = [("Authorization", f"Bearer {TOKEN}"), ("Content-Type", "application/json")]
    first.answer(received("POST", "/v1/upload/users/profiles", headers, content))
    first.faults.add(Assertions.of(first).view[0], Fault(status=503))
    assert len(Assertions.of(first).profiles) == 1
    first.close()
    kept = what_is_kept(before := start(destination(base_url=NOWHERE), backoff=SLOWLY))
    before.close()
    assert all(kept)

    words = [sys.executable, "-c", KILLED_IN_A_RESET, str(tmp_path / "mock.db"), last_words]
    done = subprocess.run(words, check=False, cwd=Path(__file__).parent.parent)

    assert done.returncode == -signal.SIGKILL
    after = what_is_kept(start(destination(base_url=NOWHERE), backoff=SLOWLY))
    assert after == ([0] * len(kept) if is_forgotten else kept)


def test_what_the_ledger_dropped_is_counted_after_a_restart(start):
    first = start(limits=Limits(entries=3))
    for number in range(8):
        send(first, track(number))
        Assertions.of(first).flush()
    counts = first.segment.ledger.counts()
    first.close()

    again = start(limits=Limits(entries=3))

    assert [record["number"] for record in Assertions.of(again).ledger] == [6, 7, 8]
    assert again.segment.ledger.counts() == counts == {"delivered": 8}


def test_the_file_grows_no_more_once_the_ledger_is_at_its_bounds(start, tmp_path, monkeypatch):
    monkeypatch.setattr(kept_queue, "MOST_KEPT", 150)
    mock, sizes = start(limits=Limits(entries=100)), []
    for batch in range(60):
        send(mock, *[track(batch * 20 + number) for number in range(20)])
        Assertions.of(mock).flush()
        kept = mock.store.read("SELECT count(*) FROM messages")
        ids = mock.store.read("SELECT count(*) FROM message_ids")
        sizes.append(mock.store.read("PRAGMA page_count")[0][0])

        assert kept[0][0] <= 100 + 20
        assert ids[0][0] <= 150
    assert sizes[-1] <= 1.1 * sizes[20]
    assert mock.segment.ledger.counts() == {"delivered": 1200}


def test_an_id_in_two_batches_at_once_counts_once(start):
    mock = start()
    batch = [track(number) for number in range(50)]
    senders = [threading.Thread(target=send, args=(mock, *batch)) for _ in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    Assertions.of(mock).flush()

    assert sorted(events(mock)) == sorted(f"E{number}" for number in range(50))
    assert Counter(outcomes(mock)) == {"delivered": 50, "duplicate": 350}
    assert mock.store.read("SELECT count(*) FROM message_ids") == [(50,)]


def test_faults_go_on_where_they_were(start):
    first = start()
    ask(first, "POST", "/faults", answer={"status": 418, "body": "\u00e9"})
    ask(first, "POST", "/faults", status=503, times=2)
    first.answer(received("GET", "/v1/auth/me", [("Authorization", f"Bearer {TOKEN}")], b""))
    shown = ask(first, "GET", "/faults").body
    first.close()

    assert ask(start(), "GET", "/faults").body == shown


def test_a_workspace_that_was_set_up_comes_back_unless_another_is_given(start):
    first = start()
    made = ask(first, "POST", "/workspace/sources", name="web", write_key="other-key")
    assert made.status == 201
    shown = ask(first, "GET", "/workspace").body
    first.close()

    again = start()
    assert ask(again, "GET", "/workspace").body == shown
    again.close()

    other = start(destination("Another"))
    assert [source.name for source in other.segment.workspace.sources] == ["app"]


def test_a_batch_that_cannot_be_kept_is_503_and_may_be_sent_again(start):
    mock = start()
    send(mock, track(0))
    Assertions.of(mock).flush()
    ((pages,),) = mock.store.read("PRAGMA page_count")
    mock.store.read(f"PRAGMA max_page_count = {pages + 2}")
    large = [track(number, properties={"text": "x" * 9000}) for number in range(1, 5)]

    assert send(mock, *large).status == 503
    assert len(Assertions.of(mock).ledger) == 1
    mock.store.read("PRAGMA max_page_count = 1000000")
    assert send(mock, *large).status == 200
    Assertions.of(mock).flush()

    assert outcomes(mock) == ["delivered"] * 5


def test_what_is_answered_while_the_disk_is_full_is_written_down_later(start):
    mock = start()
    writes = []
    write = mock.segment.ledger._kept.write

    def failing(*arguments):
        writes.append(arguments)
        if len(writes) == 1:
            raise StoreUnavailable("database or disk is full")
        write(*arguments)

    mock.segment.ledger._kept.write = failing
    send(mock, track())
    Assertions.of(mock).flush()

    assert events(mock) == ["E0"]
    assert outcomes(mock) == ["delivered"]


def test_a_workspace_beyond_this_machine_needs_leave_at_every_start(start):
    first = start(allow_remote=True)
    far = {"name": "Far", "source": "app", "api_key": "k", "base_url": "https://far.example/v1"}
    assert ask(first, "POST", "/workspace/destinations", **far).status == 201
    first.close()

    with pytest.raises(
        InvalidStore, match=r"delivers to far\.example, .* allow it with --allow-remote"
    ):
        start()


class Destination(ThreadingHTTPServer):
    """A server that answers one in five requests with 503, and counts what it takes."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answering)
        self.chance = random.Random(17)
        self.taken = Counter()
        self.base_url = f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, *request):
        if not isinstance(sys.exception(), ConnectionError):  # the server was killed
            super().handle_error(*request)

    def take(self, names):
        status = 503 if self.chance.random() < 0.2 else 202
        if status == 202:
            self.taken.update(names)
        return status


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = self.server.take([item["eventName"] for item in body["events"]])
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

    def handle(self):
        with suppress(ConnectionError):
            super().handle()


@pytest.fixture
def failing():
    server = Destination()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def serve(tmp_path, base_url, *more, inside=(), as_json=True):
    file = tmp_path / "workspace.toml"
    file.write_text(
        '[[sources]]\nname = "app"\nwrite_key = "the-write-key"\n[[destinations]]\nname = "T"\n'
        f'source = "app"\napi_key = "{TOKEN}"\nbase_url = "{base_url}"\n'
        "mappings = [{name = 'E', action = 'sendEvents', trigger = 'type = \"track\"'}]\n"
    )
    words = ("serve", "--port", "0", "--time-scale", "0.001", "--workspace", str(file))
    words += ("--json",) if as_json else ()
    process = subprocess.Popen(
        [*inside, sys.executable, "-m", "toplyne_sandbox", *words, *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    line = process.stdout.readline()
    assert line, process.communicate()
    while URL.search(line) is None:
        line = process.stdout.readline()
    return process, URL.search(line)[0]


def batches_until_killed(url, names, size, answered, refused=None):
    connection = HTTPConnection(url.removeprefix("http://"), timeout=30)
    with closing(connection):
        for at in range(0, len(names), size):
            mine = names[at : at + size]
            batch = [track(event=name, messageId=name) for name in mine]
            body = json.dumps({"batch": batch, "writeKey": "the-write-key"})
            try:
                connection.request("POST", "/v1/batch", body)
                answer = connection.getresponse()
                answer.read()
            except (OSError, HTTPException):
                return
            if answer.status == 200:
                answered.extend(mine)
            else:
                assert answer.status == 503
                (refused if refused is not None else []).extend(mine)
                time.sleep(0.05)


def hurt_in_the_middle(process, url, names, chance, answered, *, fill=None, refused=None):
    """Send messages, and kill the server in the middle, on a full disk where `fill` fills it."""
    enough = len(answered) + chance.randint(len(names) // 10, len(names) // 2)
    sender = threading.Thread(target=batches_until_killed, args=(url, names, 20, answered, refused))
    sender.start()
    deadline = time.monotonic() + 60
    while len(answered) < enough and sender.is_alive() and time.monotonic() < deadline:
        time.sleep(0.002)
    if fill is not None:
        fill()
        before = len(refused)
        while len(refused) == before and sender.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
    time.sleep(chance.random() / 10)
    process.kill()
    process.communicate()
    sender.join()


def flushed_ledger(url):
    """Return the records by messageId once nothing waits any more."""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=120)
    ledger, page = {}, True
    with closing(connection):
        connection.request("POST", "/_sandbox/flush?timeout=100")
        assert json.loads(connection.getresponse().read())["waiting"] == 0
        while page:
            connection.request("GET", f"/_sandbox/ledger?limit=1000&offset={len(ledger)}")
            page = json.loads(connection.getresponse().read())["messages"]
            ledger |= {record["messageId"]: record for record in page}
    return ledger


def account_for(answered, taken, ledger):
    """Hold: answered messages arrived, and twice only after an attempt without a known answer."""
    assert [name for name in answered if not taken[name]] == []
    assert {ledger[name]["outcome"] for name in answered} == {"delivered"}
    unknown = {
        name: [a["code"] for a in record["deliveries"][0]["attempts"]].count(NO_ANSWER_KNOWN)
        for name, record in ledger.items()
    }
    assert [name for name, count in taken.items() if count > 1 + unknown[name]] == []


@pytest.mark.parametrize(
    ("times", "messages"),
    [
        pytest.param(2, 400, id="small"),
        pytest.param(20, 1000, id="whole", marks=pytest.mark.heavy),
    ],
)
def test_what_was_answered_200_arrives_through_kill_9(tmp_path, failing, times, messages):
    chance, answered = random.Random(11), []
    db = ("--db", str(tmp_path / "mock.db"))
    for start in range(times):
        process, url = serve(tmp_path, failing.base_url, *db)
        names = [f"{start}/{number}" for number in range(messages)]
        hurt_in_the_middle(process, url, names, chance, answered)

    process, url = serve(tmp_path, failing.base_url, *db)
    ledger = flushed_ledger(url)
    process.send_signal(signal.SIGTERM)

    assert process.communicate(timeout=30)[1] == ""
    assert process.returncode == 0
    assert len(answered) > times * messages // 10
    account_for(answered, failing.taken, ledger)


@pytest.mark.parametrize(
    ("times", "messages"),
    [
        pytest.param(1, 300, id="small"),
        pytest.param(20, 20_000, id="whole", marks=pytest.mark.heavy),
    ],
)
def test_what_segments_own_sdk_saw_answered_200_arrives_through_kill_9(
    tmp_path, failing, monkeypatch, times, messages
):
    client = pytest.importorskip("segment.analytics.client", reason="Segment's SDK is not here")
    consumer = pytest.importorskip("segment.analytics.consumer")
    answered, post = [], consumer.post

    def noted(*args, **named):
        answer = post(*args, **named)  # raises for anything but 200
        answered.extend(message["messageId"] for message in named["batch"])
        return answer

    monkeypatch.setattr(consumer, "post", noted)
    db = ("--db", str(tmp_path / "mock.db"))
    process, url = serve(tmp_path, failing.base_url, *db)
    port = ("--port", url.rpartition(":")[2])
    given_up = []
    sdk = client.Client(
        "the-write-key",
        host=url,
        max_queue_size=messages + 1,
        on_error=lambda error, _: given_up.append(error),
    )
    for number in range(messages):
        sdk.track("user", f"m{number}", message_id=f"m{number}")

    for kill in range(1, times + 1):
        deadline = time.monotonic() + 60
        while len(answered) < messages * kill // (times + 2) and time.monotonic() < deadline:
            time.sleep(0.002)
        process.kill()
        process.communicate()
        process, url = serve(tmp_path, failing.base_url, *db, *port)
    sdk.shutdown()
    ledger = flushed_ledger(url)
    process.send_signal(signal.SIGTERM)

    assert process.communicate(timeout=30)[1] == ""
    assert given_up == []
    assert len(set(answered)) == messages
    account_for(answered, failing.taken, ledger)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 96 MiB which only processes started with `inside` see; `path` is where we do."""
    disk = tmp_path / "disk"
    disk.mkdir()
    words = 'mount -t tmpfs -o size=96m tmpfs "$0" && echo ready && exec sleep 600'
    holder = subprocess.Popen(
        [*UNSHARE, "sh", "-c", words, str(disk)], stdout=subprocess.PIPE, encoding="utf-8"
    )
    assert holder.stdout.readline() == "ready\n"
    users = ("-U", "--preserve-credentials") if "-Ur" in UNSHARE else ()
    inside = ("nsenter", "-t", str(holder.pid), *users, "-m", f"--wd={Path.cwd()}")
    yield SimpleNamespace(inside=inside, path=disk, seen=Path(f"/proc/{holder.pid}/root{disk}"))
    holder.kill()
    holder.communicate()


@needs_small_disk
@pytest.mark.heavy
def test_what_was_answered_200_arrives_through_full_disks_and_kill_9(tmp_path, failing, small_disk):
    chance, answered, refused = random.Random(11), [], []
    db = ("--db", str(small_disk.path / "mock.db"))
    filler = small_disk.seen / "filler"

    def fill():
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))

    for start in range(5):
        process, url = serve(tmp_path, failing.base_url, *db, inside=small_disk.inside)
        names = [f"{start}/{number}" for number in range(4000)]
        hurt_in_the_middle(process, url, names, chance, answered, fill=fill, refused=refused)
        filler.unlink()

    process, url = serve(tmp_path, failing.base_url, *db, inside=small_disk.inside)
    ledger = flushed_ledger(url)
    process.send_signal(signal.SIGTERM)

    assert process.communicate(timeout=30)[1] == ""
    assert refused
    account_for(answered, failing.taken, ledger)


def silent():
    """Return a server that takes requests and never answers, and its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    return server, f"http://127.0.0.1:{server.server_port}/v1"


def test_at_the_end_it_is_said_what_waits_in_the_file(tmp_path):
    server, url = silent()  # nobody accepts
    with closing(server.socket):
        process, root = serve(tmp_path, url, "--db", str(tmp_path / "mock.db"))
        answered = []
        batches_until_killed(root, ["a", "b", "c"], 3, answered)
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)

    assert time.monotonic() - started < 10
    assert answered == ["a", "b", "c"]
    assert (process.returncode, json.loads(out)) == (0, {"abandoned": 0, "kept": 3})
    assert err == "3 messages were not delivered; the next start with --db goes on.\n"


@pytest.mark.laws  # it waits for as long as a server delivers at its end, 8 s
@pytest.mark.parametrize("as_json", [True, False])
def test_a_process_without_a_file_says_what_it_gives_up_and_ends_with_1(tmp_path, as_json):
    server, url = silent()
    with closing(server.socket):
        process, root = serve(tmp_path, url, as_json=as_json)
        answered = []
        batches_until_killed(root, ["a", "b", "c"], 3, answered)
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)

    assert time.monotonic() - started < 10
    assert answered == ["a", "b", "c"]
    assert process.returncode == 1
    assert err.endswith(
        "3 messages were given up, because the server was stopped before delivery;"
        " with --db FILE the next start would go on.\n"
    )
    if as_json:
        assert json.loads(out) == {"abandoned": 3, "kept": 0}


def test_at_the_end_it_is_said_what_is_given_up(capsys):
    server, url = silent()
    with closing(server.socket):
        mock = Mock(
            tokens={"default": TOKEN},
            workspace=workspace(destination(base_url=url)),
            segment=SegmentChoices(seconds_to_drain=0.2),
        )
        send(mock, track(1), track(2), track(3))
        mock.close()

    assert say_what_is_left(SimpleNamespace(mock=mock), as_json=True)
    said = capsys.readouterr()
    assert json.loads(said.out) == {"abandoned": 3, "kept": 0}
    assert said.err == (
        "3 messages were given up, because the server was stopped before delivery;"
        " with --db FILE the next start would go on.\n"
    )
