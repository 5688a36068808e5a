"""`run`: a command's calls to the real hosts end in a mock, and every one is accounted for."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.clients.judge import MODULES
from tests.running import EITHER_WAY, ROOT, RUN, needs_curl, python, run

has_node = shutil.which("node") is not None and (MODULES / "@segment/analytics-node").is_dir()

ASK = """
import requests
answer = requests.get(
    "https://api.toplyne.io/v1/auth/me", headers={"Authorization": "Bearer its-own-key"}
)
print(answer.status_code, answer.json()["data"])
"""
NO_PRELOAD = "env", "-u", "PYTHONPATH", "-u", "NODE_OPTIONS"
NO_PROXY = "env", "-u", "HTTPS_PROXY", "-u", "https_proxy"


@pytest.mark.parametrize(
    "without", [(), NO_PROXY, NO_PRELOAD], ids=["both nets", "the preload alone", "the proxy alone"]
)
def test_a_call_to_the_real_host_is_answered_by_the_mock(without):
    ran = run(*without, *python(ASK))

    assert (ran.code, ran.stdout, ran.stderr) == (0, "200 default\n", "")
    assert ran.report["hosts"] == {"caught": {"api.toplyne.io": 1}}
    assert (ran.report["calls"], ran.report["refused"]) == (1, 0)


def test_with_strict_keys_a_key_of_the_commands_own_is_refused():
    ran = run(*python(ASK), options=["--strict-keys", "--fail-on-refused"])

    assert "KeyError: 'data'" in ran.stderr
    assert ran.report["refused"] == 1
    assert "403 GET /v1/auth/me" in ran.report["refusals"][0]


def test_an_sdk_without_any_setting_ends_in_ledger_and_state():
    program = """
import segment.analytics as analytics
analytics.write_key = "keyOfProduction"
for number in range(3):
    analytics.track(f"u{number}", "Signed Up", {"plan": "pro"})
analytics.track("u", "")
analytics.shutdown()
"""

    ran = run(*python(program), options=["--fail-on-drop"])

    assert ran.report["messages"] == {"delivered": 3, "dropped": 1}, ran.report
    assert ran.report["hosts"] == {"caught": {"api.segment.io": 1}}
    assert "event_not_defined" in ran.report["drops"][0]
    assert ran.code == 1


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("sh", "-c", "exit 7"), 7),
        (("sh", "-c", "kill -TERM $$"), 143),
        (("there-is-no-such-command",), 127),
        (("",), 127),
        (("/etc/hostname",), 126),
    ],
    ids=["its own", "of a signal", "not found", "without a name", "not to be run"],
)
def test_the_exit_code_is_the_commands(command, code):
    assert run(*command).code == code


def test_a_command_that_does_not_exist_is_named():
    ran = run("there-is-no-such-command")

    assert ran.stderr == "toplyne-sandbox run: there is no command 'there-is-no-such-command'."


@pytest.mark.parametrize("options", EITHER_WAY)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc here")
def test_a_command_ends_at_a_broken_pipe_as_without_the_run(options):
    ran = run("grep", "SigIgn", "/proc/self/status", options=options)

    assert not int(ran.stdout.split()[1], 16) >> (signal.SIGPIPE - 1) & 1


def test_standard_streams_and_a_second_double_dash_pass_through():
    ran = run("sh", "-c", 'cat; echo "$@" >&2', "sh", "a", "--", "-b", stdin="in")

    assert (ran.stdout, ran.stderr) == ("in", "a -- -b")


@pytest.mark.parametrize("options", EITHER_WAY)
def test_what_the_shell_opened_for_the_command_is_open_in_it(options, tmp_path):
    words = shlex.join([*RUN, *options, "--", "sh", "-c", "cat <&3; echo written >&4"])
    (tmp_path / "in").write_text("read")

    done = subprocess.run(
        ["sh", "-c", f"{words} 3<in 4>out"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )

    assert done.stdout == "read"
    assert (tmp_path / "out").read_text() == "written\n"


def test_a_temporary_folder_may_be_named_from_where_the_run_starts(tmp_path):
    ran = run("sh", "-c", 'cd / && "$@"', "sh", *python(ASK), TMPDIR=os.path.relpath(tmp_path))

    assert ran.report["hosts"] == {"caught": {"api.toplyne.io": 1}}


def test_a_proxy_that_is_not_asked_may_be_of_any_kind():
    ran = run("true", options=["--deny-others"], ALL_PROXY="socks5://h:1")

    assert ran.code == 0


def test_what_never_reached_the_run_is_said():
    ran = run(*python(ASK.replace("api.toplyne.io", "127.0.0.1:9"), flags=["-I"]))

    (note,) = ran.report["notes"]
    assert note.startswith("Nothing was caught: no connection to api.toplyne.io, ")
    assert "The preload was loaded in no process. Python with -I" in note


@pytest.mark.parametrize(
    ("options", "variables", "sentence"),
    [
        (["--catch", "https://x.example"], {}, "Expected a host name"),
        (["--catch", "192.0.2.1"], {}, "Expected a host name"),
        ([], {"HTTPS_PROXY": "socks5://me:secret@h:1"}, "HTTPS_PROXY is '…@h:1', but only"),
        ([], {"SSL_CERT_FILE": "/nowhere"}, "SSL_CERT_FILE names '/nowhere', which cannot be"),
    ],
    ids=["a URL to catch", "an address to catch", "a proxy that is none", "no bundle"],
)
def test_what_is_set_wrongly_is_said_before_anything_runs(options, variables, sentence, tmp_path):
    ran = run("touch", tmp_path / "ran", options=options, **variables)

    assert ran.code == 2
    assert sentence in ran.stderr
    assert not (tmp_path / "ran").exists()


@needs_curl
@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("https://api.segment.io/v1/m", "405"),
        ("https://cdn.segment.com/v1/projects/anyKey/settings", "200"),
        ("https://api.toplyne.io/v2/upload/events", "404"),
        ("https://api.toplyne.io/nothing", "404"),
    ],
)
@needs_curl
def test_whatever_reaches_a_caught_host_stands_in_the_journal(url, status):
    java = "Accept: text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"
    command = ("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-H", java, url)

    ran = run(*command)

    assert ran.stdout == status
    assert ran.report["calls"] == 1


BY_ADDRESS = {
    "Python": python("import socket; socket.create_connection(('192.0.2.1', 80), 5)"),
    "Python, IPv4 written as IPv6": python(
        "import socket; socket.socket(socket.AF_INET6).connect(('::ffff:192.0.2.1', 80))"
    ),
    "Node": ("node", "-e", "require('net').connect(80, '192.0.2.1')"),
    "a proxy's client": ("curl", "-sS", "--max-time", "5", "https://192.0.2.1/"),
}


@pytest.mark.parametrize("command", BY_ADDRESS.values(), ids=BY_ADDRESS)
def test_others_are_denied_where_that_is_asked(command):
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is missing here")

    ran = run(*command, options=["--deny-others"])

    assert ran.code != 0
    curls, ours = "CONNECT tunnel failed, response 403", r"run denies (::ffff:)?192\.0\.2\.1"
    assert re.search(curls if command[0] == "curl" else ours, ran.stderr)


@needs_curl
def test_a_caught_host_of_ones_own_is_caught():
    ran = run("curl", "-sS", "https://API.Example/v1/auth/me", options=["--catch", "api.example"])

    assert ran.report["hosts"] == {"caught": {"api.example": 1}}


THOUSAND = ROOT / "tests" / "clients" / "thousand.py"
SDKS = {
    "segment-analytics-python": (sys.executable, THOUSAND, "segment"),
    "rudder-sdk-python": (sys.executable, THOUSAND, "rudderstack"),
    "@segment/analytics-node": ("node", THOUSAND.with_suffix(".mjs")),
}


@pytest.mark.laws
@pytest.mark.parametrize("command", SDKS.values(), ids=SDKS)
@pytest.mark.parametrize("options", EITHER_WAY)
def test_a_thousand_events_of_an_sdk_without_settings_are_all_accounted_for(command, options):
    if command[0] == "node" and not has_node:
        pytest.skip("`make clients` installs the Node clients")

    ran = run(*command, options=[*options, "--catch", "api.rudderstack.com"])

    assert (ran.code, ran.stderr) == (0, "")
    assert ran.report["messages"] == {"delivered": 1000}
    assert ran.report["state"] == {"profiles": 0, "accounts": 0, "events": 1000}
    assert set(ran.report["hosts"]) == {"caught"}  # no connection went anywhere else


@needs_curl
def test_the_users_own_proxy_is_used_for_other_hosts():
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        heard = []

        def hear():
            connection, _ = proxy.accept()
            with connection:
                heard.append(connection.recv(1000))
                connection.sendall(b"HTTP/1.1 502 Not today\r\n\r\n")

        thread = threading.Thread(target=hear)
        thread.start()
        url = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        ran = run("curl", "-sS", "https://far.example/", HTTPS_PROXY=url, https_proxy=url)
        thread.join()

    assert heard[0].startswith(b"CONNECT far.example:443 HTTP/1.1\r\n")
    assert "CONNECT tunnel failed, response 502" in ran.stderr
    assert ran.report["hosts"]["passed on"] == {"far.example": 1}


def test_an_old_node_is_named():
    program = """
import os
with open(os.environ["TOPLYNE_SANDBOX_RUN"] + "/loaded", "a") as told:
    told.write("Node 16.20.2\\n")  # as the preload does
"""

    notes = run(*python(program)).report["notes"]

    assert notes[1] == "Node 16.20.2: the preload is only tested with Node 18 and later."
