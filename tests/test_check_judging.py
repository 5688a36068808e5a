"""Judging: which rule an answer or a state breaks, one changed part at a time."""

from dataclasses import replace

import pytest

from mock_server.reference import MockReference
from sandbox.check.catalogue import upload_of
from sandbox.check.http_calls import HttpCall
from sandbox.check.judging import broken_rules, compare_states
from sandbox.toplyne import TOPLYNE

PROFILE = {"userId": "u", "creationTime": 1612137600}
NUMBERED = {**PROFILE, "userId": 5}
PROFILES = TOPLYNE.uploads[0]
RIGHT, WRONG = upload_of(PROFILES, PROFILE), upload_of(PROFILES, NUMBERED)
MIXED = upload_of(PROFILES, PROFILE, NUMBERED)
AUTH, NOWHERE = HttpCall("GET", TOPLYNE.auth_path, headers=()), HttpCall("GET", "/no", headers=())


@pytest.fixture(scope="module")
def reference():
    with MockReference("documented") as started:
        yield started


@pytest.mark.parametrize(
    ("call", "changed", "rules"),
    [
        (RIGHT, {}, []),
        (RIGHT, {"status": 0}, ["answered"]),
        (RIGHT, {"status": 429}, ["no-rate-limit"]),
        (RIGHT, {"status": 200}, ["accepted-answer"]),
        (RIGHT, {"status": 302}, ["accepted-answer"]),
        (RIGHT, {"status": 400, "body": b"no"}, ["accepted-answer"]),
        (RIGHT, {"body": b"{}"}, ["accepted-answer"]),
        (RIGHT, {"headers": ()}, ["answer-headers"]),
        (AUTH, {"body": b'{"status":"SUCCESS","data":"any name"}'}, []),
        (AUTH, {"body": b'{"status":"SUCCESS","data":5}'}, ["auth-answer"]),
        (AUTH, {"body": b'{"status":"SUCCESS","data":"a","more":1}'}, ["auth-answer"]),
        (WRONG, {}, []),
        (WRONG, {"status": 202}, ["field-type"]),
        (MIXED, {"status": 202}, ["all-or-nothing"]),
        (WRONG, {"status": 500}, ["answer-400", "error-words"]),
        (WRONG, {"body": b'{"error":"no"}'}, ["error-body"]),
        (WRONG, {"body": b'{"status":"ERROR","error":{"code":"BAD_REQUEST"}}'}, ["error-body"]),
        (NOWHERE, {"status": 400}, ["path-known", "error-words"]),
        (NOWHERE, {"body": b""}, ["error-body"]),
        (replace(NOWHERE, method="HEAD"), {"body": b""}, []),
    ],
)
def test_each_part_of_an_answer_is_judged_by_its_own_rule(reference, call, changed, rules):
    reference.forget()
    right = reference.expect(call)

    broken = broken_rules(call, right, replace(right.answer, **changed))

    assert [each.rule.key for each in broken] == rules


@pytest.mark.parametrize(
    ("kind", "found", "rules", "rules_beside"),
    [
        ("profiles", [PROFILE], [], []),
        ("profiles", [], ["profile-identity"], ["stored"]),
        ("profiles", [{**PROFILE, "creationTime": 1}], ["creation-time-user"], ["stored"]),
        ("profiles", [{**PROFILE, "userProperties": {}}], ["merge-properties"], ["stored"]),
        ("accounts", [{**PROFILE, "creationTime": 1}], ["creation-time-account"], ["stored"]),
        ("accounts", [{**PROFILE, "profiles": []}], ["users-not-joined"], ["stored"]),
        ("events", [], ["stored"], ["stored"]),
    ],
)
def test_each_part_of_a_state_is_judged_by_its_own_rule(kind, found, rules, rules_beside):
    right = {"profiles": [], "accounts": [], "events": [], kind: [PROFILE]}

    for in_order, expected in ((True, rules), (False, rules_beside)):
        broken = compare_states(right, {**right, kind: found}, in_order=in_order)
        assert [each.rule.key for each in broken] == expected


def test_only_where_calls_come_one_after_another_their_order_is_judged():
    other = {**PROFILE, "userId": "v"}
    right = {"profiles": [], "accounts": [], "events": [PROFILE, other]}
    turned = {**right, "events": [other, PROFILE]}

    assert {each.rule.key for each in compare_states(right, turned)} == {"stored"}
    assert [*compare_states(right, turned, in_order=False)] == []


def test_a_profile_that_nobody_sent_comes_of_an_event():
    right = {"profiles": [], "accounts": [], "events": []}

    (broken,) = compare_states(right, {**right, "profiles": [PROFILE]})

    assert broken.rule.key == "event-no-profile"
