"""The command `check`: reports, saved failures that run, replay, and sentences for bad input."""

import json
import os
import re
import runpy
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from mock_server import MockServer
from sandbox.cli import cli
from tests.check_servers.faulty import (
    KEY,
    Faulty,
    LosesProperties,
    LosesUploads,
    MixesAnswers,
    NumbersAsTexts,
    UnknownKeysTaken,
    Unread,
    serving,
)
from tests.check_servers.few_calls import try_few_calls
from tests.lifeline import Lifeline

MAPPERS = Path(__file__).parent / "check_mappers" / "faulty.py"
FOLDER = Path(".toplyne-sandbox") / "failures"


@pytest.fixture
def project(tmp_path, monkeypatch):
    shutil.copy(MAPPERS, tmp_path / "mappers.py")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def few_calls(monkeypatch):
    try_few_calls(monkeypatch)


def run(*arguments, **environment):
    return CliRunner().invoke(cli, ["check", *arguments], env=environment)


def records(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def only_saved(rule):
    """Drop what else was found: Hypothesis draws from the constants of modules that are loaded."""
    for path in FOLDER.iterdir():
        if path.is_file() and rule not in path.name.replace("_", "-"):
            path.unlink()
    (saved,) = FOLDER.glob("*.json")
    return saved


def run_pytest(**environment):
    (test,) = FOLDER.glob("test_*.py")
    own = ["-p", "no:cacheprovider", "--rootdir", ".", "-q", "-W", "error"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", str(test), *own],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environment},
    )


def ready_test(**environment):
    """Return the function of the ready test, which reads its environment when it is loaded."""
    (test,) = FOLDER.glob("test_*.py")
    with pytest.MonkeyPatch.context() as patched:
        for name, value in environment.items():
            patched.setenv(name, value)
        (function,) = (
            value for name, value in runpy.run_path(str(test)).items() if name.startswith("test_")
        )
    return function


def run_curl(line, url, key, *, answer=0):
    environment = {**os.environ, "TOPLYNE_API_URL": url, "TOPLYNE_API_KEY": key}
    done = subprocess.run(
        line, shell=True, capture_output=True, encoding="utf-8", check=True, env=environment
    )
    return re.findall(r"HTTP/1.1 \d+ ?", done.stdout)[answer]


needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed here")


def test_a_faulty_mapper_is_shown_saved_and_fails_the_command(project):
    result = run("mapper", "--python", "mappers:empty_properties_dropped", "--max-examples", "100")

    assert result.exit_code == 1, result.output
    assert "✗ empty-kept-inside  (source)" in result.stdout
    assert "Empty values inside properties and traits are sent." in result.stdout
    assert "$.events[0].eventProperties: nothing, not {}" in result.stdout
    saved = only_saved("empty-kept-inside")
    assert f"saved as {saved}" in result.stdout
    assert json.loads(saved.read_text())["target"] == {"python": "mappers:empty_properties_dropped"}


def test_the_ready_pytest_fails_on_the_faulty_mapper_and_passes_on_the_right_one(project):
    run("mapper", "--python", "mappers:integer_id", "--max-examples", "200", "--rules", "observed")
    for extra in sorted(FOLDER.glob("*unknown-key*")) + sorted(FOLDER.glob("*unknown_key*")):
        extra.unlink()

    faulty = run_pytest()
    (project / "mappers.py").write_text(
        MAPPERS.read_text().replace("item[key] = event[key]", "pass")
    )
    right = run_pytest()

    assert "1 failed" in faulty.stdout, faulty.stdout
    assert "1 passed" in right.stdout, right.stdout


def test_the_ready_pytest_of_a_command_runs_it(project):
    (project / "silent.py").write_text("for line in open(0): print('[]', flush=True)\n")

    result = run("mapper", "--max-examples", "20", "--json", "--", sys.executable, "silent.py")

    *_, summary = records(result)
    assert summary["broken"] >= 1
    for test in sorted(FOLDER.glob("test_*.py"))[1:]:
        test.unlink()
    assert "1 failed" in run_pytest().stdout


@needs_curl
def test_the_curl_line_shows_what_a_server_says_to_the_wrong_request(project):
    result = run("mapper", "--python", "mappers:wrong_envelope", "--max-examples", "60", "--json")

    record, _ = records(result)
    with MockServer() as toplyne:
        assert " 400 " in run_curl(record["lines"][1], toplyne.api_url, toplyne.token)
        right = record["lines"][1].replace('"profiles"', '"accounts"')
        assert " 202 " in run_curl(right, toplyne.api_url, toplyne.token)
    shown = subprocess.run(
        record["lines"][0], shell=True, capture_output=True, encoding="utf-8", check=True
    )
    assert json.loads(shown.stdout) == record["found"]


def test_replay_drops_what_passes_now_and_keeps_what_does_not(project):
    run("mapper", "--python", "mappers:wrong_envelope", "--max-examples", "60")

    refused = run("--replay")
    still = run("--replay", "--trust")
    (project / "mappers.py").write_text(
        MAPPERS.read_text().replace('{"profiles": request', '{"accounts": request')
    )
    gone = run("--replay", "--trust")
    nothing = run("--replay")

    assert refused.exit_code == 2
    assert "was found in: --python mappers:wrong_envelope" in refused.stderr
    assert (still.exit_code, gone.exit_code, nothing.exit_code) == (1, 0, 2)
    assert "still fails: .toplyne-sandbox" in still.stdout
    assert "1 saved failure tried, 1 left." in still.stderr
    assert "passes now and was deleted." in gone.stderr
    assert "no saved failure to try" in nothing.stderr
    assert list(FOLDER.iterdir()) == []


def test_replay_before_a_check_finds_the_saved_case_at_once(project):
    run("mapper", "--python", "mappers:dropped_null", "--max-examples", "200")
    saved = only_saved("null-kept-inside")

    result = run(
        "mapper", "--python", "mappers:dropped_null", "--replay", "--max-examples", "1", "--json"
    )

    record, _ = records(result)
    assert record["rule"] == "null-kept-inside"
    assert record["case"] == json.loads(saved.read_text())["case"]


def test_the_reference_is_right_and_nothing_is_written(project):
    result = run("mapper", "--python", "mappers:right", "--max-examples", "50")

    assert (result.exit_code, result.stdout) == (0, "328 examples tried; nothing breaks a rule.\n")
    assert not FOLDER.exists()


def test_a_faulty_server_is_shown_with_a_curl_line_and_a_pytest_that_run(project, few_calls):
    with serving(NumbersAsTexts()) as url, MockServer() as right:
        result = run("server", url, "--api-key", KEY, "--max-examples", "10", "--json")
        record, summary = records(result)
        faulty = run_pytest(TOPLYNE_API_KEY=KEY)
        passing = run_pytest(TOPLYNE_API_KEY=right.token, TOPLYNE_API_URL=right.api_url)
        if shutil.which("curl"):
            assert " 202 " in run_curl(record["lines"][0], url, KEY)
            assert " 400 " in run_curl(record["lines"][0], right.api_url, right.token)

    assert result.exit_code == 1
    assert (record["rule"], record["evidence"]["mark"]) == ("field-type", "source")
    assert (summary["broken"], summary["assumed_broken"]) == (1, 0)
    assert "1 failed" in faulty.stdout, faulty.stdout
    assert "1 passed" in passing.stdout, passing.stdout
    assert KEY not in "".join(path.read_text() for path in FOLDER.iterdir() if path.is_file())


@pytest.mark.parametrize(
    ("faulty", "examples"),
    [(Unread, "1"), (MixesAnswers, "1"), (LosesUploads, "1"), (LosesProperties, "100")],
)
def test_what_only_several_calls_show_is_reproduced_with_all_of_them(
    project, few_calls, faulty, examples
):
    with serving(faulty()) as url, MockServer() as right:
        result = run("server", url, "--api-key", KEY, "--max-examples", examples, "--json")
        with pytest.raises(AssertionError):
            ready_test(TOPLYNE_API_KEY=KEY)()
        ready_test(TOPLYNE_API_KEY=right.token, TOPLYNE_API_URL=right.api_url)()
        again = run("--replay", "--api-key", KEY)

    assert len(records(result)) == 2, result.output
    assert "1 saved failure tried, 1 left." in again.stderr


def test_a_check_that_ended_early_shows_what_it_found_and_why_it_ended(project, few_calls):
    class SilentUploads(Faulty):
        def answer(self, call):
            return None if call.path == "/v1/upload/users/profiles" else super().answer(call)

    faulty = SilentUploads()
    faulty.silence = 2
    options = ("--api-key", KEY, "--timeout", "0.2", "--junit", "report.xml", "--allow-assumed")
    with serving(faulty) as url:
        result = run("server", url, *options)

    assert result.exit_code == 1, result.output
    assert "✗ answered  (docs)" in result.stdout
    assert "saved as .toplyne-sandbox" in result.stdout
    assert "The check ended early: http://127.0.0.1:" in result.stdout
    assert 'name="ended"' in Path("report.xml").read_text()


@needs_curl
def test_the_curl_line_sends_the_call_before_on_the_same_connection(project, few_calls):
    with serving(Unread()) as url, MockServer() as right:
        record, _ = records(run("server", url, "--api-key", KEY, "--max-examples", "1", "--json"))
        (line,) = record["lines"]
        assert run_curl(line, right.api_url, right.token, answer=1) == "HTTP/1.1 404 "
        assert run_curl(line, url, KEY, answer=1) != "HTTP/1.1 404 "


def test_junit_has_a_case_for_each_rule_and_a_failure_for_what_is_broken(project, few_calls):
    with MockServer() as toplyne:
        run(
            *("server", toplyne.api_url, "--api-key", toplyne.token, "--rules", "observed"),
            *("--max-examples", "5", "--junit", "report.xml", "--allow-assumed"),
        )

    (suite,) = ET.parse("report.xml").getroot()
    failed = {
        case.get("name").split(":")[0]: case[0] for case in suite.iter("testcase") if len(case)
    }
    kinds = {name: (each.tag, each.get("type")) for name, each in failed.items()}
    assert kinds["time-number"] == ("failure", "recorded")
    assert kinds["text-empty-not-enforced"] == ("skipped", None)
    assert suite.get("failures") == "3"
    assert suite.get("skipped") == "1"
    assert int(suite.get("tests")) > 25
    names = [case.get("name").split(":")[0] for case in suite.iter("testcase")]
    assert "malformed-500" in names
    assert "time-integer" not in names  # under these rules there is no such rule


def test_junit_has_no_case_for_rules_that_the_presets_cannot_show(project):
    run("mapper", "--python", "mappers:right", "--max-examples", "1", "--junit", "report.xml")

    (suite,) = ET.parse("report.xml").getroot()
    names = {case.get("name").split(":")[0] for case in suite.iter("testcase")}
    assert "trigger" in names
    assert not names & {"trigger-last-operator", "mapping-disabled", "directive", "passed-through"}


def test_assumed_rules_alone_do_not_fail_where_that_is_asked_for(project, few_calls):
    with serving(UnknownKeysTaken()) as url:
        arguments = ("server", url, "--api-key", KEY, "--max-examples", "5")
        strict, allowed = run(*arguments), run(*arguments, "--allow-assumed")

    assert (strict.exit_code, allowed.exit_code) == (1, 0)
    assert "Broken rules that are assumed" in allowed.stdout
    assert "broken: 0 known, 1 assumed." in allowed.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("mapper",), "give either a command after --, or --python module:function"),
        (("mapper", "--python", "a:b", "--", "cat"), "give either a command after --"),
        (("mapper", "--", "no-such-command"), "`no-such-command` does not start: No such file"),
        (("mapper", "--", "true"), "printed nothing for an event and ended with exit code 0."),
        (("mapper", "--", "cat"), "is not a list of requests. Expected one line like"),
        (
            ("mapper", "--timeout", "0.2", "--", "sleep", "600"),
            "`sleep 600` did not answer within 0.2 s",
        ),
        (("server", "http://127.0.0.1:9/v1"), "no API key: give --api-key or TOPLYNE_API_KEY"),
        (("server", "http://127.0.0.1:9/v1", "--api-key", "k"), "cannot be reached"),
        (("server", "https://api.toplyne.io/v1", "--api-key", "k"), "is not this machine"),
        (("server", "nonsense", "--api-key", "k"), "must be like http://127.0.0.1:8020/v1"),
    ],
)
def test_bad_input_is_told_in_a_sentence_with_exit_code_2(project, arguments, sentence):
    result = run(*arguments, TOPLYNE_API_KEY="")

    assert result.exit_code == 2, result.output
    assert sentence in result.stderr
    assert "Traceback" not in result.output


def test_a_key_that_is_refused_is_told_in_a_sentence(project):
    with MockServer() as toplyne:
        result = run("server", toplyne.api_url, "--api-key", "tok_of_somebody_else")

    assert result.exit_code == 2
    assert "the API key …else was refused by http://127.0.0.1:" in result.stderr


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (b"", "does not answer with valid HTTP"),
        (b"garbage\r\n\r\n", "does not answer with valid HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>", "invalid JSON"),
        (None, "did not answer within 0.3 s"),
    ],
    ids=["closing", "garbage", "a web page", "silence"],
)
def test_a_server_that_is_none_is_told_in_a_sentence(project, said, sentence):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        kept = []

        def answer():
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                kept.append(connection)
                if said is not None:
                    connection.recv(10_000)
                    connection.sendall(said)
                    connection.close()

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        result = run("server", url, "--api-key", "k", "--timeout", "0.3")
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        for connection in kept:
            connection.close()

    assert result.exit_code == 2
    assert sentence in result.stderr


def test_a_check_that_is_ended_leaves_no_process_behind(project):
    with Lifeline() as lifeline:
        (project / "slow.py").write_text(lifeline.code)
        command = [sys.executable, "-m", "toplyne_sandbox", "check", "mapper", "--timeout", "600"]
        checking = subprocess.Popen(
            [*command, "--", sys.executable, "slow.py"], stderr=subprocess.DEVNULL
        )
        lifeline.begin()

        checking.terminate()

        assert checking.wait(60) == 143
        lifeline.await_end()


def test_a_saved_file_that_is_none_is_complained_of(project):
    FOLDER.mkdir(parents=True)
    (FOLDER / "mapper-broken.json").write_text('{"format": 1')

    result = run("--replay")

    assert "mapper-broken.json is not a saved failure; delete it." in result.stderr
