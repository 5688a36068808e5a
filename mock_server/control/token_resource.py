"""Tokens: `/_sandbox/tokens`, to make, list and revoke them."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, NotRequired, TypeAlias, TypedDict

from mock_server.control.resource import Asked, BadQuery, resource
from mock_server.segment.tracking_paths import derived_key
from mock_server.segment.write_keys import default_workspace
from mock_server.store.journal_entry import iso_time
from mock_server.store.tokens import TokenRow, check_name, new_secret
from sandbox.tenant_names import RIGHT_NAME
from sandbox.type_schemas import Free, Whole, With
from sandbox.workspace import InvalidWorkspace


class Token(TypedDict):
    """A token without its secret."""

    name: str
    ending: str
    status: str
    created: str
    expires: str | None
    revoked: str | None


class NewToken(Token):
    """A new token. No later answer shows its secret."""

    token: str
    write_key: NotRequired[str]


def _seconds(expires: str) -> float:
    """Return a time in Unix seconds; raises ValueError if that cannot be shown again."""
    moment = datetime.fromisoformat(expires)
    seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    iso_time(seconds)
    return seconds


_Name: TypeAlias = Annotated[str, With(RIGHT_NAME, check_name, pattern="^[-!-,0-~][!-~]{0,99}$")]
_Time: TypeAlias = Annotated[
    str, With("a time such as 2030-01-31T00:00:00Z", _seconds, format="date-time")
]


class _Wish(TypedDict):
    name: _Name
    expires: NotRequired[_Time | None]
    source: NotRequired[bool]


class _Tokens(TypedDict):
    tokens: list[Token]


class _Revoked(TypedDict):
    revoked: Whole


@resource("GET", "/tokens", is_admins=True)
def tokens(asked: Asked) -> _Tokens:
    """Return all tokens, without their secrets."""
    now = asked.mock.clock()
    return {"tokens": [_shown(token, now) for token in asked.mock.tokens.all()]}


@resource("POST", "/tokens", gives=NewToken, status=201, is_admins=True)
def new_token(asked: Asked, body: _Wish) -> Free:
    """Make a token with a new name, and with it a tenant. Only this answer shows the secret.

    With `"source": true` it gets a source of the same name, whose write key is in the answer.
    """
    mock, tokens, name, expires = asked.mock, asked.mock.tokens, body["name"], body.get("expires")
    secret, now = new_secret(), mock.clock()
    until = None if expires is None else _seconds(expires)
    with mock.store.lock:  # so that of two simultaneous requests for a name only one succeeds
        if any(token.revoked is None for token in tokens.of(name)):
            message = f"A token named {name!r} exists. Revoke it first, or use another name."
            raise BadQuery(message, 409)
        token = tokens.add(name, secret, now=now, expires=until)
    told: Free = {"token": secret, **_shown(token, now)}
    if body.get("source"):
        try:
            mock.segment.reconfigure(partial(default_workspace, {name: secret}))
        except InvalidWorkspace as error:
            tokens.revoke(name, now=now)
            raise BadQuery(f"No source can be added for the token: {error}", 409) from None
        told["write_key"] = derived_key(secret)
    if name == mock.default:
        mock.segment  # noqa: B018 - its write keys are derived from the first tokens
        mock.secrets[name] = secret
    return told


@resource("DELETE", "/tokens/<path:name>", is_admins=True)
def revoke_token(asked: Asked, name: str) -> _Revoked:
    """Revoke the tokens of a name. What they have sent is kept."""
    revoked = asked.mock.tokens.revoke(name, now=asked.mock.clock())
    if not revoked:
        raise BadQuery(f"There is no token named {name!r} to revoke.", 404)
    return {"revoked": len(revoked)}


def _shown(token: TokenRow, now: float) -> Token:
    return {
        "name": token.name,
        "ending": token.ending,
        "status": token.verdict(now),
        "created": iso_time(token.created),
        "expires": None if token.expires is None else iso_time(token.expires),
        "revoked": None if token.revoked is None else iso_time(token.revoked),
    }
