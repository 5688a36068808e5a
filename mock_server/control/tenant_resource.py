"""Tenant: `/_sandbox/wait` and `/_sandbox/reset`."""

from mock_server.control.query import counts_of, seconds_of
from mock_server.control.resource import Asked, resource, shown
from mock_server.exchange import Answer
from mock_server.later import Condition, Later
from mock_server.real_clock import monotonic
from mock_server.store.waiting import COUNTED


@resource("GET", "/wait", query=(*COUNTED, "timeout"))
def wait(asked: Asked) -> Later:
    """Answer as soon as the numbers are reached: 200, or 408 when the time is up."""
    wanted, seconds = counts_of(asked.query), seconds_of(asked.query, "timeout", 5.0)
    waiting, view = asked.mock.waiting, asked.view

    def ready() -> Answer | None:
        return shown(view.counts()) if waiting.is_met(view.view, wanted) else None

    return Later(
        condition=Condition(waiting.changes, view.view),
        deadline=monotonic() + seconds,
        ready=ready,
        overdue=lambda: shown(view.counts(), 408),
    )


@resource("POST", "/reset")
def reset(asked: Asked) -> Answer:
    """Forget the journal, state and faults of the tenant."""
    asked.view.reset()
    return shown({"reset": True})
