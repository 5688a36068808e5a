"""Replay: `/_sandbox/replay`, what mappings make of each event of a file."""

import binascii
from base64 import b64decode
from collections.abc import Iterator
from typing import Final

from mock_server.bounds import LISTED_BYTES, LISTED_EVENTS
from mock_server.control.query import BadQuery
from mock_server.control.resource import Asked, check_values, resource
from mock_server.control.sketches import check_names, made_of, sketches_of, text_in
from mock_server.control.try_resource import rules_of
from mock_server.exchange import Answer
from mock_server.segment.record import packed
from mock_server.toplyne import answers
from sandbox.destination import Mapping, mapper_of
from sandbox.inflating import InputError, all_of, inflated
from sandbox.segment.definition import Rules
from sandbox.segment.integrations import turned_off
from sandbox.segment.javascript import Json
from sandbox.segment.not_simulated import NOT_SIMULATED
from sandbox.segment.pipeline import Mapped, Outcome, Rejected
from sandbox.toplyne import TOPLYNE

_BODY: Final = ("file", "name", "mappings", "rules")


@resource("POST", "/replay")
def replay_file(asked: Asked) -> Answer:
    """Answer the counts of all events of a file, and what each mapping makes of each event.

    The file is a string or {"base64": …}: NDJSON, an array, an SDK body, HAR or what
    `serve --record` writes, compressed or not.
    """
    from sandbox.replay import replay_content  # noqa: PLC0415 - few need it

    body = asked.body()
    check_names(body, _BODY, "the body")
    name = text_in(body, "name", "the body") if "name" in body else "the file"
    mappings, rules = made_of(sketches_of(body), "replayed"), rules_of(asked, body)
    try:
        content = all_of(inflated(_content(body.get("file"))), most=TOPLYNE.max_body)
    except InputError as error:
        raise BadQuery(f"{name} {error}.") from None
    check_values(content)

    report = replay_content(content, name=name, workspace=mappings, rules=rules)
    rows: list[bytes] = []
    size = 0
    for row in _rows(content, mappings, rules):
        size += len(row)
        if len(rows) == LISTED_EVENTS or size > LISTED_BYTES:
            break
        rows.append(row)
    counts = packed(report.to_json()).removesuffix(b"}")
    listed = b'%b,"rows":[%b]}' % (counts, b",".join(rows))
    return Answer(200, answers.HEADERS, listed)


def _content(file: Json) -> bytes:
    match file:
        case str():
            return file.encode("utf-8", "surrogatepass")
        case {"base64": str(text), **others} if not others:
            try:
                return b64decode(text, validate=True)
            except binascii.Error as error:
                raise BadQuery(f"base64 of file cannot be read: {error}.") from None
    raise BadQuery('file is a string, or {"base64": "…"}.')


def _rows(content: bytes, mappings: tuple[Mapping, ...], rules: Rules) -> Iterator[bytes]:
    """Yield a row for each event, as JSON: its place, the event, and what each mapping does."""
    from sandbox.replay import events_in  # noqa: PLC0415 - few need it

    outcomes_of = mapper_of(mappings, rules)
    for line, item, event in events_in(content):
        held_back = turned_off(event, TOPLYNE.name)
        outcomes = [] if held_back else [_outcome(each) for each in outcomes_of(event)]
        yield packed(
            {
                "line": line,
                "item": item,
                "event": event,
                "held_back": held_back or None,
                "outcomes": outcomes,
            }
        )


def _outcome(outcome: Outcome) -> dict[str, Json]:
    match outcome:
        case Mapped(request=request):
            return {"fate": "mapped", "request": {**request.to_json()}}
        case Rejected(code=code, problems=problems):
            fate = "not_simulated" if code == NOT_SIMULATED else "rejected"
            return {"fate": fate, "reason": f"{problems[0].path} {problems[0].message}"}
    return {"fate": "skipped"}
