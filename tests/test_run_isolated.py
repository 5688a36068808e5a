"""`run --isolate`: a network in which nothing but the mock exists."""

import contextlib
import os
import socketserver
import subprocess
import sys
import threading

import pytest

from tests.running import ROOT, RUN, caught_paths, needs_curl, needs_namespaces, python, run

pytestmark = [needs_namespaces, needs_curl]
BARE = ("env", "-i", f"PATH={os.environ['PATH']}")
CURL = ("curl", "-sS", "--max-time", "20")


def test_a_client_without_any_setting_is_caught():
    ran = run(*BARE, *CURL, "https://api.toplyne.io/v1/caught/bare", options=["--isolate"])

    assert caught_paths(ran) == {"bare"}
    assert ran.report["hosts"] == {"caught": {"api.toplyne.io": 1}}


@pytest.mark.parametrize("url", ["https://pypi.org/", "http://192.0.2.1/", "http://[2001:db8::1]/"])
def test_nothing_else_exists(url):
    ran = run(*BARE, *CURL, url, options=["--isolate"])

    assert ran.code in (6, 7)  # the name is not known; the network is unreachable
    assert ran.report["hosts"] == {}


def test_its_own_proxy_leads_nowhere_else_either():
    ran = run(*CURL, "https://pypi.org/", options=["--isolate"])

    assert "CONNECT tunnel failed, response 403" in ran.stderr
    assert ran.report["hosts"] == {"denied": {"pypi.org": 1}}


class Hello(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(1000)
        self.request.sendall(b"HTTP/1.0 200 OK\r\n\r\nhello")


@pytest.fixture
def neighbours():
    """Two servers of the user's own, at ports of 127.0.0.1."""
    with contextlib.ExitStack() as open_servers:
        servers = [
            open_servers.enter_context(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Hello))
            for _ in range(2)
        ]
        for server in servers:
            threading.Thread(target=server.serve_forever).start()
            open_servers.callback(server.shutdown)
        yield [server.server_address[1] for server in servers]


def test_reach_opens_one_port_and_not_its_neighbour(neighbours):
    one, other = neighbours
    options = ["--isolate", "--reach", str(one)]

    reached = run(*BARE, *CURL, f"http://127.0.0.1:{one}/", options=options)
    refused = run(*BARE, *CURL, f"http://127.0.0.1:{other}/", options=options)

    assert reached.stdout == "hello"
    assert (refused.code, refused.stdout) == (7, "")


def test_the_mocks_own_address_is_reached_from_within():
    program = """
import os, urllib.request
request = urllib.request.Request(
    os.environ["TOPLYNE_API_URL"] + "/auth/me",
    headers={"Authorization": "Bearer " + os.environ["TOPLYNE_API_KEY"]},
)
print(urllib.request.urlopen(request).status)
"""

    assert run(*python(program), options=["--isolate"]).stdout == "200\n"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--reach", "5432"], "--reach needs --isolate"),
        (["--isolate", "--reach", "443"], "--reach 443: the mock itself listens on that port"),
    ],
)
def test_a_port_that_cannot_be_reached_is_said(options, sentence):
    ran = run("true", options=options)

    assert ran.code == 2
    assert sentence in ran.stderr


def test_a_command_that_does_not_exist_is_named():
    ran = run("there-is-no-such-command", options=["--isolate"])

    assert ran.code == 127
    assert "there is no command 'there-is-no-such-command'" in ran.stderr


def test_the_environment_arrives_as_it_was():
    program = "import json, os; print(json.dumps(dict(os.environ), sort_keys=True))"
    command = (*BARE, "LC_ALL=C", "ODD=\udce4\n", sys.executable, "-I", "-c", program)

    assert run(*command, options=["--isolate"]).stdout == run(*command).stdout


RUN_CURL = f"{' '.join(RUN)} --isolate --json -- curl -sS https://api.toplyne.io/v1/caught/it"


def in_a_user_namespace(*options, script):
    """Run a script as somebody else, or with other limits, without a change to this machine."""
    command = ["unshare", "--user", *options, "sh", "-c", script]
    made = subprocess.run([*command[:-1], ":"], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("this machine has no user namespaces, or an old `unshare`")
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_it_needs_no_root():
    done = in_a_user_namespace("--map-user=1000", "--map-group=1000", script=f"id -u; {RUN_CURL}")

    assert done.stdout.startswith("1000\n")
    assert "404 GET /v1/caught/it" in done.stderr


def test_where_it_is_refused_the_setting_is_named():
    limit = "echo 0 > /proc/sys/user/max_user_namespaces"
    script = f"{limit}; exec setpriv --bounding-set=-all --inh-caps=-all {RUN_CURL}"

    done = in_a_user_namespace("--map-root-user", script=script)

    assert done.returncode == 2
    assert "--isolate: this system refuses a network namespace (unshare: " in done.stderr
    assert "user.max_user_namespaces is 0; `sysctl user.max_user_namespaces=" in done.stderr


def test_the_sockets_of_resolvers_are_out_of_reach():
    """Names would leak through them, whatever the network."""
    places = "/run/nscd /run/systemd/resolve"
    script = f"""
mount -t tmpfs none /run && mkdir -p {places} && touch /run/nscd/socket /run/systemd/resolve/it
ls {places}
exec {" ".join(RUN)} --isolate --json -- ls {places}
"""

    done = in_a_user_namespace("--map-root-user", "--mount", script=script)

    before = "/run/nscd:\nsocket\n\n/run/systemd/resolve:\nit\n"
    assert done.stdout == before + "/run/nscd:\n\n/run/systemd/resolve:\n"
