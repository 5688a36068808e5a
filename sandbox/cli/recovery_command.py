"""`toplyne-sandbox recovery`: what became of events a client tried to send."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from sandbox.cli.inputs import EventInput, destinations_of
from sandbox.cli.options import EventOptions, finish, flag, from_environment, to_command
from sandbox.cli.output import Screen
from sandbox.cli.urls import MOCK, ask_mock, open_mock
from sandbox.contract.wording import counted
from sandbox.recovery import FORTUNES, Recovery, Sent, recover, report
from sandbox.recovery_inputs import attempts_of, sent_of, sent_of_ledger
from sandbox.segment.javascript import Json
from sandbox.segment.pipeline import Outcome

if TYPE_CHECKING:
    import httpx

_MEANINGS = {
    "once": "stored by the first attempt",
    "late": "stored by a later attempt",
    "twice": "stored more than once",
    "never": "not stored",
}
_SHOWN = 20


class RecoveryOptions(EventOptions):
    """What was sent, and the mock that it was sent to."""

    mock: str = MOCK
    token: str | None = from_environment(
        "Whose tenant to look at, or the admin's.", envvar="TOPLYNE_API_KEY"
    )
    ledger: bool = flag("Take the events from the mock's ledger, not FILE.")


@to_command("recovery", RecoveryOptions)
def command(given: RecoveryOptions) -> None:
    """Tell for each event in FILE whether it arrived once, late, twice or never.

    FILE (- is standard input) holds the events a client tried to send, or whole upload bodies.
    With --ledger they are the messages SDKs sent to the mock, by their number in its ledger.
    Exits 1 where something arrived twice, never, or that is not in FILE.

    Examples:
      toplyne-sandbox recovery sent.ndjson
      toplyne-sandbox recovery --ledger --json
    """
    source = click.get_current_context().get_parameter_source("file")
    if given.ledger and source is ParameterSource.COMMANDLINE:
        raise click.UsageError("give FILE or --ledger, not both.")
    unreadable = 0
    with open_mock(given.mock, given.token) as client:
        if given.ledger:
            sent, requestless = sent_of_ledger(_pages(client, "ledger", "messages"))
        else:
            events = EventInput(given.file)
            sent, requestless = _sent_of_file(events, given)
            unreadable = events.unreadable
        found = recover(sent, attempts_of(_pages(client, "entries", "entries")))
        state, dropped = _state(client)
    whole = report(found, state, dropped=dropped, requestless=requestless)
    given.screen.record(whole)
    _show(given.screen, found, whole)
    finish(failed=not found.is_whole or whole["agrees"] is False, unreadable=unreadable)


def _sent_of_file(events: EventInput, given: RecoveryOptions) -> tuple[list[Sent], int]:
    connected = destinations_of(given.workspace)

    def mapped(event: dict[str, Json]) -> list[Outcome]:
        return [outcome for each in connected for outcome in each.map(event, rules=given.rules)]

    return sent_of(((event.index, event.value) for event in events), mapped)


def _pages(client: httpx.Client, path: str, name: str) -> Iterator[dict[str, Json]]:
    after = 0
    while page := ask_mock(client, path, params={"after": after})[name]:
        yield from page
        after = page[-1]["number"]


def _state(client: httpx.Client) -> tuple[dict[str, int], int]:
    answers = {
        kind: ask_mock(client, f"state/{kind}", params={"limit": 0})
        for kind in ("events", "profiles", "accounts")
    }
    dropped = ask_mock(client, "entries", params={"limit": 0})["dropped"]
    return {kind: a["total"] + a["dropped"] for kind, a in answers.items()}, dropped


def _show(screen: Screen, recovery: Recovery, whole: dict[str, Json]) -> None:
    rows = [(name, str(whole[name]), _MEANINGS[name]) for name in FORTUNES]
    screen.line((f"{whole['sent']} sent", "bold"), f", {whole['requestless']} without a request")
    screen.table(("  Arrived", "Items", "Which is"), [(f"  {n}", c, m) for n, c, m in rows])
    odd = [fate for fate in recovery.fates if fate.fortune in {"twice", "never"}]
    for fate in odd[:_SHOWN]:
        place = f"event {fate.sent.event}  {fate.sent.mapping or fate.sent.envelope}"
        tries = counted(fate.attempts, "attempt")
        screen.line(f"  {fate.fortune:5}  {place}  {tries}, stored in {_named(fate.entries)}")
    if len(odd) > _SHOWN:
        screen.line(f"  … and {len(odd) - _SHOWN} more; --json lists all")
    if recovery.strays:
        strays = [stray.entry for stray in recovery.strays]
        are = "that is" if len(strays) == 1 else "that are"
        items = counted(len(strays), "item")
        screen.line(f"  {items} stored {are} not in the file: {_named(strays)}")
    if whole["dropped"]:
        screen.line(f"  The journal dropped {whole['dropped']} entries; what they held is missing.")
    for sentence in whole["differences"]:
        screen.line(f"  {sentence}")
    if whole["agrees"]:
        screen.line("  The state agrees.")


def _named(entries: Sequence[int]) -> str:
    if not entries:
        return "no entry"
    more = ", …" if len(entries) > _SHOWN else ""
    noun = "entry" if len(entries) == 1 else "entries"
    return f"{noun} {', '.join(map(str, entries[:_SHOWN]))}{more}"
