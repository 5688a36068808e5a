"""Checking servers: seeded faults are found, the mock shows nothing under both rule sets."""

import pytest

from mock_server import MockServer
from mock_server.reference import MockReference
from sandbox.check import CheckError
from sandbox.check.catalogue import catalogue, upload_of
from sandbox.check.http_calls import Calls
from sandbox.check.server import ServerSubject
from sandbox.check.server_under_test import ServerUnderTest
from sandbox.check.trial import Effort
from sandbox.toplyne import TOPLYNE
from tests.check_servers.faulty import (
    FAULTY,
    KEY,
    AccountEventsLost,
    Asked,
    EventsMakeProfiles,
    Faulty,
    ListsTurnedRound,
    LosesProperties,
    LosesUploads,
    MixesAnswers,
    NotAsciiLost,
    NumbersRounded,
    StoresNothing,
    Unread,
    serving,
)
from tests.check_servers.few_calls import try_few_calls


@pytest.fixture
def few_calls(monkeypatch):
    try_few_calls(monkeypatch)


def check(url, key, *, rules="documented", timeout=10, first=(), **more):
    with MockReference(rules) as reference, ServerUnderTest(url, key, timeout=timeout) as server:
        server.check_connection()
        return ServerSubject(server, reference, "test").report(Effort(**more), first)


OF_STATE = {
    EventsMakeProfiles: 40,
    LosesProperties: 40,
    StoresNothing: 40,
    NotAsciiLost: 400,
    NumbersRounded: 400,
    AccountEventsLost: 400,
    ListsTurnedRound: 400,
}
"""Servers whose state shows their fault, with the examples it takes to find it."""


@pytest.mark.laws
@pytest.mark.parametrize("faulty", FAULTY, ids=lambda server: server.__name__)
def test_a_faulty_server_is_found(faulty):
    with Asked(faulty()) as asked, MockReference("documented") as reference:
        effort = Effort(max_examples=OF_STATE.get(faulty, 2))
        report = ServerSubject(asked, reference, "test").report(effort)

    keys = [failure.rule.key for failure in report.failures]
    assert FAULTY[faulty] in keys
    assert len(keys) <= 3, keys


@pytest.mark.parametrize("name", ["OwnErrorCodes", "OwnErrorMessages"])
def test_the_code_and_the_message_of_a_refusal_are_both_looked_at(few_calls, name):
    faulty = next(server for server in FAULTY if server.__name__ == name)
    with Asked(faulty()) as asked, MockReference("documented") as reference:
        report = ServerSubject(asked, reference, "test").report(Effort(max_examples=2))

    assert "error-words" in [failure.rule.key for failure in report.failures]


@pytest.mark.parametrize("rules", ["documented", "observed"])
def test_the_mock_shows_nothing(rules):
    with MockServer(rules=rules) as toplyne:
        report = check(toplyne.api_url, toplyne.token, rules=rules, max_examples=60)

    assert report.failures == ()
    assert report.examples >= 300


def test_an_assumed_rule_that_is_broken_is_told_apart(few_calls):
    with serving(next(s for s in FAULTY if s.__name__ == "UnknownKeysTaken")()) as url:
        report = check(url, KEY, max_examples=20)

    assert [failure.rule.key for failure in report.assumed] == ["unknown-key"]
    assert report.known == ()


def test_a_documented_server_breaks_what_was_observed():
    with MockServer() as toplyne:
        report = check(toplyne.api_url, toplyne.token, rules="observed", max_examples=5)

    marks = {failure.rule.key: failure.rule.evidence.mark for failure in report.failures}
    assert marks == {
        "text-empty-not-enforced": "assumed",
        "id-required-not-enforced": "source",
        "time-number": "recorded",
        "malformed-500": "recorded",
    }


def test_the_catalogue_touches_every_rule_of_the_api_that_a_call_can_touch():
    touched = set()
    for rules in ("documented", "observed"):
        with MockReference(rules) as reference:
            for call in catalogue():
                right = reference.expect(call)
                touched |= {broken["rule"] for broken in right.broken} | {call.shows}

    refusing = {
        "path-known", "method-allowed", "token-missing", "token-unknown", "content-type",
        "content-encoding", "body-size", "body-gzip", "body-json", "body-structure",
        "malformed-500", "list-size", "all-or-nothing", "unknown-key", "field-required",
        "id-required", "field-type", "text-empty", "time-integer", "time-range",
    }  # fmt: skip
    assert refusing - touched == set()
    assert refusing <= {rule.key for rule in TOPLYNE.rules}


class Silent(Faulty):
    """Never answers one path."""

    def answer(self, call):
        return None if call.path == "/v1/nothing" else super().answer(call)


class Endless(Faulty):
    """Answers one path with two megabytes."""

    def answer(self, call):
        answer = super().answer(call)
        return answer._replace(body=b" " * 2**21) if call.path == "/v1/nothing" else answer


def test_a_body_that_is_left_unread_is_one_failure_that_names_the_call_before(few_calls):
    with serving(Unread()) as url:
        (failure,) = check(url, KEY, max_examples=1).failures

    assert failure.rule.key == "answered-alike"
    assert failure.sentence.endswith("The call before it: POST /upload/nothing with {}")
    assert not failure.unstable


TOO_LARGE = (
    "sends more than this check reads "
    "(the answer has more than 1,048,576 bytes, which is the limit)"
)


@pytest.mark.parametrize(
    ("server", "silence", "why"),
    [
        (
            Silent,
            0,
            "does not answer with valid HTTP (Server disconnected without sending a response.)",
        ),
        (Silent, 2, "did not answer within 1 s (timed out)"),
        (Endless, 0, TOO_LARGE),
    ],
    ids=["closed", "silent", "endless"],
)
def test_a_call_that_alone_gets_no_answer_is_a_failure_and_the_check_goes_on(
    few_calls, server, silence, why
):
    faulty = server()
    faulty.silence = silence
    with serving(faulty) as url:
        (failure,) = check(url, KEY, max_examples=1, timeout=1).failures

    assert failure.rule.key == "answered"
    assert failure.sentence == f"GET /nothing was not answered: the server {why}. Expected 404."


def test_a_server_that_often_stays_silent_ends_the_check_with_what_was_found(few_calls):
    class SilentUploads(Faulty):
        def answer(self, call):
            return None if call.path == "/v1/upload/users/profiles" else super().answer(call)

    faulty = SilentUploads()
    faulty.silence = 2
    with serving(faulty) as url:
        report = check(url, KEY, max_examples=1, timeout=0.2)

    (failure,) = report.failures
    assert failure.rule.key == "answered"
    assert failure.case["calls"][0]["path"] == "/upload/users/profiles"
    assert not failure.unstable
    assert "did not answer within 0.2 s after" in report.ended


def test_what_was_found_is_kept_if_the_server_answers_nothing_any_more(few_calls):
    class DiesLate(Faulty):
        def answer(self, call):
            self.count += 1
            answer = super().answer(call)
            if self.count > 60:
                return None
            return answer._replace(status=200) if answer.status == 202 else answer

    with serving(DiesLate()) as url:
        report = check(url, KEY, max_examples=1)

    assert [failure.rule.key for failure in report.failures] == ["accepted-answer"]
    assert "after 60 answers" in report.ended


def test_an_answer_that_belongs_to_another_call_is_found_where_calls_come_together(few_calls):
    with serving(MixesAnswers()) as url:
        (failure,) = check(url, KEY, max_examples=1).failures

    assert failure.rule.key == "answered-alike"
    assert failure.case["way"] == "together"
    assert failure.sentence.startswith("Of 16 calls that were sent at once, one was answered with")
    assert failure.sentence.endswith("On a new connection its answer is right.")


def test_an_upload_that_is_lost_where_calls_come_together_is_found(few_calls):
    with serving(LosesUploads()) as url:
        (failure,) = check(url, KEY, max_examples=1).failures

    assert failure.rule.key == "stored"
    assert failure.case["way"] == "together"


def test_a_server_that_answers_nothing_any_more_ends_the_check():
    class Dead(Faulty):
        def answer(self, call):
            self.count += 1
            return None if self.count > 9 else super().answer(call)

    with serving(Dead()) as url, pytest.raises(CheckError, match="after 9 answers"):
        check(url, KEY, max_examples=1)


def test_the_smallest_case_is_shown(few_calls):
    item = {"userId": 5, "creationTime": 1612137600, "userProperties": {"seats": [1, 2]}}
    large = Calls((upload_of(TOPLYNE.uploads[0], item),))
    with serving(next(s for s in FAULTY if s.__name__ == "NumbersAsTexts")()) as url:
        (failure,) = check(url, KEY, first=[large], max_examples=1).failures

    assert failure.sentence == (
        'POST /upload/users/profiles with {"profiles":[{"userId":5,"creationTime":1612137600}]}'
        " was answered 202. Expected 400: $.profiles[0].userId is the number 5."
        " Expected a non-empty string."
    )
