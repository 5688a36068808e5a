"""Questions: what each path of `/_sandbox/…` answers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Final

from mock_server.control.nearest import nearest
from mock_server.control.query import (
    FILTERS,
    PAGING,
    BadQuery,
    counts_of,
    filter_of,
    page_of,
    read_query,
    seconds_of,
)
from mock_server.exchange import Answer, Headers, Received
from mock_server.later import TooManyWaiting
from mock_server.segment.front import derived_key
from mock_server.segment.write_keys import with_token
from mock_server.store.database import Page
from mock_server.store.journal_entry import iso_time
from mock_server.store.state import KINDS, UPLOAD_OF
from mock_server.store.tokens import Token, check_name, new_secret
from mock_server.store.waiting import COUNTED
from mock_server.toplyne import answers
from sandbox.segment.definition import Rules
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import InvalidJson, parse_json
from sandbox.toplyne import TOPLYNE
from sandbox.workspace import InvalidWorkspace

if TYPE_CHECKING:
    from mock_server.parts import Parts
    from mock_server.tenant_view import TenantView

_NDJSON: Final[Headers] = (("Content-Type", "application/x-ndjson"), *answers.HEADERS[1:])
_COMPARED: Final = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: to which mock, as which tenant, with what; `part` is the path's last part."""

    mock: Parts
    view: TenantView
    received: Received
    part: str = ""

    def parameters(self, *known: str) -> dict[str, str]:
        """Return the query's parameters; raises BadQuery for others than the known ones."""
        return read_query(self.received.query, known)

    def body(self) -> dict[str, Json]:
        """Return the body, an object; raises BadQuery for any other."""
        try:
            value = parse_json(self.received.body, max_depth=TOPLYNE.max_depth)
        except InvalidJson as error:
            raise BadQuery(f"The body is {error}") from None
        if not isinstance(value, dict):
            raise BadQuery("The body must be a JSON object.")
        return value


def shown(value: Json, status: int = 200) -> Answer:
    """Return a value as a JSON answer."""
    return Answer(status, answers.HEADERS, _compact(value).encode())


def listed(name: str, items: Iterable[Json], *, total: int, dropped: int) -> Answer:
    """Return a page of a list as a JSON answer."""
    # one item after the other, so that other threads get their turn
    texts = ",".join([_compact(item) for item in items])
    text = f'{{"{name}":[{texts}],"total":{total},"dropped":{dropped}}}'
    return Answer(200, answers.HEADERS, text.encode())


def _compact(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"))


def health(asked: Asked) -> Answer:
    """Answer that the server is there, which version and which rules."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - slow to load

    try:
        number = version("toplyne-sandbox")
    except PackageNotFoundError:
        number = "unknown"
    return shown({"status": "ok", "version": number, "rules": asked.mock.rules})


def openapi(asked: Asked) -> Answer:
    """Answer the OpenAPI document of the API under the rules of this server."""
    return Answer(200, answers.HEADERS, _openapi_text(asked.mock.rules))


@cache
def _openapi_text(rules: Rules) -> bytes:
    from sandbox.openapi import openapi  # noqa: PLC0415 - only who asks needs it

    return json.dumps(openapi(TOPLYNE, rules=rules)).encode()


def entries(asked: Asked) -> Answer:
    """Answer a page of the journal."""
    parameters = asked.parameters(*PAGING, *FILTERS)
    where, page, view = filter_of(parameters), page_of(parameters), asked.view.view
    journal = asked.mock.journal
    return listed(
        "entries",
        (entry.to_json() for entry in journal.entries(view, page, where)),
        total=journal.matching(view, where, after=page.after),
        dropped=journal.dropped(view),
    )


def entry(asked: Asked) -> Answer:
    """Answer one entry of the journal."""
    asked.parameters()
    number = int(asked.part) if asked.part.isdecimal() and len(asked.part) < 16 else 0
    entry = asked.mock.journal.entry(asked.view.view, number)
    if entry is None:
        return answers.refusal(404, f"There is no entry {asked.part[:50]} here, or no longer.")
    return shown(entry.to_json())


def export(asked: Asked) -> Answer:
    """Answer the whole journal, one entry a line."""
    parameters = asked.parameters(*FILTERS)
    where, lines, after = filter_of(parameters), list[bytes](), 0
    while chunk := asked.mock.journal.entries(asked.view.view, Page(after=after), where):
        lines += [_compact(e.to_json()).encode() for e in chunk]
        after = chunk[-1].number
    return Answer(200, _NDJSON, b"".join(line + b"\n" for line in lines))


def find_nearest(asked: Asked) -> Answer:
    """Answer which entry's body is most like an expected one, and where they differ."""
    question = asked.body()
    unknown = question.keys() - {"body", "path", "partial", "status"}
    if unknown or "body" not in question:
        raise BadQuery('The body is like {"body": …, "path": "/v1/upload/events"}.')
    given: dict[str, str] = {n: question[n] for n in ("path", "status") if n in question}
    if not all(isinstance(value, str) for value in given.values()):
        raise BadQuery("path and status are texts, such as 2xx.")
    where = filter_of(given)
    latest = asked.mock.journal.entries(
        asked.view.view, Page(limit=_COMPARED, descending=True), where
    )
    found = nearest(
        question["body"],
        ((entry, entry.json) for entry in latest),
        partial=question.get("partial") is True,
    )
    if found is None:
        return shown({"nearest": None, "differences": []})
    return shown(
        {
            "nearest": found.candidate.to_json(),
            "differences": [difference.to_json() for difference in found.differences],
        }
    )


def state(asked: Asked) -> Answer:
    """Answer profiles, accounts or events: a page of those whose fields are as asked."""
    kind, known = asked.part, asked.mock.state
    if kind not in KINDS:
        return answers.refusal(404, f"The state has {', '.join(KINDS)}, not {kind[:50]!r}.")
    named = [field.key for field in UPLOAD_OF[kind].fields if field.type == "string"]
    parameters = asked.parameters(*PAGING, *named)
    wanted = {key: parameters[key] for key in named if key in parameters}
    page, tenant = page_of(parameters), asked.view.tenant

    if wanted:
        items = [
            item
            for item in asked.view.items(kind, after=page.after)
            if all(item.get(key) == value for key, value in wanted.items())
        ]
        total = len(items)
        items = items[::-1] if page.descending else items
        items = items[page.offset : page.offset + page.limit]
    else:
        items = known.items(tenant, kind, page)
        total = known.matching(tenant, kind, after=page.after)
    return listed("items", items, total=total, dropped=known.dropped(tenant, kind))


def wait(asked: Asked) -> Answer:
    """Answer as soon as so much came: 200, or 408 when time is up."""
    parameters = asked.parameters(*COUNTED, "timeout")
    wanted, timeout = counts_of(parameters), seconds_of(parameters, "timeout", 5.0)
    try:
        met = asked.mock.waiting.wait(asked.view.view, wanted, timeout)
    except TooManyWaiting as error:
        return answers.refusal(503, f"{error}.")
    return shown(asked.view.counts(), 200 if met else 408)


def reset(asked: Asked) -> Answer:
    """Forget the journal, state and faults of the tenant."""
    asked.view.reset()
    return shown({"reset": True})


def tokens(asked: Asked) -> Answer:
    """Answer every token but never its secret."""
    asked.parameters()
    now = asked.mock.clock()
    return shown({"tokens": [_token_shown(token, now) for token in asked.mock.tokens.all()]})


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
        try:
            asked.mock.segment.reconfigure(lambda known: with_token(known, name, secret))
        except InvalidWorkspace as error:
            asked.mock.tokens.revoke(name, now=now)
            return answers.refusal(409, f"No source can be made for it: {error}")
        told["write_key"] = derived_key(secret)
    return shown(told, 201)


def revoke_token(asked: Asked) -> Answer:
    """Revoke the tokens of a name; what they sent stays."""
    revoked = asked.mock.tokens.revoke(asked.part, now=asked.mock.clock())
    if not revoked:
        return answers.refusal(404, f"No token that could be revoked is named {asked.part!r}.")
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
