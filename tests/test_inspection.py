"""Inspection: what `/_sandbox/…` answers, over a real socket."""

import json
import threading
import time
from itertools import count

import httpx
import pytest

from mock_server import MockServer
from mock_server.store.database import Limits
from tests.wire import control_client, http

TOKEN, OTHER = "tok_inspection_1", "tok_inspection_2"


@pytest.fixture(scope="module")
def server():
    with MockServer(tokens={"default": TOKEN, "other": OTHER}) as started:
        yield started


@pytest.fixture(scope="module")
def client(server):
    with control_client(server) as opened:
        yield opened


@pytest.fixture
def toplyne(server):
    server.reset()
    server.tenant("other").reset()
    return server


def upload(server, *names, token=TOKEN, path="/upload/events"):
    items = [{"userId": f"u{name}", "eventName": name, "timestamp": 1} for name in names]
    answer = http.post(
        f"{server.api_url}{path}",
        json={"events": items},
        headers={"Authorization": f"Bearer {token}"},
    )
    return int(answer.headers["x-sandbox-entry"])


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def details(answer):
    return answer.json()["error"]["details"]


@pytest.mark.parametrize("token", [None, "", "Bearer", "Bearer tok_nobody", "Basic x"])
def test_health_and_the_contract_never_look_at_a_token(toplyne, client, token):
    headers = {} if token is None else {"Authorization": token}

    health = client.get("health", headers=headers)
    contract = client.get("openapi.json", headers=headers)

    assert (health.status_code, health.json()["status"]) == (200, "ok")
    assert health.json()["rules"] == "documented"
    assert (contract.status_code, contract.json()["openapi"]) == (200, "3.1.0")


def test_a_server_by_the_observed_rules_serves_their_document(client):
    with MockServer(rules="observed") as observed:
        theirs = http.get(f"{observed.url}/_sandbox/openapi.json").json()

    assert theirs != client.get("openapi.json").json()


def test_entries_are_listed_oldest_first_with_their_total(toplyne, client):
    numbers = [upload(toplyne, name) for name in "ABC"]

    listed = client.get("entries").json()

    assert [entry["number"] for entry in listed["entries"]] == numbers
    assert (listed["total"], listed["dropped"]) == (3, 0)
    assert listed["entries"] == toplyne.entries


def test_entries_are_filtered_and_paged(toplyne, client):
    first, second, third = (upload(toplyne, name) for name in ("A", "", "B"))

    def numbers(query):
        answer = client.get(f"entries?{query}").json()
        return [entry["number"] for entry in answer["entries"]], answer["total"]

    assert numbers("status=202") == ([first, third], 2)
    assert numbers("status=4xx") == ([second], 1)
    assert numbers("method=post&path=/v1/upload/events&body=uA") == ([first], 1)
    assert numbers("order=desc&limit=2") == ([third, second], 3)
    assert numbers("limit=1&offset=1") == ([second], 3)
    assert numbers(f"after={first}") == ([second, third], 2)
    assert numbers(f"after={first}&limit=1") == ([second], 2)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        (
            "entries?stauts=202",
            ("There is no parameter 'stauts'. Did you mean status? The parameters are order, limit,"
            " offset, after, method, path, status, body."),
        ),
        ("entries?status=202&status=400", "The parameter status is given twice. Give it once."),
        (
            "entries?status=20",
            "status must be a number such as 202 or a class such as 4xx, not '20'.",
        ),
        ("entries?order=up", "order must be asc or desc, not 'up'."),
        ("entries?limit=-1", "limit must be a whole number from 0 to 999999999999999, not '-1'."),
        ("entries?limit=", "limit must be a whole number from 0 to 999999999999999, not ''."),
        (
            "entries?after=1234567890123456",
            "after must be a whole number from 0 to 999999999999999, not '1234567890123456'.",
        ),
        ("entries?after=x", "after must be a whole number from 0 to 999999999999999, not 'x'."),
        ("history/profiles?changed=1", "changed must be true or false, not '1'."),
        ("news?last=20001", "last must be a whole number from 0 to 20000, not 20001."),
        ("wait?timeout=1", ("Give at least one number to wait for: entries, events, profiles,"
         " accounts.")),
        ("wait?events=1&timeout=301", "timeout must be a number from 0 to 300, not 301."),
        ("wait?events=1&timeout=nan", "timeout must be a number from 0 to 300, not 'nan'."),
        ("tokens?x=1", "There is no parameter 'x'. It takes none."),
        ("export?limit=1",
         "There is no parameter 'limit'. The parameters are method, path, status, body, after."),
    ],
)  # fmt: skip
def test_a_wrong_question_is_400_and_says_what_would_be_right(client, query, sentence):
    answer = client.get(query)

    assert (answer.status_code, details(answer)) == (400, sentence)


@pytest.mark.parametrize("path", ["entries", "state/events", "state/profiles"])
def test_a_page_holds_nothing_that_came_after_its_total(toplyne, client, monkeypatch, path):
    def send():
        people = {"profiles": [{"userId": f"u{next(numbers)}", "creationTime": 1}]}
        call = {"headers": bearer(TOKEN), "json": people}
        http.post(f"{toplyne.api_url}/upload/users/profiles", **call)
        upload(toplyne, "E")

    def matching(*of, **page):
        found = count_now(*of, **page)
        send()
        return found

    numbers = count()
    send()
    counts = toplyne.mock.journal if path == "entries" else toplyne.mock.state
    count_now = counts.matching
    monkeypatch.setattr(counts, "matching", matching)

    answer = client.get(path).json()

    assert answer["total"] == len(answer.get("items", answer.get("entries")))


def test_one_entry(toplyne, client):
    number = upload(toplyne, "A")

    told = client.get(f"entries/{number}").json()
    answer = told.pop("answer")

    assert told == toplyne.entries[0]
    assert answer["headers"][0] == ["Content-Type", "application/json"]


@pytest.mark.parametrize("number", ["0", "999999", "x", "-1", "1.5", "9" * 30])
def test_an_entry_that_is_not_there_is_404(client, number):
    answer = client.get(f"entries/{number}")

    assert answer.status_code == 404
    assert details(answer) == f"Entry {number} does not exist, or was dropped or reset."


def test_the_state_is_listed_filtered_and_paged(toplyne, client):
    upload(toplyne, "A", "B", "C")
    toplyne.client.post(
        "/upload/users/profiles",
        json={"profiles": [{"userId": u, "creationTime": 5} for u in ("x", "y")]},
    )
    toplyne.client.post(
        "/upload/accounts/profiles", json={"accounts": [{"accountId": "a", "creationTime": 5}]}
    )

    def get(query):
        return client.get(f"state/{query}").json()

    assert get("events?limit=1&offset=1") == {
        "items": [{"userId": "uB", "eventName": "B", "timestamp": 1}],
        "total": 3,
        "dropped": 0,
    }
    assert [e["eventName"] for e in get("events?order=desc")["items"]] == ["C", "B", "A"]
    assert get("events?eventName=C")["items"] == toplyne.events[2:]
    assert get("events?eventName=C&userId=uA")["total"] == 0
    assert get("profiles?userId=y") == {
        "items": [{"userId": "y", "creationTime": 5}],
        "total": 1,
        "dropped": 0,
    }
    assert get("profiles?order=desc&limit=1")["items"] == toplyne.profiles[1:]
    assert get("accounts")["items"] == toplyne.accounts == [{"accountId": "a", "creationTime": 5}]


def test_the_state_has_three_kinds(client):
    answer = client.get("state/users")

    assert answer.status_code == 404
    assert details(answer) == "The state has profiles, accounts, events, not 'users'."


def test_a_token_sees_its_own_tenant_and_none_the_default_one_with_nobodys(toplyne, client):
    mine, others = upload(toplyne, "A"), upload(toplyne, "B", token=OTHER)
    nobodys = upload(toplyne, "C", token="tok_nobody_knows")

    def numbers(**headers):
        listed = client.get("entries", headers=headers).json()["entries"]
        return [entry["number"] for entry in listed]

    assert numbers() == [mine, nobodys]
    assert numbers(**bearer(TOKEN)) == [mine, nobodys]
    assert numbers(**bearer(OTHER)) == [others]


@pytest.mark.parametrize(
    ("header", "status"),
    [("Bearer tok_nobody_knows", 403), ("Bearer", 401), ("Basic abc", 401), ("", 401)],
)
def test_a_token_nobody_knows_is_refused_here_too(client, header, status):
    answer = client.get("entries", headers={"Authorization": header})

    assert answer.status_code == status
    assert answer.json()["status"] == "ERROR"


def test_a_reset_forgets_the_tenant_that_asks(toplyne, client):
    upload(toplyne, "A")
    upload(toplyne, "B", token=OTHER)

    assert client.post("reset").json() == {"reset": True}

    assert (toplyne.entries, toplyne.events) == ([], [])
    assert len(toplyne.tenant("other").events) == 1
    assert client.get("entries", headers=bearer(TOKEN)).status_code == 200


def test_waiting_ends_when_enough_is_there(toplyne, client):
    upload(toplyne, "A")
    timer = threading.Timer(0.2, upload, (toplyne, "B", "C"))
    begun = time.monotonic()
    timer.start()

    answer = client.get("wait?events=3&timeout=5")

    timer.join()
    assert answer.status_code == 200
    assert answer.json() == {"entries": 2, "events": 3, "profiles": 0, "accounts": 0}
    assert 0.2 <= time.monotonic() - begun < 4


def test_waiting_in_vain_is_408_with_what_came(toplyne, client):
    upload(toplyne, "A")

    answer = client.get("wait?profiles=1&timeout=0.1")

    assert answer.status_code == 408
    assert answer.json() == {"entries": 1, "events": 1, "profiles": 0, "accounts": 0}


def test_waiting_counts_from_the_last_reset(toplyne, client):
    upload(toplyne, "A")
    toplyne.reset()

    assert client.get("wait?entries=1&timeout=0").status_code == 408


def test_16_long_polls_hold_up_nobody(toplyne, client):
    def poll():
        answers.append(http.get(f"{client.base_url}wait?events=1&timeout=10", timeout=20))

    answers: list[httpx.Response] = []
    polls = [threading.Thread(target=poll) for _ in range(16)]
    for thread in polls:
        thread.start()
    deadline = time.monotonic() + 5
    while toplyne.mock.waiting.changes.waiting < 16 and time.monotonic() < deadline:
        time.sleep(0.01)

    begun = time.monotonic()
    assert client.get("health").status_code == 200
    assert toplyne.client.get("/auth/me").status_code == 200
    took = time.monotonic() - begun
    upload(toplyne, "A")
    for thread in polls:
        thread.join()

    assert took < 1
    assert [answer.status_code for answer in answers] == [200] * 16


def test_the_nearest_body_is_named_with_its_differences(toplyne, client):
    upload(toplyne, "Signed Up")
    near = upload(toplyne, "Signed In")
    upload(toplyne, "Order Completed")
    wanted = {"events": [{"userId": "uSigned In", "eventName": "Signed Out", "timestamp": 1}]}

    found = client.post("nearest", json={"body": wanted, "path": "/v1/upload/events"}).json()

    assert found["nearest"]["number"] == near
    assert found["differences"] == [
        {"path": "$.events[0].eventName", "expected": "Signed Out", "found": "Signed In"}
    ]


def test_the_nearest_of_nothing_is_nothing(toplyne, client):
    found = client.post("nearest", json={"body": {}}).json()

    assert found == {"nearest": None, "differences": []}


def test_a_partial_body_may_have_more_keys(toplyne, client):
    upload(toplyne, "A")
    wanted = {"body": {"events": [{"eventName": "A"}]}, "partial": True}

    assert client.post("nearest", json=wanted).json()["differences"] == []


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"body":1,"x":1}', "{", '{"body":NaN}'])
def test_nearest_needs_a_body(client, body):
    assert client.post("nearest", content=body).status_code == 400


def test_the_journal_is_exported_one_entry_a_line(toplyne, client):
    upload(toplyne, "A")
    upload(toplyne, "")

    answer = client.get("export")

    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line) for line in answer.text.splitlines()] == toplyne.entries
    assert len(client.get("export?status=400").text.splitlines()) == 1


def test_drops_are_shown():
    limits = Limits(entries=2, events=2)
    with MockServer(tokens={"default": TOKEN}, limits=limits) as small:
        for name in "ABCDE":
            upload(small, name)
        entries = http.get(f"{small.url}/_sandbox/entries").json()
        events = http.get(f"{small.url}/_sandbox/state/events").json()

    assert (len(entries["entries"]), entries["total"], entries["dropped"]) == (2, 2, 3)
    assert (len(events["items"]), events["total"], events["dropped"]) == (2, 2, 3)


def test_a_token_is_made_shown_once_listed_used_and_revoked(toplyne, client):
    made = client.post("tokens", json={"name": "worker 1"})
    secret = made.json()["token"]

    assert made.status_code == 201
    assert made.json() == {
        "token": secret,
        "name": "worker 1",
        "ending": f"…{secret[-4:]}",
        "status": "good",
        "created": made.json()["created"],
        "expires": None,
        "revoked": None,
    }
    entry = upload(toplyne, "A", token=secret)
    assert [e["number"] for e in toplyne.tenant("worker 1").entries] == [entry]

    listed = client.get("tokens")
    assert secret not in listed.text
    assert "worker 1" in [token["name"] for token in listed.json()["tokens"]]

    again = client.post("tokens", json={"name": "worker 1"})
    assert (again.status_code, details(again)) == (
        409,
        "A token named 'worker 1' exists. Revoke it first, or use another name.",
    )

    assert client.delete("tokens/worker%201").json() == {"revoked": 1}
    assert client.delete("tokens/worker 1").status_code == 404
    refused = upload(toplyne, "B", token=secret)
    assert [e["number"] for e in toplyne.tenant("worker 1").entries] == [entry, refused]
    assert client.post("tokens", json={"name": "worker 1"}).status_code == 201


def test_a_token_may_be_made_expired(toplyne, client):
    made = client.post("tokens", json={"name": "old", "expires": "2020-01-31T00:00:00Z"}).json()

    assert (made["status"], made["expires"]) == ("expired", "2020-01-31T00:00:00.000Z")
    entry = upload(toplyne, "A", token=made["token"])
    assert [(e["number"], e["status"]) for e in toplyne.tenant("old").entries] == [(entry, 403)]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"name":null}',
        '{"name":""}',
        '{"name":" x"}',
        '{"name":"\\ud800"}',
        '{"name":"x","expires":5}',
        '{"name":"x","expires":"soon"}',
        '{"name":"x","tenant":"y"}',
    ],
)
def test_a_token_that_cannot_be_made_is_400(client, body):
    answer = client.post("tokens", content=body)

    assert (answer.status_code, answer.json()["status"]) == (400, "ERROR")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "entries", "GET, HEAD, OPTIONS"),
        ("GET", "reset", "POST, OPTIONS"),
        ("PUT", "tokens", "GET, HEAD, POST, OPTIONS"),
        ("GET", "tokens/x", "DELETE, OPTIONS"),
        ("DELETE", "state/events", "GET, HEAD, OPTIONS"),
    ],
)
def test_another_method_is_405_with_allow(client, method, path, allow):
    answer = client.request(method, path)

    assert (answer.status_code, answer.headers["allow"]) == (405, allow)


def test_head_and_options(client):
    head, options = client.head("entries"), client.options("tokens")

    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 0
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")


@pytest.mark.parametrize("path", ["", "nope"])
def test_another_path_is_404_and_lists_what_there_is(client, path):
    answer = client.get(path)

    assert answer.status_code == 404
    assert "GET /_sandbox/entries" in details(answer)


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("entries/1/2", "entries"),
        ("state", "start"),
        ("faults/", "faults"),
        ("ledger/1/2", "ledger"),
    ],
)
def test_a_path_like_a_known_one_is_404_and_names_that(client, path, near):
    answer = client.get(path)

    assert answer.status_code == 404
    assert details(answer).endswith(f"Did you mean /_sandbox/{near}?")


def test_nothing_of_this_is_journaled(toplyne, client):
    for path in ("health", "entries", "nope", "tokens"):
        answer = client.get(path)
        assert "x-sandbox-entry" not in answer.headers

    assert toplyne.entries == []


@pytest.fixture(scope="module")
def guarded():
    tokens = {"default": TOKEN, "other": OTHER}
    with MockServer(tokens=tokens, admin_token="adm_0123456789") as started:
        yield started


@pytest.mark.parametrize(
    ("path", "header", "status"),
    [
        ("health", None, 200),
        ("openapi.json", "Bearer x", 200),
        ("entries", None, 401),
        ("entries", "Bearer adm_0123456789", 200),
        ("entries", "Bearer adm_012345678", 403),
        ("entries", f"Bearer {OTHER}", 200),
        ("tokens", "Bearer adm_0123456789", 200),
        ("tokens", "bearer  adm_0123456789", 200),
        ("tokens", "Basic adm_0123456789", 401),
        ("tokens", f"Bearer {TOKEN}", 403),
        ("tokens", "Bearer nobody", 403),
        ("tokens", None, 401),
    ],
)
def test_with_an_admin_token_everybody_must_say_who_they_are(guarded, path, header, status):
    headers = {} if header is None else {"Authorization": header}

    answer = http.get(f"{guarded.url}/_sandbox/{path}", headers=headers)

    assert answer.status_code == status
