"""Archive: replay a file of events through mappings, and report which events have arrived."""

import sys
import threading
from collections.abc import Iterator
from functools import partial
from typing import Final, NotRequired

from mock_server.bounds import (
    LISTED_BYTES,
    LISTED_EVENTS,
    RECOVERED_BYTES,
    REPLAY_SECONDS,
    REPLAYS_AT_ONCE,
)
from mock_server.control import edited_drafts
from mock_server.control.resource import Asked, BadQuery, check_values, resource
from mock_server.store.database import Span
from mock_server.store.journal_entry import EntryFilter
from mock_server.store.state import KINDS
from sandbox.destination import Mapping, map_event, mapper_of
from sandbox.event_input import InputEvent, read_events
from sandbox.inflating import InputError, InputTooLarge, all_of, inflated
from sandbox.recovery import Sent, attempts_of, recover, report, sent_of, sent_of_ledger
from sandbox.segment.definition import Rules
from sandbox.segment.integrations import turned_off
from sandbox.segment.json_text import packed
from sandbox.segment.not_simulated import NOT_SIMULATED
from sandbox.segment.pipeline import Mapped, Outcome, Rejected
from sandbox.toplyne import TOPLYNE
from sandbox.type_schemas import BytesJson, Free, bytes_of
from sandbox.values import Json
from sandbox.wire_types import EntryJson

_MOST_SAID: Final = 5
_TOO_LONG: Final = f"takes longer than {REPLAY_SECONDS:g} s (replay_seconds) with these mappings."
_INSTEAD: Final = "Use `toplyne-sandbox {}`, which takes any number of events."
_TOO_MANY: Final = (
    f"At most {REPLAYS_AT_ONCE} files are replayed at once (replays_at_once). Retry later."
)
_REPLAYING: Final = threading.BoundedSemaphore(REPLAYS_AT_ONCE)
"""Of the whole process, because its memory is what the bound protects."""


class _File(edited_drafts.MappingsAsked):
    file: BytesJson
    name: NotRequired[str]


@resource("POST", "/replay", takes=_File)
def replay_file(asked: Asked) -> bytes:
    """Replay a file of events: return the counts, and the outcome of each mapping for each event.

    The file is a string or {"base64": …}: NDJSON, an array, an SDK body, HAR or a file of
    `serve --record`, compressed or not.
    """
    if not _REPLAYING.acquire(blocking=False):
        raise BadQuery(_TOO_MANY, 503)
    try:
        return _replayed(asked, asked.body(_File, TOPLYNE.max_body))
    finally:
        _REPLAYING.release()


def _replayed(asked: Asked, body: _File) -> bytes:
    from sandbox.replay import replay_content  # noqa: PLC0415 - rarely needed

    name = body.get("name", "the file")
    made = edited_drafts.made_of(edited_drafts.drafts_of(body), "replayed")
    rules = body.get("rules", asked.mock.rules)
    content = _inflated(bytes_of(body["file"]), name, "replay")

    cancelled = asked.until(REPLAY_SECONDS)
    report = replay_content(content, name=name, workspace=made, rules=rules, cancelled=cancelled)
    rows: list[bytes] = []
    size = 0
    for row in _rows(content, made, rules):
        if cancelled():
            raise BadQuery(f"{name} {_TOO_LONG} {_INSTEAD.format('replay')}", 413)
        size += len(row)
        if len(rows) == LISTED_EVENTS or size > LISTED_BYTES:
            break
        rows.append(row)
    return b'%b,"rows":[%b]}' % (packed(report.to_json()).removesuffix(b"}"), b",".join(rows))


def _inflated(content: bytes, name: str, command: str) -> bytes:
    """Return what the server reads whole, inflated. The command is for what is too large."""
    try:
        found = all_of(inflated(content), most=TOPLYNE.max_body)
    except InputTooLarge as error:
        said = f"{name} {error} (upload_bytes). {_INSTEAD.format(command)}"
        raise BadQuery(said, 413) from None
    except InputError as error:
        raise BadQuery(f"{name} {error}.") from None
    check_values(found)
    return found


def _rows(content: bytes, mappings: tuple[Mapping, ...], rules: Rules) -> Iterator[bytes]:
    """Yield a row for each event as JSON: its place, the event, and the outcome of each mapping."""
    from sandbox.replay import events_in  # noqa: PLC0415 - rarely needed

    outcomes_of = mapper_of(mappings, rules)
    for line, item, event in events_in(content):
        held_back = turned_off(event, TOPLYNE.name)
        outcomes = [] if held_back else [_outcome(each) for each in outcomes_of(event)]
        row = {"line": line, "item": item, "event": event, "held_back": held_back or None}
        yield packed(row | {"outcomes": outcomes})


def _outcome(outcome: Outcome) -> Free:
    match outcome:
        case Mapped(request=request):
            return {"fate": "mapped", "request": request.to_json()}
        case Rejected(code=code, problems=problems):
            fate = "not_simulated" if code == NOT_SIMULATED else "rejected"
            return {"fate": fate, "reason": f"{problems[0].path} {problems[0].message}"}
    return {"fate": "skipped"}


@resource("POST", "/recovery", takes=Free | list[Free])
def recovery_of_events(asked: Asked) -> dict[str, Json]:
    """Report which of the body's events have arrived, were refused, or are missing.

    The body has events in any form that the commands read.
    """
    body = _inflated(asked.received.body, "The body", "recovery")
    read = list(read_events(body, name="the body"))
    if wrong := [str(one) for one in read if not isinstance(one, InputEvent)]:
        raise BadQuery(" ".join(wrong[:_MOST_SAID]))
    events = ((one.index, one.value) for one in read if isinstance(one, InputEvent))
    return _reported(asked, *sent_of(events, partial(map_event, rules=asked.mock.rules)))


@resource("GET", "/recovery")
def recovery_of_ledger(asked: Asked) -> dict[str, Json]:
    """Report which requests of the ledger's messages have arrived. Flush first.

    `event` is the number of the message in the ledger.
    """
    return _reported(asked, *sent_of_ledger(asked.view.ledger))


def _reported(asked: Asked, sent: list[Sent], requestless: int) -> dict[str, Json]:
    found = recover(sent, attempts_of(_journaled(asked)))
    state = {kind: asked.mock.state.count(asked.view.number, kind) for kind in KINDS}
    dropped = asked.mock.journal.dropped(asked.view.view)
    return report(found, state, dropped=dropped, requestless=requestless)


def _journaled(asked: Asked) -> Iterator[EntryJson]:
    left = RECOVERED_BYTES
    for entry in asked.mock.journal.each(asked.view.view, Span(limit=sys.maxsize), EntryFilter()):
        left -= len(entry.content)
        if left < 0:
            most = f"{RECOVERED_BYTES:,} bytes (recovered_bytes)"
            raise BadQuery(f"The journal is longer than {most}.", 413)
        yield entry.to_json()
