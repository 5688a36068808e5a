"""`toplyne-sandbox recovery`: report what happened to the events a client tried to send."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import click
from click.core import ParameterSource

from sandbox.cli.command import flag, from_environment
from sandbox.cli.inputs import EventCommand
from sandbox.cli.urls import MockCommand
from sandbox.contract.wording import counted
from sandbox.recovery import FORTUNES, Fate, attempts_of, recover, report, sent_of, sent_of_ledger
from sandbox.segment.pipeline import Outcome
from sandbox.values import Json

_MEANINGS = {
    "once": "stored by the first attempt",
    "late": "stored by a later attempt",
    "twice": "stored more than once",
    "never": "not stored",
}
_SHOWN = 20


class RecoveryCommand(MockCommand, EventCommand):
    """Report for each event in FILE whether it arrived once, late, twice or never.

    FILE (- is standard input) contains the events a client tried to send, or whole upload bodies.
    With --ledger the events are the messages that SDKs sent to the mock, by their number in its
    ledger. Exits 1 if an event arrived twice or never, or if the mock stored one not in FILE.

    Examples:
      toplyne-sandbox recovery sent.ndjson
      toplyne-sandbox recovery --ledger --json
    """

    token: str | None = from_environment(
        "The API token of the tenant to read, or the admin token.", envvar="TOPLYNE_API_KEY"
    )
    ledger: bool = flag("Read the events from the mock's ledger, not FILE.")

    def run(self) -> None:
        """Compare what was sent with what the mock's journal and state hold."""
        source = click.get_current_context().get_parameter_source("file")
        if self.ledger and source is ParameterSource.COMMANDLINE:
            raise click.UsageError("give FILE or --ledger, not both.")
        if self.ledger:
            sent, requestless = sent_of_ledger(self._pages("ledger", "messages"))
        else:
            connected = self.destinations()

            def mapped(event: dict[str, Json]) -> list[Outcome]:
                return [made for each in connected for made in each.map(event, rules=self.rules)]

            sent, requestless = sent_of(((e.index, e.value) for e in self.events()), mapped)
        found = recover(sent, attempts_of(self._pages("entries", "entries")))
        state = {kind: self._totals(f"state/{kind}") for kind in ("events", "profiles", "accounts")}
        whole = report(
            found,
            {kind: a["total"] + a["dropped"] for kind, a in state.items()},
            dropped=self._totals("entries")["dropped"],
            requestless=requestless,
        )
        self.screen.record(whole)
        self._show(found.fates, [stray.entry for stray in found.strays], whole)
        self.failed = not found.is_whole or whole["agrees"] is False

    def _pages(self, path: str, name: str) -> Iterator[Any]:
        after = 0
        while page := self.ask(path, params={"after": after})[name]:
            yield from page
            after = page[-1]["number"]

    def _totals(self, path: str) -> Any:
        return self.ask(path, params={"limit": 0})

    def _show(self, fates: Sequence[Fate], strays: Sequence[int], whole: dict[str, Json]) -> None:
        line = self.screen.line
        rows = [(f"  {name}", str(whole[name]), _MEANINGS[name]) for name in FORTUNES]
        line((f"{whole['sent']} sent", "bold"), f", {whole['requestless']} without a request")
        self.screen.table(("  Arrived", "Items", "Which is"), rows)
        odd = [fate for fate in fates if fate.fortune in {"twice", "never"}]
        for fate in odd[:_SHOWN]:
            place = f"event {fate.sent.event}  {fate.sent.mapping or fate.sent.envelope}"
            tries = counted(fate.attempts, "attempt")
            line(f"  {fate.fortune:5}  {place}  {tries}, stored in {_named(fate.entries)}")
        if len(odd) > _SHOWN:
            line(f"  … and {len(odd) - _SHOWN} more; --json lists all")
        if strays:
            are = "that is" if len(strays) == 1 else "that are"
            items = counted(len(strays), "item")
            line(f"  {items} stored {are} not in the file: {_named(strays)}")
        if whole["dropped"]:
            line(f"  The journal dropped {whole['dropped']} entries; their items are missing here.")
        for sentence in cast("list[str]", whole["differences"]):
            line(f"  {sentence}")
        if whole["agrees"]:
            line("  The state agrees.")


def _named(entries: Sequence[int]) -> str:
    if not entries:
        return "no entry"
    more = ", …" if len(entries) > _SHOWN else ""
    noun = "entry" if len(entries) == 1 else "entries"
    return f"{noun} {', '.join(map(str, entries[:_SHOWN]))}{more}"
