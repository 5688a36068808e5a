"""Who may ask `/_sandbox`: every route with every kind of token, so that none is forgotten."""

import functools
import threading
import time
from urllib.parse import quote

import pytest

from mock_server import MockServer, create_app
from mock_server.control.resource import resources
from mock_server.mock import Mock
from mock_server.store.tokens import Tokens
from sandbox.workspace import ConnectedDestination, Source, Workspace
from sandbox.workspace.file_reading import MAX_DESTINATIONS

GOOD, OTHER, ADMIN = "tok_good_00000001", "tok_other_0000001", "tok_admin_0000001"
REVOKED, EXPIRED, UNKNOWN = "tok_revoked_00001", "tok_expired_00001", "tok_unknown_00001"
NOW = 1_700_000_000.0
WAITING = {"live", "wait", "flush"}

ROUTES = [pytest.param(each, id=f"{each.method} {each.path}") for each in resources()]
GUARDED = [param for param in ROUTES if not param.values[0].is_open]


def mock_with(admin_token):
    mock = Mock(
        tokens={"default": GOOD, "other": OTHER},
        admin_token=admin_token,
        reaches_socket=False,
        clock=lambda: NOW,
    )
    mock.tokens.add("revoked", REVOKED, now=NOW)
    mock.tokens.revoke("revoked", now=NOW)
    mock.tokens.add("expired", EXPIRED, now=NOW - 10, expires=NOW - 5)
    return mock


def client_of(admin_token=None):
    return create_app(mock_with(admin_token)).test_client()


one_app = functools.cache(create_app)  # compiling the routes takes longer than all it is asked


def next_client(admin_token=None):
    """Return a client of a new mock; of the one before no test may ask anything any more."""
    app = one_app()
    app.extensions["mock"] = mock_with(admin_token)
    return app.test_client()


refusing = functools.cache(client_of)  # what is refused leaves nothing, so one client serves all


def status(client, resource, token):
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    path = f"/_sandbox{resource.path}".replace("<", "").replace(">", "")
    answer = client.open(path, method=resource.method, headers=headers, json={})
    answer.close()
    return answer.status_code


@pytest.mark.parametrize("resource", GUARDED)
@pytest.mark.parametrize("token", [REVOKED, EXPIRED, UNKNOWN])
@pytest.mark.parametrize("admin_token", [None, ADMIN], ids=["loopback", "with an admin token"])
def test_a_token_that_is_not_good_opens_nothing(resource, token, admin_token):
    assert status(refusing(admin_token), resource, token) == 403


@pytest.mark.parametrize("resource", GUARDED)
def test_without_a_token_only_loopback_is_answered(resource):
    assert status(refusing(ADMIN), resource, None) == 401
    if resource.function.__name__ not in WAITING:
        assert status(next_client(), resource, None) not in {401, 403}


@pytest.mark.parametrize("resource", GUARDED)
def test_a_good_token_is_answered_as_its_own_tenant_but_where_only_the_admin_may(resource):
    if resource.function.__name__ in WAITING:
        pytest.skip("it waits, or never ends; what is refused of it is held above")
    assert status(next_client(), resource, OTHER) not in {401, 403}
    answered = status(next_client(ADMIN), resource, OTHER)
    assert (answered == 403) is resource.is_admins
    assert status(next_client(ADMIN), resource, ADMIN) not in {401, 403}


@pytest.mark.parametrize(
    ("header", "details"),
    [
        (f"Bearer {OTHER}", "Only the admin token may do this."),
        (f"Bearer {UNKNOWN}", "The token …0001 is unknown."),
        (f"Bearer {EXPIRED}", "The token …0001 is expired."),
        (f"Bearer {REVOKED}", "The token …0001 is revoked."),
        (
            OTHER,
            (
                "The Authorization header does not start with 'Bearer '."
                " Send the API token as a header: Authorization: Bearer <token>."
            ),
        ),
    ],
)
def test_a_refused_token_is_told_what_is_wrong_with_it(header, details):
    answer = refusing(ADMIN).get("/_sandbox/tokens", headers={"Authorization": header})

    assert answer.json["error"]["details"] == details


@pytest.mark.parametrize("resource", [each for each in ROUTES if each.values[0].is_open])
def test_an_open_question_looks_at_no_token(resource):
    assert status(next_client(ADMIN), resource, UNKNOWN) == 200


def test_an_empty_admin_token_lets_nobody_start_a_server_for_all():
    with pytest.raises(ValueError, match="give an admin_token"):
        MockServer(host="0.0.0.0", admin_token="")


@pytest.mark.parametrize(
    ("expires", "status"),
    [
        ("9999-12-31T23:59:59Z", 201),
        ("9999-12-31T23:59:59.999999Z", 400),
        ("9999-12-31T23:59:59-14:00", 400),
        ("0001-01-01T00:00:00Z", 201),
        ("0001-01-01T00:00:00+14:00", 400),
    ],
)
def test_a_time_of_expiry_that_no_calendar_has_in_utc_is_refused(expires, status):
    client = next_client()

    answer = client.post("/_sandbox/tokens", json={"name": "new", "expires": expires})

    assert answer.status_code == status
    assert client.get("/_sandbox/tokens").status_code == 200


def test_of_many_who_ask_at_once_for_a_name_one_gets_it(monkeypatch):
    app = client_of().application
    statuses, together = [], threading.Barrier(8)
    every = Tokens.of
    monkeypatch.setattr(Tokens, "of", lambda *named: (every(*named), time.sleep(0.01))[0])

    def ask():
        together.wait()
        answer = app.test_client().post("/_sandbox/tokens", json={"name": "new"})
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [201] + [409] * 7


def test_no_source_is_made_that_the_next_start_could_not_read(tmp_path):
    path, tokens = (
        tmp_path / "mock.db",
        {f"t{n}": f"tok_{n:08}" for n in range(MAX_DESTINATIONS - 1)},
    )
    client = create_app(Mock(tokens=tokens, reaches_socket=False, db=path)).test_client()

    answers = [
        client.post("/_sandbox/tokens", json={"name": name, "source": True})
        for name in ("last", "one more")
    ]

    assert [answer.status_code for answer in answers] == [201, 409]
    assert "at most 500" in answers[1].get_json()["error"]["details"]
    client.application.extensions["mock"].close()
    again = Mock(tokens=tokens, db=path)
    assert len(again.segment.workspace.sources) == MAX_DESTINATIONS
    again.close()


def test_a_new_token_of_the_default_tenant_takes_the_place_of_the_revoked_one():
    client = client_of()
    key = client.application.extensions["mock"].write_key
    client.delete("/_sandbox/tokens/default")
    new = client.post("/_sandbox/tokens", json={"name": "default"}).get_json()["token"]

    event = {"type": "track", "event": "E", "userId": "u"}
    sent = client.post("/_sandbox/send", json={"event": event}).get_json()

    assert sent["outcome"] == "delivered"
    start = client.get("/_sandbox/start").get_json()
    assert (start["token"], start["write_key"]) == (new, key)


def test_a_message_is_not_sent_again_through_the_source_another_tenant_made_of_its_name():
    client = client_of()
    tokens = {
        name: client.post("/_sandbox/tokens", json={"name": name, "source": True}).get_json()
        for name in ("One", "Two")
    }

    def ask(name, method, path, **body):
        headers = {"Authorization": f"Bearer {tokens[name]['token']}"}
        return client.open(f"/_sandbox/{path}", method=method, headers=headers, **body)

    sent = {"event": "E", "userId": "u", "writeKey": tokens["One"]["write_key"]}
    client.post("/v1/track", json=sent)
    assert ask("One", "POST", "flush").status_code == 200
    assert len(ask("One", "GET", "ledger/1/why").get_json()["mappings"]) == 3
    known = client.get("/_sandbox/workspace").get_json()["workspace"]["destinations"][2]["name"]
    client.delete("/_sandbox/workspace/destinations", query_string={"name": known})
    client.delete("/_sandbox/workspace/sources?name=One")
    client.patch("/_sandbox/workspace/sources?name=Two", json={"name": "One"})

    assert ask("One", "POST", "ledger/1/again").status_code == 400
    assert ask("One", "GET", "ledger/1/why").get_json()["mappings"] == []
    assert ask("Two", "GET", "ledger").get_json()["total"] == 0


def test_one_tenant_sees_nothing_of_another():
    client = client_of()
    for token in (GOOD, OTHER, OTHER):
        body = {"events": [{"userId": "u", "eventName": "E", "timestamp": 1}]}
        headers = {"Authorization": f"Bearer {token}"}
        assert client.post("/v1/upload/events", json=body, headers=headers).status_code == 202

    def total(token):
        headers = {"Authorization": f"Bearer {token}"}
        return client.get("/_sandbox/entries", headers=headers).get_json()["total"]

    assert (total(GOOD), total(OTHER)) == (1, 2)
    client.post("/_sandbox/reset", headers={"Authorization": f"Bearer {OTHER}"})
    assert (total(GOOD), total(OTHER)) == (1, 0)


def test_a_destination_with_a_slash_in_its_name_is_served_and_its_token_is_revoked():
    workspace = Workspace(
        sources=(Source(name="web", write_key="key-0123456789"),),
        destinations=(ConnectedDestination(name="a/b ?%2F", source="web", api_key="token-0123"),),
    )
    with MockServer(workspace=workspace) as toplyne:
        call = {"userId": "u1", "event": "Signed Up", "timestamp": "2026-03-02T08:59:30.000Z"}
        toplyne.client.post(f"{toplyne.url}/v1/track", json=call, auth=("key-0123456789", ""))
        toplyne.flush()
        path = f"{toplyne.url}/_sandbox/tokens/{quote('a/b ?%2F', safe='')}"
        revoked = toplyne.client.delete(path).json()

    assert [(each["tenant"], each["outcome"]) for each in toplyne.ledger] == [
        ("a/b ?%2F", "delivered")
    ]
    assert revoked == {"revoked": 1}
