"""Serve lines: what `serve` prints about calls and messages while it runs, and at the end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from sandbox.cli.output import Screen, complain

if TYPE_CHECKING:
    from mock_server import MockServer
    from mock_server.segment.segment import SegmentSide
    from mock_server.store.journal_entry import Entry

MOST_AT_ONCE: Final = 50
"""At most this many lines are printed at once; of further calls only the number is printed."""
LARGEST_LOOKED_AT: Final = 64 * 2**10
"""The longest body of an accepted call that is searched for suspicions."""
_SECONDS_BETWEEN: Final = 5.0
_DROPS_AT_ONCE: Final = 10


class CallLines:
    """A line for each request that is journaled."""

    def __init__(self, server: MockServer, screen: Screen) -> None:
        """Start with the next request."""
        self._journal = server.mock.journal
        self._screen = screen
        self._shown = self._journal.next_number - 1

    def show(self) -> None:
        """Print the new requests. Call it from time to time."""
        newest = self._journal.next_number - 1
        if newest <= self._shown:
            return
        most = {"limit": MOST_AT_ONCE, "body_bytes": LARGEST_LOOKED_AT}
        entries = self._journal.outlines(self._shown, **most)
        if newest - self._shown > MOST_AT_ONCE:
            self._screen.line(f"  … and {newest - self._shown - len(entries):,} calls before these")
        self._shown = newest
        for entry in entries:
            status = (f"  {entry.status} ", "green" if entry.status < 400 else "bold red")
            self._screen.line(status, f"{entry.method} {entry.path}  ", (_about(entry), "dim"))


def _about(entry: Entry) -> str:
    """Return the first problem of a refused call, or the tenant and number of items of another."""
    if entry.fault is not None:
        return f"fault {entry.fault}"
    if entry.problems:
        first, others = entry.problems[0], len(entry.problems) - 1
        more = f"({others} more) " if others else ""
        where = first["path"].removeprefix("$").removeprefix(".")
        return f"{more}{where} {first['message']}".replace("  ", " ").strip()
    items = {0: "", 1: ", 1 item"}.get(entry.items, f", {entry.items} items")
    odd = entry.oddities
    more = f" ({len(odd) - 1} more)" if len(odd) > 1 else ""
    suspicious = f"; suspicious: {odd[0]}{more}" if odd else ""
    return f"{entry.tenant or 'nobody'}{items}{suspicious}"


class Live:
    """Prints drops as they happen, and a line with the totals when nothing is waiting."""

    def __init__(self, server: MockServer, screen: Screen) -> None:
        """Show the ledger of the server, from the first message to its Segment on."""
        self._mock = server.mock
        self._screen = screen
        self._shown_drops = 0
        self._shown: dict[str, int] = {}
        self._shown_at = 0.0

    def show(self, *, is_end: bool = False) -> None:
        """Show what is new. Call it from time to time."""
        segment = self._mock.made_segment
        if segment is None:
            return
        self._show_drops(segment)
        counts: dict[str, int] = {str(o): n for o, n in segment.ledger.counts().items()}
        is_quiet = not segment.ledger.waiting()
        is_time = is_end or is_quiet or time.monotonic() - self._shown_at > _SECONDS_BETWEEN
        if counts != self._shown and counts and is_time:
            self._shown, self._shown_at = counts, time.monotonic()
            total = sum(counts.values())
            parts = ", ".join(f"{number:,} {outcome}" for outcome, number in counts.items())
            self._screen.line((f"messages {total:,}", "bold"), f": {parts}")

    def _show_drops(self, segment: SegmentSide) -> None:
        lost, latest = segment.ledger.lost_and_latest()
        new = lost - self._shown_drops
        self._shown_drops = lost
        for record in latest[-min(new, _DROPS_AT_ONCE) :] if new else ():
            what = " ".join(filter(None, (record.type, record.event)))
            self._screen.line(
                ("  ✗ ", "bold red"),
                f"message {record.number}  ",
                (f"{what}  " if what else "", "bold"),
                (record.code, "red"),
                f"  {record.reason}",
            )
        if new > _DROPS_AT_ONCE:
            self._screen.line(("  ✗ ", "bold red"), f"and {new - _DROPS_AT_ONCE:,} more")


def say_what_is_left(server: MockServer, *, as_json: bool) -> bool:
    """Print what was not delivered; return whether any message was given up."""
    segment = server.mock.made_segment
    waiting = 0 if segment is None else segment.ledger.waiting()
    abandoned = 0 if segment is None else segment.abandoned
    if abandoned or waiting:
        kept = 0 if abandoned else waiting
        Screen(as_json=as_json).record({"abandoned": abandoned, "kept": kept})
    if abandoned:
        complain(
            f"{_messages(abandoned)} given up, because the server was stopped before delivery;"
            " with --db FILE the next start would go on."
        )
    elif waiting:
        complain(f"{_messages(waiting)} not delivered; the next start with --db goes on.")
    return bool(abandoned)


def _messages(count: int) -> str:
    return "1 message was" if count == 1 else f"{count:,} messages were"


def say_drops(server: MockServer) -> bool:
    """Print the number of messages dropped since the start; return whether there are any."""
    segment = server.mock.made_segment
    lost = 0 if segment is None else segment.ledger.lost_and_latest()[0]
    if lost:
        complain(f"{_messages(lost)} dropped.")
    return bool(lost)
