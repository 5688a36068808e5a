"""Tokens: `/_sandbox/tokens`, made, listed and revoked."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, NotRequired, TypedDict

from mock_server.control.resource import Asked, BadQuery, resource
from mock_server.control.type_schemas import Free, Whole, With
from mock_server.segment.front import derived_key
from mock_server.segment.write_keys import default_workspace
from mock_server.store.journal_entry import iso_time
from mock_server.store.tokens import Token as Kept
from mock_server.store.tokens import check_name, new_secret
from sandbox.segment.javascript import Json
from sandbox.values import shortened
from sandbox.workspace import InvalidWorkspace


class Token(TypedDict):
    """What is told of a token: never its secret."""

    name: str
    ending: str
    status: str
    created: str
    expires: str | None
    revoked: str | None


class NewToken(Token):
    """A new token, the only answer that shows its secret."""

    token: str
    write_key: NotRequired[str]


class _Wish(TypedDict):
    name: Annotated[str, With(pattern="^[!-.0-~]{1,100}$")]
    expires: NotRequired[Annotated[str, With(format="date-time")] | None]
    source: NotRequired[bool]


class _Tokens(TypedDict):
    tokens: list[Token]


class _Revoked(TypedDict):
    revoked: Whole


@resource("GET", "/tokens", is_admins=True)
def tokens(asked: Asked) -> _Tokens:
    """Answer every token but never its secret."""
    now = asked.mock.clock()
    return {"tokens": [_shown(token, now) for token in asked.mock.tokens.all()]}


@resource("POST", "/tokens", takes=_Wish, gives=NewToken, status=201, is_admins=True)
def new_token(asked: Asked) -> Free:
    """Make a token of a new name, which is a new tenant; the only answer that shows a secret.

    With `"source": true` a source of that name delivers to it, and the answer has its write key.
    """
    wish, tokens = asked.body(), asked.mock.tokens
    name, expires, source = wish.get("name"), wish.get("expires"), wish.get("source", False)
    is_known = wish.keys() <= {"name", "expires", "source"} and isinstance(source, bool)
    if not is_known or not isinstance(name, str):
        raise BadQuery('The body is like {"name": "worker 1", "expires": null, "source": false}.')
    try:
        check_name(name)
    except ValueError as error:
        raise BadQuery(f"{error}.") from None
    if any(token.revoked is None for token in tokens.of(name)):
        message = f"There is a token named {name!r}; revoke it first, or take another name."
        raise BadQuery(message, 409)

    secret, now = new_secret(), asked.mock.clock()
    token = tokens.add(name, secret, now=now, expires=_seconds(expires))
    told: Free = {"token": secret, **_shown(token, now)}
    if source:
        try:
            asked.mock.segment.reconfigure(partial(default_workspace, {name: secret}))
        except InvalidWorkspace as error:
            tokens.revoke(name, now=now)
            raise BadQuery(f"No source can be made for it: {error}", 409) from None
        told["write_key"] = derived_key(secret)
    return told


@resource("DELETE", "/tokens/<name>", is_admins=True)
def revoke_token(asked: Asked, name: str) -> _Revoked:
    """Revoke the tokens of a name; what they sent stays."""
    revoked = asked.mock.tokens.revoke(name, now=asked.mock.clock())
    if not revoked:
        raise BadQuery(f"No token that could be revoked is named {name!r}.", 404)
    return {"revoked": len(revoked)}


def _seconds(expires: Json) -> float | None:
    if expires is None:
        return None
    try:
        moment = datetime.fromisoformat(expires)
    except (TypeError, ValueError):
        example = "2030-01-31T00:00:00Z"
        found = shortened(f"{expires!r:.100}")
        raise BadQuery(f"expires is null or a time like {example}, not {found}.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _shown(token: Kept, now: float) -> Token:
    return {
        "name": token.name,
        "ending": token.ending,
        "status": token.verdict(now),
        "created": iso_time(token.created),
        "expires": None if token.expires is None else iso_time(token.expires),
        "revoked": None if token.revoked is None else iso_time(token.revoked),
    }
