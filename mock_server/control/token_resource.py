"""Tokens: `/_sandbox/tokens`, made, listed and revoked."""

from datetime import UTC, datetime

from mock_server.control.query import BadQuery
from mock_server.control.resource import Asked, resource, shown
from mock_server.exchange import Answer
from mock_server.segment.front import derived_key
from mock_server.store.journal_entry import iso_time
from mock_server.store.tokens import Token, check_name, new_secret
from mock_server.toplyne import answers
from sandbox.segment.javascript import Json


@resource("GET", "/tokens", is_admins=True)
def tokens(asked: Asked) -> Answer:
    """Answer every token but never its secret."""
    now = asked.mock.clock()
    return shown({"tokens": [_token_shown(token, now) for token in asked.mock.tokens.all()]})


@resource("POST", "/tokens", is_admins=True)
def new_token(asked: Asked) -> Answer:
    """Make a token of a new name, which is a new tenant; the only answer that shows a secret.

    With `"source": true` a source of that name delivers to it, and the answer has its write key.
    """
    wish = asked.body()
    name, expires, source = wish.get("name"), wish.get("expires"), wish.get("source", False)
    is_known = not wish.keys() - {"name", "expires", "source"} and isinstance(source, bool)
    if not is_known or not isinstance(name, str):
        raise BadQuery('The body is like {"name": "worker 1", "expires": null, "source": false}.')
    try:
        check_name(name)
    except ValueError as error:
        raise BadQuery(f"{error}.") from None
    if any(token.revoked is None for token in asked.mock.tokens.of(name)):
        message = f"There is a token named {name!r}; revoke it first, or take another name."
        return answers.refusal(409, message)

    secret, now = new_secret(), asked.mock.clock()
    token = asked.mock.tokens.add(name, secret, now=now, expires=_seconds(expires))
    told = {"token": secret, **_token_shown(token, now)}
    if source:
        from mock_server.segment.write_keys import with_token  # noqa: PLC0415 - workspaces are slow to load
        from sandbox.workspace import InvalidWorkspace  # noqa: PLC0415 - as above

        try:
            asked.mock.segment.reconfigure(lambda known: with_token(known, name, secret))
        except InvalidWorkspace as error:
            asked.mock.tokens.revoke(name, now=now)
            return answers.refusal(409, f"No source can be made for it: {error}")
        told["write_key"] = derived_key(secret)
    return shown(told, 201)


@resource("DELETE", "/tokens/<name>", is_admins=True)
def revoke_token(asked: Asked, name: str) -> Answer:
    """Revoke the tokens of a name; what they sent stays."""
    revoked = asked.mock.tokens.revoke(name, now=asked.mock.clock())
    if not revoked:
        return answers.refusal(404, f"No token that could be revoked is named {name!r}.")
    return shown({"revoked": len(revoked)})


def _seconds(expires: Json) -> float | None:
    if expires is None:
        return None
    try:
        moment = datetime.fromisoformat(expires)
    except (TypeError, ValueError):
        example = "2030-01-31T00:00:00Z"
        raise BadQuery(f"expires is null or a time like {example}, not {expires!r}.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _token_shown(token: Token, now: float) -> dict[str, Json]:
    return {
        "name": token.name,
        "ending": token.ending,
        "status": token.verdict(now),
        "created": iso_time(token.created),
        "expires": None if token.expires is None else iso_time(token.expires),
        "revoked": None if token.revoked is None else iso_time(token.revoked),
    }
