"""Live: what `serve` shows of the ledger while it runs, and at the end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sandbox.cli.output import Screen, complain, json_line

if TYPE_CHECKING:
    from mock_server import MockServer
    from mock_server.segment.record import Record
    from mock_server.segment.segment import Segment

_SECONDS_BETWEEN = 5.0
_DROPS_AT_ONCE = 10


class Live:
    """The drops as they happen, and a line with the totals when it gets quiet."""

    def __init__(self, server: MockServer, screen: Screen) -> None:
        """Show what is in the ledger of the server, once something is sent to its Segment."""
        self._mock = server.mock
        self._screen = screen
        self._shown_drops = 0
        self._shown: dict[str, int] = {}
        self._shown_at = 0.0

    def show(self, *, is_end: bool = False) -> None:
        """Show what is new; to be called now and then."""
        segment = self._mock.made_segment
        if segment is None:
            return
        self._show_drops(segment)
        counts: dict[str, int] = {str(o): n for o, n in segment.ledger.counts().items()}
        is_quiet = not segment.pending.waiting()
        is_time = is_end or is_quiet or time.monotonic() - self._shown_at > _SECONDS_BETWEEN
        if counts != self._shown and counts and is_time:
            self._shown, self._shown_at = counts, time.monotonic()
            total = sum(counts.values())
            parts = ", ".join(f"{number:,} {outcome}" for outcome, number in counts.items())
            self._screen.line((f"messages {total:,}", "bold"), f": {parts}")

    def _show_drops(self, segment: Segment) -> None:
        lost, latest = segment.ledger.lost_and_latest()
        new = lost - self._shown_drops
        self._shown_drops = lost
        for record in latest[-min(new, _DROPS_AT_ONCE) :] if new else ():
            self._show_drop(record)
        if new > _DROPS_AT_ONCE:
            self._screen.line(("  ✗ ", "bold red"), f"and {new - _DROPS_AT_ONCE:,} more")

    def _show_drop(self, record: Record) -> None:
        what = " ".join(filter(None, (record.type, record.event)))
        self._screen.line(
            ("  ✗ ", "bold red"),
            f"message {record.number}  ",
            (f"{what}  " if what else "", "bold"),
            (record.code, "red"),
            f"  {record.reason}",
        )


def say_what_is_left(server: MockServer, *, as_json: bool) -> bool:
    """Say what was not delivered at the end; return whether a message was given up."""
    segment = server.mock.made_segment
    waiting = 0 if segment is None else segment.pending.waiting()
    abandoned = 0 if segment is None else segment.abandoned
    if as_json and (abandoned or waiting):
        json_line({"abandoned": abandoned, "kept": 0 if abandoned else waiting})
    if abandoned:
        complain(
            f"{_messages(abandoned)} given up, as the server was stopped before delivering;"
            " --db FILE would keep what is not delivered."
        )
    elif waiting:
        complain(f"{_messages(waiting)} not delivered; the next start with the same --db goes on.")
    return bool(abandoned)


def _messages(count: int) -> str:
    return "1 message was" if count == 1 else f"{count:,} messages were"


def say_drops(server: MockServer) -> bool:
    """Say how many messages were dropped since the start; return whether there was one."""
    segment = server.mock.made_segment
    lost = 0 if segment is None else segment.ledger.lost_and_latest()[0]
    if lost:
        complain(f"{_messages(lost)} dropped.")
    return bool(lost)
