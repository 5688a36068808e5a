"""App: the mock as a Flask application, by Flask's own client and on a WSGI server's socket."""

import gzip
import json
import threading

import pytest
from werkzeug.serving import make_server
from werkzeug.test import Client

from mock_server import Limits, create_app
from mock_server.assertions import Assertions
from mock_server.mock import Mock
from mock_server.toplyne.fault import Fault
from tests.wire import BODY, http, parsed, post, talk

TOKEN = "tok_wire_test"
KEY = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def app():
    made = create_app(tokens={"default": TOKEN})
    yield made
    made.extensions["mock"].close()


@pytest.fixture
def client(app):
    return app.test_client()


def test_an_upload_goes_through(app, client):
    answer = client.post("/v1/upload/events", headers=KEY, json=json.loads(BODY))

    assert (answer.status_code, answer.data) == (
        202,
        b'{"status":"SUCCESS","data":{"message":"Events uploaded."}}',
    )
    assert list(answer.headers)[:7] == [
        ("Content-Type", "application/json"),
        ("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"),
        ("Pragma", "no-cache"),
        ("Expires", "0"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("X-XSS-Protection", "1; mode=block"),
    ]
    assert answer.headers["X-Sandbox-Entry"] == "1"
    assert Assertions.of(app.extensions["mock"]).events == json.loads(BODY)["events"]


def test_a_mock_that_is_there_can_be_given(app):
    mock = Mock(tokens={"default": TOKEN})

    create_app(mock).test_client().get("/v1/auth/me", headers=KEY)

    assert len(Assertions.of(mock).entries) == 1


def test_a_wrong_choice_raises_when_the_app_is_made():
    with pytest.raises(ValueError, match="Expected documented or observed"):
        create_app(rules="loose")
    for choices, said in (
        ({"workspace": "workspace.toml"}, r"'workspace.toml', not a Workspace.+load_workspace\("),
        ({"workspace": {}}, "workspace is {}, not a Workspace"),
        ({"segment": True}, "segment is True, not a SegmentChoices"),
        ({"limits": {"entries": 5}}, "limits is {'entries': 5}, not a Limits"),
        ({"tokens": "a-secret"}, "tokens is of the type str, not a dict"),
        ({"admin_token": 5}, "admin_token is of the type int, not a str"),
        ({"admin_token": b"a-secret"}, "admin_token is of the type bytes, not a str"),
    ):
        with pytest.raises(TypeError, match=said):
            create_app(**choices)
    for entries in (0, -3, "10", 1.5, True):
        with pytest.raises(ValueError, match=rf"entries must be a whole number.+not {entries!r}"):
            create_app(limits=Limits(entries=entries))
    for allowed in ([5], ["a", None], b"ab"):
        with pytest.raises(ValueError, match="allowed_hosts must be host names as strings"):
            create_app(allowed_hosts=allowed)
    for tokens, said in (({"a": None}, "a token must be"), ({5: TOKEN}, "the name of a token")):
        with pytest.raises(ValueError, match=said):
            create_app(tokens=tokens)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/auth/me", 200),
        ("HEAD", "/v1/auth/me", 200),
        ("OPTIONS", "/v1/auth/me", 204),
        ("DELETE", "/v1/auth/me", 405),
        ("GET", "/v1//auth/me", 404),
        ("GET", "/nothing", 404),
        ("GET", "/static/x", 404),
        ("PURGE", "/v1/auth/me", 405),
        ("GET", "/_sandbox/health", 200),
        ("GET", "/_sandbox/entries?limit=1&order=desc", 200),
        ("GET", "/_sandbox/entries?body=a%26b", 200),
        ("GET", "/_sandbox/nope", 404),
    ],
)
def test_every_path_and_method_is_answered_by_the_mock_and_not_by_flask(
    client, method, path, status
):
    answer = client.open(path, method=method, headers=KEY)

    assert answer.status_code == status
    if method != "HEAD" and status != 204:
        assert answer.content_type == "application/json"
        assert isinstance(json.loads(answer.data), dict)


@pytest.mark.parametrize("path", ["/_sandbox/entries", "/v1/auth/me", "/", "/nothing"])
def test_a_foreign_host_is_refused_on_a_server_but_in_process_there_is_none(app, client, path):
    headers = {**KEY, "Host": "evil.example"}

    served = Client(app.wsgi_app).get(path, headers=headers)
    inside = client.get(path, headers=headers)

    assert served.status_code == 403
    assert inside.status_code == (404 if path == "/nothing" else 200)


def test_a_gzip_body_is_taken(client):
    headers = {**KEY, "Content-Encoding": "gzip", "Content-Type": "application/json"}

    assert (
        client.post("/v1/upload/events", headers=headers, data=gzip.compress(BODY)).status_code
        == 202
    )


def test_a_body_that_is_too_large_is_413(client):
    headers = {**KEY, "Content-Type": "application/json"}

    answer = client.post("/v1/upload/events", headers=headers, data=b"x" * 11 * 2**20)

    assert answer.status_code == 413


def test_a_fault_that_needs_the_socket_is_refused_when_it_is_asked_for(app, client):
    answer = client.post("/_sandbox/faults", json={"wire": "reset"})

    assert answer.status_code == 400
    assert answer.json["error"]["details"] == (
        "$.wire is reset, which needs the server's socket, and a Flask application cannot reach it."
        " Use MockServer or `toplyne-sandbox serve`."
    )
    assert client.get("/_sandbox/faults").json == {"faults": [], "total": 0}


def test_a_header_that_asks_for_such_a_fault_is_refused_before_anything_is_stored(client):
    headers = {**KEY, "Content-Type": "application/json", "X-Sandbox-Fault": "half"}

    answer = client.post("/v1/upload/events", headers=headers, data=BODY)

    assert answer.status_code == 400
    assert "X-Sandbox-Fault is not a fault. $.wire: is half" in answer.json["error"]["details"]
    assert client.get("/_sandbox/state/events").json["total"] == 0


def test_such_a_fault_of_a_mock_that_other_servers_share_is_answered_501():
    mock = Mock(tokens={"default": TOKEN})
    mock.faults.add(Assertions.of(mock).number, Fault(wire="reset"))

    answer = create_app(mock).test_client().get("/v1/auth/me", headers=KEY)

    assert answer.status_code == 501
    assert answer.json["error"]["details"] == (
        "The fault 'reset' needs the server's socket, and a Flask application cannot reach it."
        " Use MockServer or `toplyne-sandbox serve`."
    )
    mock.close()


def test_a_status_without_a_standard_phrase_can_be_answered(app, client):
    answer = client.get("/v1/auth/me", headers={**KEY, "X-Sandbox-Fault": "599"})

    assert answer.status_code == 599


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (409, "CONFLICT"),
        (414, "URI_TOO_LONG"),
        (416, "RANGE_NOT_SATISFIABLE"),
        (422, "UNPROCESSABLE_CONTENT"),
        (599, "UNKNOWN"),
    ],
)
def test_a_status_without_a_declared_code_has_its_phrase_whatever_the_version_of_python(
    client, status, code
):
    answer = client.get("/v1/auth/me", headers={**KEY, "X-Sandbox-Fault": str(status)})

    assert answer.json["error"]["code"] == code


@pytest.fixture
def served(app):
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_on_a_wsgi_servers_socket_it_answers_the_same(app, served):
    url = f"http://127.0.0.1:{served.port}"

    accepted = http.post(f"{url}/v1/upload/events", headers=KEY, json=json.loads(BODY))
    entries = http.get(f"{url}/_sandbox/entries?status=202").json()

    assert accepted.status_code == 202
    assert entries["total"] == 1
    assert entries["entries"] == Assertions.of(app.extensions["mock"]).entries


def test_a_body_cut_short_is_400_there_too(app, served):
    status, _, body = parsed(talk(served, post(length=200), half_close=True))

    assert status == 400
    assert json.loads(body)["error"]["details"].startswith("The body is cut short")
    assert Assertions.of(app.extensions["mock"]).entries[0]["status"] == 400
