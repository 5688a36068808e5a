"""`toplyne-sandbox token`: tokens of a running mock, made, listed and revoked."""

import json

import pytest
from click.testing import CliRunner

from mock_server import MockServer
from sandbox.cli import cli
from tests.wire import http


@pytest.fixture
def toplyne():
    with MockServer() as server:
        yield server


@pytest.fixture
def run(toplyne):
    def invoke(*arguments):
        settings = {"TOPLYNE_MOCK_URL": toplyne.url, "TOPLYNE_ADMIN_TOKEN": None}
        return CliRunner().invoke(cli, ["token", *arguments], env=settings)

    return invoke


def status_of(toplyne, token):
    headers = {"Authorization": f"Bearer {token}"}
    return http.get(f"{toplyne.api_url}/auth/me", headers=headers).status_code


def test_a_new_token_is_printed_once_and_works(run, toplyne):
    result = run("new", "worker 1")

    token, said = result.stdout.splitlines()
    assert said == "worker 1, does not expire; copy it now, it will not be shown again."
    assert status_of(toplyne, token) == 200
    assert token not in run("list").stdout


def test_a_token_may_have_expired_already(run, toplyne):
    made = json.loads(run("new", "old", "--expires", "2020-01-01T00:00:00Z", "--json").stdout)

    assert (made["status"], status_of(toplyne, made["token"])) == ("expired", 403)


def test_a_revoked_token_is_refused_and_listed_as_revoked(run, toplyne):
    token = run("new", "worker 2").stdout.split()[0]

    assert run("revoke", "worker 2").stdout == "worker 2 is revoked.\n"

    assert status_of(toplyne, token) == 403
    listed = [json.loads(line) for line in run("list", "--json").stdout.splitlines()]
    assert {(t["name"], t["status"]) for t in listed} >= {("worker 2", "revoked")}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("new", "w", "--expires", "soon"),
            "$.expires must be a time such as 2030-01-31T00:00:00Z, or nothing",
        ),
        (("new", "/a"), "the first neither a dot nor a slash, not '/a'"),
        (("new", "default"), "A token named 'default' exists"),
        (("revoke", "nobody"), "There is no token named 'nobody' to revoke."),
        (("list", "--mock", "http://127.0.0.1:1"), "no mock answers at http://127.0.0.1:1"),
        (("list", "--mock", "nonsense"), "no mock answers at nonsense"),
    ],
    ids=[
        "a time that is none",
        "no name",
        "a name that is taken",
        "a name nobody has",
        "no mock",
        "no URL",
    ],
)
def test_what_is_wrong_is_a_sentence_and_exit_2(run, arguments, sentence):
    result = run(*arguments)

    assert result.exit_code == 2
    assert sentence in result.stderr
