"""Faults on the wire: what real clients make of each, httpx, requests and Node's fetch."""

import json
import shutil
import subprocess

import httpx
import pytest
import requests

from mock_server import MockServer
from tests.wire import BODY

TOKEN = "tok_wire_faults"
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}


@pytest.fixture(scope="module")
def server():
    with MockServer(tokens={"default": TOKEN}) as started:
        yield started


@pytest.fixture
def toplyne(server):
    server.reset()
    return server


def by_httpx(toplyne, fault, *, timeout=5.0):
    """Return the answer; each call has a connection of its own."""
    with httpx.Client(trust_env=False, verify=False, timeout=timeout) as client:
        headers = {**HEADERS, "X-Sandbox-Fault": fault}
        return client.post(f"{toplyne.api_url}/upload/events", content=BODY, headers=headers)


def by_requests(toplyne, fault, *, timeout=5.0):
    with requests.Session() as client:
        client.trust_env = False
        headers = {**HEADERS, "X-Sandbox-Fault": fault}
        return client.post(
            f"{toplyne.api_url}/upload/events", data=BODY, headers=headers, timeout=timeout
        )


def stored(toplyne):
    (entry,) = toplyne.entries
    assert entry["stored"] is (len(toplyne.events) == 1)
    return entry["stored"]


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ("reset", httpx.ReadError, "reset"),
        ("empty", httpx.RemoteProtocolError, "Server disconnected without sending a response"),
        ("half", httpx.RemoteProtocolError, "received 29 bytes, expected 58"),
        ("garbage", httpx.RemoteProtocolError, "illegal status line"),
    ],
)
def test_httpx_raises(toplyne, fault, error, words):
    with pytest.raises(error, match=words):
        by_httpx(toplyne, fault)

    assert stored(toplyne)


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ("reset", requests.exceptions.ConnectionError, "ConnectionResetError"),
        ("empty", requests.exceptions.ConnectionError, "RemoteDisconnected"),
        ("half", requests.exceptions.ChunkedEncodingError, "IncompleteRead"),
        ("garbage", requests.exceptions.ConnectionError, "BadStatusLine"),
    ],
)
def test_requests_raises(toplyne, fault, error, words):
    with pytest.raises(error, match=words):
        by_requests(toplyne, fault)

    assert stored(toplyne)


@pytest.mark.parametrize(
    ("call", "error"),
    [(by_httpx, httpx.ReadTimeout), (by_requests, requests.exceptions.ReadTimeout)],
    ids=["httpx", "requests"],
)
def test_a_slow_answer_is_a_time_out_and_its_items_are_stored(toplyne, call, error):
    with pytest.raises(error):
        call(toplyne, "delay=2", timeout=0.2)

    assert stored(toplyne)


@pytest.mark.parametrize("call", [by_httpx, by_requests], ids=["httpx", "requests"])
def test_a_status_is_an_answer_and_its_items_are_not_stored(toplyne, call):
    answer = call(toplyne, "429; retry-after=2")

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")
    assert answer.json()["error"]["code"] == "TOO_MANY_REQUESTS"
    assert not stored(toplyne)


def test_what_is_lost_before_the_work_is_not_stored(toplyne):
    with pytest.raises(httpx.ReadError):
        by_httpx(toplyne, "reset; stored=false")

    assert not stored(toplyne)


PROGRAM = """
const [url, headers, body, ...faults] = process.argv.slice(1);
for (const fault of faults) {
  const said = [fault];
  try {
    const sent = {...JSON.parse(headers), "X-Sandbox-Fault": fault};
    const answer = await fetch(url, {method: "POST", body, headers: sent});
    said.push(answer.status);
    said.push(JSON.parse(await answer.text()).status);
  } catch (error) {
    said.push(error.name, error.message, error.cause.code);
  }
  console.log(JSON.stringify(said));
}
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed here")
def test_nodes_fetch_rejects(toplyne):
    faults = ["reset", "empty", "half", "garbage", "503", "delay=0.2"]
    program = ["node", "--input-type=module", "-e", PROGRAM, f"{toplyne.api_url}/upload/events"]

    result = subprocess.run(
        [*program, json.dumps(HEADERS), BODY.decode(), *faults],
        capture_output=True, encoding="utf-8", check=True, timeout=60,
    )  # fmt: skip

    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        ["reset", "TypeError", "fetch failed", "ECONNRESET"],
        ["empty", "TypeError", "fetch failed", "UND_ERR_SOCKET"],
        ["half", 202, "TypeError", "terminated", "UND_ERR_SOCKET"],
        ["garbage", "TypeError", "fetch failed", "HPE_INVALID_CONSTANT"],
        ["503", 503, "ERROR"],
        ["delay=0.2", 202, "SUCCESS"],
    ]
    assert [entry["stored"] for entry in toplyne.entries] == [True] * 4 + [False, True]
