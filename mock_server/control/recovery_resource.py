"""Recovery: `/_sandbox/recovery`, what became of what a client tried to send."""

from typing import Final

from mock_server.control.query import BadQuery, TooLarge
from mock_server.control.resource import Asked, check_values, resource, shown
from mock_server.exchange import Answer
from mock_server.store.state import KINDS
from sandbox.destination import map_event
from sandbox.event_input import Event, read_events
from sandbox.inflating import InputError, InputTooLarge, all_of, inflated
from sandbox.recovery import Sent, recover, report
from sandbox.recovery_inputs import attempts_of, sent_of, sent_of_ledger
from sandbox.toplyne import TOPLYNE

_MOST_SAID: Final = 5
_ANY_NUMBER: Final = "`toplyne-sandbox recovery` takes any number of events"


@resource("POST", "/recovery")
def recovery_of_events(asked: Asked) -> Answer:
    """Answer the report on the events of the body, in any form a command reads them in."""
    sent, requestless = sent_of(
        ((event.index, event.value) for event in _events(asked)),
        lambda event: map_event(event, rules=asked.mock.rules),
    )
    return _reported(asked, sent, requestless)


@resource("GET", "/recovery")
def recovery_of_ledger(asked: Asked) -> Answer:
    """Answer the report on what the ledger says was sent; flush first, or some is still on its way.

    An item's event is the number of its message in the ledger.
    """
    return _reported(asked, *sent_of_ledger(asked.view.ledger))


def _reported(asked: Asked, sent: list[Sent], requestless: int) -> Answer:
    found = recover(sent, attempts_of(asked.view.entries))
    state = {kind: asked.mock.state.count(asked.view.number, kind) for kind in KINDS}
    dropped = asked.mock.journal.dropped(asked.view.view)
    return shown(report(found, state, dropped=dropped, requestless=requestless))


def _events(asked: Asked) -> list[Event]:
    try:
        body = all_of(inflated(asked.received.body), most=TOPLYNE.max_body)
    except InputTooLarge:
        raise TooLarge(
            f"The body is longer than {TOPLYNE.max_body} bytes (upload_bytes); {_ANY_NUMBER}."
        ) from None
    except InputError as error:
        raise BadQuery(f"The body {error}.") from None
    check_values(body)
    read = list(read_events(body, name="the body"))
    wrong = [str(one) for one in read if not isinstance(one, Event)]
    if wrong:
        raise BadQuery(" ".join(wrong[:_MOST_SAID]))
    return [one for one in read if isinstance(one, Event)]
