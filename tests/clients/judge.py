"""The judge of client tests: what arrived, beside what Segment's own runtime makes of the same.

Run with `make clients` done; where a runtime is missing the tests say so and are skipped.
"""

import shutil
from pathlib import Path

import pytest

from mock_server.assertions import Assertions
from mock_server.store.database import Span
from mock_server.store.journal_entry import EntryFilter
from sandbox import PRESETS
from sandbox.toplyne import TOPLYNE
from tests.conformance.oracle import RUNTIME, SegmentRuntime

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
_REMEDY = "`make clients` installs it"

needs_node = pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / "@segment/analytics-node").is_dir(),
    reason=f"Node or @segment/analytics-node is missing here; {_REMEDY}",
)
needs_runtime = pytest.mark.skipif(
    shutil.which("node") is None
    or not (RUNTIME / "node_modules/@segment/action-destinations").is_dir(),
    reason=f"Node or Segment's runtime is missing here; {_REMEDY}",
)


def without_times(items):
    """Return items of the state without their times, which are the clock's."""
    times = {"timestamp", "creationTime"}
    return [{key: value for key, value in item.items() if key not in times} for item in items]


def times(items):
    """Return the times of items of the state."""
    return [item.get("timestamp", item.get("creationTime")) for item in items]


def requests_sent(toplyne):
    """Return for each message of the ledger the requests made of it: path and exact body."""
    records = toplyne.mock.segment.ledger.records
    view = Assertions.of(toplyne.mock).view
    found = records(view, Span(limit=100_000), {})
    return [
        [(part.request.path, part.request.content.decode()) for part in r.parts if part.request]
        for r in found
    ]


def requests_segment_makes(messages):
    """Return for each message the requests Segment's own runtime sends: path and exact body."""
    subscriptions = [
        {
            "partnerAction": preset.action,
            "name": preset.name,
            "enabled": True,
            "subscribe": preset.trigger,
            "mapping": preset.fields,
        }
        for preset in PRESETS
    ]
    settings = {"apiKey": "a-key", "subscriptions": subscriptions}
    with SegmentRuntime(install=False) as segment:
        told = segment.ask_many(
            {"op": "onEvent", "event": message, "settings": settings} for message in messages
        )
        return [
            [(r["url"].removeprefix(TOPLYNE.base_url), r["body"]) for r in each["requests"]]
            for each in told
        ]


def journaled(toplyne):
    """Return path and exact body of every request in the journal, by entry number."""
    view = Assertions.of(toplyne.mock).view
    entries = toplyne.mock.journal.each(view, Span(limit=100_000), EntryFilter())
    return {e.number: (e.path.removeprefix("/v1"), e.content.decode()) for e in entries}


def check_against_segment(toplyne):
    """Assert that each message became what Segment's runtime makes of it, and arrived so."""
    messages = [record["message"] for record in toplyne.ledger]
    sent = requests_sent(toplyne)

    assert sent == requests_segment_makes(messages)

    arrived = journaled(toplyne)
    by_entry = {
        delivery["entry"]: request
        for record, requests in zip(toplyne.ledger, sent, strict=True)
        for delivery, request in zip(
            [d for d in record["deliveries"] if d["request"]], requests, strict=True
        )
    }
    assert arrived == by_entry


def fates(toplyne):
    """Return type, outcome and code of every message in the ledger, in order."""
    return [(r["type"], r["outcome"], r["code"]) for r in toplyne.ledger]
