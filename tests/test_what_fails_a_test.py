"""What fails a test beside its own assertions: once, with what came, in the right phase."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

BEGIN = """
import unittest
import httpx
import pytest
from sandbox import answers

EVENT = {"userId": "u1", "eventName": "Signed Up", "timestamp": 1795450639}


def upload(toplyne, **changes):
    body = {"events": [{**EVENT, **changes}]}
    return toplyne.client.post("/upload/events", json=body)


def track(segment, **changes):
    body = {"userId": "u1", "event": "E", "writeKey": segment.write_key, **changes}
    httpx.post(f"{segment.url}/v1/track", json=body, trust_env=False)

"""
TESTS = """
def test_refused(toplyne):
    upload(toplyne, timestamp="x")

@pytest.mark.toplyne(allow_refused=True)
def test_refused_and_wanted(toplyne):
    upload(toplyne, timestamp="x")

@pytest.mark.xfail(strict=True, reason="known")
def test_refused_and_known(toplyne):
    upload(toplyne, timestamp="x")

def test_refused_and_failed(toplyne):
    upload(toplyne, timestamp="x")
    assert toplyne.events == [EVENT]

def test_refused_and_skipped(toplyne):
    upload(toplyne, timestamp="x")
    pytest.skip("not today")

def test_never_met(toplyne):
    toplyne.fail_next(status=503, times=2)
    toplyne.answer_next(**answers.empty_202, path="/v1/auth/me")
    upload(toplyne)

@pytest.mark.toplyne(unmet="allow")
def test_never_met_and_wanted(toplyne):
    toplyne.fail_next(status=503)

def test_always_need_not_be_met(toplyne):
    toplyne.fail_always(status=503)
    toplyne.bad_day()

def test_suspicious(toplyne):
    upload(toplyne, timestamp=1795450639000)

@pytest.mark.toplyne(suspicious="fail")
def test_suspicious_and_unwanted(toplyne):
    upload(toplyne, timestamp=1612137)

@pytest.mark.toplyne(suspicious="allow")
def test_suspicious_and_wanted(toplyne):
    upload(toplyne, timestamp=1612137)

def test_dropped(segment):
    track(segment, event=5)

@pytest.mark.toplyne(allow_dropped=True)
def test_dropped_and_wanted(segment):
    track(segment, event=5)

def test_segment_never_met(segment):
    segment.toplyne.fail_next(status=503)

@pytest.mark.toplyne(time_scale=0.001)
def test_retried_for_ever(segment):
    segment.toplyne.fail_always(status=503)
    track(segment)

@pytest.mark.toplyne(synchronous=True)
def test_synchronous(segment):
    track(segment)
    assert len(segment.toplyne.events) == 1

@pytest.fixture
def leaves_late(toplyne):
    yield toplyne
    upload(toplyne, timestamp="x")

def test_refused_late(leaves_late):
    upload(leaves_late)

def test_dropped_with_its_call(segment):
    track(segment, writeKey="nope")

@pytest.mark.toplyne(allow_dropped=True)
def test_dropped_with_its_call_and_wanted(segment):
    track(segment, writeKey="nope")

@pytest.fixture
def refused_at_once(toplyne):
    upload(toplyne, timestamp="x").raise_for_status()

def test_refused_in_set_up(refused_at_once): ...

class TestOfUnittest(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def its_toplyne(self, toplyne):
        self.toplyne = toplyne

    def test_refused_in_a_case(self):
        upload(self.toplyne, timestamp="x")

    def test_refused_and_failed_in_a_case(self):
        upload(self.toplyne, timestamp="x")
        self.assertEqual(self.toplyne.events, [EVENT])

    def test_refused_and_skipped_in_a_case(self):
        upload(self.toplyne, timestamp="x")
        self.skipTest("not today")

@pytest.fixture(scope="module")
def of_all_tests(toplyne):
    return toplyne

def test_wider(of_all_tests): ...

kept = []

def test_leaves_its_client(toplyne):
    kept.append(toplyne.client)

def test_another(toplyne):
    kept[0].post("/upload/events", json={"events": [EVENT]})
"""
FAILED = {
    "test_refused",
    "test_refused_and_failed",
    "test_never_met",
    "test_suspicious_and_unwanted",
    "test_dropped",
    "test_dropped_with_its_call",
    "test_segment_never_met",
    "test_retried_for_ever",
    "test_refused_in_a_case",
    "test_refused_and_failed_in_a_case",
}
ERRORS = {"test_refused_late", "test_refused_in_set_up", "test_wider"}


def run(folder, text, *arguments):
    (folder / "test_it.py").write_text(BEGIN + text)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(folder)]
    here = {name: value for name, value in os.environ.items() if name != "CI"}  # it says all twice
    return subprocess.run(
        [*command, *arguments],
        cwd=folder,
        env=here,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    result = run(folder, TESTS, "-rA", "--junit-xml", str(folder / "junit.xml"))
    return result.stdout, ET.parse(folder / "junit.xml").getroot()


def section(output, name):
    """Return what a run says of one test, up to the next one."""
    start = re.search(rf"^_+ (?:ERROR at \w+ of |\w+\.)?{name} _+$", output, re.MULTILINE)
    assert start is not None, output
    return re.split(r"\n(?:_{3,} |={3,} )", output[start.end() :], maxsplit=1)[0]


def test_each_wrong_test_fails_once_and_no_other_does(ran):
    output, junit = ran

    told = re.findall(r"^(FAILED|ERROR) test_it\.py::.*?(test_\w+)", output, re.MULTILINE)

    assert sorted(told) == sorted(
        (word, name) for word, names in (("FAILED", FAILED), ("ERROR", ERRORS)) for name in names
    )
    assert "XFAIL test_it.py::test_refused_and_known" in output
    suite = junit.find("testsuite")
    assert (suite.get("failures"), suite.get("errors")) == (str(len(FAILED)), str(len(ERRORS)))
    failed = {
        case.get("name") for case in junit.iter("testcase") if case.find("failure") is not None
    }
    assert failed == FAILED


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("test_refused", "Toplyne refused 1 call:\nentry 1: 400 POST /v1/upload/events\n  $."),
        ("test_refused", "@pytest.mark.toplyne(allow_refused=True)"),
        ("test_never_met", "No call met 2 faults or answers:\n503: met 1 of 2 calls"),
        ("test_never_met", "answer 202 at /v1/auth/me: met 0 of 1 calls"),
        ("test_suspicious_and_unwanted", "$.events[0].timestamp is 1970-01-19"),
        ("test_dropped", "Segment dropped 1 message:\nmessage 1: event_not_string"),
        ("test_dropped_with_its_call", "Segment dropped 1 message:\nmessage 1: bad_request the"),
        ("test_segment_never_met", "503: met 0 of 1 calls"),
        ("test_retried_for_ever", " attempts, the last one answered 503"),
        ("test_refused_in_a_case", "Toplyne refused 1 call:\nentry "),
        ("test_wider", "For a fixture of a wider scope, use `toplyne_servers.tenant()`"),
        ("test_wider", "You tried to access the function scoped fixture toplyne with a module"),
        ("test_refused_in_set_up", "HTTPStatusError: Client error '400 Bad Request'"),
        ("test_refused_late", "late, after the test's own code had ended: Toplyne refused 1 call"),
    ],
)  # fmt: skip
def test_a_failure_says_why(ran, name, said):
    assert said in section(ran[0], name)


@pytest.mark.parametrize(
    ("name", "phase", "said"),
    [
        ("test_refused_and_failed", "call", "assert [] == [{"),
        ("test_refused_in_set_up", "setup", "HTTPStatusError: Client error '400 Bad Request'"),
        ("test_refused_and_failed_in_a_case", "call", "AssertionError: Lists differ: [] != [{"),
    ],
)
def test_a_test_that_fails_by_itself_has_a_section_with_what_was_refused(ran, name, phase, said):
    assert said in section(ran[0], name)
    captured = re.split(r"\n(?=-+ Captured)", ran[0][ran[0].index(said) :], maxsplit=1)[1]
    assert re.match(
        rf"-+ Captured toplyne: refused {phase} -+\nentry \d+: 400 POST /v1/upload/events\n",
        captured,
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [("test_wider", "ScopeMismatch"), ("test_dropped_with_its_call", "the write key has")],
)
def test_a_reason_is_told_once(ran, name, said):
    assert section(ran[0], name).count(said) == 1


def test_what_is_suspicious_is_a_warning_of_its_test(ran):
    (told,) = re.findall(r"test_it.py::test_suspicious\n(.*?)\n\n", ran[0], re.DOTALL)

    assert "SuspiciousCallWarning: Toplyne accepted a surely wrong call: entry" in told
    assert "$.events[0].timestamp" in told


def test_a_late_call_is_told_in_one_sentence_where_warnings_are_errors(tmp_path):
    start = TESTS.index("kept = []")

    output = run(tmp_path, TESTS[start:], "-W", "error").stdout

    said = section(output, "test_another")
    assert re.fullmatch(
        r"\nentry 1: 202 .+ was late: it .+ test_it.py::test_leaves_its_client", said
    )
    assert "2 passed, 1 error in" in output


def test_a_late_call_of_an_earlier_test_is_said_to_be_one(ran):
    assert re.search(
        r"LateCallWarning: entry \d+: 202 POST /v1/upload/events was late: it has the token of the"
        r" earlier test test_it.py::test_leaves_its_client",
        ran[0],
    )


WRONG = """
@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.toplyne(rule="observed")
def test_name(toplyne, n): ...

@pytest.mark.toplyne(rules="observd", unmet=True, time_scale=0)
def test_value(): ...

@pytest.mark.toplyne("observed")
def test_position(): ...
"""


@pytest.mark.parametrize("arguments", [(), ("-n", "1")], ids=["one process", "xdist"])
def test_wrong_markers_are_told_once_before_any_test_runs(tmp_path, arguments):
    result = run(tmp_path, WRONG, *arguments)

    said = result.stdout + result.stderr
    assert result.returncode != 0
    assert said.count("has no option 'rule'. It takes rules, allow_refused, allow_dropped,") == 1
    assert "test_it.py::test_value: @pytest.mark.toplyne: rules must be 'documented' or" in said
    assert "unmet must be 'fail' or 'allow', not True." in said
    assert "time_scale must be a number above 0, not 0." in said
    assert "test_it.py::test_position: @pytest.mark.toplyne takes its options by name" in said
    assert "passed" not in said


def test_where_warnings_are_errors_what_is_suspicious_fails_its_test(tmp_path):
    text = "def test_odd(toplyne):\n    upload(toplyne, timestamp=5)\n"

    result = run(tmp_path, text, "-W", "error")

    assert "1 failed" in result.stdout
    assert "error::" not in result.stdout
    assert "Traceback" not in result.stdout
    assert "Toplyne accepted a surely wrong call: entry 1" in result.stdout


EMPTIED = """
import os
from unittest.mock import patch

@pytest.fixture
def without_stripe():
    with patch.dict("sys.modules", stripe=None):  # it takes out what is imported meanwhile
        yield

def test_first(without_stripe, toplyne, request):
    upload(toplyne)
    httpx.get(f"{toplyne.url}/_sandbox/entries", trust_env=False).raise_for_status()
    track(request.getfixturevalue("segment"))

def test_refused(toplyne):
    upload(toplyne, timestamp="x")
    httpx.get(f"{toplyne.url}/_sandbox/entries", trust_env=False).raise_for_status()

def test_delivered(segment):
    track(segment)
    segment.flush()
    segment.toplyne.assert_received(event={"eventName": "E"})

def test_judged_all_the_same(request):
    with patch.dict("sys.modules"):
        toplyne = request.getfixturevalue("toplyne")
    upload(toplyne, timestamp="x")

def test_forked(toplyne_servers):
    child = os.fork()
    if not child:
        with toplyne_servers.tenant() as toplyne:
            os._exit(upload(toplyne).status_code != 202)
    assert os.waitpid(child, 0)[1] == 0
"""


def test_modules_taken_out_and_a_forked_process_leave_the_mock_as_it_is(tmp_path):
    result = run(tmp_path, EMPTIED, "-rA")

    lines = [line.partition(" test_it.py::")[2] for line in result.stdout.splitlines()]
    told = dict(line.partition(" - Failed: ")[::2] for line in lines if line)
    refused = "Toplyne refused 1 call:"
    assert told == {
        "test_first": "",
        "test_refused": refused,
        "test_delivered": "",
        "test_judged_all_the_same": refused,
        "test_forked": "",
    }
