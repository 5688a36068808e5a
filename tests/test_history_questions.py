"""`/_sandbox/history/…`: which entries of the journal the state comes from, over a socket."""

import gzip
import json

import pytest

from mock_server import MockServer
from mock_server.store.database import Limits
from tests.wire import http

EVENTS, USERS, ACCOUNTS = "events", "users/profiles", "accounts/profiles"


@pytest.fixture(scope="module")
def server():
    with MockServer(limits=Limits(events=3)) as started:
        yield started


@pytest.fixture
def toplyne(server):
    server.reset()
    return server


def upload(server, path, *items, body=None, headers=()):
    key = {USERS: "profiles", ACCOUNTS: "accounts", EVENTS: "events"}[path]
    answer = http.post(
        f"{server.api_url}/upload/{path}",
        content=body or json.dumps({key: items}),
        headers={
            "Authorization": f"Bearer {server.token}",
            "Content-Type": "application/json",
            **dict(headers),
        },
    )
    assert answer.status_code == 202, answer.text
    return int(answer.headers["x-sandbox-entry"])


def ask(server, path):
    return http.get(f"{server.url}/_sandbox/history/{path}")


def numbers(answer):
    return [entry["number"] for entry in answer.json()["entries"]]


def user(name, **members):
    return {"userId": name, "creationTime": 1, **members}


def event(name, **members):
    return {"userId": "u", "eventName": name, "timestamp": 1, **members}


def test_a_profile_has_the_entries_that_named_it_oldest_first(toplyne):
    first = upload(toplyne, USERS, user("u"), user("other"))
    upload(toplyne, USERS, user("uu"), {"anonymousId": "u", "creationTime": 1})
    seen = upload(toplyne, EVENTS, event("E"))
    packed = gzip.compress(json.dumps({"profiles": [user("u")]}).encode())
    zipped = upload(toplyne, USERS, body=packed, headers={"Content-Encoding": "gzip"})

    answer = ask(toplyne, "profiles?userId=u")

    assert numbers(answer) == [first, seen, zipped]
    assert answer.json()["entries"][1]["path"] == "/v1/upload/events"
    assert answer.json()["more"] is False


def test_a_name_is_found_however_it_is_written(toplyne):
    number = upload(toplyne, USERS, body='{"profiles":[{"userId":"\\u00fc\\"x","creationTime":1}]}')

    assert numbers(ask(toplyne, "profiles?userId=%C3%BC%22x")) == [number]


def test_an_account_and_a_visitor_have_theirs(toplyne):
    account = upload(toplyne, ACCOUNTS, {"accountId": "a", "creationTime": 1})
    seen = upload(toplyne, EVENTS, event("E", accountId="a"))
    visitor = upload(toplyne, USERS, {"anonymousId": "a", "creationTime": 1})

    assert numbers(ask(toplyne, "accounts?accountId=a")) == [account, seen]
    assert numbers(ask(toplyne, "profiles?anonymousId=a")) == [visitor]
    assert numbers(ask(toplyne, "profiles?userId=nobody")) == []


def test_only_the_latest_hundred_are_told_and_that_there_are_more(toplyne):
    made = [upload(toplyne, USERS, user("u", userProperties={"n": n})) for n in range(102)]

    answer = ask(toplyne, "profiles?userId=u")

    assert (numbers(answer), answer.json()["more"]) == (made[2:], True)


def test_each_event_has_the_entry_it_came_with(toplyne):
    first = upload(toplyne, EVENTS, event("A"), event("B"))
    second = upload(toplyne, EVENTS, event("C"), event("D"))

    def told(query=""):
        return ask(toplyne, f"events{query}").json()["entries"]

    assert told() == [first, second, second]  # three events are kept
    assert told("?order=desc&limit=2") == [second, second]
    assert told("?offset=2") == [second]
    assert len(toplyne.events) == 3


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("persons", 404, "The state has profiles, accounts, events, not 'persons'."),
        ("profiles", 400, "Name one by the parameter userId or anonymousId."),
        (
            "accounts?userId=u",
            400,
            "There is no parameter 'userId'. The parameters are accountId, changed.",
        ),
    ],
)
def test_what_has_no_history_is_refused(server, path, status, sentence):
    answer = ask(server, path)

    assert (answer.status_code, answer.json()["error"]["details"]) == (status, sentence)


def test_each_entry_tells_what_it_changed_and_of_which_message_it_is(toplyne):
    upload(toplyne, USERS, user("u", userProperties={"plan": "pro"}))
    upload(toplyne, EVENTS, event("Later", timestamp=5))
    upload(toplyne, EVENTS, event("Earlier", timestamp=-3))
    traits = {"plan": "enterprise", "csm": "Grace"}
    http.post(
        f"{toplyne.url}/_sandbox/send",
        json={
            "event": {
                "type": "identify",
                "userId": "u",
                "traits": traits,
                "timestamp": "2026-01-01T00:00:00Z",
            }
        },
    ).raise_for_status()

    entries = ask(toplyne, "profiles?userId=u&changed=true").json()["entries"]

    assert [each["message"] for each in entries] == [None, None, toplyne.ledger[-1]["number"]]
    assert [each["differences"] for each in entries] == [
        [
            {"at": ["userId"], "after": "u"},
            {"at": ["creationTime"], "after": 1},
            {"at": ["userProperties"], "after": {"plan": "pro"}},
        ],
        [{"at": ["creationTime"], "before": 1, "after": -3}],
        [
            {"at": ["userProperties", "plan"], "before": "pro", "after": "enterprise"},
            {"at": ["userProperties", "csm"], "after": "Grace"},
        ],
    ]


def test_very_many_changes_are_told_as_one_of_the_member_they_are_in(toplyne):
    deep = "[" * 400, "]" * 400
    values = [json.loads(f"{deep[0]}{','.join([n] * 20_000)}{deep[1]}") for n in "01"]
    for value in values:
        upload(toplyne, USERS, user("u", userProperties={"list": value, "plan": "pro"}))

    answer = ask(toplyne, "profiles?userId=u")

    properties = [{"list": value, "plan": "pro"} for value in values]
    assert answer.json()["entries"][1]["differences"] == [
        {"at": ["userProperties"], "before": properties[0], "after": properties[1]}
    ]
    assert len(answer.content) < 200_000  # 24 MB, if each number were told with its place


def test_many_events_since_hide_nothing_of_what_a_profile_was_told(toplyne):
    first = upload(toplyne, USERS, user("u", userProperties={"plan": "free"}))
    for n in range(130):
        upload(toplyne, EVENTS, event("E", timestamp=n + 2))
    second = upload(toplyne, USERS, user("u", userProperties={"plan": "pro"}))

    told = ask(toplyne, "profiles?userId=u&changed=true").json()

    assert ([each["number"] for each in told["entries"]], told["more"]) == ([first, second], False)
    assert told["entries"][1]["differences"] == [
        {"at": ["userProperties", "plan"], "before": "free", "after": "pro"}
    ]


def test_the_last_shown_change_leads_to_what_is_known(toplyne):
    for n in range(5):
        upload(toplyne, USERS, user("u", userProperties={"n": n, f"k{n}": [n]}), user("x"))

    told = ask(toplyne, "profiles?userId=u").json()["entries"]

    known = {}
    for each in told:
        for found in each["differences"]:
            *outer, last = found["at"]
            part = known
            for key in outer:
                part = part[key]
            part[last] = found["after"]
    assert known == toplyne.profiles[0]


def test_profiles_are_searched_by_words_of_their_values(toplyne):
    upload(
        toplyne,
        USERS,
        user("ada", userProperties={"email": "Ada@Initech.example", "tags": ["beta"]}),
        user("bob", userProperties={"email": "bob@initech.example"}),
    )

    def found(search):
        address = f"{toplyne.url}/_sandbox/state/profiles"
        answer = http.get(address, params={"search": search}).json()
        return [item["userId"] for item in answer["items"]]

    assert found("initech") == ["ada", "bob"]
    assert found("ADA BETA") == ["ada"]
    assert found("userProperties") == []
    assert found("") == ["ada", "bob"]


def test_a_profile_is_found_by_its_id_however_that_is_written(toplyne):
    names = ["ada", "Ada", 'quo"te', "back\\slash", "\u00fcber", "100%", "a_b"]
    upload(toplyne, USERS, *map(user, names))

    def found(**query):
        address = f"{toplyne.url}/_sandbox/state/profiles"
        return [i["userId"] for i in http.get(address, params=query).json()["items"]]

    assert [found(userId=name) for name in names] == [[name] for name in names]
    assert [found(search=name.upper()) for name in names[2:]] == [[name] for name in names[2:]]
    assert found(search="ada") == ["ada", "Ada"]


def test_people_are_found_by_more_words_than_a_condition_of_sqlite_may_have(toplyne):
    words = [f"w{number}" for number in range(1400)]
    upload(toplyne, USERS, user("all", userProperties={"p": " ".join(words)}), user("w1"))

    def found(search):
        answer = http.get(f"{toplyne.url}/_sandbox/state/profiles", params={"search": search})
        return [item["userId"] for item in answer.json()["items"]]

    assert found(" ".join(words)) == ["all"]
    assert found(" ".join([*words, "w1400"])) == []
    assert found("w1 w1") == ["all", "w1"]
