"""Clients in process, synchronous and not, with no socket in the test's process."""

import asyncio
import gzip
import subprocess
import sys
import time

import anyio.to_thread
import httpx
import pytest
import requests
from urllib3 import Timeout

from mock_server import MockServer
from mock_server.testing.transport import MockTransport

URL = "https://api.toplyne.io/v1"
EVENT = {"userId": "u1", "eventName": "Signed Up", "timestamp": 1795450639}


def key(toplyne):
    return {"Authorization": f"Bearer {toplyne.token}"}


def later(toplyne_transport, work):
    async def run():
        client = httpx.AsyncClient(
            transport=toplyne_transport, base_url=URL, headers=key(toplyne_transport.toplyne)
        )
        async with client:
            return await work(client)

    return asyncio.run(run())


def test_an_asynchronous_client_is_answered_for_any_host(toplyne, toplyne_transport):
    async def work(client):
        accepted = await client.post("/upload/events", json={"events": [EVENT]})
        waited = await client.get("https://elsewhere.example/_sandbox/wait?events=1&timeout=1")
        return accepted.status_code, waited.json()["events"]

    assert later(toplyne_transport, work) == (202, 1)
    toplyne.assert_received(request={"headers": {"host": "api.toplyne.io"}}, times=1)


def test_faults_reach_an_asynchronous_client(toplyne_transport):
    toplyne = toplyne_transport.toplyne
    toplyne.fail_next(wire="reset")
    toplyne.fail_next(delay=5)
    toplyne.answer_next(status=200, body=b"x" * 20, bytes_per_second=100)

    async def work(client):
        with pytest.raises(httpx.ReadError, match="reset"):
            await client.get("/auth/me")
        with pytest.raises(httpx.ReadTimeout):
            await client.get("/auth/me", timeout=0.05)
        return (await client.get("/auth/me")).content

    begun = time.monotonic()
    assert later(toplyne_transport, work) == b"x" * 20
    assert 0.15 <= time.monotonic() - begun < 4


def test_a_slow_body_takes_its_time_in_process(toplyne_transport):
    toplyne_transport.toplyne.answer_next(status=200, body=b"x" * 20, bytes_per_second=100)

    begun = time.monotonic()
    with httpx.Client(transport=toplyne_transport) as client:
        answer = client.get(f"{URL}/auth/me", headers=key(toplyne_transport.toplyne))

    assert answer.content == b"x" * 20
    assert time.monotonic() - begun >= 0.15


def test_a_session_of_requests_is_answered(toplyne_adapter):
    toplyne = toplyne_adapter.toplyne
    with requests.Session() as session:
        session.mount("https://", toplyne_adapter)
        url = f"{URL}/upload/events"
        accepted = session.post(url, json={"events": [EVENT]}, headers=key(toplyne))
        toplyne.fail_next(wire="reset")
        with pytest.raises(requests.ConnectionError, match="reset"):
            session.post(url, json={"events": [EVENT]}, headers=key(toplyne))
        toplyne.fail_next(delay=5)
        with pytest.raises(requests.ReadTimeout):
            session.post(url, json={"events": [EVENT]}, headers=key(toplyne), timeout=(1, 0.05))

    assert (accepted.status_code, accepted.json()["status"]) == (202, "SUCCESS")
    assert accepted.headers["X-Sandbox-Entry"] == str(toplyne.entries[0]["number"])
    toplyne.assert_received(event=EVENT, times=3)


@pytest.mark.parametrize("through_a_socket", [False, True], ids=["in process", "by socket"])
def test_requests_reads_an_answer_as_it_does_from_a_socket(
    toplyne, toplyne_adapter, through_a_socket
):
    url = toplyne.api_url if through_a_socket else URL
    zipped = gzip.compress(b"a\nb")
    headers = {"Content-Encoding": "gzip", "Set-Cookie": "a=b; Path=/"}
    with requests.Session() as session:
        session.mount("https://", toplyne_adapter)
        session.trust_env = False
        session.headers.update({**key(toplyne), "X-Bytes": b"a", "X-Latin": "\xe9"})
        toplyne.answer_next(status=200, headers=headers, body=zipped)
        zipped = session.get(f"{url}/auth/me", timeout=Timeout(connect=5, read=5))
        bare = session.head(f"{url}/auth/me", headers={"X-Sandbox-Fault": "503"})

    assert (zipped.text, zipped.reason, zipped.cookies["a"]) == ("a\nb", "OK", "b")
    assert session.cookies["a"] == "b"
    assert (bare.content, bare.reason) == (b"", "Service Unavailable")
    toplyne.assert_received(request={"headers": {"X-Bytes": "a", "X-Latin": "\xe9"}}, times=2)


def test_a_transport_of_ones_own_has_no_tenant():
    with (
        MockServer() as server,
        pytest.raises(
            AttributeError, match="only the transport of the fixture `toplyne_transport`"
        ),
    ):
        _ = MockTransport(server.mock).toplyne


def test_waiting_lets_the_loop_run_on(toplyne):
    async def send():
        await asyncio.sleep(0.05)
        async with httpx.AsyncClient(trust_env=False) as client:
            url = f"{toplyne.api_url}/upload/events"
            await client.post(url, json={"events": [EVENT]}, headers=key(toplyne))

    async def run():
        sending = asyncio.create_task(send())
        await toplyne.wait_for_async(events=1)
        await sending
        with pytest.raises(TimeoutError, match=r"waited 0\.01 s for events=2; received .*=1"):
            await toplyne.wait_for_async(events=2, timeout=0.01)
        with pytest.raises(ValueError, match="at least one of"):
            await toplyne.wait_for_async()
        with pytest.raises(TimeoutError, match="Use `await wait_for_async"):
            toplyne.wait_for(events=2, timeout=0.01)

    asyncio.run(run())
    assert toplyne.mock.waiting.changes.waiting == 0


def test_who_is_cancelled_waits_no_longer(toplyne):
    changes = toplyne.mock.waiting.changes

    async def run():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(toplyne.wait_for_async(events=1, timeout=600), 0.05)

    begun = time.monotonic()
    asyncio.run(run())
    while changes.waiting:
        assert time.monotonic() - begun < 30
        time.sleep(0.001)


def test_those_who_wait_in_a_loop_take_no_thread_that_others_need(toplyne):
    async def work():
        waiting = [
            asyncio.create_task(toplyne.wait_for_async(events=1, timeout=30)) for _ in range(50)
        ]
        await asyncio.sleep(0)  # they begin
        await asyncio.sleep(0)
        with anyio.fail_after(15):
            await anyio.to_thread.run_sync(send)
        await asyncio.gather(*waiting)

    def send():
        httpx.post(
            f"{toplyne.api_url}/upload/events", json={"events": [EVENT]}, headers=key(toplyne)
        )

    asyncio.run(work())


NO_SOCKET = """
import asyncio
import httpx
import pytest

EVENT = {"userId": "u1", "eventName": "Signed Up", "timestamp": 1795450639}

@pytest.fixture
def toplyne():
    return "theirs"

def test_it(toplyne, toplyne_transport):
    own = toplyne_transport.toplyne
    with httpx.Client(transport=toplyne_transport, base_url="https://api.toplyne.io/v1") as client:
        client.headers["Authorization"] = f"Bearer {own.token}"
        client.post("/upload/events", json={"events": [EVENT]})
    assert toplyne == "theirs"
    own.assert_received(event=EVENT)
    own.assert_nothing_else()

def test_refused(toplyne_transport):
    with httpx.Client(transport=toplyne_transport) as client:
        client.get("https://api.toplyne.io/v1/auth/me")
"""


def test_no_socket_is_made_and_a_fixture_of_their_own_is_left_alone(tmp_path):
    (tmp_path / "test_it.py").write_text(NO_SOCKET)
    own = ["-p", "no:cacheprovider", "--rootdir", str(tmp_path), "-W", "error"]

    result = subprocess.run(
        [sys.executable, "-m", "pytest", *own, "--disable-socket"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert "1 failed, 1 passed" in result.stdout, result.stdout
    assert "Toplyne refused 1 call:\nentry 2: 401 GET /v1/auth/me" in result.stdout


def test_trio_can_send_and_wait_too(toplyne_transport):
    trio = pytest.importorskip("trio", reason="trio is not installed here")

    async def send():
        await trio.sleep(0.05)
        client = httpx.AsyncClient(
            transport=toplyne_transport, base_url=URL, headers=key(toplyne_transport.toplyne)
        )
        async with client:
            answer = await client.post("/upload/events", json={"events": [EVENT]})
        assert answer.status_code == 202

    async def run():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(send)
            await toplyne_transport.toplyne.wait_for_async(events=1)
        with pytest.raises(TimeoutError, match=r"waited 0\.05 s for events=2; received .*=1"):
            await toplyne_transport.toplyne.wait_for_async(events=2, timeout=0.05)

    trio.run(run)
