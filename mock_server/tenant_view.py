"""Tenant view: what one tenant sees of the mock, and how it asks for faults, in Python."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from mock_server.store.database import Page
from mock_server.store.journal import View
from mock_server.store.journal_entry import Entry, Filter
from mock_server.store.merging import ACCOUNTS, PROFILES
from mock_server.store.state import EVENTS
from mock_server.store.waiting import COUNTED, Counts
from mock_server.toplyne.fault import InvalidFault, fault_of
from mock_server.toplyne.fault_reading import bad_day
from sandbox.segment.errors import Problem
from sandbox.values import Json

if TYPE_CHECKING:
    from mock_server.parts import Parts
    from mock_server.segment.record import Record
    from sandbox.upload_types import Account, Event, Profile
    from sandbox.wire_types import EntryJson, MessageJson


class TenantView:
    """A tenant's profiles, accounts, events and entries, read anew each time they are asked for.

    `number` is the tenant whose state it is, `view` also those whose entries are shown with it,
    `since` an entry before all of the tenant's.
    """

    since = 0

    def __init__(self, mock: Parts, view: View) -> None:
        """See the tenants of `view`, the first of which has the state."""
        self.mock = mock
        self.view = view
        self.number = view[0]

    @property
    def profiles(self) -> list[Profile]:
        """The user profiles, merged, in order of first appearance, in the keys of the upload."""
        return cast("list[Profile]", self.items(PROFILES))

    @property
    def accounts(self) -> list[Account]:
        """The accounts, merged, in order of first appearance, in the keys of the upload."""
        return cast("list[Account]", self.items(ACCOUNTS))

    @property
    def events(self) -> list[Event]:
        """The events, in the order they came, in the keys of the upload."""
        return cast("list[Event]", self.items(EVENTS))

    @property
    def entries(self) -> list[EntryJson]:
        """The journal, oldest first, each entry as `/_sandbox/entries` shows it."""
        return [entry.to_json() for entry in self.kept_after(self.since)]

    def kept_after(self, number: int) -> list[Entry]:
        """Return the entries whose number is larger, their values unparsed."""
        return self.mock.journal.since(self.view, number)

    def items(self, kind: str, *, after: int = 0) -> list[dict[str, Json]]:
        """Return all profiles, accounts or events; with `after`, those newer than that entry."""
        page = Page(limit=sys.maxsize, after=max(after, self.since))
        return self.mock.state.items(self.number, kind, page)

    def counts(self) -> Counts:
        """Return how many entries, events, profiles and accounts came since the last reset."""
        return self.mock.counts(self.view, COUNTED)

    def reset(self) -> None:
        """Forget the tenant's queue, ledger, journal, state and faults; its tokens stay."""
        self.mock.reset(self.view)

    @property
    def ledger(self) -> list[MessageJson]:
        """What became of each message an SDK sent, oldest first, as `/_sandbox/ledger` shows it."""
        return self.shown(self.mock.segment.ledger.records(self.view))

    def shown(self, records: Iterable[Record]) -> list[MessageJson]:
        """Return records of the ledger as JSON."""
        names = self.mock.store.tenants
        return [record.to_json(names.get(record.tenant)) for record in records]

    def summary(self) -> dict[str, object]:
        """Return how many messages there are, by outcome; how many wait; how many were refused."""
        segment = self.mock.segment
        counts = segment.ledger.counts(self.view)
        return {
            "messages": sum(counts.values()),
            "outcomes": counts,
            "waiting": segment.ledger.waiting(self.view),
            "refused": sum(segment.refused[tenant] for tenant in self.view),
        }

    def is_flushed(self, seconds: float) -> bool:
        """Wait until all that was received is delivered or given up; False where time is up."""
        return self.mock.segment.ledger.flush(self.view, seconds)

    def flush(self, timeout: float = 30) -> None:
        """Return when all that was received is delivered or given up.

        Raises TimeoutError, which says what still waits.
        """
        if not self.is_flushed(timeout):
            counts = self.mock.segment.ledger.counts(self.view).items()
            there = ", ".join(f"{number} {outcome}" for outcome, number in counts)
            raise TimeoutError(f"waited {timeout:g} s for the queue to be empty; there are {there}")

    def wait_for(
        self,
        *,
        events: int | None = None,
        profiles: int | None = None,
        accounts: int | None = None,
        entries: int | None = None,
        timeout: float = 5,
    ) -> None:
        """Return as soon as the numbers are reached, counted since the last reset.

        Raises TimeoutError, which says what was received, and ValueError if nothing is asked for.
        """
        wanted = _wanted(entries, events, profiles, accounts)
        if not self.mock.waiting.wait(self.view, wanted, timeout):
            raise TimeoutError(self._what_came(wanted, timeout) + _of_the_loop())

    async def wait_for_async(
        self,
        *,
        events: int | None = None,
        profiles: int | None = None,
        accounts: int | None = None,
        entries: int | None = None,
        timeout: float = 5,  # noqa: ASYNC109 - its error says what was received
    ) -> None:
        """Do the same as `wait_for` while the event loop, asyncio's or trio's, runs on."""
        import anyio.to_thread  # noqa: PLC0415 - it comes with httpx, and few wait in a loop

        own = anyio.CapacityLimiter(1)  # so that nobody waits for a thread this one waits in
        wanted = _wanted(entries, events, profiles, accounts)
        waiting, is_left = self.mock.waiting, threading.Event()
        wait = partial(waiting.wait, self.view, wanted, timeout, is_left.is_set)
        try:
            if not await anyio.to_thread.run_sync(wait, abandon_on_cancel=True, limiter=own):
                raise TimeoutError(self._what_came(wanted, timeout))
        finally:
            is_left.set()
            waiting.changes.changed(self.number)  # nobody waits in the thread any longer

    def _what_came(self, wanted: Counts, timeout: float) -> str:
        hoped, came = (
            ", ".join(f"{kind}={number}" for kind, number in counts.items())
            for counts in (wanted, self.counts())
        )
        return f"waited {timeout:g} s for {hoped}; received {came}.{self.last_refused()}"

    def last_refused(self) -> str:
        """Return the last refused calls as lines of text, or an empty string."""
        page = Page(limit=3, descending=True)
        refused = [
            refusal(entry, most=3).replace("\n", "\n  ")
            for status in ("4xx", "5xx")
            for entry in self.mock.journal.each(self.view, page, Filter(status=status))
        ]
        return f"\nThe last refused ones:{few(refused, most=6)}" if refused else ""

    # what is to fail

    def fail_next(self, *, times: int = 1, **fault: Any) -> None:
        """Let the next call fail, or the next `times` calls.

        Takes the parts of a Fault: `status` (400 to 599, in the recorded ERROR body), `retry_after`
        (seconds), `path` (such as "/v1/upload/events"), `delay` (seconds), `wire` ("reset",
        "empty", "half" or "garbage") and `stored` (whether the items are stored all the same; by
        default not with a status, and with every other fault). `most_delay` draws a delay between
        the two by `seed`, and at `bytes_per_second` the body leaves. Raises InvalidFault with all
        that is wrong.

        >>> toplyne.fail_next(status=429, retry_after=1, times=2)
        """
        self._add(times=times, **fault)

    def answer_next(
        self,
        *,
        status: int,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        body: bytes | str = b"",
        times: int = 1,
        path: str | None = None,
        **fault: Any,
    ) -> None:
        """Give the next call, or the next `times` calls, this answer, of any status from 200 on.

        The token is looked at all the same; a call that is answered 2xx is stored. Ready ones are
        in `sandbox.answers`. Takes `delay`, `wire`, `stored` and their kin as `fail_next` does.

        >>> toplyne.answer_next(status=502, body="<html>Bad Gateway</html>")
        """
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        answer = {"status": status, "headers": list(pairs), "body": body}
        self._add(times=times, path=path, **answer, **fault)

    def fail_always(self, *, probability: float = 1.0, seed: int = 0, **fault: Any) -> None:
        """Let every call fail until `clear_faults()`, or that share of them; else as `fail_next`.

        The same seed picks the same calls.

        >>> toplyne.fail_always(status=503, probability=0.2, seed=7)
        """
        if "times" in fault:
            lasts = "does not fit fail_always, which lasts until clear_faults(). Use fail_next."
            raise InvalidFault(Problem(("times",), lasts))
        self._add(times=None, probability=probability, seed=seed, **fault)

    def bad_day(self, *, probability: float = 0.3, seed: int = 0, path: str | None = None) -> None:
        """Let that share of the calls fail, in every way there is, until `clear_faults()`."""
        day = bad_day(probability=probability, seed=seed, path=path)
        self.mock.faults.add(self.number, *day)

    def _add(self, **fault: Any) -> None:
        self.mock.faults.add(self.number, fault_of(fault))

    @property
    def faults(self) -> list[dict[str, Json]]:
        """The faults that still wait, as `/_sandbox/faults` shows them."""
        return [waiting.to_json() for waiting in self.mock.faults.waiting(self.number)]

    def unmet(self) -> list[str]:
        """Return a line for each fault or answer that was asked for and has not happened."""
        waiting = self.mock.faults.waiting(self.number)
        return [line for each in waiting if (line := each.unmet)]

    def clear_faults(self) -> None:
        """Forget the faults that still wait."""
        self.mock.faults.reset(self.number)


def line(entry: Entry) -> str:
    """Return the number of an entry, its status and its call."""
    return f"entry {entry.number}: {entry.status} {entry.method} {entry.path}"


def refusal(entry: Entry, *, most: int) -> str:
    """Return the line of an entry, and below it its first problems."""
    return line(entry) + few([f"{p['path']} {p['message']}" for p in entry.problems], most=most)


def few(lines: Sequence[str], *, most: int) -> str:
    """Return the first lines, each indented on a line of its own, and how many more there are."""
    more = [f"and {len(lines) - most} more"] if len(lines) > most else []
    return "".join(f"\n  {line}" for line in (*lines[:most], *more))


def _wanted(*numbers: int | None) -> Counts:
    wanted = {kind: n for kind, n in zip(COUNTED, numbers, strict=True) if n is not None}
    if not wanted:
        raise ValueError(f"wait_for needs at least one of {', '.join(COUNTED)}")
    return wanted


def _of_the_loop() -> str:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return ""
    return (
        "\nwait_for stands in the way of the event loop it was called in: what that loop should"
        " send cannot come. Use `await wait_for_async(…)`."
    )
