"""Ledger: `/_sandbox/ledger`, what became of every message, and `/_sandbox/flush`."""

from typing import Final

from mock_server.control.query import PAGING, BadQuery, NoSuch, number_of, page_of, seconds_of
from mock_server.control.resource import Asked, listed, resource, shown
from mock_server.exchange import Answer
from mock_server.later import Condition, Later
from mock_server.real_clock import monotonic
from mock_server.segment.ledger import Wanted
from mock_server.segment.record import OUTCOMES, Record
from sandbox.segment.errors import did_you_mean

FILTERS: Final = {
    "outcome": "outcome",
    "code": "code",
    "type": "type",
    "event": "event",
    "source": "source",
    "messageId": "message_id",
}
_TRUTH: Final = {"true": True, "false": False}
_SECONDS: Final = 60.0


@resource("GET", "/ledger", query=(*PAGING, *FILTERS, "drop"))
def ledger(asked: Asked) -> Answer:
    """Answer a page of the ledger."""
    wanted, page, view = _wanted(asked.query), page_of(asked.query), asked.view.view
    book = asked.mock.segment.ledger
    return listed(
        "messages",
        asked.view.shown(book.records(view, page, wanted)),
        total=book.matching(view, wanted, after=page.after),
        dropped=book.forgotten(view),
    )


@resource("GET", "/ledger/summary")
def summary(asked: Asked) -> Answer:
    """Answer how many messages had which outcome."""
    return shown(asked.view.summary())


@resource("GET", "/ledger/<number>")
def record(asked: Asked, number: str) -> Answer:
    """Answer one message of the ledger."""
    return shown(asked.view.shown([found_record(asked, number)])[0])


def found_record(asked: Asked, number: str) -> Record:
    """Return a record of the ledger; raises NoSuch."""
    found = asked.mock.segment.ledger.record(asked.view.view, number_of(number))
    if found is None:
        raise NoSuch(f"There is no message {number[:50]} here, or no longer.")
    return found


@resource("POST", "/flush", query=["timeout"])
def flush(asked: Asked) -> Later:
    """Answer when all that was received is delivered or given up: 200, or 408 when time is up."""
    seconds, view = seconds_of(asked.query, "timeout", _SECONDS), asked.view
    pending = asked.mock.segment.pending
    is_flushed = pending.flushed(view.view)
    return Later(
        condition=Condition(pending.changes, view.view),
        deadline=monotonic() + seconds,
        ready=lambda: shown(view.summary()) if is_flushed() else None,
        overdue=lambda: shown(view.summary(), 408),
    )


def _wanted(parameters: dict[str, str]) -> Wanted:
    outcome = parameters.get("outcome")
    if outcome is not None and outcome not in OUTCOMES:
        near = did_you_mean(outcome, list(OUTCOMES))
        raise BadQuery(f"outcome is one of {', '.join(OUTCOMES)}, not {outcome[:50]!r}.{near}")
    drop = parameters.get("drop")
    if drop is not None and drop not in _TRUTH:
        raise BadQuery(f"drop is true or false, not {drop[:50]!r}.")
    given = {member: parameters.get(name) for name, member in FILTERS.items()}
    return Wanted(**given, drop=None if drop is None else _TRUTH[drop])
