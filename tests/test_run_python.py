"""`run` with Python: what real programs do to a preload, most with the preload alone."""

import os
import shutil
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mock_server.server.certificates import Authority
from tests.running import ROOT, caught_paths, needs_localhost, python, run

SITUATIONS = ROOT / "tests" / "clients" / "situations.py"
PRELOAD_ALONE = [
    word
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "SSL_CERT_FILE")
    for word in ("-u", name)
]
NEEDS = {"gevent": "gevent", "uvloop": "uvloop", "truststore": "truststore", "http2": "h2"}
NEEDS |= {"aiohttp_on_uvloop": "uvloop", "aiodns": "aiodns"}
QUICK = ("asyncio", "own_environment", "own_context")

ANSWERS = {
    "gevent": "404",
    "asyncio": "404",
    "ipv6": "404",
    "uvloop": "404",
    "aiohttp_on_uvloop": "404",
    "aiodns": "404",
    "fork": "404",
    "spawn": "404",
    "own_environment": "404",
    "own_context": "404",
    "certifi": "404",
    "truststore": "404",
    "http2": "404 HTTP/1.1",
    "keep_alive": "[404, 404, 404]",
}


@pytest.mark.parametrize(
    ("situation", "printed"),
    [
        pytest.param(*pair, marks=() if pair[0] in QUICK else pytest.mark.heavy)
        for pair in ANSWERS.items()
    ],
)
def test_it_is_caught_by_the_preload_alone(situation, printed):
    if situation in NEEDS:
        pytest.importorskip(NEEDS[situation], reason=f"{NEEDS[situation]} is not installed here")

    ran = run("env", *PRELOAD_ALONE, sys.executable, SITUATIONS, situation)

    assert (ran.code, ran.stdout.strip(), ran.stderr) == (0, printed, "")
    assert set(ran.report["hosts"]) == {"caught"}
    assert caught_paths(ran) == {situation.replace("_", "-")}


class Fine(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def private_server(tmp_path):
    """An HTTPS server of the user's own, and the bundle that has its certificate."""
    authority = Authority()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Fine)
    server.socket = authority.server_context(["localhost"]).wrap_socket(
        server.socket, server_side=True
    )
    threading.Thread(target=server.serve_forever).start()
    bundle = tmp_path / "private.pem"
    bundle.write_bytes(authority.pem)
    yield f"https://localhost:{server.server_port}/", str(bundle)
    server.shutdown()
    server.server_close()


@needs_localhost
@pytest.mark.parametrize("bundle_variable", [None, "REQUESTS_CA_BUNDLE"])
def test_a_sessions_verify_holds_for_a_private_server_as_without_run(
    private_server, bundle_variable
):
    url, bundle = private_server
    command = (sys.executable, str(SITUATIONS), "private", url, bundle)
    variables = {"REQUESTS_CA_BUNDLE": None, "CURL_CA_BUNDLE": None, bundle_variable: bundle}
    variables.pop(None, None)
    wanted = {name: value for name, value in {**os.environ, **variables}.items() if value}
    without = subprocess.run(command, env=wanted, capture_output=True, text=True, check=True)

    ran = run(*command, **variables)

    assert ran.stdout == without.stdout
    assert ran.stdout.startswith("[200, ")


def test_the_users_own_sitecustomize_begins_too(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import builtins; builtins.users_own = 'began'")
    program = "import sitecustomize, sys; print(users_own, sitecustomize.__file__, *sys.path)"

    ran = run(*python(program), PYTHONPATH=str(tmp_path))

    began, file, *path = ran.stdout.split()
    assert (began, file) == ("began", str(tmp_path / "sitecustomize.py"))
    assert not [entry for entry in path if "toplyne-sandbox-run" in entry]


def test_the_preload_loads_nothing_a_program_does_not():
    program = "import sys; print(*sorted(sys.modules))"
    command = python(program)
    without = subprocess.run(command, capture_output=True, text=True, check=True)

    ran = run(*command)

    more = set(ran.stdout.split()) - set(without.stdout.split())
    assert more <= {"_socket", "toplyne_preload", "sitecustomize", "__future__"}


@pytest.mark.parametrize(
    ("before", "flags"),
    [((), ["-I"]), ((), ["-S"]), ((), ["-E"]), (("env", "-i"), [])],
    ids=["-I", "-S", "-E", "env -i"],
)
def test_what_the_preload_cannot_reach_is_said(before, flags):
    program = """
import http.client
try:
    http.client.HTTPSConnection("api.segment.io", timeout=5).request("GET", "/")
except OSError:
    pass
"""

    ran = run(*before, *python(program, flags=flags))

    assert ran.report["hosts"] == {}
    assert "The preload was loaded in no process" in ran.report["notes"][0]


VERSIONS = [f"python3.{minor}" for minor in range(7, 16)]


def runs(command):
    return (
        shutil.which(command) is not None
        and not subprocess.run([command, "-c", ""], capture_output=True, check=False).returncode
    )


@pytest.mark.heavy
@pytest.mark.parametrize("command", VERSIONS)
def test_every_python_is_caught_by_the_preload_alone(command):
    if not runs(command):
        pytest.skip(f"{command} is not installed here")

    ran = run("env", *PRELOAD_ALONE, command, SITUATIONS, "asyncio")

    assert (ran.stdout, ran.stderr) == ("404\n", "")


def test_strict_checks_of_certificates_pass():
    program = """
import socket, ssl
context = ssl.create_default_context()
context.verify_flags |= ssl.VERIFY_X509_STRICT
with socket.create_connection(("api.toplyne.io", 443)) as plain:
    print(context.wrap_socket(plain, server_hostname="api.toplyne.io").version())
"""

    assert run(*python(program)).stdout == f"{ssl.TLSVersion.TLSv1_3.name.replace('_', '.')}\n"


def test_where_the_preload_began_is_said_when_nothing_was_caught():
    (note,) = run(*python("")).report["notes"]

    version = ".".join(str(number) for number in sys.version_info[:3])
    assert f"The preload was loaded in 1 process of Python {version}." in note
