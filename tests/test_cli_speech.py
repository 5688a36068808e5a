"""How the command line speaks: help, terminals, pipes, files of another kind, full disks."""

import json
import os
import pty
import re
import select
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mock_server import MockServer
from sandbox.cli import COMMANDS, cli
from sandbox.cli.inputs import refuse_others
from sandbox.cli.output import Screen
from tools.command_reference import examples_of, walk

ROOT = Path(__file__).parent.parent
COMMAND = [sys.executable, "-m", "toplyne_sandbox"]
LONG = "E" * 150
TRACK = {"type": "track", "event": LONG, "userId": "u", "timestamp": "2026-11-23T16:17:19Z"}
ALL = dict(walk(cli))
SINGLE = {name: command for name, command in ALL.items() if not isinstance(command, click.Group)}


def has_terminals():
    try:
        for end in pty.openpty():
            os.close(end)
    except OSError:
        return False
    return True


needs_terminals = pytest.mark.skipif(
    not has_terminals(), reason="no terminal can be opened here, as in a chroot without /dev/pts"
)


def run(*arguments, stdin="", **environment):
    settings = {"TOPLYNE_API_URL": None, "TOPLYNE_API_KEY": None, "COLUMNS": None} | environment
    return CliRunner().invoke(cli, [*map(str, arguments)], input=stdin, env=settings)


def process(
    *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=None, **environment
):
    wanted = {**os.environ, "TERM": "xterm", **environment}
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        encoding="utf-8",
        check=False,
        timeout=timeout,
        env={name: value for name, value in wanted.items() if value is not None},
    )


def on_a_terminal(*arguments, columns=80, rows=24, until=None, **environment):
    """Return what a command prints on a terminal, as it ends or once it has printed `until`."""
    try:
        ours, theirs = pty.openpty()
    except OSError as error:
        pytest.skip(f"this machine has no terminals to give: {error}")
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    wanted = {**os.environ, "TERM": "xterm", "COLUMNS": None, "NO_COLOR": None, **environment}
    started = subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={name: value for name, value in wanted.items() if value is not None},
    )
    os.close(theirs)
    printed, deadline = b"", time.monotonic() + 60
    while time.monotonic() < deadline and (until is None or until.encode() not in printed):
        if not select.select([ours], [], [], 1)[0]:
            continue
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        printed += piece
    if until is not None:
        started.kill()
    started.wait(60)
    os.close(ours)
    return printed.decode().replace("\r\n", "\n")


@pytest.fixture
def event(tmp_path):
    file = tmp_path / "events.ndjson"
    file.write_text(json.dumps(TRACK), encoding="utf-8")
    return file


def test_alone_it_shows_the_four_things():
    result = run()

    assert result.exit_code == 0
    for each in ("demo", "serve", "def test_it(toplyne)", "explain"):
        assert each in result.stdout
    assert len(result.stdout.splitlines()) <= 12
    assert max(map(len, result.stdout.splitlines())) <= 80


@pytest.mark.parametrize("name", SINGLE)
def test_every_help_has_examples_that_its_command_can_read(name):
    shown = run(*name.split(), "--help").stdout

    examples = examples_of(ALL[name])

    assert examples
    assert "\n  Examples:\n    " in shown
    assert all(example in [line.strip() for line in shown.splitlines()] for example in examples)
    assert any(f"toplyne-sandbox {name}" in example for example in examples)
    for example in examples:
        assert_readable(example)


def assert_readable(example):
    """Let click read what is typed after the command's name, without running it."""
    words = shlex.split(example)
    if words[0] == "eval":
        words = shlex.split(words[1].removeprefix("$(").removesuffix(")"))
    for part in " ".join(map(shlex.quote, words)).split("'|'"):
        typed = shlex.split(part.partition("'>'")[0])
        if typed[0] == "toplyne-sandbox":
            name, command, rest = typed[1], ALL[typed[1]], typed[2:]
            while isinstance(command, click.Group) and f"{name} {rest[0]}" in ALL:
                name, rest = f"{name} {rest[0]}", rest[1:]
                command = ALL[name]
            command.make_context(name, rest)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["mapp"], "Did you mean map?"),
        (["map", "--jsn"], "Did you mean '--json'?"),
        (["serve", "--prt", "1"], "'--port'"),
    ],
    ids=["command", "option", "option-with-a-value"],
)
def test_a_near_name_is_said(typed, said):
    result = run(*typed)

    assert (result.exit_code, said in result.stderr) == (2, True)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_installed_by_one_command_and_only_once(tmp_path, shell):
    if shell == "bash" and shutil.which("bash") is None:
        pytest.skip("bash is not installed here")
    start = tmp_path / {"bash": ".bashrc", "zsh": ".zshrc", "fish": ".none"}[shell]
    start.write_text("alias ll='ls -l'\n", encoding="utf-8")

    for _ in range(2):
        result = run("completion", "--install", HOME=str(tmp_path), SHELL=f"/usr/bin/{shell}")
        assert result.exit_code == 0, result.output

    text = start.read_text(encoding="utf-8")
    assert text.startswith("alias ll='ls -l'\n")
    assert text.count("toplyne-sandbox") == (shell != "fish")
    (script,) = [file for file in tmp_path.rglob("*") if file.suffix == f".{shell}"]
    assert "_TOPLYNE_SANDBOX_COMPLETE" in script.read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed here")
def test_the_installed_completion_completes_commands_and_options(tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    entry, script = folder / "toplyne-sandbox", ROOT / "toplyne_sandbox.py"
    entry.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(script))} "$@"\n'
    )
    entry.chmod(0o755)
    run("completion", "bash", "--install", HOME=str(tmp_path))
    ask = (
        "source ~/.bashrc; COMP_WORDS=(toplyne-sandbox {words}); COMP_CWORD={last};"
        " _toplyne_sandbox_completion toplyne-sandbox; printf '%s ' \"${{COMPREPLY[@]}}\""
    )
    environment = {**os.environ, "HOME": str(tmp_path), "PATH": f"{folder}:{os.environ['PATH']}"}

    def completed(words, last):
        line = ask.format(words=words, last=last)
        done = subprocess.run(
            ["bash", "-c", line], env=environment, capture_output=True, text=True, check=False
        )
        return done.stdout.split()

    assert completed("expl", 1) == ["explain"]
    assert "--workspace" in completed("map --w", 2)


def test_completion_names_the_shells_where_it_does_not_know_yours():
    result = run("completion", SHELL="/bin/tcsh")

    assert result.exit_code == 2
    assert "your shell is 'tcsh'; name one of bash, zsh, fish." in result.stderr


def test_auth_says_besides_segments_sentence_that_nobody_answers():
    result = run("auth", "--url", "http://127.0.0.1:9/v1", "--api-key", "k")

    assert result.exit_code == 1
    assert result.stdout.startswith("Credentials are invalid:  request to http://127.0.0.1:9/v1")
    assert result.stderr.startswith("No server answers at 127.0.0.1:9. `toplyne-sandbox serve`")


def test_auth_says_besides_segments_sentence_that_the_url_lacks_v1():
    with MockServer() as toplyne:
        wrong = run("auth", "--url", toplyne.url, "--api-key", toplyne.token)
        for_machines = run("auth", "--url", toplyne.url, "--api-key", toplyne.token, "--json")
        right = run("auth", "--url", toplyne.api_url, "--api-key", toplyne.token)

    assert (wrong.exit_code, wrong.stdout) == (1, "Credentials are invalid: 404 Not Found\n")
    assert wrong.stderr == (
        f"The URL of Toplyne's API ends in /v1: {toplyne.api_url} rather than {toplyne.url}.\n"
    )
    assert json.loads(for_machines.stdout)["hint"] == wrong.stderr.strip()
    assert (right.exit_code, right.output) == (0, "Credentials are valid.\n")


@needs_terminals
@pytest.mark.parametrize("columns", [60, 100])
def test_send_marks_a_refused_call_as_failed_and_cuts_no_reason(event, columns):
    with MockServer() as toplyne:
        given = ("--url", toplyne.api_url, "--api-key", "wrong")
        shown = on_a_terminal("send", event, *given, columns=columns, NO_COLOR="1")
        piped = run("send", event, *given).stdout
        assert [entry["status"] for entry in toplyne.entries] == [403, 403]

    for text in (shown, piped):
        plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
        assert "  ✗ Send Events" in plain
        assert "← 403" in plain
        told = " ".join(plain.split())
        assert '`type = "identify"`: type is "track", not "identify".' in told
        assert '"code":"FORBIDDEN"' in told


def test_piped_output_is_not_cut_at_100_columns():
    reason = run("lint", "--list").stdout + run("drift").stdout

    assert "…" not in reason.replace("/v1/track, …", "")


def test_columns_say_where_piped_text_is_folded(event):
    narrow = run("map", event, COLUMNS="60").stdout
    usual = run("map", event).stdout

    assert max(len(line) for line in narrow.splitlines() if line.startswith("      ")) <= 60
    assert max(len(line) for line in usual.splitlines() if line.startswith("      ")) <= 100
    assert '"type is' not in narrow
    assert "".join(narrow.split()) == "".join(usual.split())


def test_a_long_text_is_folded_in_linear_time(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "16")
    started = time.process_time()

    Screen().folded("x" * 1_000_000, indent=6)

    assert time.process_time() - started < 4
    assert len(capsys.readouterr().out.splitlines()) == 100_000


@pytest.mark.parametrize("columns", ["1", "4", "20", "40"])
def test_what_has_no_room_beside_its_name_is_folded_below_it(columns):
    narrow = process("drift", COLUMNS=columns, timeout=60).stdout
    usual = process("drift").stdout

    assert "".join(narrow.split()) == "".join(usual.split())
    assert "\npath-known             assumed\n" in re.sub(" +\n", "\n", narrow)


@needs_terminals
def test_a_narrow_terminal_shows_all_that_is_folded():
    shown = re.sub(r"\x1b\[[0-9;]*m", "", on_a_terminal("drift", columns=30))

    assert "Nothingisatanyotherpath:404." in "".join(shown.split())


def test_force_color_colours_what_is_piped_and_no_color_nothing(event):
    coloured = process("map", event, FORCE_COLOR="1", NO_COLOR=None)
    plain = process("map", event, FORCE_COLOR=None)

    assert "\x1b[1;36mtrack" in coloured.stdout
    assert "\x1b" not in plain.stdout
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured.stdout) == plain.stdout


def other_files(folder):
    """Yield commands that are given a file they do not take, and what is said of it."""
    workspace, har = folder / "workspace.toml", folder / "calls.har"
    events, recording = folder / "events.json", folder / "calls.ndjson"
    run("workspace", "init", workspace)
    har.write_text('{"log": {"entries": []}}', encoding="utf-8")
    events.write_text(json.dumps([TRACK]), encoding="utf-8")
    recording.write_text('{"request": {"method": "GET"}}', encoding="utf-8")
    terraform = folder / "main.tf"
    terraform.write_text('# ours\nresource "segment_destination" "x" {}\n', encoding="utf-8")
    picture = ROOT / "docs/screenshots/live.png"
    yield ("map", workspace), "is a workspace file, not events. `--workspace`, `lint` and"
    yield (
        ("send", har, "--url", "http://127.0.0.1:1/v1", "--api-key", "k"),
        "is a HAR file, not events.",
    )
    yield ("explain", picture), "is a PNG image, not events."
    yield (
        ("map", events, "--workspace", events),
        "is a file of events, not a workspace file or mappings in a form of",
    )
    yield (
        ("lint", events),
        "is a file of events, not a workspace file or mappings in a form of Segment's.",
    )
    yield ("lint", har), "is a HAR file, not a workspace file"
    yield ("drift", workspace), "is a workspace file, not a recording of calls."
    yield ("drift", events), "is a file of events, not a recording of calls."
    yield ("replay", workspace), "is a workspace file, not events or a recording of calls."
    yield (
        ("replay", events, "--against", events),
        "is a file of events, not a workspace file or mappings in a form of",
    )
    yield ("workspace", "check", terraform), "is a Terraform file, not a workspace file."
    yield (
        ("workspace", "import", workspace),
        "is a workspace file, not mappings in a form of Segment's.",
    )
    yield (
        ("serve", "--port", "0", "--workspace", recording),
        "is a recording of calls, not a workspace",
    )
    yield ("recovery", ROOT / "fixtures/openapi.json"), "is an OpenAPI document, not events."


def test_a_file_that_is_not_what_a_command_takes_is_named_for_what_it_is(tmp_path):
    for arguments, said in other_files(tmp_path):
        result = run(*arguments)

        assert (result.exit_code, said in result.stderr) == (2, True), (arguments, result.output)
        assert len(result.stderr.splitlines()) <= 5


def test_a_file_of_many_blanks_and_quotes_is_told_apart_in_linear_time(tmp_path):
    nasty = tmp_path / "nasty.json"
    nasty.write_text(" " * 1000 + "{" + '"' * 3000)
    started = time.process_time()

    for _ in range(20):
        refuse_others(nasty, "events")

    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "name", ["public_api_answer.json", "runtime_form.json", "git_sync.tf", "two_of_one_name.toml"]
)
def test_a_file_of_segments_own_stands_in_for_a_workspace(event, name):
    result = run("map", event, "--workspace", ROOT / "tests/inputs" / name, "--json")

    assert result.exit_code in {0, 1}, result.output
    assert "Send User Profiles" not in [
        json.loads(row)["mapping"] for row in result.stdout.splitlines()
    ]


@needs_terminals
@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["map"], "events"),
        (["replay", "-"], "events"),
        (["drift", "-"], "a recording"),
        (["workspace", "import"], "mappings"),
    ],
    ids=["map", "replay", "drift", "import"],
)
def test_reading_standard_input_of_a_terminal_is_said(arguments, what):
    said = f"Reading {what} from this terminal. Ctrl-D ends them, Ctrl-C stops."

    assert said in on_a_terminal(*arguments, until=said)


@needs_terminals
def test_the_demo_fits_a_screen_and_its_last_line_can_be_pasted():
    lines = on_a_terminal("demo", NO_COLOR="1").rstrip("\n").splitlines()
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]

    assert len(plain) <= 23  # and the prompt below
    assert not [line for line in plain if line.endswith("…")]
    assert re.fullmatch(r"(\S*toplyne-sandbox|python -m toplyne_sandbox) serve", plain[-1])
    assert any("demo --all" in line for line in plain)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "arguments",
    [["map"], ["map", "--json"], ["demo"], ["openapi"], ["--help"], ["serve", "--port", "0"]],
    ids=" ".join,
)
def test_a_full_device_is_a_sentence(event, arguments):
    given = [*arguments, event] if arguments[0] == "map" else arguments
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = process(*given, stdout=full)

    assert (done.returncode, done.stderr) == (
        2,
        "Standard output cannot be written: No space left on device.\n",
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    ("line", "code"),
    [("", 0), ("nothing", 2), ('{"type": "track"}', 1)],
    ids=["readable", "unreadable", "rejected"],
)
def test_a_full_standard_error_changes_neither_the_output_nor_the_exit_code(
    event, tmp_path, line, code
):
    file = tmp_path / "events.ndjson"
    file.write_text(f"{Path(event).read_text(encoding='utf-8').strip()}\n{line}\n")

    usual = process("map", "--json", file)
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = process("map", "--json", file, stderr=full, PYTHONUNBUFFERED=None)
        misused = process("map", "--colour", stderr=full, PYTHONUNBUFFERED=None)

    assert (done.returncode, done.stdout) == (code, usual.stdout)
    assert misused.returncode == 2


@pytest.mark.parametrize("arguments", ["presets", "demo", "map --json"])
def test_a_closed_standard_output_is_a_sentence(event, arguments):
    file = event if arguments.startswith("map") else ""
    line = f"{shlex.join(COMMAND)} {arguments} {file} >&-"

    done = subprocess.run(["sh", "-c", line], capture_output=True, encoding="utf-8", check=False)

    assert (done.returncode, done.stderr) == (
        2,
        "Standard output is closed, so nothing can be printed there.\n",
    )


def test_a_reader_that_goes_away_ends_it_without_a_word():
    line = f"{shlex.join(COMMAND)} demo --all | head -1"

    done = subprocess.run(["sh", "-c", line], capture_output=True, encoding="utf-8", check=False)

    assert (len(done.stdout.splitlines()), done.stderr) == (1, "")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize(
    ("command", "code", "told"),
    [("map", 130, ""), ("replay", 2, "\nEnding with what was read; Ctrl-C again ends at once.\n")],
    ids=["map", "replay"],
)
def test_ctrl_c_ends_a_command_that_waits_for_input_and_is_no_rejection(command, code, told):
    with subprocess.Popen(
        [*COMMAND, command, "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as started:
        started.stdin.write("\n" * 300_000)  # more than a pipe holds, so it is being read
        started.stdin.flush()
        while started.poll() is None:  # one that comes just before a read is noticed after it
            started.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                started.wait(5)
        said = started.stderr.read()

    assert (started.returncode, said) == (code, told)


@pytest.mark.parametrize(
    "arguments",
    [["presets"], ["actions"], ["lint", "--list"], ["drift"]],
    ids=" ".join,
)
def test_wherever_a_table_is_there_is_json(arguments):
    result = run(*arguments, "--json")

    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert lines
    assert all(isinstance(line, dict) for line in lines)


def test_the_order_of_the_commands_is_that_of_their_help():
    assert list(COMMANDS) == cli.list_commands(None)


@pytest.mark.parametrize(
    "arguments",
    [
        *(["map", ""], ["map", "--workspace", ""], ["lint", ""], ["lint", "--events", ""]),
        *(["replay", ""], ["replay", "x", "--out", ""], ["drift", ""], ["serve", "--db", ""]),
        *(["workspace", "check", ""], ["workspace", "import", ""], ["explain", ""]),
    ],
    ids=" ".join,
)
def test_an_empty_path_is_not_the_current_folder(arguments):
    refused = run(*arguments)

    assert refused.exit_code == 2
    assert "it is empty. Expected a path." in refused.stderr


def test_a_lint_that_leaves_no_rule_has_not_found_nothing():
    refused = run("lint", "--select", "TS1", "--ignore", "TS1")

    assert refused.exit_code == 2
    assert "no rule is left to check." in refused.stderr


def test_a_file_in_a_folder_that_does_not_exist_is_told_by_the_folder(tmp_path):
    made = run("workspace", "init", tmp_path / "none" / "w.toml")
    recorded = run("serve", "--port", 0, "--record", tmp_path / "none" / "calls.ndjson")

    assert (made.exit_code, recorded.exit_code) == (2, 2)
    assert f"there is no folder '{tmp_path / 'none'}'." in made.stderr
    assert f"'{tmp_path / 'none' / 'calls.ndjson'}': No such file or directory" in recorded.stderr
