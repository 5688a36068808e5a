"""State: what Toplyne would know, by the merge rules, one test a rule."""

import gzip
import json

import pytest

from mock_server.assertions import Assertions
from mock_server.exchange import received
from mock_server.mock import Mock
from mock_server.store.database import Limits, Span
from mock_server.store.merging import merge
from sandbox.toplyne import TOPLYNE

TOKEN = "tok_state_test"


class Sender:
    def __init__(self, **choices):
        self.mock = Mock(tokens={"default": TOKEN, "other": "tok_other_state"}, **choices)
        self.view = Assertions.of(self.mock)

    def send(self, path, items, key, token=TOKEN):
        headers = [("Authorization", f"Bearer {token}"), ("Content-Type", "application/json")]
        body = json.dumps({key: items}).encode()
        answer = self.mock.answer(received("POST", f"/v1/upload/{path}", headers, body))
        assert answer.status == 202, answer.body
        return answer.entry

    def profiles(self, *items, **kw):
        return self.send("users/profiles", items, "profiles", **kw)

    def accounts(self, *items, **kw):
        return self.send("accounts/profiles", items, "accounts", **kw)

    def events(self, *items, **kw):
        return self.send("events", items, "events", **kw)

    def account_events(self, *items, **kw):
        return self.send("accounts/events", items, "events", **kw)


@pytest.fixture
def toplyne():
    return Sender()


@pytest.fixture
def observed():
    return Sender(rules="observed")


def event(name="E", timestamp=100, **ids):
    return {**ids, "eventName": name, "timestamp": timestamp}


def test_every_merge_rule_carries_its_evidence():
    marks = {
        "profile-identity": "assumed",
        "users-not-joined": "assumed",
        "merge-properties": "assumed",
        "creation-time-user": "docs",
        "creation-time-account": "docs",
        "event-no-profile": "assumed",
    }

    assert {key: TOPLYNE.rule(key).evidence.mark for key in marks} == marks


def test_properties_merge_key_by_key_and_the_later_call_wins(toplyne):
    toplyne.profiles({"userId": "u", "creationTime": 5, "userProperties": {"a": 1, "b": {"x": 1}}})
    toplyne.profiles({"userId": "u", "creationTime": 6, "userProperties": {"b": {"y": 2}, "c": 3}})

    assert toplyne.view.profiles == [
        {"userId": "u", "creationTime": 5, "userProperties": {"a": 1, "b": {"y": 2}, "c": 3}}
    ]


def test_a_property_set_to_null_is_null(toplyne):
    toplyne.accounts({"accountId": "a", "creationTime": 5, "accountProperties": {"plan": "pro"}})
    toplyne.accounts({"accountId": "a", "creationTime": 6, "accountProperties": {"plan": None}})

    assert toplyne.view.accounts[0]["accountProperties"] == {"plan": None}


def test_a_call_without_properties_leaves_them(toplyne):
    toplyne.profiles({"userId": "u", "creationTime": 5, "userProperties": {"a": 1}})
    toplyne.profiles({"userId": "u", "creationTime": 5})

    assert toplyne.view.profiles[0]["userProperties"] == {"a": 1}


def test_an_event_makes_no_profile(toplyne):
    toplyne.events(event(userId="u", accountId="a"))

    assert (toplyne.view.profiles, toplyne.view.accounts) == ([], [])


def test_an_event_moves_the_creation_time_of_a_profile_back_whichever_came_first(toplyne):
    toplyne.events(event(timestamp=50, userId="u"))
    toplyne.profiles({"userId": "u", "creationTime": 100}, {"userId": "v", "creationTime": 100})
    toplyne.events(event(timestamp=70, userId="v"), event(timestamp=170, userId="v"))

    assert [(p["userId"], p["creationTime"]) for p in toplyne.view.profiles] == [
        ("u", 50),
        ("v", 70),
    ]


def test_an_event_moves_the_creation_time_of_an_account(toplyne):
    toplyne.accounts({"accountId": "a", "creationTime": 100})
    toplyne.events(event(timestamp=60, userId="u", accountId="a"))
    toplyne.account_events({"accountId": "a", "eventName": "E", "timestamp": 40})

    assert toplyne.view.accounts == [{"accountId": "a", "creationTime": 40}]


def test_a_later_time_never_moves_a_creation_time(toplyne):
    for time in (100, 50, 200):
        toplyne.profiles({"userId": "u", "creationTime": time})

    assert toplyne.view.profiles[0]["creationTime"] == 50


def test_a_negative_time_is_a_time(toplyne):
    toplyne.profiles({"userId": "u", "creationTime": 0}, {"userId": "u", "creationTime": -86400})

    assert toplyne.view.profiles[0]["creationTime"] == -86400


def test_a_user_is_known_by_user_id_else_by_anonymous_id_and_the_two_are_not_joined(toplyne):
    toplyne.profiles({"anonymousId": "x", "creationTime": 1, "userProperties": {"a": 1}})
    toplyne.profiles({"userId": "u", "anonymousId": "x", "creationTime": 2})
    toplyne.events(event(timestamp=0, userId="u", anonymousId="x"))

    assert toplyne.view.profiles == [
        {"anonymousId": "x", "creationTime": 1, "userProperties": {"a": 1}},
        {"userId": "u", "anonymousId": "x", "creationTime": 0},
    ]


def test_a_user_id_and_an_anonymous_id_of_the_same_text_are_two_users(toplyne):
    toplyne.profiles({"userId": "x", "creationTime": 1}, {"anonymousId": "x", "creationTime": 2})

    assert len(toplyne.view.profiles) == 2


def test_the_later_anonymous_id_of_a_user_wins(toplyne):
    toplyne.profiles({"userId": "u", "anonymousId": "x", "creationTime": 1})
    toplyne.profiles({"userId": "u", "anonymousId": "y", "creationTime": 1})

    assert toplyne.view.profiles == [{"userId": "u", "anonymousId": "y", "creationTime": 1}]


def test_events_stand_in_the_order_they_came_with_the_keys_of_the_upload(toplyne):
    toplyne.events(event("A", 300, userId="u"), event("B", 100, anonymousId="x"))
    toplyne.account_events({"accountId": "a", "eventName": "C", "timestamp": 200})
    toplyne.profiles({"userId": "u", "creationTime": 1})
    toplyne.events({**event("D", 1, userId="u"), "eventProperties": {"n": None}})

    assert toplyne.view.events == [
        {"userId": "u", "eventName": "A", "timestamp": 300},
        {"anonymousId": "x", "eventName": "B", "timestamp": 100},
        {"accountId": "a", "eventName": "C", "timestamp": 200},
        {"userId": "u", "eventName": "D", "timestamp": 1, "eventProperties": {"n": None}},
    ]


@pytest.mark.parametrize("number", ["1.0", "1e9", "1000000000.0", "-3.0", "0.0"])
def test_a_whole_time_is_kept_as_int(toplyne, number):
    headers = [("Authorization", f"Bearer {TOKEN}"), ("Content-Type", "application/json")]
    body = f'{{"events":[{{"userId":"u","eventName":"E","timestamp":{number}}}]}}'.encode()

    assert toplyne.mock.answer(received("POST", "/v1/upload/events", headers, body)).status == 202

    (found,) = toplyne.view.events
    assert found["timestamp"] == float(number)
    assert type(found["timestamp"]) is int


def test_observed_times_stay_as_they_are(observed):
    observed.events(event(timestamp=1670242516.143688, userId="u"), event(timestamp=None))
    observed.profiles({"userId": "u", "creationTime": None})

    assert [e["timestamp"] for e in observed.view.events] == [1670242516.143688, None]
    assert observed.view.profiles == [{"userId": "u", "creationTime": 1670242516.143688}]


def test_observed_profiles_that_name_nobody_are_never_merged(observed):
    observed.profiles({"creationTime": 1}, {"creationTime": 1})
    observed.profiles({"userId": "", "creationTime": None, "dynamicAuthSettings": {"a": 1}})

    assert observed.view.profiles == [
        {"creationTime": 1},
        {"creationTime": 1},
        {"userId": "", "creationTime": None},
    ]


def test_a_refused_request_changes_nothing(toplyne):
    headers = [("Authorization", f"Bearer {TOKEN}"), ("Content-Type", "application/json")]
    body = json.dumps({"events": [event(userId="u"), {"eventName": "no id", "timestamp": 1}]})

    answer = toplyne.mock.answer(received("POST", "/v1/upload/events", headers, body.encode()))

    assert answer.status == 400
    assert toplyne.view.events == []
    assert toplyne.view.counts() == {"entries": 1, "events": 0, "profiles": 0, "accounts": 0}


def test_tenants_never_meet(toplyne):
    toplyne.profiles({"userId": "u", "creationTime": 100, "userProperties": {"a": 1}})
    toplyne.profiles({"userId": "u", "creationTime": 50}, token="tok_other_state")
    toplyne.events(event(timestamp=1, userId="u"), token="tok_other_state")

    assert toplyne.view.profiles == [
        {"userId": "u", "creationTime": 100, "userProperties": {"a": 1}}
    ]
    assert Assertions.of(toplyne.mock, "other").profiles == [{"userId": "u", "creationTime": 1}]


def test_state_outlives_the_entries_it_came_from():
    toplyne = Sender(limits=Limits(entries=5, events=3))
    toplyne.profiles({"userId": "u", "creationTime": 100, "userProperties": {"a": 1}})
    toplyne.events(event("first", 7, userId="u"))

    for number in range(20):
        toplyne.events(event(f"E{number}", 500, userId="u"))

    assert toplyne.view.profiles == [{"userId": "u", "creationTime": 7, "userProperties": {"a": 1}}]
    assert [e["eventName"] for e in toplyne.view.events] == ["E17", "E18", "E19"]
    assert toplyne.view.counts() == {"entries": 22, "events": 21, "profiles": 1, "accounts": 0}
    assert toplyne.mock.state.dropped(toplyne.view.number, "events") == 18


def test_profiles_and_accounts_are_bounded_and_every_drop_is_counted():
    toplyne = Sender(limits=Limits(profiles=3, accounts=2))
    toplyne.profiles(*({"userId": f"u{n}", "creationTime": n} for n in range(7)))
    toplyne.accounts(*({"accountId": f"a{n}", "creationTime": n} for n in range(7)))

    assert [p["userId"] for p in toplyne.view.profiles] == ["u4", "u5", "u6"]
    assert [a["accountId"] for a in toplyne.view.accounts] == ["a5", "a6"]
    tenant = toplyne.view.number
    assert [toplyne.mock.state.dropped(tenant, k) for k in ("profiles", "accounts")] == [4, 5]
    assert toplyne.view.counts() == {"entries": 2, "events": 0, "profiles": 7, "accounts": 7}


PAGES = [
    (Span(limit=2), ["E0", "E1"]),
    (Span(limit=3, offset=1), ["E1", "E2", "E3"]),
    (Span(limit=3, offset=5), ["E5", "E6"]),
    (Span(offset=7), []),
    (Span(limit=2, descending=True), ["E6", "E5"]),
    (Span(limit=2, offset=4, descending=True), ["E2", "E1"]),
    (Span(limit=9, offset=6, descending=True), ["E0"]),
    (Span(after=1), ["E3", "E4", "E5", "E6"]),
    (Span(after=1, limit=1, offset=1), ["E4"]),
    (Span(after=1, limit=2, descending=True), ["E6", "E5"]),
    (Span(after=3), []),
    (Span(limit=0), []),
]


@pytest.mark.parametrize(("page", "names"), PAGES)
def test_a_page_of_events_goes_through_the_lists_they_came_in(toplyne, page, names):
    for numbers in ((0, 1, 2), (3,), (4, 5, 6)):
        toplyne.events(*(event(f"E{number}", userId="u") for number in numbers))

    found = list(toplyne.mock.state.each(toplyne.view.number, "events", page))

    assert [e["eventName"] for e in found] == names


def test_after_an_entry_stand_the_profiles_it_did_not_know_in_their_present_form(toplyne):
    entry = toplyne.profiles({"userId": "u", "creationTime": 1}, {"userId": "v", "creationTime": 1})
    toplyne.profiles({"userId": "v", "creationTime": 1, "userProperties": {"a": 1}})

    state, tenant = toplyne.mock.state, toplyne.view.number

    found = list(state.each(tenant, "profiles", Span(after=entry)))
    assert found == [{"userId": "v", "creationTime": 1, "userProperties": {"a": 1}}]
    assert state.matching(tenant, "profiles", after=entry) == 1


def test_a_reset_forgets_the_times_of_events_too(toplyne):
    toplyne.events(event(timestamp=1, userId="u"))
    assert toplyne.view.profiles == []
    toplyne.view.reset()

    toplyne.profiles({"userId": "u", "creationTime": 100})

    assert toplyne.view.profiles == [{"userId": "u", "creationTime": 100}]


def test_more_entries_than_are_folded_at_once_are_all_folded(toplyne):
    for number in range(600):
        toplyne.profiles(
            {"userId": "u", "creationTime": 1000 - number, "userProperties": {f"p{number}": 1}}
        )

    (profile,) = toplyne.view.profiles
    assert profile["creationTime"] == 401
    assert len(profile["userProperties"]) == 600


def test_what_comes_while_others_are_folded_keeps_no_reader_waiting(toplyne, monkeypatch):
    state, steps = toplyne.mock.state, []

    def fold_some(*about, fold_some=state._fold_some):
        steps.append(about)
        assert len(steps) < 5, "there is always one more"
        more = fold_some(*about)
        toplyne.profiles({"userId": f"late {len(steps)}", "creationTime": 1})
        return more

    monkeypatch.setattr(state, "_fold_some", fold_some)
    toplyne.profiles({"userId": "in time", "creationTime": 1})
    state.fold(toplyne.view.number)

    assert len(steps) == 1


def test_merging_leaves_both_sides_as_they_were():
    old, new = {"userProperties": {"a": 1}}, {"userProperties": {"b": 2}}

    assert merge(old, new) == {"userProperties": {"a": 1, "b": 2}}
    assert (old, new) == ({"userProperties": {"a": 1}}, {"userProperties": {"b": 2}})


def test_a_lone_surrogate_and_a_large_number_survive(toplyne):
    properties = {"text": "\ud800", "number": 2**80, "fraction": 0.1}
    toplyne.profiles({"userId": "\udfff", "creationTime": 2**62, "userProperties": properties})
    toplyne.profiles({"userId": "\udfff", "creationTime": 2**63 - 1})

    assert toplyne.view.profiles == [
        {"userId": "\udfff", "creationTime": 2**62, "userProperties": properties}
    ]


@pytest.mark.parametrize("encoded", [False, True], ids=["as it is", "gzip"])
def test_many_bytes_are_folded_in_steps_that_let_others_get_at_the_store(toplyne, encoded):
    item = {"userId": "u", "creationTime": 1, "userProperties": {"text": "x" * 400_000}}
    body = json.dumps({"profiles": [item]}).encode()
    headers = [("Authorization", f"Bearer {TOKEN}"), ("Content-Type", "application/json")]
    if encoded:
        body, headers = gzip.compress(body), [*headers, ("Content-Encoding", "gzip")]
    sent = received("POST", "/v1/upload/users/profiles", headers, body)
    for _ in range(25):
        assert toplyne.mock.answer(sent).status == 202

    steps = 1
    while toplyne.mock.state._fold_some(toplyne.view.number, 25):
        steps += 1

    assert steps > 1
    assert len(toplyne.view.profiles) == 1
