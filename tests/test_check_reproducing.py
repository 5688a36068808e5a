"""Reproducing: shell lines and tests hold whatever a case holds, and never a key."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.check.cases import Case, reduced_case, simpler_cases
from sandbox.check.failures import Failure
from sandbox.check.http_calls import KEY, HttpCall
from sandbox.check.reproducing import Target, curl_line, mapper_pytest, shell_line
from sandbox.destination import Mapping
from sandbox.segment.definition import Evidence, Rule
from sandbox.toplyne import SEND_EVENTS

RULE = Rule(
    key="a-rule",
    statement='It says """this""" \\ and that.',
    evidence=Evidence("source", "nowhere"),
)
NASTY = {"type": "track", "event": 'it\'s "quoted" \\ $HOME `id` é \ud83d \n', "": None, "n": 1.0}
REQUEST = {"method": "POST", "path": "/upload/events", "json": NASTY}


def failure(case, right):
    return Failure(
        check="mapper", rule=RULE, case=case, sentence="a \x00 sentence", right=[right], found=[]
    )


def test_the_shell_line_of_a_function_names_this_python_as_a_shell_finds_it(monkeypatch):
    function = Target(python="mine:mapper")
    here = Path(sys.executable).parent

    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(sys, "executable", "/my w\u00f6rk/bin/python3")
    assert "| '/my w\u00f6rk/bin/python3' -m" in shell_line(failure({"event": {}}, []), function)

    monkeypatch.setenv("PATH", str(here))
    monkeypatch.setattr(sys, "executable", str(here / "python3"))
    assert "| python -m" in shell_line(failure({"event": {}}, []), function)


def test_the_shell_line_gives_the_command_the_very_event():
    shown = shell_line(failure({"event": NASTY}, []), Target(command=("cat",)))

    done = subprocess.run(shown, shell=True, capture_output=True, encoding="utf-8", check=True)

    assert json.loads(done.stdout) == NASTY


@pytest.mark.parametrize(("right", "outcome"), [([REQUEST], "1 passed"), ([], "1 failed")])
def test_the_test_compares_what_a_command_prints(tmp_path, right, outcome):
    lines = ("import json", f"request = {REQUEST!r}", "request['json'] = json.loads(input())")
    echo = "\n".join((*lines, "print(json.dumps([request]))"))
    (tmp_path / "echo.py").write_text(echo, encoding="utf-8")
    target = Target(command=(sys.executable, str(tmp_path / "echo.py")))
    (tmp_path / "test_it.py").write_text(
        mapper_pytest(failure({"event": NASTY}, right), target), encoding="utf-8"
    )

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", "."],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert outcome in done.stdout, done.stdout


def test_the_curl_line_expands_the_key_and_nothing_else():
    line = curl_line("POST", "/a b", [("X", "'$HOME'")], "{}", authorization=f'Basic "{KEY}" `id`')

    words = shlex.split(line)

    assert 'Authorization: Basic "$TOPLYNE_API_KEY" \\`id\\`' in line.replace('\\"', '"')
    assert words[:5] == ["curl", "-si", "-X", "POST", "$TOPLYNE_API_URL/a b"]
    assert "X: '$HOME'" in words


def test_a_path_with_half_a_character_can_be_written_to_a_file():
    assert curl_line("POST", "/\ud800", [], None, authorization=None).endswith("/?'")


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff\x00", "é".encode(), b"x" * 10_000])
def test_a_call_reads_back_from_its_json(body):
    call = HttpCall("POST", "/upload/events", body, headers=(("A", "b"),), authorization=None)

    assert [*HttpCall.several([json.loads(json.dumps(call.to_json()))])] == [call]


def test_tidying_takes_away_members_nesting_mappings_and_fields():
    mappings = tuple(
        Mapping(name, action="sendEvents", trigger='type = "track"', fields=fields)
        for name, fields in (("A", {}), ("B", {"eventName": "x"}), ("C", {}))
    )
    case = Case({"type": "track", "properties": {"a": [1, {"b": None}], "c": 5}}, mappings)

    small = reduced_case(
        case,
        lambda each: "null" in each.line and any(m.name == "B" for m in each.mappings),
        simpler_cases,
    )

    assert small.event == {"properties": None}
    assert [mapping.name for mapping in small.mappings] == ["B"]
    assert small.mappings[0].fields == SEND_EVENTS.default_fields
