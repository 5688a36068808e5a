"""The fixture `toplyne_intercepted`: code with the hosts written into it, in the test's process."""

import asyncio
import os
import socket
import ssl
import subprocess
import sys
import threading
import urllib.request

import httpx
import pytest
import requests
from segment.analytics.client import Client

from mock_server.intercept.bundles import NoBundle
from mock_server.intercept.interception import intercepted

URL = "https://api.toplyne.io/v1/auth/me"
HEADERS = {"Authorization": "Bearer its-own-key"}


def by_urllib():
    with urllib.request.urlopen(urllib.request.Request(URL, headers=HEADERS)) as answer:
        return answer.status


async def by_httpx_async():
    async with httpx.AsyncClient(headers=HEADERS) as client:
        return (await client.get(URL)).status_code


CALLS = {
    "requests": lambda: requests.get(URL, headers=HEADERS).status_code,
    "httpx": lambda: httpx.get(URL, headers=HEADERS).status_code,
    "httpx, asynchronous": lambda: asyncio.run(by_httpx_async()),
    "urllib": by_urllib,
    "without its proxy": lambda: httpx.get(URL, headers=HEADERS, trust_env=False).status_code,
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_of_this_process_is_answered_by_the_mock(toplyne_intercepted, call):
    assert call() == 200
    assert [entry["path"] for entry in toplyne_intercepted.entries] == ["/v1/auth/me"]


def test_an_sdk_without_settings_ends_in_the_state(toplyne_intercepted):
    client = Client("key", sync_mode=True)
    client.track("u1", "Signed Up")

    toplyne_intercepted.flush()

    assert [event["eventName"] for event in toplyne_intercepted.events] == ["Signed Up"]


def test_a_child_is_caught_even_with_an_environment_of_its_own(toplyne_intercepted):
    program = f"import requests; print(requests.get({URL!r}, headers={HEADERS!r}).status_code)"

    printed = [
        subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, check=True)
        for env in (None, {"PATH": os.environ["PATH"]})
    ]

    assert [done.stdout for done in printed] == [b"200\n", b"200\n"]


def test_everything_is_as_before_when_it_ends():
    def state():
        names = ("connect", "connect_ex", "_wrap_socket", "_wrap_bio")
        return (
            dict(os.environ),
            [getattr(owner, name) for owner in (socket.socket, ssl.SSLContext) for name in names
             if hasattr(owner, name)],
            [socket.gethostbyname, subprocess.Popen.__init__, *sys.meta_path],
        )  # fmt: skip

    before = state()
    with intercepted():
        within = state()

    assert state() == before
    assert within != before


def test_what_cannot_be_used_of_the_environment_raises_and_leaves_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    before = threading.active_count()

    with pytest.raises(NoBundle, match="REQUESTS_CA_BUNDLE names '/nowhere'"), intercepted():
        pass

    assert list(tmp_path.iterdir()) == []
    assert threading.active_count() == before


PYTEST_SOCKET = """
import pytest, requests

def test_caught(toplyne_intercepted):
    headers = {"Authorization": "Bearer its-own-key"}
    answer = requests.get("https://api.toplyne.io/v1/auth/me", headers=headers)
    assert answer.status_code == 200

def test_elsewhere(toplyne_intercepted):
    with pytest.raises(BaseException, match="denies 192.0.2.1|host .192.0.2.1"):
        requests.get("http://192.0.2.1/", proxies={"http": None}, timeout=5)
"""


@pytest.mark.parametrize("option", ["--disable-socket", "--allow-hosts=127.0.0.1"])
def test_it_stands_beside_pytest_socket(option, tmp_path):
    pytest.importorskip("pytest_socket", reason="pytest-socket is not installed here")
    (tmp_path / "test_it.py").write_text(PYTEST_SOCKET)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", option, tmp_path]

    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, cwd=tmp_path)

    assert "2 passed" in done.stdout, done.stdout + done.stderr
