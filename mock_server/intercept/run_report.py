"""Run report: what happened to everything that a run sent, and what could not be reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from mock_server.store.database import NOBODY, Span
from mock_server.store.journal import View
from mock_server.store.journal_entry import EntryFilter

if TYPE_CHECKING:
    from mock_server.intercept.interception import Interception
    from mock_server.mock import Mock

MOST_TOLD: Final = 20
"""How many drops and refusals the summary of `run` shows."""
OLDEST_NODE: Final = 18


RunReport: TypeAlias = dict[str, Any]
"""The JSON of `run --json`, with the first few refusals and drops in full."""


def lines_of(report: RunReport) -> Iterator[str]:
    """Yield the lines of the summary."""
    messages, refused = report["messages"], report["refused"]
    total = sum(messages.values())
    yield f"messages to Segment {total:,}" + (f": {_counted(messages)}" if messages else "")
    yield from _indented(report["drops"], report["dropped"], "dropped")
    yield f"state: {_counted(report['state'])}"
    yield f"calls of Toplyne {report['calls']:,}" + (f": {refused:,} refused" if refused else "")
    yield from _indented(report["refusals"], refused, "refused")
    for fate, hosts in report["hosts"].items():
        yield f"{fate}: " + ", ".join(f"{host} {number:,}" for host, number in hosts.items())
    yield from report["notes"]


def _counted(numbers: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {word}" for word, number in numbers.items())


def _indented(told: list[str], number: int, word: str) -> Iterator[str]:
    for text in told:
        yield from (f"  {line}" for line in text.splitlines())
    if number > len(told):
        yield f"  and {number - len(told):,} more {word}"


def everything(mock: Mock) -> View:
    """Return the view of all tenants, NOBODY included."""
    return (*dict.fromkeys(token.tenant for token in mock.tokens.all()), NOBODY)


def report_of(mock: Mock, caught: Interception, exit_code: int) -> RunReport:
    """Return the report of a run. Its command has ended, and its messages are delivered."""
    view, refused = everything(mock), EntryFilter(refused=True)
    segment = mock.made_segment
    lost, drops = (0, []) if segment is None else segment.ledger.lost_and_latest()
    hosts: dict[str, dict[str, int]] = {}
    for (host, fate), number in sorted(caught.gateway.seen.items()):
        hosts.setdefault(fate, {})[host] = number
    return {
        "exit_code": exit_code,
        "messages": {} if segment is None else {**segment.ledger.counts()},
        "dropped": lost,
        "drops": [
            " ".join(filter(None, (f"message {r.number}:", r.type, r.event, r.code, r.reason)))
            for r in drops[:MOST_TOLD]
        ],
        "waiting": 0 if segment is None else segment.ledger.waiting(),
        "state": {
            kind: sum(mock.counts((tenant,), (kind,))[kind] for tenant in view[:-1])
            for kind in ("profiles", "accounts", "events")
        },
        "calls": mock.journal.count(view),
        "refused": mock.journal.matching(view, refused),
        "refusals": [
            f"entry {entry.number}: {entry.status} {entry.method} {entry.path}"
            + "".join(f"\n  {p['path']} {p['message']}" for p in entry.problems)
            for entry in mock.journal.each(view, Span(limit=MOST_TOLD), refused)
        ],
        "hosts": hosts,
        "preloads": dict(caught.loaded),
        "outlived": list(caught.outlived),
        "notes": list(_notes(caught, hosts)),
    }


def _notes(caught: Interception, hosts: dict[str, dict[str, int]]) -> Iterator[str]:
    if "caught" not in hosts:
        began = ", ".join(
            f"{n} {'process' if n == 1 else 'processes'} of {name}"
            for name, n in sorted(caught.loaded.items())
        )
        yield (
            f"Nothing was caught: no connection to {', '.join(caught.hosts)} reached this run."
            f" The preload was loaded in {began or 'no process'}. Python with -I, -S or -E does not"
            " load it, nor does a process with its own environment (env -i, tox). Other languages"
            " than Python and Node are caught if they obey HTTPS_PROXY, and all with --isolate."
        )
    if distrusted := hosts.get("distrusted"):
        yield (
            f"{', '.join(distrusted)}: a client did not trust this run's certificate, so nothing"
            " was sent. It uses its own certificates; add those of the file SSL_CERT_FILE to them."
        )
    nodes = (name for name in caught.loaded if name.startswith("Node "))
    old = [name for name in nodes if int(name[5:].split(".")[0]) < OLDEST_NODE]
    if old:
        yield f"{', '.join(old)}: the preload is only tested with Node {OLDEST_NODE} and later."
    if caught.outlived:
        names = Counter(caught.outlived)
        told = ", ".join(f"{name} ({n})" if n > 1 else name for name, n in names.items())
        yield f"Ended processes that outlived the command: {told}."
