"""`toplyne-sandbox replay` on the command line, in one process."""

import gzip
import json
import signal
import subprocess
import sys
import threading
import time

import pytest
from click.testing import CliRunner

from sandbox.cli import cli

TRACK = {
    "type": "track",
    "event": "Order Completed",
    "userId": "u1",
    "timestamp": "2026-03-02T08:59:30.000Z",
    "properties": {"total": 120},
}
IDENTIFY = {
    "type": "identify",
    "userId": "u2",
    "timestamp": "2026-03-02T09:59:30.000Z",
    "traits": {"plan": "pro"},
}
NAMELESS = {**TRACK, "event": "", "userId": "u3"}


def ndjson(*events):
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def run(*arguments, stdin=b""):
    done = CliRunner().invoke(cli, ["replay", *map(str, arguments)], input=stdin)
    return done.exit_code, done.stdout, done.stderr


def told(*arguments, stdin=b""):
    code, out, err = run(*arguments, "--json", stdin=stdin)
    return code, json.loads(out), err


def workspace(path, *mappings):
    text = '[[sources]]\nname = "web"\nwrite_key = "wk-0123456789"\n\n[[destinations]]\n'
    text += 'name = "Toplyne"\nsource = "web"\napi_key = "key-0123456789"\n'
    for name, trigger in mappings:
        text += f'\n[[destinations.mappings]]\nname = "{name}"\naction = "sendEvents"\n'
        text += f"trigger = '{trigger}'\n"
    path.write_text(text)
    return path


def test_json_has_the_shape_that_scripts_rely_on(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(ndjson(TRACK, IDENTIFY, NAMELESS)))

    code, report, _ = told(tmp_path / "a.gz")

    assert code == 1
    assert {key: report[key] for key in ("events", "bad_lines", "unreadable", "against")} == {
        "events": 3,
        "bad_lines": 0,
        "unreadable": [],
        "against": None,
    }
    assert report["mappings"] == [
        {
            "name": "Send User Profiles",
            "mapped": 1,
            "skipped": 2,
            "rejected": 0,
            "not_simulated": 0,
        },
        {
            "name": "Send Account Profiles",
            "mapped": 0,
            "skipped": 3,
            "rejected": 0,
            "not_simulated": 0,
        },
        {"name": "Send Events", "mapped": 1, "skipped": 1, "rejected": 1, "not_simulated": 0},
    ]


def test_a_narrowed_trigger_and_a_dropped_mapping_are_counted_exactly(tmp_path):
    events = [{**TRACK, "properties": {"total": n}} for n in range(100)]
    (tmp_path / "a.json").write_bytes(ndjson(*events))
    old = workspace(
        tmp_path / "old.toml", ("Orders", 'type = "track"'), ("Gone", 'event = "Order Completed"')
    )
    new = workspace(tmp_path / "new.toml", ("Orders", "properties.total >= 40"))

    code, report, _ = told(tmp_path / "a.json", "--workspace", new, "--against", old)

    assert code == 0
    assert report["against"] == {
        "same": 60,
        "appeared": 0,
        "vanished": 140,
        "changed": 0,
        "fields": {},
    }


def test_a_line_that_cannot_be_read_is_listed_and_the_rest_goes_on(tmp_path):
    (tmp_path / "a.json").write_bytes(ndjson(TRACK) + b'{"type": NaN}\n' + ndjson(IDENTIFY))

    code, report, err = told(tmp_path / "a.json")

    assert code == 2
    assert (report["events"], report["bad_lines"]) == (2, 1)
    (unread,) = report["unreadable"]
    assert (unread["source"], unread["line"]) == (str(tmp_path / "a.json"), 2)
    assert "NaN is not a JSON value" in unread["reason"]
    assert "a.json, line 2: not JSON" in err


def test_a_source_that_does_not_exist_is_told_and_the_others_are_read(tmp_path):
    (tmp_path / "a.json").write_bytes(ndjson(TRACK))

    code, report, _ = told(tmp_path / "a.json", tmp_path / "b.json")

    assert (code, report["events"]) == (2, 1)
    assert report["unreadable"] == [
        {"source": str(tmp_path / "b.json"), "line": None, "reason": "does not exist."}
    ]


def test_standard_input_is_read():
    code, report, _ = told("-", stdin=ndjson(TRACK, IDENTIFY))

    assert (code, report["events"]) == (0, 2)


@pytest.mark.parametrize("content", [b"", b"\n\n"], ids=["empty", "blank lines"])
def test_nothing_looked_at_is_never_nothing_wrong(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)

    code, report, _ = told(tmp_path / "a.json")

    assert (code, report["events"]) == (2, 0)


def test_what_is_not_needed_is_not_imported(tmp_path):
    (tmp_path / "a.json").write_bytes(ndjson(TRACK))
    program = (
        "import sys; from click.testing import CliRunner; from sandbox.cli import cli;"
        f" CliRunner().invoke(cli, ['replay', {str(tmp_path / 'a.json')!r}, '--json']);"
        " print(*sorted({'distributed', 'dask', 'fsspec', 'zstandard', 'rich', 'flask'}"
        " & set(sys.modules)))"
    )

    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert printed.stdout.split() == []


@pytest.mark.parametrize("content", [b"", b"[]", b'{"log":{"entries":[]}}'])
def test_an_archive_without_an_event_is_said_to_have_none(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)

    code, _, err = run(tmp_path / "a.json")

    assert (code, err) == (2, "There was no event to replay, so there is no result.\n")


def test_one_user_is_not_said_to_be_users(tmp_path):
    (tmp_path / "a.json").write_bytes(ndjson(TRACK))

    _, out, _ = run(tmp_path / "a.json")

    assert "1 call to Toplyne, 1 a day, for 1 user and 0 accounts." in out


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_ends_a_replay_that_waits_for_standard_input():
    program = [sys.executable, "-m", "toplyne_sandbox", "replay", "-", "--json"]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(program, **pipes) as process:
        late = threading.Timer(30, process.kill)
        late.start()
        process.stdin.write(ndjson(TRACK) * 1_000)  # more than a pipe holds, so it is being read
        process.stdin.flush()
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        out, err = process.stdout.read(), process.stderr.read()  # standard input is still open
        late.cancel()

    assert process.returncode == 2, err
    report = json.loads(out)
    assert report["interrupted"]
    assert 0 < report["events"] <= 1_000


def test_json_is_one_line_to_every_reader_of_lines(tmp_path):
    odd = {**TRACK, "messageId": "a\u2028b", "event": "c\u2029d\x85e", "properties": {}}
    (tmp_path / "a.json").write_text(json.dumps({**odd, "userId": ""}))
    lines = []
    for command in ("replay", "map"):
        arguments = [command, str(tmp_path / "a.json"), "--json"]
        lines += CliRunner().invoke(cli, arguments).stdout.splitlines()

    report, *records = map(json.loads, lines)

    assert report["events"] == 1
    assert {each["messageId"] for each in records} == {"a\u2028b"}
