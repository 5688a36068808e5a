"""A stranger's project: what passes passes, what is wrong fails and names the field."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent / "strangers_project"
WRONG = {
    "test_a_time_in_text": r"\$\.events\[0\]\.timestamp is the string \"2026-11-23\"",
    "test_an_event_without_a_name": r"\$\.events\[0\]\.eventName is missing",
    "test_an_account_id_that_is_a_number": r"\$\.accounts\[0\]\.accountId is the number",
    "test_a_token_nobody_knows": r"The token …oken is unknown",
    "test_another_user_than_expected": r"\$\.userId: expected \"u2\", found \"u1\"",
    "test_an_event_that_never_comes": r"waited 0\.2 s for events=1; received .*events=0",
    "test_a_fault_that_is_never_met": r"No call met 1 fault or answer:\n503: met 0 of 1 calls",
    "test_an_answer_that_is_never_met": r"answer 502 at /v1/auth/me: met 0 of 1 calls",
    "test_a_time_in_1970": r"\$\.events\[0\]\.timestamp is 1970-01-19",
    "test_an_event_too_many": r"1 times, received 2: in entries \d+, \d+",
    "test_an_event_that_must_not_come": r"expected no event like .*received in entry \d+",
    "test_an_event_nobody_expects": r"matched by no assertion:\n.*\"userId\":\"u2\"",
    "test_a_client_that_does_not_compress": r"\$\.headers\['content-encoding'\]: expected \"gzip\"",
    "test_a_message_that_segment_drops": r"message 1: event_not_string",
    "test_a_profile_that_never_comes": r"waited 0\.2 s for profiles=1; received .*profiles=0",
}


def run(file, folder, *arguments):
    """Run the project's tests as its owner would, away from our own configuration."""
    for name in ("client.py", file):
        (folder / name).write_text((PROJECT / name).read_text())
    own = ["-p", "no:cacheprovider", "--rootdir", str(folder), "-W", "error"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", file, *own, *arguments],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param((), id="one process"),
        pytest.param(("-n", "2"), id="xdist", marks=pytest.mark.heavy),
    ],
)
def test_the_right_tests_pass(tmp_path, arguments):
    result = run("right_tests.py", tmp_path, *arguments)

    assert "40 passed, 1 xfailed in" in result.stdout, result.stdout


def test_the_fifteen_wrong_tests_fail_once_and_name_the_field(tmp_path):
    result = run("wrong_tests.py", tmp_path)

    assert "15 failed in" in result.stdout, result.stdout
    sections = re.split(r"_{3,} (\w+) _{3,}", result.stdout)
    said = dict(zip(sections[1::2], sections[2::2], strict=True))
    assert set(said) == set(WRONG)
    assert [name for name, text in WRONG.items() if not re.search(text, said[name])] == []
