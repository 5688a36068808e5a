"""Tenant: `/_sandbox/start`, `/wait` and `/reset`: what a test begins with, waits for and ends."""

import tomllib
from importlib import resources
from typing import TypedDict

from mock_server.control.query import COUNTS, SECONDS, BadQuery
from mock_server.control.resource import Asked, resource, shown
from mock_server.control.type_schemas import Free, Whole
from mock_server.later import Condition, Later
from mock_server.real_clock import monotonic
from mock_server.store.waiting import COUNTED


class Counts(TypedDict):
    """How many of each came since the last reset."""

    entries: Whole
    events: Whole
    profiles: Whole
    accounts: Whole


class _Reset(TypedDict):
    reset: bool


@resource("GET", "/start")
def start(asked: Asked) -> Free:
    """Answer a write key, an API token, and snippets of code that send an event with them."""
    segment, tenant = asked.mock.segment, asked.view.number
    sources = [s for s in segment.workspace.sources if segment.tenant_of(s) == tenant]
    first = sources[0] if sources else None
    snippets = resources.files("mock_server.control") / "snippets.toml"
    return {
        "token": asked.api_key,
        "source": first and first.name,
        "write_key": first and first.write_key,
        "snippets": tomllib.loads(snippets.read_text("utf-8")),
    }


@resource("GET", "/wait", query={**COUNTS, "timeout": SECONDS}, gives=Counts)
def wait(asked: Asked) -> Later:
    """Answer as soon as the numbers are reached: 200, or 408 when the time is up."""
    waiting, view = asked.mock.waiting, asked.view
    wanted: dict[str, int] = {kind: asked.query[kind] for kind in COUNTED if kind in asked.query}
    if not wanted:
        raise BadQuery(f"Say what to wait for: at least one of {', '.join(COUNTED)}.")
    return Later(
        condition=Condition(waiting.changes, view.view),
        deadline=monotonic() + asked.query.get("timeout", 5.0),
        ready=lambda: shown(view.counts()) if waiting.is_met(view.view, wanted) else None,
        overdue=lambda: shown(view.counts(), 408),
    )


@resource("POST", "/reset")
def reset(asked: Asked) -> _Reset:
    """Forget the journal, state and faults of the tenant."""
    asked.view.reset()
    return {"reset": True}
