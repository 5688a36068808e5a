"""Call lines: what `serve` says of each call while it runs, with the problem of a refused one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.cli.output import Screen

if TYPE_CHECKING:
    from mock_server import MockServer
    from mock_server.store.journal_entry import Entry

MOST_AT_ONCE: Final = 50
"""Most lines printed at one look; of further calls only the number is printed."""
LARGEST_LOOKED_AT: Final = 64 * 2**10
"""The longest body that is looked at for what is surely wrong with an accepted call."""


class CallLines:
    """A line for each request that is journaled."""

    def __init__(self, server: MockServer, screen: Screen) -> None:
        """Start with what comes from now on."""
        self._journal = server.mock.journal
        self._screen = screen
        self._shown = self._journal.next_number - 1

    def show(self) -> None:
        """Print what is new; to be called now and then."""
        newest = self._journal.next_number - 1
        if newest <= self._shown:
            return
        entries = self._journal.outlines(
            self._shown, limit=MOST_AT_ONCE, body_bytes=LARGEST_LOOKED_AT
        )
        if newest - self._shown > MOST_AT_ONCE:
            self._screen.line(f"  … and {newest - self._shown - len(entries):,} calls before these")
        self._shown = newest
        for entry in entries:
            self._show(entry)

    def _show(self, entry: Entry) -> None:
        style = "green" if entry.status < 400 else "bold red"
        self._screen.line(
            (f"  {entry.status} ", style), f"{entry.method} {entry.path}  ", (_about(entry), "dim")
        )


def _about(entry: Entry) -> str:
    """Return the first problem of a refused call, else whose it was, and how many items it had."""
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
