"""Server: MockServer on a real socket, from start to stop."""

import errno
import gzip
import json
import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from mock_server import MockServer, create_app
from mock_server.assertions import Assertions
from mock_server.bounds import CHECKED_AT_ONCE
from mock_server.mock import Mock
from mock_server.toplyne.upload_shape import shape
from sandbox import Destination
from tests.wire import http

ROOT = Path(__file__).parent.parent
EVENT = {"userId": "u", "eventName": "Signed Up", "timestamp": 1_700_000_000}


def test_it_answers_inside_the_block_and_not_after_it():
    with MockServer() as toplyne:
        answer = toplyne.client.get("/auth/me")
        port = toplyne.port

    assert answer.text == '{"status":"SUCCESS","data":"default"}'
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_its_addresses():
    with MockServer() as toplyne:
        assert toplyne.url == f"http://127.0.0.1:{toplyne.port}"
        assert toplyne.api_url == f"{toplyne.url}/v1"


def test_a_destination_can_send_to_it_and_the_state_compares_with_plain_lists():
    with MockServer() as toplyne:
        destination = Destination(api_key=toplyne.token, base_url=toplyne.api_url)
        when = "2021-02-01T00:00:00.000Z"
        destination.send({"type": "track", "event": "E", "userId": "u", "timestamp": when})
        destination.send({"type": "identify", "userId": "u", "timestamp": when})
        destination.send({"type": "group", "groupId": "g", "userId": "u", "timestamp": when})

        assert toplyne.events == [{"userId": "u", "eventName": "E", "timestamp": 1612137600}]
        assert toplyne.profiles == [{"userId": "u", "creationTime": 1612137600}]
        assert toplyne.accounts == [{"accountId": "g", "creationTime": 1612137600}]
        assert [entry["status"] for entry in toplyne.entries] == [202, 202, 202]


def test_start_and_stop_by_hand_and_stop_twice():
    toplyne = MockServer().start()

    assert toplyne.client.get("/auth/me").status_code == 200

    toplyne.stop()
    toplyne.stop()


def test_a_server_without_a_port_says_how_to_start_it_instead_of_giving_a_url():
    toplyne = MockServer()
    with pytest.raises(RuntimeError, match=r"has no port yet.+with MockServer\(\).+start\(\)"):
        _ = toplyne.api_url
    toplyne.stop()


def test_a_server_that_was_never_started_can_be_stopped():
    MockServer().stop()


def test_a_port_in_use_is_said_before_anything_runs():
    with (
        MockServer() as first,
        pytest.raises(OSError, match="is in use; use 0 for any port") as raised,
    ):
        MockServer(port=first.port).start()

    assert raised.value.errno == errno.EADDRINUSE
    assert str(first.port) in str(raised.value)


def test_a_server_that_could_not_start_lets_go_of_its_file(tmp_path):
    def fail_to_start(port):
        with MockServer(port=port, db=tmp_path / "mock.db"):
            raise AssertionError("it started")

    with MockServer() as first, pytest.raises(OSError, match="is in use"):
        fail_to_start(first.port)

    with MockServer(db=tmp_path / "mock.db") as second:
        assert second.entries == []


def test_the_port_is_free_at_once_after_the_end():
    with MockServer() as first:
        first.client.get("/auth/me")
    with MockServer(port=first.port) as second:
        assert second.client.get("/auth/me").status_code == 200


@pytest.mark.parametrize("port", [-1, 70_000, "8020", 1.5, None])
def test_a_port_that_no_server_has_is_refused(port):
    with pytest.raises(ValueError, match="port must be a whole number from 0 to 65535, not"):
        MockServer(port=port)


def test_the_name_of_the_record_may_be_a_string(tmp_path):
    with MockServer(record=str(tmp_path / "calls.ndjson")) as toplyne:
        toplyne.client.get("/auth/me")

    assert "/v1/auth/me" in (tmp_path / "calls.ndjson").read_text()


def test_a_host_others_can_reach_needs_an_admin_token():
    with pytest.raises(ValueError, match=r"0\.0\.0\.0 is reachable from other machines: give an"):
        MockServer("0.0.0.0")

    with MockServer("0.0.0.0", admin_token="adm_0123456789") as toplyne:
        answer = http.get(f"http://127.0.0.1:{toplyne.port}/_sandbox/entries")
    assert answer.status_code == 401


@pytest.mark.parametrize("host", [5, None, b"::1", True])
def test_a_host_must_be_a_string(host):
    with pytest.raises(ValueError, match="host must be a string, not"):
        MockServer(host, admin_token="adm_0123456789")


@pytest.mark.parametrize("allowed", ["toplyne-mock", ["toplyne-mock", "x"]])
def test_an_application_allows_the_same_hosts_by_the_same_name(allowed):
    client = create_app(allowed_hosts=allowed).test_client()
    client.environ_base = {}

    known, foreign = (
        client.get("/_sandbox/entries", headers={"Host": host}).status_code
        for host in ("toplyne-mock:8020", "other-mock:8020")
    )

    assert (known, foreign) == (200, 403)


@pytest.mark.parametrize("allowed", ["toplyne-mock", ["toplyne-mock", "x"]])
def test_more_hosts_can_be_allowed(allowed):
    with MockServer(allowed_hosts=allowed) as toplyne:
        known, foreign = (
            http.get(f"{toplyne.url}/_sandbox/entries", headers={"Host": host}).status_code
            for host in ("toplyne-mock:8020", "other-mock:8020")
        )

    assert (known, foreign) == (200, 403)


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_it_listens_on_ipv6_too():
    try:
        toplyne = MockServer("::1").start()
    except OSError as error:
        pytest.skip(f"this machine has no IPv6 loopback: {error}")

    assert toplyne.url == f"http://[::1]:{toplyne.port}"
    assert toplyne.client.get("/auth/me").status_code == 200
    toplyne.stop()


def test_another_tenant_has_its_own_view():
    with MockServer(tokens={"default": "tok_default_one", "b": "tok_tenant_bbb"}) as toplyne:
        headers = {"Authorization": "Bearer tok_tenant_bbb"}
        toplyne.client.post("/upload/events", json={"events": [EVENT]}, headers=headers)

        assert toplyne.events == []
        assert toplyne.tenant("b").events == [EVENT]


def test_a_reset_makes_the_next_test_start_empty():
    with MockServer() as toplyne:
        toplyne.client.post("/upload/events", json={"events": [EVENT]})
        toplyne.reset()

        assert (toplyne.events, toplyne.entries) == ([], [])
        assert toplyne.client.get("/auth/me").status_code == 200


def test_waiting_for_what_another_thread_sends():
    with MockServer() as toplyne:
        timer = threading.Timer(
            0.1, toplyne.client.post, ("/upload/events",), {"json": {"events": [EVENT, EVENT]}}
        )
        timer.start()
        toplyne.wait_for(events=2)
        timer.join()

        assert len(toplyne.events) == 2
        with pytest.raises(TimeoutError, match=r"waited 0\.1 s for profiles=1; received"):
            toplyne.wait_for(profiles=1, timeout=0.1)


def test_stopping_ends_the_long_polls_that_are_open():
    toplyne = MockServer().start()
    answers = []
    url = f"{toplyne.url}/_sandbox/wait?events=1&timeout=60"
    poll = threading.Thread(target=lambda: answers.append(http.get(url, timeout=70).status_code))
    poll.start()
    while not toplyne.mock.waiting.changes.waiting:
        time.sleep(0.01)

    begun = time.monotonic()
    toplyne.stop()
    poll.join()

    assert time.monotonic() - begun < 5
    assert answers == [408]


def test_a_mock_can_be_given_and_looked_into():
    mock = Mock(tokens={"default": "tok_given_mock"}, rules="observed")

    with MockServer(mock=mock) as toplyne:
        assert (toplyne.token, toplyne.rules) == ("tok_given_mock", "observed")
        toplyne.client.get("/auth/me")
        assert len(Assertions.of(mock).entries) == 1


def test_two_servers_run_beside_each_other():
    with MockServer() as one, MockServer() as two:
        one.client.post("/upload/events", json={"events": [EVENT]})

        assert (len(one.events), len(two.events)) == (1, 0)
        assert http.get(f"{two.api_url}/auth/me", headers=one.client.headers).status_code == 403


def test_a_file_keeps_what_came(tmp_path):
    tokens = {"default": "tok_kept_in_file"}
    with MockServer(tokens=tokens, db=tmp_path / "mock.db") as toplyne:
        toplyne.client.post("/upload/events", json={"events": [EVENT]})

    with MockServer(tokens=tokens, db=tmp_path / "mock.db") as again:
        assert again.events == [EVENT]


def test_what_a_browser_asks_for_beside_a_page_is_there_and_its_mistakes_are_not_journaled():
    html = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    with MockServer() as toplyne:
        icon = http.get(f"{toplyne.url}/favicon.ico", headers={"Accept": "image/*"})
        page = http.get(f"{toplyne.url}/liev", headers=html)

        assert (icon.status_code, icon.headers["content-type"][:13]) == (200, "image/svg+xml")
        assert (page.status_code, page.headers["content-type"][:9]) == (404, "text/html")
        assert "There is no page /liev" in page.text
        assert toplyne.entries == []
        assert http.get(f"{toplyne.url}/liev").json()["status"] == "ERROR"
        assert [entry["path"] for entry in toplyne.entries] == ["/liev"]


def test_flask_and_jsonschema_are_not_loaded_for_a_test_that_needs_neither():
    program = (
        "import json, sys\n"
        "from mock_server import MockServer\n"
        "with MockServer() as toplyne:\n"
        f"    body = {{'events': [{EVENT!r}]}}\n"
        "    assert toplyne.client.post('/upload/events', json=body).status_code == 202\n"
        "    assert len(toplyne.events) == 1\n"
        "print(json.dumps(sorted({'flask', 'werkzeug', 'jsonschema'} & set(sys.modules))))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    printed = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        encoding="utf-8",
        check=True,
        env=environment,
    )

    assert json.loads(printed.stdout) == []
    assert printed.stderr == ""


def test_8_threads_and_4_tenants_each_find_their_own_and_all_of_it():
    tokens = {f"t{n}": f"tok_of_thread_{n}" for n in range(4)}
    with MockServer(tokens=tokens) as toplyne:

        def send(number):
            name, secret = list(tokens.items())[number % 4]
            headers = {"Authorization": f"Bearer {secret}"}
            with httpx.Client(base_url=toplyne.api_url, headers=headers) as client:
                for index in range(50):
                    event = {**EVENT, "eventName": f"{name}/{number}/{index}"}
                    assert client.post("/upload/events", json={"events": [event]}).is_success

        threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        for index, name in enumerate(tokens):
            expected = {f"{name}/{n}/{i}" for n in (index, index + 4) for i in range(50)}
            came = [event["eventName"] for event in toplyne.tenant(name).events]
            assert len(came) == 100
            assert set(came) == expected


def test_the_answer_to_a_client_that_is_alone_costs_the_loop_one_turn(monkeypatch):
    with MockServer() as toplyne:
        selector, timeouts = toplyne.serving.loop._selector, []
        select = selector.select
        monkeypatch.setattr(selector, "select", lambda t=None: timeouts.append(t) or select(t))
        for _ in range(50):
            toplyne.client.get("/auth/me")

    assert timeouts.count(0) < 25  # such a turn comes with the connection, and none with an answer


def test_few_compressed_bodies_are_checked_at_once_and_everything_else_goes_on(monkeypatch):
    counting, free = threading.Lock(), threading.Event()
    now, most = 0, 0

    def slowly(*given, **named):
        nonlocal now, most
        with counting:
            now += 1
            most = max(most, now)
        free.wait(10)
        with counting:
            now -= 1
        return shape(*given, **named)

    with MockServer() as toplyne:
        monkeypatch.setattr("mock_server.toplyne.api.shape", slowly)
        url, headers = (
            f"{toplyne.api_url}/upload/events",
            {
                "Authorization": f"Bearer {toplyne.token}",
                "Content-Type": "application/json",
                "Content-Encoding": "gzip",
            },
        )
        content = gzip.compress(json.dumps({"events": [EVENT]}).encode())
        with ThreadPoolExecutor(8) as clients:
            asked = [
                clients.submit(http.post, url, content=content, headers=headers) for _ in "x" * 8
            ]
            while now < CHECKED_AT_ONCE:
                time.sleep(0.01)
            assert http.get(f"{toplyne.url}/_sandbox/ledger").status_code == 200
            free.set()
            statuses = [each.result().status_code for each in asked]

    assert (most, statuses) == (CHECKED_AT_ONCE, [202] * 8)
