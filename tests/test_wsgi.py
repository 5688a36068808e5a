"""WSGI: the application below prefixes, behind proxies, and on servers that are not ours."""

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
from urllib.parse import unquote

import httpx
import pytest
from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import Client, EnvironBuilder, run_wsgi_app

from mock_server import create_app
from mock_server.answering import Answering
from mock_server.assertions import Assertions
from mock_server.bounds import LISTENERS
from mock_server.control import health_resource
from mock_server.exchange import received
from mock_server.mock import Mock
from mock_server.segment import tracking
from sandbox.toplyne import TOPLYNE
from tests.page_blocks import blocks_of
from tests.test_architecture import ROOT
from tests.wire import BODY

TOKEN = "tok_of_the_wsgi_tests"
KEY = {"Authorization": f"Bearer {TOKEN}"}
UPLOAD = json.loads(BODY)


@pytest.fixture
def mock():
    made = Mock(tokens={"default": TOKEN})
    yield made
    made.close()


@pytest.fixture
def app(mock):
    return create_app(mock)


@pytest.fixture
def client(app):
    """Ask as a WSGI server does, not as Flask's own client, which is in process."""
    return Client(app.wsgi_app)


def mounted(app):
    return Client(DispatcherMiddleware(Flask("outer").wsgi_app, {"/mock": app.wsgi_app}))


# where a path is nothing, and what else may come to one

PATHS = [
    "/v1/auth/me",
    "/v1/upload/events",
    "/v1/upload/nothing",
    "/v1/auth/me/",
    "//v1/auth/me",
    "/v1//auth/me",
    "/v1/auth%2Fme",
    "/v1/auth/me?x=%20",
    "/v1/track",
    "/v1/track/",
    "/v1/trak",
    "/v1/projects/nobody/settings",
    "/v1",
    "/_sandbox",
    "/_sandbox/health",
    "/_sandbox/entries",
    "/_sandbox/entries/",
    "/_sandbox//entries",
    "/_sandbox/nothing",
    "/_sandbox/reset",
    "/",
    "/live",
    "/live/",
    "/static/style.css",
    "/static/",
    "/nothing",
    "/upload/events",
]


@pytest.fixture(scope="module")
def pair():
    """Two mocks that are asked the same: the first as our server does, the second by WSGI."""
    mocks = [Mock(tokens={"default": TOKEN}, clock=lambda: 1_700_000_000.0) for _ in range(2)]
    yield Answering(mocks[0]), Client(create_app(mocks[1]).wsgi_app)
    for mock in mocks:
        mock.close()


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "OPTIONS", "PURGE"])
@pytest.mark.parametrize("path", PATHS)
def test_a_wsgi_server_and_ours_answer_the_same(pair, method, path):
    ours, theirs = pair
    headers = {"Host": "localhost", **KEY}

    given = ours.answer(received(method, path, headers.items()))
    raw = {"RAW_URI": path, "PATH_INFO": unquote(path.partition("?")[0])}
    with contextlib.closing(
        theirs.open(path, method=method, headers=headers, environ_overrides=raw)
    ) as answer:
        status, told, body = answer.status_code, dict(answer.headers), answer.data

    told.pop("Date", None)  # of a file, which the server adds to everything
    expected = {name: value for name, value in given.sent_headers if name != "Date"}
    assert (given.status, b"" if method == "HEAD" else given.body) == (status, body)
    assert expected == told


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("localhost:8020", 200),
        ("[::1]:8020", 200),
        ("127.0.0.1", 200),
        ("evil.example", 403),
        ("evil.example:80", 403),
        ("[::2]", 403),
        ("evil example", 403),
    ],
)
def test_the_host_is_looked_at(client, host, status):
    assert client.get("/_sandbox/entries", headers={"Host": host}).status_code == status


def test_a_request_without_host_passes_as_no_browser_sends_it(app):
    environ = EnvironBuilder(path="/_sandbox/entries").get_environ()
    del environ["HTTP_HOST"]

    assert run_wsgi_app(app.wsgi_app, environ)[1] == "200 OK"


# prefixes


def test_below_a_prefix_every_side_answers(app, mock):
    client = mounted(app)

    assert client.get("/mock/v1/auth/me", headers=KEY).status_code == 200
    assert client.post("/mock/v1/upload/events", headers=KEY, json=UPLOAD).status_code == 202
    assert client.get("/mock/_sandbox/entries").json["total"] == 2
    assert [entry["path"] for entry in Assertions.of(mock).entries] == [
        "/v1/auth/me",
        "/v1/upload/events",
    ]
    assert client.get("/mock//v1/auth/me", headers=KEY).status_code == 404
    assert client.get("/elsewhere/v1/auth/me", headers=KEY).status_code == 404


def test_below_a_prefix_links_and_locations_are_right(app, mock):
    client = mounted(app)
    page = client.get("/mock/live").text

    links = re.findall(r'(?:href|src)="([^"#]+)', page)
    assert [link for link in links if not link.startswith("/mock/")] == []
    for link in links:
        with contextlib.closing(client.get(link)) as answer:
            assert answer.status_code == 200, link
    alone = client.get("/mock")
    assert (alone.status_code, alone.location) == (308, "/mock/")
    settings = client.get(f"/mock/v1/projects/{mock.write_key}/settings").json
    assert settings["integrations"]["Segment.io"]["apiHost"] == "localhost/mock/v1"


def test_behind_a_proxy_that_takes_the_prefix_away_it_is_known_all_the_same(app, mock):
    client = Client(ProxyFix(app.wsgi_app, x_prefix=1, x_proto=1))
    headers = {"X-Forwarded-Prefix": "/mock", "X-Forwarded-Proto": "https"}

    page = client.get("/live", headers=headers).text
    settings = client.get(f"/v1/projects/{mock.write_key}/settings", headers=headers).json

    assert 'href="/mock/setup"' in page
    found = settings["integrations"]["Segment.io"]
    assert (found["apiHost"], found["protocol"]) == ("localhost/mock/v1", "https")


@pytest.mark.parametrize(
    ("target", "info", "status"),
    [
        ("http://localhost/v1/auth/me", "/v1/auth/me", 200),
        ("http://localhost/v1/auth/me", "http://localhost/v1/auth/me", 200),
        ("http://evil.example/v1/auth/me", "/v1/auth/me", 403),
        ("//v1/auth/me", "/v1/auth/me", 404),
        ("/v1//auth/me", "/v1/auth/me", 404),
        ("/v1/auth%2Fme?x=1", "/v1/auth/me", 200),
        ("/mock/v1/auth/me", "/v1/auth/me", 200),
    ],
)
@pytest.mark.parametrize("name", ["RAW_URI", "REQUEST_URI"])
def test_what_the_client_wrote_counts_and_not_what_a_server_made_of_it(
    client, name, target, info, status
):
    raw = {"RAW_URI": "", "REQUEST_URI": "", name: target, "PATH_INFO": info}
    if target.startswith("/mock"):
        raw["SCRIPT_NAME"] = "/mock"

    answer = client.get("/", headers=KEY, environ_overrides=raw)

    assert answer.status_code == status


# applications


def test_two_applications_share_nothing():
    first, second = (create_app(tokens={"default": f"tok_of_app_{n}_"}) for n in "ab")
    clients = [app.test_client() for app in (first, second)]

    for client in clients:
        client.get("/v1/auth/me", headers={"Authorization": "Bearer tok_of_app_a_"})

    totals = [client.get("/_sandbox/entries?status=200").json["total"] for client in clients]
    assert totals == [1, 0]
    for app in (first, second):
        app.extensions["mock"].close()


def test_importing_starts_nothing():
    program = (
        "import gc, socket, threading\n"
        "import mock_server.app\n"
        "from mock_server.mock import Mock\n"
        "kinds = (socket.socket, Mock)\n"
        "print(threading.active_count(), [o for o in gc.get_objects() if isinstance(o, kinds)])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert done.stdout == "1 []\n"


def test_applications_are_made_in_many_threads_at_once():
    made = []
    threads = [threading.Thread(target=lambda: made.append(create_app())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    statuses = {app.test_client().get("/_sandbox/health").status_code for app in made}
    assert (len(made), statuses) == (8, {200})
    for app in made:
        app.extensions["mock"].close()


def test_a_crash_is_answered_in_the_form_of_its_side(client, mock, monkeypatch, capsys):
    def broken(*_, **__):
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(tracking, "take_in", broken)
    monkeypatch.setattr(health_resource, "health_of", broken)
    monkeypatch.setattr(mock.journal, "append", broken)

    body = {"type": "track", "event": "E", "userId": "u", "writeKey": mock.write_key}
    segment = client.post("/v1/track", json=body)
    control = client.get("/_sandbox/health")
    toplyne = client.get("/v1/auth/me", headers=KEY)

    assert [answer.status_code for answer in (segment, control, toplyne)] == [500, 500, 500]
    assert segment.json["code"] == "internal_server_error"
    assert control.json["error"]["message"] == toplyne.json["error"]["message"]
    assert capsys.readouterr().err.count("ZeroDivisionError: planted") == 3


# what waits, and what is too large


def test_what_waits_blocks_until_it_is_there(client):
    timer = threading.Timer(0.1, lambda: client.post("/v1/upload/events", headers=KEY, json=UPLOAD))
    timer.start()

    answer = client.get("/_sandbox/wait?events=1&timeout=10")

    timer.join()
    assert (answer.status_code, answer.json["events"]) == (200, 1)


def test_a_server_that_ends_a_stream_leaves_nobody_behind(client, mock):
    answers = [client.get("/_sandbox/live") for _ in range(LISTENERS)]

    assert mock.news.waiting == LISTENERS
    full = client.get("/_sandbox/live")
    assert (full.status_code, full.headers["Retry-After"]) == (503, "1")
    assert f"{LISTENERS} clients listen already" in full.json["error"]["details"]
    for answer in answers:
        answer.close()
    assert mock.news.waiting == 0


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/upload/events", 413),
        ("/v1/track", 400),
        ("/_sandbox/nearest", 413),
        ("/live", 413),
        ("/nothing", 413),
    ],
)
def test_too_large_is_told_before_the_body_is_read(app, path, status):
    class Unread:
        def read(self, _=-1):
            raise AssertionError("the body was read")

        readline = readlines = __iter__ = read

    environ = EnvironBuilder(path=path, method="POST", headers=KEY).get_environ()
    large = {"CONTENT_LENGTH": str(TOPLYNE.max_body + 1), "CONTENT_TYPE": "application/json"}

    body, told, _ = run_wsgi_app(app.wsgi_app, {**environ, **large, "wsgi.input": Unread()})

    assert told.startswith(str(status)), b"".join(body)


# servers

ENTRY = f"""
from mock_server import create_app
app = create_app(tokens={{"default": {TOKEN!r}}})
"""
SERVERS = {
    "gunicorn": [
        "gunicorn",
        "--threads",
        "4",
        "--graceful-timeout",
        "1",
        "--bind",
        "127.0.0.1:0",
        "entry:app",
    ],
    "waitress": ["waitress", "--listen", "127.0.0.1:0", "entry:app"],
    "waitress below a prefix": [
        *("waitress", "--listen", "127.0.0.1:0", "--url-prefix", "/mock", "entry:app"),
    ],
}


@pytest.fixture(params=SERVERS)
def url(request, tmp_path):
    name, *arguments = SERVERS[request.param]
    pytest.importorskip(name, reason=f"{name} is not installed; `make` does it")
    (tmp_path / "entry.py").write_text(ENTRY)
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    process = subprocess.Popen(
        [sys.executable, "-m", name, *arguments],
        stderr=subprocess.PIPE, text=True, env=environment, cwd=tmp_path,
    )  # fmt: skip
    said = []
    for line in process.stderr:
        said.append(line)
        if found := re.search(r"http://127\.0\.0\.1:[1-9][0-9]*", line):
            break
    else:
        pytest.fail("".join(said))
    yield found[0] + ("/mock" if "prefix" in request.param else "")
    process.terminate()
    process.communicate(timeout=20)


def test_other_servers_run_it(url):
    with httpx.Client(base_url=url, trust_env=False, timeout=20) as client:
        assert client.get("/v1/auth/me", headers=KEY).json() == {
            "status": "SUCCESS",
            "data": "default",
        }
        accepted = client.post("/v1/upload/events", headers=KEY, json=UPLOAD)
        chunked = client.post(
            "/v1/upload/events",
            headers={**KEY, "Content-Type": "application/json"},
            content=iter([BODY[:9], BODY[9:]]),
        )
        assert (accepted.status_code, chunked.status_code) == (202, 202)
        assert client.get("/_sandbox/wait?events=2").json()["events"] == 2
        assert client.get(f"{url}//v1/auth/me", headers=KEY).status_code == 404
        assert client.get("/live").headers["content-type"] == "text/html; charset=utf-8"
        assert client.get("/_sandbox/entries", headers={"Host": "evil.example"}).status_code == 403
        with client.stream("GET", "/_sandbox/live") as answer:
            assert next(answer.iter_raw()).startswith(b"retry:")


def test_httpx_runs_it_in_process(app):
    with httpx.Client(
        transport=httpx.WSGITransport(app=app), base_url="http://localhost", headers=KEY
    ) as client:
        assert client.post("/v1/upload/events", json=UPLOAD).status_code == 202
        assert client.get("/_sandbox/state/events").json()["items"] == UPLOAD["events"]


def test_a_stranger_adds_an_endpoint_in_one_file(tmp_path):
    page = blocks_of((ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    (block,) = (each.text for each in page if "/greeting/" in each.text)
    (tmp_path / "greeting_resource.py").write_text(block)
    program = (
        "import mock_server.control as control\n"
        f"control.__path__.append({str(tmp_path)!r})\n"
        "from mock_server import create_app\n"
        "client = create_app().test_client()\n"
        "print(client.get('/_sandbox/greeting/you?loud=yes').json)\n"
        "print(client.get('/_sandbox/greeting/you?laud=yes').status_code)\n"
        "print(client.post('/_sandbox/greeting/you').headers['Allow'])\n"
        "schemas = client.get('/_sandbox/control.json').json['components']['schemas']\n"
        "print(schemas['Greeting']['properties']['tenant'], schemas['Greeting']['required'])\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert done.stdout.splitlines() == [
        "{'hello': 'you', 'tenant': 1, 'loud': 'yes'}",
        "400",
        "GET, HEAD, OPTIONS",
        "{'type': 'integer'} ['hello', 'tenant']",
    ]


def test_flask_lists_every_path_that_the_readme_names(app):
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "mock_server:create_app()", "routes"],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    listed = {line.split()[-1] for line in done.stdout.splitlines() if " /" in line}
    rules = app.url_map.bind("localhost")
    named = {
        path.rstrip(".")
        for file in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]
        for path in re.findall(r"(?<![\w./])/(?:_sandbox|v1)/[\w./-]*\w", file.read_text("utf-8"))
    }

    assert {rule.rule for rule in app.url_map.iter_rules()} == listed
    assert len(named) >= 10
    assert {path for path in named if not _exists(rules, path)} == set()


def _exists(rules, path):
    """Tell whether a path is a rule's, or the beginning of one, as where a name follows it."""
    if any(rule.rule.startswith(f"{path}/") for rule in rules.map.iter_rules()):
        return True
    with contextlib.suppress(Exception):
        return any(rules.test(path, method) for method in ("GET", "POST", "DELETE", "PUT"))
    return False


def test_the_health_of_a_pod_is_answered_to_the_address_it_is_asked_at(client):
    answer = client.get("/_sandbox/health", headers={"Host": "10.244.0.7:8020"})

    assert answer.json["status"] == "ok"
