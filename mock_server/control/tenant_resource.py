"""Tenant: `/_sandbox/wait` until something was received, and `/_sandbox/reset` between tests."""

from typing import TypedDict

from mock_server.control.resource import COUNTS, SECONDS, Asked, BadQuery, json_answer, resource
from mock_server.later import ChangeCondition, Later
from mock_server.real_clock import monotonic
from sandbox.type_schemas import Whole


class Counts(TypedDict):
    """How many of each were received since the last reset."""

    entries: Whole
    events: Whole
    profiles: Whole
    accounts: Whole


class _Reset(TypedDict):
    reset: bool


@resource("GET", "/wait", query={**COUNTS, "timeout": SECONDS}, gives=Counts)
def wait(asked: Asked) -> Later:
    """Wait until the numbers are reached: 200, or 408 after the timeout."""
    waiting, view, wanted = asked.mock.waiting, asked.view, asked.query
    seconds = wanted.pop("timeout", 5.0)
    if not wanted:
        raise BadQuery(f"Give at least one number to wait for: {', '.join(COUNTS)}.")
    return Later(
        condition=ChangeCondition(waiting.changes, view.view),
        deadline=monotonic() + seconds,
        ready=lambda: json_answer(view.counts()) if waiting.is_met(view.view, wanted) else None,
        overdue=lambda: json_answer(view.counts(), 408),
    )


@resource("POST", "/reset")
def reset(asked: Asked) -> _Reset:
    """Delete the tenant's queue, ledger, journal, state and faults. Its tokens stay."""
    asked.view.reset()
    return {"reset": True}
