"""Commands under test: one clear sentence for each way to be none, and no process left behind."""

import errno
import os
import signal
import sys
import textwrap
import time

import pytest

from sandbox.check import CheckError, check_mapper
from sandbox.check.cases import Case
from sandbox.check.commands import CommandMapper, LineProcess, python_mapper
from tests.lifeline import Lifeline

EVENT = {"type": "track", "event": "Signed Up", "timestamp": "2021-02-01T00:00:00Z"}
RIGHT = {
    "method": "POST",
    "path": "/upload/events",
    "json": {"events": [{"eventName": "Signed Up", "timestamp": 1612137600}]},
}
REFERENCE = """
    import json, sys
    from sandbox import PRESETS, Mapped, map_event
    for line in sys.stdin:
        outcomes = map_event(json.loads(line), PRESETS, "observed")
        requests = [each.request for each in outcomes if isinstance(each, Mapped)]
        told = [{"method": r.method, "path": r.path, "json": r.json} for r in requests]
        print(json.dumps(told), flush=True)
"""


def program(text):
    return (sys.executable, "-c", textwrap.dedent(text))


def asked(command, *events, timeout=10.0):
    with CommandMapper(command, timeout=timeout) as mapper:
        return [mapper.answer(Case(event)).requests for event in events or (EVENT,)]


def test_a_command_is_asked_line_by_line():
    assert asked(program(REFERENCE), EVENT, {"type": "page"}, EVENT) == [(RIGHT,), (), (RIGHT,)]


def test_the_reference_as_a_command_shows_nothing():
    with CommandMapper(program(REFERENCE), timeout=10) as mapper:
        report = check_mapper(mapper, rules="observed", max_examples=100)

    assert report.failures == ()
    assert mapper.restarts == 0


def test_a_failure_that_needs_earlier_events_is_told_to_be_answered_rightly_too():
    forgets_repeated_ids = REFERENCE.replace(
        "    for line in sys.stdin:",
        """    seen = set()
    for line in sys.stdin:
        key = json.loads(line).get("messageId") if line.startswith("{") else None
        if key and (str(key) in seen or seen.add(str(key))):
            print("[]", flush=True)
            continue""",
    )
    with CommandMapper(program(forgets_repeated_ids), timeout=10) as mapper:
        report = check_mapper(mapper, rules="observed", max_examples=600)

    assert {failure.unstable for failure in report.failures} == {True}


def test_a_command_that_takes_one_line_and_ends_is_started_anew_each_time():
    once = program("import sys; sys.stdin.readline(); print('[]')")

    assert asked(once, EVENT, EVENT, EVENT) == [(), (), ()]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"printed nothing for an event and ended with exit code 0\. It did so twice"),
        ("import sys; sys.exit('no luck')", r"ended with exit code 1\. Its last line: no luck"),
        (
            "import sys; sys.stdin.readline(); sys.stdout.write('[{\"method\"')",
            r"printed an incomplete line, \[\{\"method\", and ended with exit code 0\.",
        ),
        (
            "import os, sys; sys.stdin.readline(); os.kill(os.getpid(), 9)",
            r"ended by signal 9\. It did so twice with \{\"type\": \"track\"",
        ),
        (
            "input(); print('hello', flush=True); input()",
            r"printed hello for an event: not JSON: unexpected \"hello\" at line 1, column 1\.",
        ),
        (
            "input(); print('{}', flush=True); input()",
            r"printed \{\} for an event: an empty object is not a list of requests\. Expected",
        ),
        (
            'input(); print(\'[{"path": "/"}]\', flush=True); input()',
            r"for an event: item 0 has no method and no json\. Expected one line like",
        ),
    ],
    ids=["nothing", "last words", "half a line", "killed", "no JSON", "no list", "no request"],
)
def test_what_is_no_answer_is_told_in_a_sentence(text, sentence):
    with pytest.raises(CheckError, match=sentence):
        asked(program(text))


def test_a_command_that_does_not_start_is_told_in_a_sentence(tmp_path):
    with pytest.raises(CheckError, match=r"`no-such-command` does not start: No such file"):
        asked(("no-such-command",))
    with pytest.raises(CheckError, match=r"does not start: Permission denied"):
        asked((str(tmp_path),))


def test_a_missing_command_is_told_so_where_a_folder_of_path_may_not_be_read(monkeypatch):
    def refuse(command):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("sandbox.check.commands.LineProcess", refuse)

    with pytest.raises(CheckError, match=r"`no-such-command` does not start: No such file"):
        asked(("no-such-command",))


def test_a_command_that_never_answers_is_given_up():
    started = time.monotonic()

    with pytest.raises(CheckError, match=r"within 0\.3 s\. .* It was given \{"):
        asked(program("import time; time.sleep(600)"), timeout=0.3)

    assert time.monotonic() - started < 10


def test_a_line_that_is_too_long_is_told_so():
    endless = program("print('[' + ' ' * 2**24 + ']', flush=True); input()")

    with pytest.raises(
        CheckError, match="a line of more than 16,777,216 bytes, which is the limit"
    ):
        asked(endless)


def test_a_command_that_prints_two_lines_for_one_is_told_so():
    twice = program("import sys\nfor line in sys.stdin: print('[]\\n[]', flush=True)")

    with pytest.raises(CheckError, match=r"printed \[\] besides its answer; it must print one"):
        asked(twice, *[EVENT] * 50)


def test_no_process_is_left_behind_not_even_a_child_that_ignores_everything():
    with Lifeline() as lifeline:
        stubborn = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {lifeline.code}"
        parent = f"""
            import subprocess, sys
            child = subprocess.Popen([sys.executable, "-c", {stubborn!r}])
            input()
            print("[]", flush=True)
            input()
        """

        with CommandMapper(program(parent), timeout=10) as mapper:
            mapper.answer(Case(EVENT))
            lifeline.begin()

        lifeline.await_end()


class Ended(Exception):
    """What the handler of a signal raises."""


def test_a_signal_that_comes_while_the_process_starts_leaves_none_behind(monkeypatch):
    started = []

    def start(command):
        started.append(LineProcess(command))
        signal.raise_signal(signal.SIGTERM)
        return started[0]

    def end(_number, _frame):
        raise Ended

    monkeypatch.setattr("sandbox.check.commands.LineProcess", start)
    before = signal.signal(signal.SIGTERM, end)
    try:
        with (
            pytest.raises(Ended),
            CommandMapper(program("import time; time.sleep(600)"), timeout=10) as mapper,
        ):
            mapper.answer(Case(EVENT))
    finally:
        signal.signal(signal.SIGTERM, before)

    assert started[0].has_ended


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nothing", r"'nothing' is not a function's name\. Expected module:function\."),
        ("no_such_module:f", r"the module no_such_module cannot be imported: ModuleNotFoundError"),
        ("json:nothing", r"json has no nothing\."),
        ("json:__name__", r"json:__name__ is str, not a function\."),
    ],
)
def test_what_is_no_function_is_told_in_a_sentence(name, sentence):
    with pytest.raises(CheckError, match=sentence), python_mapper(name, timeout=10) as mapper:
        mapper.answer(Case(EVENT))


@pytest.mark.parametrize("line", ["sys.stdin.close()", "os.close(0)", "sys.stdin.readline()"])
def test_a_function_may_read_and_close_standard_input(tmp_path, monkeypatch, line):
    (tmp_path / "reading.py").write_text(
        f"import os, sys\ndef requests(event):\n    {line}\n    return []\n"
    )
    monkeypatch.chdir(tmp_path)

    with python_mapper("reading:requests", timeout=10) as mapper:
        assert mapper.answer(Case(EVENT)).requests == ()
        if line != "os.close(0)":
            assert mapper.answer(Case(EVENT)).requests == ()
            assert mapper.restarts == 0


def test_a_function_may_print_and_raise(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(
        "def loud(event):\n    print('hello')\n    yield from []\n\n"
        "def raising(event):\n    raise KeyError('userId')\n"
    )
    monkeypatch.chdir(tmp_path)

    with python_mapper("mine:loud", timeout=10) as mapper:
        assert mapper.answer(Case(EVENT)).requests == ()
    with python_mapper("mine:raising", timeout=10) as mapper:
        assert mapper.answer(Case(EVENT)).raised == "KeyError: 'userId'"
