"""`map` and `explain` say what Segment's intake would add or drop, and `--as-received` does it."""

import json

import pytest
from click.testing import CliRunner

from sandbox.cli import cli

COMPLETE = {"type": "track", "event": "E", "userId": "u", "timestamp": "2026-11-23T16:17:19Z"}
UNTIMED = {"type": "track", "event": "E", "userId": "u"}
NOBODYS = {"type": "track", "event": "E", "timestamp": "2026-11-23T16:17:19Z"}
ADDS = "Segment would add the time of arrival; `--as-received` adds it"
DROPS = "Segment would drop this event on intake (no_user_anon_id)"


@pytest.fixture
def said(tmp_path):
    def saying(command, event, *options):
        file = tmp_path / "event.json"
        file.write_text(json.dumps(event))
        result = CliRunner().invoke(cli, [command, str(file), *options])
        return result.exit_code, " ".join(result.stdout.split())

    return saying


@pytest.mark.parametrize("command", ["map", "explain"])
@pytest.mark.parametrize(
    ("event", "remark"),
    [
        (UNTIMED, ADDS),
        (NOBODYS, DROPS),
        ({**COMPLETE, "type": None}, "Segment would drop this event on intake (bad_request)"),
    ],
)
def test_what_intake_would_do_is_said(said, command, event, remark):
    assert remark in said(command, event)[1]
    assert remark.partition(";")[0] in said(command, event, "--json")[1]


@pytest.mark.parametrize("command", ["map", "explain"])
def test_a_complete_event_gets_no_remark(said, command):
    assert "Segment would" not in said(command, COMPLETE)[1]
    assert '"intake"' not in said(command, COMPLETE, "--json")[1]


@pytest.mark.parametrize("command", ["map", "explain"])
def test_as_received_adds_the_time_of_arrival(said, command):
    code, text = said(command, UNTIMED, "--as-received")

    assert code == 0
    assert "POST /upload/events" in text


@pytest.mark.parametrize("command", ["map", "explain"])
def test_as_received_drops_what_intake_drops(said, command):
    code, text = said(command, NOBODYS, "--as-received")
    machine = json.loads(said(command, NOBODYS, "--as-received", "--json")[1])

    assert code == 1
    assert "dropped on intake (no_user_anon_id): there is neither a userId" in text
    assert (machine["outcome"], machine["code"]) == ("dropped", "no_user_anon_id")
