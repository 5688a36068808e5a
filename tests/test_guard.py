"""Guard: foreign Hosts and Origins are refused, whatever they ask for."""

import pytest

from mock_server import MockServer
from mock_server.exchange import received
from mock_server.guard import Guard
from tests.wire import http

GUARD = Guard(["toplyne-mock", "0.0.0.0"])


@pytest.mark.parametrize(
    "host",
    [
        None,
        "localhost",
        "LOCALHOST:8020",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.8.9.10:80",
        "[::1]",
        "[::1]:8020",
        "toplyne-mock:8020",
        "Toplyne-Mock",
        "0.0.0.0:80",
        "localhost.",
        "Localhost.:8020",
        "Toplyne-Mock.:8020",
        "app.localhost:8020",
        "[::ffff:127.0.0.1]:8020",
    ],
)
def test_an_own_host_passes(host):
    headers = [] if host is None else [("Host", host)]

    assert GUARD.refusal(received("GET", "/", headers)) is None


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:8020",
        "localhost.evil.example",
        "evillocalhost",
        "localhost..",
        "[::ffff:10.0.0.1]",
        "127.0.0.1.evil.example",
        "127.0.0.1@evil.example",
        "192.168.0.7",
        "10.0.0.1:8020",
        "[::2]",
        "[::1",
        "toplyne-mock.evil.example",
    ],
)
def test_a_foreign_host_is_refused_and_named(host):
    refusal = GUARD.refusal(received("GET", "/", [("Host", host)]))

    assert refusal is not None
    assert refusal.message.startswith(
        f"The Host {host!r} is not a name of this server"
        " (0.0.0.0, 127.0.0.1, localhost, toplyne-mock). Start it with `--allow-host "
    )
    assert refusal.rule == "own-host"


def test_one_own_host_among_foreign_ones_is_refused():
    headers = [("Host", "localhost"), ("Host", "evil.example")]

    assert GUARD.refusal(received("GET", "/", headers)) is not None


@pytest.mark.parametrize(
    ("origin", "passes"),
    [
        ("http://localhost:8020", True),
        ("https://localhost:8020", True),
        ("HTTP://LOCALHOST:8020", True),
        ("http://localhost:3000", False),
        ("http://localhost", False),
        ("http://127.0.0.1:8020", False),
        ("http://evil.example", False),
        ("https://evil.example:8020", False),
        ("http://localhost:8020.evil.example", False),
        ("null", False),
        ("", False),
        ("file://", False),
    ],
)
def test_only_the_servers_own_origin_passes(origin, passes):
    came = received("GET", "/", [("Host", "localhost:8020"), ("Origin", origin)])

    assert (GUARD.refusal(came) is None) == passes


def test_an_origin_without_a_host_is_refused():
    assert GUARD.refusal(received("GET", "/", [("Origin", "http://localhost")])) is not None


@pytest.fixture(scope="module")
def toplyne():
    with MockServer(tokens={"default": "tok_guard_test"}) as started:
        yield started


@pytest.mark.parametrize(
    "path",
    ["/v1/auth/me", "/v2", "/_sandbox/entries", "/_sandbox/tokens", "/"],
)
@pytest.mark.parametrize(
    "header", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}], ids=["host", "origin"]
)
def test_every_path_is_guarded_and_calls_are_journaled(toplyne, path, header):
    toplyne.reset()
    headers = {"Authorization": "Bearer tok_guard_test", **header}

    answer = http.get(f"{toplyne.url}{path}", headers=headers)

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "FORBIDDEN"
    assert "access-control-allow-origin" not in answer.headers
    journaled = [(e["tenant"], e["status"], e["problems"][0]["rule"]) for e in toplyne.entries]
    assert journaled == ([(None, 403, "own-host")] if path.startswith("/v") else [])


def test_health_answers_whatever_the_host_but_not_to_a_page_of_another_site(toplyne):
    url = f"{toplyne.url}/_sandbox/health"

    assert http.get(url, headers={"Host": "10.1.2.3:8020"}).status_code == 200
    assert http.get(url, headers={"Origin": "https://evil.example"}).status_code == 403


def test_a_page_of_another_site_is_told_what_is_wrong_with_its_path_below_v1(toplyne):
    toplyne.reset()

    answer = http.post(f"{toplyne.url}/v1/trak", headers={"Origin": "https://app.example"})

    assert answer.status_code == 404
    assert "Did you mean /v1/track?" in answer.json()["error"]["details"]
    assert [(e["status"], e["tenant"]) for e in toplyne.entries] == [(404, None)]
