"""The command line: what each command prints, what it says of mistakes, and how it exits."""

import json
import os
import socket
import subprocess
import sys
import threading
from importlib.metadata import version

import pytest
from click.testing import CliRunner

from mock_server import MockServer
from sandbox.cli import COMMANDS, cli
from tests.wire import http

TRACK = {
    "type": "track",
    "event": "Signed Up",
    "userId": "u1",
    "timestamp": "2026-11-23T16:17:19.871Z",
    "messageId": "m1",
}


@pytest.fixture
def run():
    def invoke(*arguments, stdin="", **environment):
        settings = {"TOPLYNE_API_URL": None, "TOPLYNE_API_KEY": None} | environment
        return CliRunner().invoke(cli, arguments, input=stdin, env=settings)

    return invoke


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(run, command):
    result = run(command, "--help")

    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: cli {command}")


def test_help_lists_every_command_with_its_line(run):
    lines = " ".join(run("--help").stdout.split())

    assert [line for line in COMMANDS.values() if line not in lines] == []


def test_a_command_there_is_none_of_is_said_with_the_near_one(run):
    result = run("serv")

    assert result.exit_code == 2
    assert "Error: No such command 'serv'. Did you mean serve?" in result.output


def test_the_version_names_segments_versions(run):
    assert run("--version").stdout == (
        f"toplyne-sandbox {version('toplyne-sandbox')}, equal to @segment/actions-core 3.170.0, "
        "@segment/action-destinations 3.497.0, @segment/destination-subscriptions 3.37.0, "
        "liquidjs 10.27.2\n"
    )


def test_map_prints_one_record_per_event_and_mapping(run):
    result = run("map", "-", "--json", stdin=json.dumps(TRACK))

    assert result.exit_code == 0
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(r["mapping"], r["outcome"]) for r in records] == [
        ("Send User Profiles", "skipped"),
        ("Send Account Profiles", "skipped"),
        ("Send Events", "mapped"),
    ]
    assert records[2] == {
        "event": 0,
        "messageId": "m1",
        "mapping": "Send Events",
        "action": "sendEvents",
        "outcome": "mapped",
        "request": {
            "method": "POST",
            "path": "/upload/events",
            "json": {
                "events": [{"userId": "u1", "eventName": "Signed Up", "timestamp": 1795450639}]
            },
        },
        "problems": [],
        "code": None,
    }


def test_the_line_of_an_event_is_one_line_and_shows_json(run):
    event = TRACK | {"event": "a\n\x1b[31mb\x9b", "userId": {"id": None}}

    result = run("map", "-", stdin=json.dumps(event))

    assert result.stdout.splitlines()[0] == (
        r'event 0  track  "a\n\u001b[31mb\u009b"  userId {"id":null}'
    )


def test_map_exits_1_when_something_is_rejected_and_names_it(run):
    result = run("map", "-", stdin=json.dumps(TRACK | {"event": None}))

    assert result.exit_code == 1
    assert result.stdout.splitlines()[3:] == [
        "  ✗ Send Events            rejected",
        "      $.eventName",
        "        The root value is missing the required field 'eventName'.",
    ]


def test_map_takes_the_other_rules(run):
    event = {k: v for k, v in TRACK.items() if k != "userId"}

    documented, observed = (
        run("map", "--rules", rules, "-", stdin=json.dumps(event))
        for rules in ("documented", "observed")
    )

    assert (documented.exit_code, observed.exit_code) == (1, 0)


def test_one_broken_line_does_not_stop_the_others_and_exits_2(run):
    result = run("map", "-", "--json", stdin=f'{json.dumps(TRACK)}\n{{"ty\n{json.dumps(TRACK)}\n')

    assert result.exit_code == 2
    assert [json.loads(line)["event"] for line in result.stdout.splitlines()] == [0, 0, 0, 2, 2, 2]
    assert result.stderr == (
        "standard input, line 2: not JSON: "
        "the string that starts at line 1, column 2 is not closed.\n"
    )


@pytest.mark.parametrize("command", ["map", "explain", "replay"])
def test_a_pipe_that_is_named_as_a_file_is_read_from_its_beginning(run, tmp_path, command):
    pipe = tmp_path / "events"
    os.mkfifo(pipe)
    events = f"{json.dumps(TRACK)}\n" * 100
    threading.Thread(target=pipe.write_text, args=(events,), daemon=True).start()

    result = run(command, str(pipe), "--json")

    assert (result.exit_code, result.stderr) == (0, "")
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert records[0].get("events") == 100 if command == "replay" else len(records) == 300


def test_a_missing_file_is_a_sentence_and_exit_2(run):
    result = run("map", "nowhere.json")

    assert result.exit_code == 2
    assert "there is no file 'nowhere.json'." in result.stderr


def test_send_without_a_url_says_how_to_give_one(run):
    result = run("send", "-", stdin="{}")

    assert result.exit_code == 2
    assert "no URL to send to: give --url or TOPLYNE_API_URL" in result.stderr


def test_send_refuses_a_remote_host(run):
    result = run("send", "-", "--url", "https://api.toplyne.io/v1", "--api-key", "k", stdin="{}")

    assert result.exit_code == 2
    assert "api.toplyne.io is not this machine (a dead company's domain)" in result.stderr


def test_send_delivers_and_shows_the_answer(run):
    with MockServer() as toplyne:
        result = run(
            "send", "-", "--json", stdin=json.dumps(TRACK),
            TOPLYNE_API_URL=toplyne.api_url, TOPLYNE_API_KEY=toplyne.token,
        )  # fmt: skip

        assert result.exit_code == 0
        assert json.loads(result.stdout.splitlines()[2])["answer"] == {
            "status": 202,
            "json": {"status": "SUCCESS", "data": {"message": "Events uploaded."}},
            "entry": 1,
            "error": None,
        }
        assert len(toplyne.events) == 1


def test_send_exits_1_when_the_key_is_refused(run):
    with MockServer() as toplyne:
        result = run(
            "send", "-", "--url", toplyne.api_url, "--api-key", "wrong", stdin=json.dumps(TRACK)
        )

    assert result.exit_code == 1
    assert "← 403" in result.stdout


def test_demo_all_shows_events_refusals_and_totals(run):
    result = run("demo", "--all")

    assert result.exit_code == 0
    folded = [line for line in result.stdout.splitlines() if line.startswith("      ")]
    assert max(map(len, folded)) <= 100
    assert "✓ Send Events" in result.stdout
    assert 'type is "page", not "track".' in result.stdout
    assert "403" in result.stdout
    assert "is missing, and so is anonymousId." in " ".join(result.stdout.split())
    assert "Toplyne has 1 profile, 2 accounts, 15 events." in result.stdout


def test_demo_speaks_json(run):
    records = [json.loads(line) for line in run("demo", "--json").stdout.splitlines()]

    assert {r["outcome"] for r in records[:-1]} >= {"mapped", "skipped", "refused"}
    assert records[-1]["totals"]["events"] == sum(
        1 for _ in {(r["sample"], r["event"]) for r in records[:-1] if "sample" in r}
    )


def test_generate_repeats_itself_for_a_seed_and_not_for_another(run):
    first, again, other = (
        run("generate", "20", "--type", "track", "--seed", seed).stdout for seed in ("7", "7", "8")
    )

    assert first == again != other
    assert [json.loads(line)["type"] for line in first.splitlines()] == ["track"] * 20


def serving(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "toplyne_sandbox", "serve", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def test_serve_prints_one_line_of_json_once_it_answers():

    process = serving("--port", "0", "--json", "--token", "me=my-token")
    try:
        ready = json.loads(process.stdout.readline())

        assert ready["api_url"] == f"{ready['url']}/v1"
        assert ready["token"] == "my-token"
        answer = http.get(
            f"{ready['api_url']}/auth/me", headers={"Authorization": "Bearer my-token"}
        )
        assert (answer.status_code, answer.json()) == (200, {"status": "SUCCESS", "data": "me"})
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
        process.stderr.close()


def test_serve_says_when_the_port_is_in_use():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = serving("--port", str(port))
        _, stderr = process.communicate(timeout=20)

    assert process.returncode == 2
    assert f"port {port} of 127.0.0.1 is in use; use 0 for any port" in stderr
    assert "Traceback" not in stderr
