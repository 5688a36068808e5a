"""`toplyne-sandbox serve` with Segment's side: a workspace, the live lines, the exit code."""

import json
import os
import shlex
import signal
import ssl
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.page_blocks import free_port
from tests.wire import http

TRACK = {"type": "track", "event": "E", "userId": "u", "messageId": "m1"}
NO_EVENT = {"type": "track", "userId": "u", "messageId": "m2"}


class Served:
    """`serve` in a process of its own."""

    def __init__(self, *arguments, **environment):
        own = {k: v for k, v in os.environ.items() if not k.startswith("TOPLYNE_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "toplyne_sandbox", "serve", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env={**own, **environment},
        )

    def told(self):
        return json.loads(self.process.stdout.readline())

    def url(self):
        """Read what is printed up to the last line of it, and return the URL."""
        lines = iter(self.process.stdout.readline, "")
        shown = [next(line for line in lines if word in line) for word in ("page", "contract")]
        return shown[0].split()[-1].rstrip("/")

    def stop(self, number=signal.SIGINT):
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err


@pytest.fixture
def serve():
    started = []

    def serving(*arguments, **environment):
        started.append(Served(*arguments, **environment))
        return started[-1]

    yield serving
    for served in started:
        served.process.kill()
        served.process.communicate()


def send(url, key, *messages):
    body = {"batch": list(messages), "writeKey": key}
    http.post(f"{url}/v1/batch", json=body).raise_for_status()


def events(url):
    return http.get(f"{url}/_sandbox/state/events").json()["items"]


def test_what_it_prints_is_all_an_sdk_needs(serve):
    served = serve("--json", "--synchronous")
    told = served.told()

    send(told["url"], told["write_key"], TRACK)

    assert list(told) == ["url", "api_url", "token", "write_key", "ca_file"]
    assert [event["eventName"] for event in events(told["url"])] == ["E"]
    assert served.stop()[0] == 0


def test_over_tls_it_tells_the_file_to_trust(serve):
    served = serve("--json", "--tls")
    told = served.told()
    context = ssl.create_default_context(cafile=told["ca_file"])

    with httpx.Client(verify=context, trust_env=False) as client:
        assert client.get(f"{told['url']}/_sandbox/health").json()["status"] == "ok"
    assert served.stop()[0] == 0
    assert not Path(told["ca_file"]).exists()


def test_the_write_key_follows_from_the_token(serve):
    first, second = (
        serve("--json", "--token", "me=my-token").told()["write_key"] for _ in range(2)
    )

    assert first == second


def test_a_workspace_brings_its_keys_mappings_and_tokens(serve, tmp_path):
    file = tmp_path / "workspace.toml"
    file.write_text(
        """
        [[sources]]
        name = "My app"
        write_key = "my-write-key"

        [[destinations]]
        name = "Toplyne"
        source = "My app"
        api_key = "my-api-token"
        mappings = [
          {name = "Only E", action = "sendEvents", trigger = 'type = "track" and event = "E"'},
        ]
        """,
        encoding="utf-8",
    )
    told = serve("--json", "--synchronous", "--workspace", str(file)).told()

    send(told["url"], "my-write-key", TRACK, {**TRACK, "event": "F", "messageId": "m3"})

    assert (told["token"], told["write_key"]) == ("my-api-token", "my-write-key")
    assert [event["eventName"] for event in events(told["url"])] == ["E"]


def test_a_file_of_tokens_that_is_no_text_is_named(serve, tmp_path):
    file = tmp_path / "tokens.txt"
    file.write_bytes("NAME=TOKEN".encode("utf-16"))

    out, err = serve("--tokens-file", str(file)).process.communicate(timeout=60)

    assert out == ""
    assert f"Error: '{file}' is not UTF-8 at byte 0." in err
    assert "Traceback" not in err


def test_a_destination_beyond_this_machine_needs_leave(serve, tmp_path):
    file = tmp_path / "workspace.toml"
    file.write_text(
        '[[sources]]\nname = "a"\nwrite_key = "key"\n[[destinations]]\nname = "T"\nsource = "a"\n'
        'api_key = "k"\nbase_url = "https://toplyne.example.com/v1"\n',
        encoding="utf-8",
    )

    out, err = serve("--workspace", str(file)).process.communicate(timeout=30)

    assert out == ""
    assert "toplyne.example.com is not this machine" in err
    assert "--allow-remote" in err


@pytest.mark.parametrize(
    ("options", "messages", "code", "said"),
    [
        (["--fail-on-drop"], [TRACK, NO_EVENT], 1, "1 message was dropped.\n"),
        (["--fail-on-drop"], [NO_EVENT, {}], 1, "2 messages were dropped.\n"),
        (["--fail-on-drop"], [TRACK], 0, ""),
        ([], [NO_EVENT], 0, ""),
    ],
    ids=["one", "two", "none", "not asked"],
)
def test_a_drop_makes_the_exit_code_1_where_that_is_asked(serve, options, messages, code, said):
    served = serve("--json", *options)
    told = served.told()
    send(told["url"], told["write_key"], *messages)

    exit_code, _, err = served.stop()

    assert (exit_code, err) == (code, said)


def test_a_reset_makes_no_drop_undone(serve):
    served = serve("--json", "--fail-on-drop")
    told = served.told()
    send(told["url"], told["write_key"], NO_EVENT)
    http.post(f"{told['url']}/_sandbox/reset").raise_for_status()

    assert served.stop()[0] == 1


def test_people_see_drops_and_totals_and_how_to_set_up_an_sdk(serve):
    served = serve("--token", "me=my-token")
    lines = []
    while not lines or "write key" not in lines[-1]:
        lines.append(served.process.stdout.readline())
    url, key = lines[-1].split("host ")[1].split(", write key ")
    assert f"  the page       {url}/\n" in lines

    send(url, key.strip(), TRACK, NO_EVENT)
    code, out, _ = served.stop()

    assert code == 0
    assert (
        "  ✗ message 2  track  event_not_defined"
        "  a track call needs the name of its event, in event.\n"
    ) in out
    assert "messages 2: 1 " in out
    assert "1 delivered" in out.splitlines()[-1]


def test_it_answers_to_a_name_of_another_machine_only_when_told_to(serve):
    told = serve("--json", "--allow-host", "toplyne.test").told()
    entries = f"{told['url']}/_sandbox/entries"

    assert http.get(entries, headers={"Host": "toplyne.test:8020"}).status_code == 200
    assert http.get(entries, headers={"Host": "other.test:8020"}).status_code == 403


def test_more_hosts_come_from_the_environment_too_and_a_refused_one_is_told_the_option(serve):
    told = serve("--json", TOPLYNE_ALLOWED_HOSTS="a.test,b.test c.test").told()
    entries = f"{told['url']}/_sandbox/entries"

    statuses = [
        http.get(entries, headers={"Host": f"{name}.test:8020"}).status_code for name in "abcd"
    ]
    refused = http.get(entries, headers={"Host": "d.test:8020"}).json()["error"]["details"]

    assert statuses == [200, 200, 200, 403]
    assert "`--allow-host d.test`" in refused


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGHUP")
def test_a_terminal_that_is_closed_ends_it_as_a_termination_does(serve):
    served = serve("--json")
    served.told()

    code, _, err = served.stop(signal.SIGHUP)

    assert (code, err) == (0, "")


def test_listening_everywhere_it_prints_what_another_machine_can_use(serve):
    told = serve("--json", "--host", "0.0.0.0", "--admin-token", "tok_of_the_admin").told()
    admin = {"Authorization": "Bearer tok_of_the_admin"}

    assert "0.0.0.0" not in told["url"]
    assert told["api_url"] == f"{told['url']}/v1"
    assert http.get(f"{told['url']}/_sandbox/entries", headers=admin).json()["total"] == 0
    assert http.get(f"{told['url']}/_sandbox/entries").status_code == 401


def test_each_call_is_a_line_and_a_refused_one_says_why(serve):
    served = serve("--token", "default=tok_of_the_lines")
    url, key = served.url(), {"Authorization": "Bearer tok_of_the_lines"}
    good = {"events": [{"eventName": "E", "userId": "u", "timestamp": 1700000000}]}
    bad = {"events": [{"eventName": "", "userId": "u", "timestamp": "x"}]}
    odd = {"events": [{"eventName": "E", "userId": "undefined", "timestamp": 1700000000000}]}
    uploads = [("/v1/upload/events", body) for body in (good, odd, bad)]
    for path, body in (*uploads, ("/v2", {}), ("/v2%0A%1B[2J", {})):
        http.post(f"{url}{path}", json=body, headers=key)

    _, out, _ = served.stop()

    accepted, suspicious, refused, nowhere, forged = [x for x in out.splitlines() if " POST " in x]
    assert accepted == "  202 POST /v1/upload/events  default, 1 item"
    assert suspicious.startswith("  202 POST /v1/upload/events  default, 1 item; suspicious: $")
    assert suspicious.endswith("(1 more)")
    assert refused.startswith("  400 POST /v1/upload/events  (1 more) events[0].eventName ")
    assert nowhere.startswith("  404 POST /v2  There is no path /v2.")
    assert not nowhere.endswith("…")
    assert forged.startswith(
        r"  404 POST /v2\u000a\u001b[2J  There is no path /v2\u000a\u001b[2J. "
    )


def test_quiet_prints_no_line_a_call(serve):
    served = serve("--quiet")
    http.post(f"{served.url()}/v2")

    _, out, _ = served.stop()

    assert "/v2" not in out


def until_it_answers(port):
    for _ in range(300):
        with suppress(httpx.TransportError):
            return http.get(f"http://127.0.0.1:{port}/_sandbox/health")
        time.sleep(0.05)
    return pytest.fail("the server did not start")


@pytest.mark.skipif(sys.platform == "win32", reason="its shell closes no streams")
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_no_traceback(tmp_path, closed):
    port = free_port()
    ours = f"{shlex.quote(sys.executable)} -m toplyne_sandbox serve --port {port}"
    process = subprocess.Popen(
        ["sh", "-c", f"exec {ours} {closed}"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    until_it_answers(port)
    process.terminate()
    _, errors = process.communicate(timeout=30)

    said = "Standard output is closed, so nothing can be printed there.\n"
    assert (process.returncode, errors) == (0, said if closed == ">&-" else "")


def test_demo_prints_the_address_of_a_page_that_plays_the_story(serve):
    told = serve("--json", "--demo").told()

    assert told["demonstration"] == f"{told['url']}/live#demonstration"
    assert http.get(told["demonstration"]).status_code == 200


def test_people_get_the_address_of_the_story_as_a_line(serve):
    lines = iter(serve("--demo").process.stdout.readline, "")
    page = next(line for line in lines if "the page" in line)

    url = page.split()[-1].rstrip("/")
    assert next(lines) == f"  demonstration  {url}/live#demonstration plays when opened\n"
