"""Questions: what `/_sandbox/ledger` and `/_sandbox/flush` answer."""

from __future__ import annotations

from typing import Final

from mock_server.control.query import PAGING, BadQuery, page_of, seconds_of
from mock_server.control.questions import Asked, listed, shown
from mock_server.exchange import Answer
from mock_server.segment.ledger import Wanted
from mock_server.segment.record import OUTCOMES
from mock_server.toplyne import answers
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


def ledger(asked: Asked) -> Answer:
    """Answer a page of the ledger."""
    parameters = asked.parameters(*PAGING, *FILTERS, "drop")
    wanted, page, view = _wanted(parameters), page_of(parameters), asked.view.view
    book = asked.mock.segment.ledger
    return listed(
        "messages",
        asked.view.shown(book.records(view, page, wanted)),
        total=book.matching(view, wanted, after=page.after),
        dropped=book.forgotten(view),
    )


def ledger_part(asked: Asked) -> Answer:
    """Answer how many messages had which outcome, or one record by its number."""
    asked.parameters()
    if asked.part == "summary":
        return shown(asked.view.summary())
    number = int(asked.part) if asked.part.isdecimal() and len(asked.part) < 16 else 0
    record = asked.mock.segment.ledger.record(asked.view.view, number)
    if record is None:
        return answers.refusal(404, f"There is no message {asked.part[:50]} here, or no longer.")
    return shown(asked.view.shown([record])[0])


def flush(asked: Asked) -> Answer:
    """Answer when all that was received is delivered or given up: 200, or 408 when time is up."""
    parameters = asked.parameters("timeout")
    met = asked.view.is_flushed(seconds_of(parameters, "timeout", _SECONDS))
    return shown(asked.view.summary(), 200 if met else 408)


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
