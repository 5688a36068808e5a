"""Tenant: `/_sandbox/wait` and `/_sandbox/reset`, by which a test goes on and begins anew."""

from typing import TypedDict

from mock_server.control.resource import COUNTS, SECONDS, Asked, BadQuery, resource, shown
from mock_server.later import Condition, Later
from mock_server.real_clock import monotonic
from sandbox.type_schemas import Whole


class Counts(TypedDict):
    """How many of each came since the last reset."""

    entries: Whole
    events: Whole
    profiles: Whole
    accounts: Whole


class _Reset(TypedDict):
    reset: bool


@resource("GET", "/wait", query={**COUNTS, "timeout": SECONDS}, gives=Counts)
def wait(asked: Asked) -> Later:
    """Answer as soon as the numbers are reached: 200, or 408 when the time is up."""
    waiting, view, wanted = asked.mock.waiting, asked.view, asked.query
    seconds = wanted.pop("timeout", 5.0)
    if not wanted:
        raise BadQuery(f"Say what to wait for: at least one of {', '.join(COUNTS)}.")
    return Later(
        condition=Condition(waiting.changes, view.view),
        deadline=monotonic() + seconds,
        ready=lambda: shown(view.counts()) if waiting.is_met(view.view, wanted) else None,
        overdue=lambda: shown(view.counts(), 408),
    )


@resource("POST", "/reset")
def reset(asked: Asked) -> _Reset:
    """Forget the journal, state and faults of the tenant."""
    asked.view.reset()
    return {"reset": True}
