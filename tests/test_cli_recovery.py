"""The command `recovery`, against a mock on a socket."""

import json

import pytest
from click.testing import CliRunner

from mock_server import MockServer
from sandbox import Destination
from sandbox.cli import cli

TOKENS = {"default": "tok_recovery_one", "other": "tok_recovery_two"}


def event(name):
    return {"type": "track", "event": name, "userId": "u", "timestamp": "2021-02-01T00:00:00Z"}


@pytest.fixture(scope="module")
def server():
    with MockServer(tokens=TOKENS) as started:
        yield started


@pytest.fixture
def toplyne(server):
    server.reset()
    server.tenant("other").reset()
    return server


def send(toplyne, *names, token="tok_recovery_one"):
    destination = Destination(api_key=token, base_url=toplyne.api_url)
    for name in names:
        destination.send(event(name))


def run(toplyne, *names, arguments=(), **options):
    stdin = "".join(json.dumps(event(name)) + "\n" for name in names)
    command = ["recovery", "-", "--mock", toplyne.url, *arguments]
    return CliRunner().invoke(cli, command, input=stdin, env={"TOPLYNE_API_KEY": None}, **options)


def test_all_is_well(toplyne):
    send(toplyne, "a", "b")

    result = run(toplyne, "a", "b")

    assert result.exit_code == 0
    assert result.stdout == (
        "2 sent, 0 without a request\n"
        "  Arrived  Items  Which is\n"
        "  once     2      stored by the first attempt\n"
        "  late     0      stored by a later attempt\n"
        "  twice    0      stored more than once\n"
        "  never    0      not stored\n"
        "  The state agrees.\n"
    )


def test_what_arrived_twice_never_or_from_elsewhere_is_named_and_exits_1(toplyne):
    toplyne.fail_next(status=400)
    send(toplyne, "lost", "double", "double", "strange")

    result = run(toplyne, "lost", "double")

    _, one, two, three = (entry["number"] for entry in toplyne.entries)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-4:] == [
        "  never  event 0  Send Events  1 attempt, stored in no entry",
        f"  twice  event 1  Send Events  2 attempts, stored in entries {one}, {two}",
        f"  1 item stored that is not in the file: entry {three}",
        "  The state agrees.",
    ]


def test_a_token_shows_its_own_tenant(toplyne):
    send(toplyne, "a", token="tok_recovery_two")

    assert run(toplyne, "a", arguments=["--token", "tok_recovery_two"]).exit_code == 0
    assert run(toplyne, "a").exit_code == 1


def test_more_entries_than_a_page_are_read(toplyne):
    names = [f"e{number}" for number in range(1100)]
    body = [{"userId": "u", "eventName": n, "timestamp": 1612137600} for n in names]
    for item in body:
        toplyne.client.post("/upload/events", json={"events": [item]})

    result = run(toplyne, *names, arguments=["--json"])

    assert json.loads(result.stdout)["once"] == 1100


def test_where_no_mock_answers_the_command_says_so():
    result = CliRunner().invoke(cli, ["recovery", "-", "--mock", "http://127.0.0.1:1"], input="{}")

    assert result.exit_code == 2
    assert "no mock answers at http://127.0.0.1:1" in result.stderr
    assert "name another with --mock" in result.stderr


def test_an_unknown_token_is_told_with_the_mocks_answer(toplyne):
    result = run(toplyne, "a", arguments=["--token", "tok_nobody"])

    assert result.exit_code == 2
    assert "answered 403" in result.stderr


def test_an_unreadable_line_is_named_and_the_rest_is_told(toplyne):
    send(toplyne, "a")
    stdin = json.dumps(event("a")) + "\n" + json.dumps(event("b"))[:-1] + '"}\n'

    result = CliRunner().invoke(
        cli, ["recovery", "-", "--mock", toplyne.url, "--json"], input=stdin
    )

    assert result.exit_code == 2
    assert "standard input, line 2" in result.stderr
    assert json.loads(result.stdout)["once"] == 1
