"""Tokens: a truth table of Authorization headers, and what becomes of a token."""

import hashlib
import sqlite3
from contextlib import closing

import pytest

from mock_server import MockServer
from mock_server.store.database import Store
from mock_server.store.tokens import Tokens
from sandbox.masked_keys import masked
from tests.wire import http, parsed, talk

GOOD = "tok_0123456789abcd"
OTHER = "tok_other_tenant_1"
EXPIRED = "tok_expired_000001"
REVOKED = "tok_revoked_000001"
NOW = 1_700_000_000.0

HEADERS = [
    # headers, verdict
    ([], "missing"),
    ([f"Bearer {GOOD}"], "good"),
    ([f"bearer {GOOD}"], "good"),
    ([f"BEARER {GOOD}"], "good"),
    ([f"Bearer   {GOOD}"], "good"),
    ([f"  Bearer {GOOD}  "], "good"),
    ([f"Bearer {OTHER}"], "good"),
    ([""], "malformed"),
    ([" "], "malformed"),
    (["Bearer"], "malformed"),
    (["Bearer "], "malformed"),
    (["bearer    "], "malformed"),
    ([GOOD], "malformed"),
    ([f"Token {GOOD}"], "malformed"),
    ([f"Basic {GOOD}"], "malformed"),
    (["Basic dG9rXzAxMjM0NTY3ODlhYmNkOg=="], "malformed"),
    ([f"Digest {GOOD}"], "malformed"),
    ([f"Bearer{GOOD}"], "malformed"),
    ([f"Bearer:{GOOD}"], "malformed"),
    ([f"Bearer: {GOOD}"], "malformed"),
    ([f"Bearer\t{GOOD}"], "malformed"),
    ([f'Bearer "{GOOD}"'], "malformed"),
    ([f"Bearer {GOOD},"], "malformed"),
    ([f"Bearer {GOOD} {GOOD}"], "malformed"),
    ([f"Bearer {GOOD}, Bearer {OTHER}"], "malformed"),
    ([f"Bearer token={GOOD}, x=1"], "malformed"),
    ([f"Bearer {GOOD}\x00"], "malformed"),
    ([f"Bearer {GOOD}\x7f"], "malformed"),
    ([f"Bearer {GOOD}", f"Bearer {GOOD}"], "malformed"),
    ([f"Bearer {GOOD}", f"Bearer {OTHER}"], "malformed"),
    ([f"Bearer {GOOD[:-1]}"], "unknown"),
    ([f"Bearer {GOOD}x"], "unknown"),
    ([f"Bearer {GOOD.upper()}"], "unknown"),
    ([f"Bearer Bearer{GOOD}"], "unknown"),
    (["Bearer null"], "unknown"),
    (["Bearer undefined"], "unknown"),
    (["Bearer \xe9"], "unknown"),
    ([f"Bearer {'x' * 5000}"], "unknown"),
    ([f"Bearer {EXPIRED}"], "expired"),
    ([f"Bearer {REVOKED}"], "revoked"),
]
UNAUTHORIZED = (
    b'{"status":"ERROR","error":{"code":"UNAUTHORIZED","message":"Unauthorized",'
    b'"details":"Send the API token as a header: Authorization: Bearer <token>."}}'
)
FORBIDDEN = (
    b'{"status":"ERROR","error":{"code":"FORBIDDEN","message":"Forbidden",'
    b'"details":"The API token is not accepted."}}'
)
WIRE = {
    200: [b'{"status":"SUCCESS","data":"default"}', b'{"status":"SUCCESS","data":"other"}'],
    401: [UNAUTHORIZED],
    403: [FORBIDDEN],
}
STATUS = {"good": 200, "missing": 401, "malformed": 401, "unknown": 403}


@pytest.fixture
def store():
    opened = Store()
    yield opened
    opened.close()


@pytest.fixture
def tokens(store):
    known = Tokens(store)
    known.add("default", GOOD, now=NOW)
    known.add("other", OTHER, now=NOW)
    known.add("old", EXPIRED, now=NOW - 10, expires=NOW)
    known.add("gone", REVOKED, now=NOW - 10)
    known.revoke("gone", now=NOW - 5)
    return known


@pytest.mark.parametrize(("headers", "verdict"), HEADERS)
def test_an_authorization_header_has_this_verdict(tokens, headers, verdict):
    bearer = tokens.check(tuple(headers), NOW)

    assert bearer.verdict == verdict
    assert (bearer.token is not None) == (verdict == "good")
    assert (bearer.known is not None) == (verdict in {"good", "expired", "revoked"})
    assert (bearer.sentence == "") == (verdict == "good")
    assert not any(secret in bearer.sentence for secret in (GOOD, OTHER, EXPIRED, REVOKED))


@pytest.fixture(scope="module")
def toplyne():
    with MockServer(tokens={"default": GOOD, "other": OTHER}) as server:
        expired = server.mock.tokens.add("old", EXPIRED, now=NOW, expires=NOW)
        assert expired.verdict(server.mock.clock()) == "expired"
        server.mock.tokens.add("gone", REVOKED, now=NOW)
        server.mock.tokens.revoke("gone", now=NOW)
        yield server


@pytest.mark.parametrize(
    ("headers", "verdict"),
    # what is no header at all is refused before anything looks at it
    [row for row in HEADERS if not any("\x00" in h or "\x7f" in h for h in row[0])],
)
def test_on_the_wire_a_bad_header_is_401_or_403_in_the_recorded_body(toplyne, headers, verdict):
    lines = ["GET /v1/auth/me HTTP/1.1", "Host: localhost", "Connection: close"]
    lines += [f"Authorization: {value}" for value in headers]
    raw = "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1")

    status, names, body = parsed(talk(toplyne, raw))

    assert status == STATUS.get(verdict, 403)
    assert (("WWW-Authenticate", "Bearer") in names) == (status == 401)
    assert body in WIRE[status]


@pytest.mark.parametrize(
    ("header", "tenant", "sentence"),
    [
        (None, None, "There is no Authorization header."),
        ("Bearer tok_nobody_knows", None, "The token …nows is unknown."),
        (f"Bearer {EXPIRED}", "old", "The token …0001 is expired."),
        (f"Bearer {REVOKED}", "gone", "The token …0001 is revoked."),
    ],
    ids=["missing", "unknown", "expired", "revoked"],
)
def test_the_journal_tells_apart_what_the_wire_does_not(toplyne, header, tenant, sentence):
    headers = {} if header is None else {"Authorization": header}
    answer = http.get(f"{toplyne.api_url}/auth/me", headers=headers)

    number = int(answer.headers["x-sandbox-entry"])
    shown_in = toplyne if tenant is None else toplyne.tenant(tenant)
    (entry,) = [entry for entry in shown_in.entries if entry["number"] == number]

    assert (entry["tenant"], entry["problems"][0]["message"]) == (tenant, sentence)
    if tenant is not None:
        assert number not in [entry["number"] for entry in toplyne.entries]


def test_a_token_is_kept_as_a_hash_and_never_as_itself(tmp_path):
    path = tmp_path / "mock.db"
    with MockServer(tokens={"default": GOOD}, db=path) as server:
        server.client.get("/auth/me")
        http.get(f"{server.api_url}/auth/me", headers={"Authorization": f"Bearer {OTHER}"})
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    with closing(sqlite3.connect(path)) as store:
        (row,) = store.execute("SELECT digest, ending FROM tokens").fetchall()

    assert GOOD.encode() not in kept
    assert OTHER.encode() not in kept
    assert row == (hashlib.sha256(GOOD.encode()).digest(), "…abcd")


def test_a_short_token_shows_nothing_of_itself():
    assert [masked(text) for text in ("abc", "abcdefg", "abcdefgh")] == ["…", "…", "…efgh"]


def test_an_expiration_is_looked_at_with_every_request(tokens):
    tokens.add("short", "tok_short_lived_01", now=NOW, expires=NOW + 1)

    verdicts = [
        tokens.check(("Bearer tok_short_lived_01",), now).verdict
        for now in (NOW, NOW + 0.999, NOW + 1, NOW + 2)
    ]

    assert verdicts == ["good", "good", "expired", "expired"]


def test_a_revoked_token_can_be_given_again(tokens):
    tokens.add("gone", REVOKED, now=NOW)

    assert tokens.check((f"Bearer {REVOKED}",), NOW).verdict == "good"


def test_the_same_token_under_the_same_name_changes_nothing(tokens):
    first = tokens.of("default")

    tokens.add("default", GOOD, now=NOW + 100)

    assert tokens.of("default") == first


def test_a_name_may_have_a_second_token_which_is_the_same_tenant(tokens):
    first, second = tokens.of("default")[0], tokens.add("default", "tok_second_one", now=NOW)

    assert first.tenant == second.tenant


def test_one_token_cannot_be_two_tenants(tokens):
    with pytest.raises(
        ValueError,
        match="the token …abcd already has the name 'default', not 'x'",
    ):
        tokens.add("x", GOOD, now=NOW)


@pytest.mark.parametrize("secret", ["", "a b", 'a"b', "a,b", "a\tb", "a\nb", "ключ", "a\x00"])
def test_what_cannot_be_sent_cannot_be_a_token(tokens, secret):
    with pytest.raises(ValueError, match="a token must be visible Latin-1"):
        tokens.add("x", secret, now=NOW)


@pytest.mark.parametrize("name", ["", " x", "x ", "a\nb", "x" * 101, "/a", ".", ".."])
def test_what_cannot_be_shown_cannot_be_a_name(tokens, name):
    with pytest.raises(
        ValueError,
        match="must be 1 to 100 printable characters, the first neither a dot nor a slash",
    ):
        tokens.add(name, "tok_of_a_bad_name", now=NOW)


def test_tokens_are_there_again_after_a_restart(tmp_path):
    path = tmp_path / "mock.db"
    store = Store(path)
    Tokens(store).add("old", EXPIRED, now=NOW, expires=NOW + 1)
    store.close()

    again = Tokens(Store(path))

    assert again.check((f"Bearer {EXPIRED}",), NOW).verdict == "good"
    assert again.check((f"Bearer {EXPIRED}",), NOW + 1).verdict == "expired"
