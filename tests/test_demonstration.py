"""Demonstration: a story in a mock of its own, of which nothing is left."""

import pytest

from mock_server import MockServer
from mock_server.bounds import DEMONSTRATIONS
from mock_server.control.demonstration_resource import steps
from mock_server.store.database import StoreUnavailable
from tests.wire import http


@pytest.fixture
def toplyne():
    with MockServer() as server:
        yield server


def ask(server, method, path, token=None, **json):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return http.request(method, f"{server.url}/_sandbox/{path}", headers=headers, **json)


def started(server):
    answer = ask(server, "POST", "demonstration")
    assert answer.status_code == 201
    return answer.json()["token"]


def known(server):
    """Return all that the server tells of itself."""
    paths = (
        *("entries", "ledger", "state/profiles", "state/accounts", "state/events"),
        *("faults", "tokens", "workspace"),
    )
    return {path: ask(server, "GET", path).json() for path in paths}


def test_the_whole_story_is_told_in_its_own_mock_and_leaves_nothing(toplyne):
    before = known(toplyne)
    token = started(toplyne)

    told = [ask(toplyne, "POST", "demonstration/next", token).json() for _ in steps()]
    ask(toplyne, "POST", "flush?timeout=10", token)

    assert [each["number"] for each in told] == list(range(1, len(steps()) + 1))
    outcomes = ask(toplyne, "GET", "ledger/summary", token).json()["outcomes"]
    assert outcomes == {"delivered": 8, "unmapped": 1, "dropped": 1}
    statuses = [e["status"] for e in ask(toplyne, "GET", "entries", token).json()["entries"]]
    assert sorted(statuses) == [202] * 8 + [400, 429]
    assert ask(toplyne, "GET", "state/profiles", token).json()["total"] == 2
    assert ask(toplyne, "GET", "faults", token).json()["total"] == 0

    assert known(toplyne) == before
    assert ask(toplyne, "DELETE", "demonstration", token).json() == {"ended": True}
    assert known(toplyne) == before
    assert ask(toplyne, "GET", "ledger", token).status_code == 403
    assert toplyne.mock.beside == {}


def test_what_is_sent_with_its_token_arrives_in_its_own_mock(toplyne):
    token = started(toplyne)
    event = {"type": "track", "event": "E", "userId": "u"}

    sent = ask(toplyne, "POST", "send", token, json={"event": event}).json()

    assert sent["outcome"] == "delivered"
    number = sent["deliveries"][0]["entry"]
    assert ask(toplyne, "POST", f"entries/{number}/again", token).json()["status"] == 202


def test_after_the_last_step_nothing_more_happens(toplyne):
    token = started(toplyne)
    for _ in steps():
        last = ask(toplyne, "POST", "demonstration/next", token).json()

    assert ask(toplyne, "POST", "demonstration/next", token).json() == last
    assert ask(toplyne, "GET", "demonstration", token).json() == last


def test_two_who_show_one_story_play_it_at_the_pace_of_one(toplyne):
    token = started(toplyne)

    numbers = [
        ask(toplyne, "POST", f"demonstration/next?after={after}", token).json()["number"]
        for after in (0, 0, 1, 0, 2)
    ]

    assert numbers == [1, 1, 2, 2, 3]


def test_one_more_than_may_run_ends_the_oldest(toplyne):
    tokens = [started(toplyne) for _ in range(DEMONSTRATIONS + 1)]

    statuses = [ask(toplyne, "GET", "demonstration", token).status_code for token in tokens]

    assert statuses == [403] + [200] * DEMONSTRATIONS


def test_its_paths_need_its_token_and_it_starts_no_other(toplyne):
    without = ask(toplyne, "POST", "demonstration/next")
    within = ask(toplyne, "POST", "demonstration", started(toplyne))

    assert "token of a demonstration" in without.text
    assert (without.status_code, within.status_code) == (409, 400)


def test_where_there_is_an_admin_token_only_that_starts_one():
    with MockServer(admin_token="boss") as server:
        assert ask(server, "POST", "demonstration").status_code == 401
        assert ask(server, "POST", "demonstration", server.token).status_code == 403
        token = ask(server, "POST", "demonstration", "boss").json()["token"]

        assert ask(server, "GET", "workspace", token).status_code == 200


def test_the_end_of_the_server_ends_the_story():
    with MockServer() as server:
        started(server)
        (running,) = server.mock.beside.values()

    assert server.mock.beside == {}
    with pytest.raises(StoreUnavailable, match="has stopped"):
        running.store.read("SELECT 1")


def test_what_is_told_of_a_step_has_the_shape_the_document_says(toplyne):
    paths = ask(toplyne, "GET", "control.json").json()["paths"]
    first = ask(toplyne, "POST", "demonstration")
    told = ask(toplyne, "POST", "demonstration/next", first.json()["token"]).json()

    def properties(path, status):
        answer = paths[f"/_sandbox/demonstration{path}"]["post"]["responses"][status]
        return answer["content"]["application/json"]["schema"]["properties"].keys()

    assert first.json().keys() == properties("", "201")
    assert told.keys() == properties("/next", "200")
