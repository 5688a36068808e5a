"""Tokens: the tenant of an Authorization header, or why it is refused.

A token has a name, which is also its tenant's, and may expire. It is shown once and kept as a hash.
The journal says whether a refused token is unknown, expired or revoked; the answer does not.
"""

import hashlib
import re
import secrets
from typing import Final, Literal, NamedTuple, TypeAlias

from mock_server.store.database import Store
from sandbox.masked_keys import masked
from sandbox.tenant_names import RIGHT_NAME, is_tenant_name

TokenStatus: TypeAlias = Literal["good", "missing", "malformed", "unknown", "expired", "revoked"]

RULE: Final[dict[int, str]] = {401: "token-missing", 403: "token-unknown"}
"""The rule of the declaration that is broken, by the status."""
WIRE_DETAILS: Final[dict[int, str]] = {
    401: "Send the API token as a header: Authorization: Bearer <token>.",
    403: "The API token is not accepted.",
}
_SECRET = re.compile(r"[!#-+\--~\xa1-\xff]+\Z")  # visible Latin-1 without comma and quotes
_MOST_HEADERS = 10_000
_LONGEST_HEADER = 500


class InvalidToken(ValueError):
    """A name or a secret that no token can have."""


class TokenRow(NamedTuple):
    """The record of a token, without the token itself: a row of the table, and its name.

    `tenant` is the number of its tenant. `created`, `expires` and `revoked` are Unix seconds; the
    last two are None if it does not expire or was not revoked.
    """

    digest: bytes
    tenant: int
    ending: str
    created: float
    expires: float | None
    revoked: float | None
    name: str

    def verdict(self, now: float) -> TokenStatus:
        """Return whether the token is valid at that time."""
        if self.revoked is not None:
            return "revoked"
        if self.expires is not None and self.expires <= now:
            return "expired"
        return "good"


_COLUMNS: Final = ", ".join(TokenRow._fields[:-1])
_INSERT: Final = f"INSERT OR REPLACE INTO tokens ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608


class Bearer(NamedTuple):
    """The verdict on an Authorization header, with its token if it is valid.

    `known` is the token even if it is expired or revoked, for the journal. `ending` has the last
    four characters of the key; no more of it is ever shown.
    """

    verdict: TokenStatus
    token: TokenRow | None = None
    known: TokenRow | None = None
    ending: str = ""
    sentence: str = ""

    @property
    def status(self) -> int:
        """The status of the answer to a call whose header is refused."""
        return 401 if self.verdict in {"missing", "malformed"} else 403


NO_BEARER: Final = Bearer("missing", sentence="There is no Authorization header.")


class Tokens:
    """The tokens of one mock, kept in its store."""

    def __init__(self, store: Store) -> None:
        """Read the tokens of the store."""
        self._store = store
        self._of_header: dict[str, Bearer] = {}
        self.for_unknown: str | None = None  # the name that unknown tokens belong to
        rows = store.read(f"SELECT {_COLUMNS} FROM tokens ORDER BY rowid")  # noqa: S608
        self._known = {row[0]: TokenRow._make((*row, store.tenants[row[1]])) for row in rows}

    def all(self) -> tuple[TokenRow, ...]:
        """Return all tokens, oldest first, revoked ones included."""
        return tuple(self._known.values())

    def of(self, name: str) -> tuple[TokenRow, ...]:
        """Return the tokens of that name."""
        return tuple(token for token in self._known.values() if token.name == name)

    def add(self, name: str, secret: str, *, now: float, expires: float | None = None) -> TokenRow:
        """Add a token under a name, which is its tenant's. Adding the same again changes nothing.

        Raises ValueError if the name or the secret is invalid, or the secret has another name.
        """
        check_name(name)
        if not (isinstance(secret, str) and _SECRET.match(secret)):
            raise InvalidToken("a token must be visible Latin-1 without space, comma or quote")
        digest = digest_of(secret)
        known = self._known.get(digest)
        if known is not None and known.name != name:
            said = f"the token {masked(secret)} already has the name {known.name!r}, not {name!r}"
            raise InvalidToken(said)
        if known is not None and known.revoked is None:
            return known

        token = TokenRow(digest, self._store.tenant(name), masked(secret), now, expires, None, name)
        self._keep(token)
        self._of_header[f"Bearer {secret}"] = _good(token)
        return token

    def revoke(self, name: str, *, now: float) -> tuple[TokenRow, ...]:
        """Revoke all tokens of that name and return them."""
        revoked = tuple(t._replace(revoked=now) for t in self.of(name) if t.revoked is None)
        for token in revoked:
            self._keep(token)
        return revoked

    def _keep(self, token: TokenRow) -> None:
        if self._store.is_kept:
            self._store.append(_INSERT, token[:-1])
        self._known[token.digest] = token
        self._of_header.clear()

    def check(self, authorization: tuple[str, ...], now: float) -> Bearer:
        """Return the verdict on the Authorization headers of a request."""
        if len(authorization) == 1:
            return self._check(authorization[0], now)
        if not authorization:
            return NO_BEARER
        many = f"There are {len(authorization)} Authorization headers. Send one."
        return Bearer("malformed", sentence=many)

    def _check(self, header: str, now: float) -> Bearer:
        seen = self._of_header.get(header)  # the same header always belongs to the same token
        if seen is not None and seen.token is not None and seen.token.verdict(now) == "good":
            return seen

        scheme, _, secret = header.strip(" \t").partition(" ")
        secret = secret.strip(" ")
        problem = _malformed(scheme, secret)
        if problem is not None:
            return Bearer("malformed", sentence=problem)

        token = self._known.get(digest_of(secret))
        if token is None and self.for_unknown is not None:
            (token, *_) = self.of(self.for_unknown)
            token = token._replace(ending=masked(secret))
        if token is None:
            ending = masked(secret)
            return Bearer("unknown", ending=ending, sentence=f"The token {ending} is unknown.")
        verdict = token.verdict(now)
        if verdict != "good":
            said = f"The token {token.ending} is {verdict}."
            return Bearer(verdict, None, token, token.ending, said)
        bearer = _good(token)
        if len(self._of_header) < _MOST_HEADERS and len(header) <= _LONGEST_HEADER:
            self._of_header[header] = bearer
        return bearer


def _good(token: TokenRow) -> Bearer:
    return Bearer("good", token, token, token.ending)


def _malformed(scheme: str, secret: str) -> str | None:
    if not scheme:
        return "The Authorization header is empty."
    if scheme.lower() != "bearer":
        # the header may be the key alone, so no part of it is shown
        return "The Authorization header does not start with 'Bearer '."
    if not secret:
        return "The Authorization header has no token after Bearer."
    if not _SECRET.match(secret):
        return "The token has a space, a comma or another character that no token may have."
    return None


def check_name(name: str) -> None:
    """Raise InvalidToken if the string cannot be the name of a token."""
    if not (isinstance(name, str) and is_tenant_name(name)):
        raise InvalidToken(
            "the name of a token, which its tenant and its destination have too, must be"
            f" {RIGHT_NAME}, but it was {name!r:.100}"
        )


def digest_of(secret: str) -> bytes:
    """Return the hash that is kept of a token. 192 random bits need no salt."""
    return hashlib.sha256(secret.encode("latin-1", "replace")).digest()


def new_secret() -> str:
    """Return a new token."""
    return secrets.token_urlsafe(24)
