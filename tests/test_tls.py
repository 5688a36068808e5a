"""TLS: clients that trust `ca_file` reach the mock over https, and nobody else does."""

import asyncio
import os
import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path

import httpx
import pytest
import requests
from freezegun import freeze_time

from mock_server import MockServer
from mock_server.bounds import Bounds
from tests.running import needs_localhost
from tests.wire import BODY, parsed, talk

segment = pytest.importorskip(
    "segment.analytics.client", reason="segment-analytics-python is not installed here"
)

TOKEN = "tok_over_tls"


@pytest.fixture(scope="module")
def server():
    with MockServer(tls=True, tokens={"default": TOKEN}) as started:
        yield started


@pytest.fixture
def toplyne(server):
    server.reset()
    return server


def headers():
    return {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}


def test_urls_begin_with_https_and_its_own_client_trusts_it(toplyne):
    assert toplyne.url == f"https://127.0.0.1:{toplyne.port}"
    assert toplyne.api_url == f"{toplyne.url}/v1"
    assert toplyne.client.get("/auth/me").status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("localhost", marks=needs_localhost)])
def test_httpx_and_requests_trust_the_file(toplyne, host):
    url = f"https://{host}:{toplyne.port}/v1/upload/events"
    context = ssl.create_default_context(cafile=toplyne.ca_file)

    with httpx.Client(verify=context, trust_env=False) as client:
        first = client.post(url, content=BODY, headers=headers())
    second = requests.post(url, data=BODY, headers=headers(), verify=toplyne.ca_file, timeout=10)

    assert (first.status_code, second.status_code) == (202, 202)
    assert len(toplyne.events) == 2


def test_a_client_that_does_not_trust_the_file_is_journaled_with_what_to_do(toplyne):
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{toplyne.api_url}/auth/me", timeout=10)

    toplyne.wait_for(entries=1)
    (entry,) = toplyne.entries
    assert (entry["status"], entry["tenant"], entry["method"], entry["path"]) == (
        400,
        None,
        "?",
        "",
    )
    assert told(entry) == (
        "A TLS handshake failed: tlsv1 alert unknown ca."
        f" A client must trust the certificate in ca_file ({toplyne.ca_file})."
    )
    assert toplyne.client.get("/auth/me").status_code == 200


def told(entry):
    (problem,) = entry["problems"]
    return problem["message"]


def test_an_asynchronous_client_that_does_not_trust_the_file_hangs_up_and_is_journaled(toplyne):
    async def ask():
        async with httpx.AsyncClient(
            verify=ssl.create_default_context(), trust_env=False
        ) as client:
            await client.get(f"{toplyne.api_url}/auth/me")

    with pytest.raises(httpx.ConnectError):
        asyncio.run(ask())

    toplyne.wait_for(entries=1)
    (entry,) = toplyne.entries
    assert told(entry).startswith("A TLS handshake failed: ")
    assert toplyne.ca_file in told(entry)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed here")
def test_curl_without_the_file_is_journaled(toplyne):
    asked = ["curl", "-sS", "--noproxy", "*", f"{toplyne.api_url}/auth/me"]

    run = subprocess.run(asked, capture_output=True, check=False, timeout=20)

    assert run.returncode == 60  # the certificate cannot be authenticated
    toplyne.wait_for(entries=1)
    assert len(toplyne.entries) == 1


def test_what_is_no_tls_after_the_handshake_is_journaled(toplyne):
    context = ssl.create_default_context(cafile=toplyne.ca_file)
    with socket.create_connection(("127.0.0.1", toplyne.port), timeout=10) as connection:
        plain = socket.socket(fileno=os.dup(connection.fileno()))
        with context.wrap_socket(connection, server_hostname="localhost"), plain:
            plain.sendall(b"GET /v1/auth/me HTTP/1.1\r\n\r\n")
            toplyne.wait_for(entries=1)

    assert told(toplyne.entries[0]).startswith("A TLS handshake failed: ")


def test_connections_that_say_nothing_are_not_journaled(toplyne):
    """A port probe; a browser's connection ahead of need; one that is left after the handshake."""
    context = ssl.create_default_context(cafile=toplyne.ca_file)
    address = ("127.0.0.1", toplyne.port)
    socket.create_connection(address, timeout=10).close()
    with (
        socket.create_connection(address, timeout=10) as connection,
        context.wrap_socket(connection, server_hostname="localhost") as ended,
    ):
        ended.unwrap()
    with socket.create_connection(address, timeout=10) as connection:
        context.wrap_socket(connection, server_hostname="localhost").close()

    assert toplyne.client.get("/auth/me").status_code == 200
    assert [entry["path"] for entry in toplyne.entries] == ["/v1/auth/me"]


def test_a_client_that_does_not_trust_the_file_is_told_of_once(capfd):
    with MockServer(tls=True) as toplyne:
        for _ in range(2):
            with pytest.raises(requests.exceptions.SSLError):
                requests.get(f"{toplyne.api_url}/auth/me", timeout=10)

    assert capfd.readouterr().err == (
        "toplyne-sandbox: a TLS handshake failed: tlsv1 alert unknown ca."
        " A client must trust the certificate in ca_file; each reason is printed once.\n"
    )


def test_an_asynchronous_client_with_many_requests_at_once(toplyne):
    async def all_of_it():
        context = ssl.create_default_context(cafile=toplyne.ca_file)
        async with httpx.AsyncClient(verify=context, trust_env=False) as client:
            sent = (
                client.post(f"{toplyne.api_url}/upload/events", content=BODY, headers=headers())
                for _ in range(40)
            )
            return await asyncio.gather(*sent)

    assert {answer.status_code for answer in asyncio.run(all_of_it())} == {202}
    assert len(toplyne.events) == 40


def test_pages_and_the_tracking_api_know_that_they_are_https(toplyne):
    page = toplyne.client.get(f"{toplyne.url}/", headers={"Accept": "text/html"})

    assert page.status_code == 200
    assert f"http://127.0.0.1:{toplyne.port}" not in page.text


def test_segments_client_for_python_reaches_it(toplyne, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", toplyne.ca_file)
    client = segment.Client(toplyne.write_key, host=toplyne.url, sync_mode=True)

    client.track("u1", "Signed Up", {"plan": "pro"})

    toplyne.flush(timeout=20)
    assert [event["eventName"] for event in toplyne.events] == ["Signed Up"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed here")
def test_curl_trusts_the_file(toplyne):
    address = f"{toplyne.api_url}/auth/me"
    key = f"Authorization: Bearer {TOKEN}"

    run = subprocess.run(
        ["curl", "-sS", "--noproxy", "*", "--cacert", toplyne.ca_file, "-H", key, address],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=20,
    )

    assert (run.returncode, run.stderr) == (0, "")
    assert '"status":"SUCCESS"' in run.stdout


def test_what_comes_without_tls_is_told_to_use_https(toplyne):
    asked = b"GET /v1/auth/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    status, _, body = parsed(talk(toplyne, asked))

    assert status == 400
    assert b"This server only speaks https. Use a URL that begins with https://." in body
    assert [entry["status"] for entry in toplyne.entries] == [400]


def test_faults_on_the_wire_are_played_within_tls(toplyne):
    for wire in ("reset", "empty", "half", "garbage"):
        toplyne.fail_next(wire=wire)
        with pytest.raises(httpx.TransportError):
            toplyne.client.post("/upload/events", content=BODY)
    toplyne.clear_faults()

    assert [entry["fault"] for entry in toplyne.entries] == ["reset", "empty", "half", "garbage"]


def test_a_handshake_that_does_not_go_on_is_given_up():
    address, bounds = "127.0.0.1", Bounds(head_seconds=0.3)
    with (
        MockServer(tls=True, bounds=bounds) as toplyne,
        socket.create_connection((address, toplyne.port), timeout=10) as connection,
    ):
        begun = time.monotonic()
        connection.sendall(b"\x16")

        assert connection.recv(100) == b""
        assert time.monotonic() - begun < 5
        toplyne.wait_for(entries=1)
        (entry,) = toplyne.entries

    assert entry["status"] == 408
    assert "it was not complete within 0.3 s (head_seconds)." in told(entry)


def test_the_file_goes_with_the_server():
    with MockServer(tls=True) as toplyne:
        ca_file = Path(toplyne.ca_file)
        assert "PRIVATE KEY" not in ca_file.read_text(encoding="ascii")
        if os.name == "posix":
            assert ca_file.parent.stat().st_mode & 0o077 == 0

    assert not ca_file.parent.exists()


def test_there_is_no_file_without_tls():
    with MockServer() as toplyne:
        assert toplyne.ca_file is None


@pytest.mark.usefixtures("server")  # cryptography keeps the class `datetime` that it meets first
def test_certificates_are_good_while_time_is_frozen():
    with freeze_time("2026-01-01"), MockServer(tls=True) as toplyne:
        assert toplyne.client.get("/auth/me").status_code == 200
