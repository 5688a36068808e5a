"""Journal export: what was kept of calls, in the forms in which they are used elsewhere."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any, Final

from mock_server.control.har import har_entry
from mock_server.exchange import Answer
from mock_server.refusal import Refusal
from mock_server.routes import PREFIX, find_route
from mock_server.store.journal_entry import Entry, answer_text
from mock_server.toplyne import answers

if TYPE_CHECKING:
    from sandbox.wire_types import AnswerJson

_CLIENTS_OWN: Final = frozenset(
    {"host", "authorization", "connection", "content-length", "transfer-encoding", "expect"}
)
"""Headers each client writes anew; also left out is what was masked."""
_LONGEST_ARGUMENT: Final = 30_000
"""A longer body goes through a pipe, as systems bound arguments; Linux at 128 KiB."""
_ROOT: Final = "${TOPLYNE_API_URL%/v1}"
_TEST: Final = """\
def test_call_{number}_is_answered_{status}(toplyne):
{fault}    answer = httpx.request(
        {method!r},
        {root} + {path!r},
        headers={headers},
        content={body!r},
    )

    assert answer.status_code == {status}
"""


def given(entry: Entry) -> Answer | None:
    """Return what an entry was answered, None where that is not known."""
    if entry.answer is not None:
        told: AnswerJson = json.loads(entry.answer)
        body = b64decode(told["base64"]) if "base64" in told else told.get("text", "").encode()
        headers = tuple((name, value) for name, value in told["headers"])
        return Answer(told["status"], headers, body, entry.number, wire=told["wire"])  # type: ignore[arg-type]
    route = find_route(entry.method, entry.path)
    if entry.fault or isinstance(route, Refusal) or entry.tenant is None:
        return None
    answer = answers.success(entry.path, entry.tenant)
    return answer.of_entry(entry.number) if answer.status == entry.status else None


def answer_of(entry: Entry) -> AnswerJson | None:
    """Return what an entry was answered, as `/_sandbox/entries/17` shows it."""
    answer = given(entry)
    if answer is None:
        return None
    told: AnswerJson = json.loads(answer_text(answer))
    told["headers"] = [list(pair) for pair in answer.all_headers]
    return told


def sent_headers(entry: Entry) -> list[tuple[str, str]]:
    """Return the headers that make the same call again, without secrets and what clients add."""
    pairs = json.loads(entry.headers)
    return [(name, value) for name, value in pairs if name not in _CLIENTS_OWN and "…" not in value]


def target(entry: Entry) -> str:
    """Return path and query of a call."""
    return f"{entry.path}?{entry.query}" if entry.query else entry.path


def curl_of(entry: Entry) -> str:
    """Return a curl command that sends the same bytes; the key is read from the environment."""
    from sandbox.check.http_calls import AUTHORIZED  # noqa: PLC0415 - slow to load
    from sandbox.check.reproducing import curl_line  # noqa: PLC0415 - as above

    before, body = "", None
    if entry.body:
        try:
            body = entry.body.decode()
        except UnicodeDecodeError:
            body = None
        if body is None or body[:1] == "@" or "\0" in body or len(body) > _LONGEST_ARGUMENT:
            before = f"printf %s {b64encode(entry.body).decode()} | base64 -d | "
            body = "@-"
    names = {name for name, _ in json.loads(entry.headers)}
    unsaid = [] if "content-type" in names else [("Content-Type", "")]  # curl would say one
    line = curl_line(
        entry.method,
        target(entry),
        [*sent_headers(entry), *unsaid],
        body,
        url=_ROOT,
        authorization=AUTHORIZED if "authorization" in names else None,
    )
    return before + line


def test_of(entry: Entry) -> str:
    """Return a test that makes the call again and expects the status it had."""
    path, answer, fault = target(entry), given(entry), ""
    is_below = path.startswith(f"{PREFIX}/")
    headers = [f"{name!r}: {value!r}" for name, value in sent_headers(entry)]
    if any(name == "authorization" for name, _ in json.loads(entry.headers)):
        is_known = entry.status not in {401, 403} or entry.fault
        bearer = 'f"Bearer {toplyne.token}"' if is_known else '"Bearer none"'
        headers.append(f"'authorization': {bearer}")
    if entry.fault and answer is not None:
        told = dict(answer.headers)
        parts = f"status={answer.status}, headers={told}, body={answer.body!r}"
        fault = f"    toplyne.answer_next({parts})\n"
    return _TEST.format(
        number=entry.number,
        status=entry.status,
        fault=fault,
        method=entry.method,
        root="toplyne.api_url" if is_below else "toplyne.url",
        path=path.removeprefix(PREFIX) if is_below else path,
        headers=f"{{{', '.join(headers)}}}",
        body=entry.body,
    )


def har_of(entry: Entry, *, root: str) -> dict[str, Any]:
    """Return an entry of an HTTP archive."""
    headers = json.loads(entry.headers)
    return har_entry(
        at=entry.at,
        seconds=0,
        method=entry.method,
        url=root + target(entry),
        headers=headers,
        body=entry.content,
        body_size=len(entry.body),
        mime=next((value for name, value in headers if name == "content-type"), ""),
        answer=given(entry),
    )
