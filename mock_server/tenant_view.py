"""Tenant view: the Python interface to what one tenant has received and to its faults."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Self, cast

from mock_server.argument_checks import check_values
from mock_server.store.database import Span
from mock_server.store.journal import View
from mock_server.store.journal_entry import Entry, EntryFilter
from mock_server.store.merging import ACCOUNTS, PROFILES
from mock_server.store.state import EVENTS
from mock_server.store.waiting import COUNTED
from mock_server.toplyne.fault import InvalidFault, fault_of
from mock_server.toplyne.fault_reading import bad_day
from sandbox.segment.errors import Problem
from sandbox.values import Json

if TYPE_CHECKING:
    from mock_server.mock import Mock
    from mock_server.segment.record import Record
    from sandbox.upload_types import Account, Event, Profile
    from sandbox.wire_types import EntryJson, MessageJson

__tracebackhide__ = True
"""pytest shows the line of the test, and none of the lines below."""


class TenantView:
    """A tenant's profiles, accounts, events and entries. Every access reads the current ones.

    `number` is the tenant with the state, `view` also has the tenants whose entries are shown with
    it, and `since` is the number of an entry before all entries of the tenant.
    """

    since = 0

    def __init__(self, mock: Mock, view: View) -> None:
        """Show the tenants of `view`. The first one has the state."""
        self.mock = mock
        self.view = view
        self.number = view[0]

    @classmethod
    def of(cls, mock: Mock, name: str | None = None) -> Self:
        """Return the view of the tenant with that name, by default of the default tenant.

        Raises KeyError if no token has the name.
        """
        return cls(mock, mock.view_of(name))

    @property
    def profiles(self) -> list[Profile]:
        """The user profiles, merged, in order of first appearance, with the keys of the upload."""
        return cast("list[Profile]", self.items(PROFILES))

    @property
    def accounts(self) -> list[Account]:
        """The accounts, merged, in order of first appearance, with the keys of the upload."""
        return cast("list[Account]", self.items(ACCOUNTS))

    @property
    def events(self) -> list[Event]:
        """The events, in the order they were received, with the keys of the upload."""
        return cast("list[Event]", self.items(EVENTS))

    @property
    def entries(self) -> list[EntryJson]:
        """The journal, oldest first, each entry as `/_sandbox/entries` shows it."""
        return [entry.to_json() for entry in self.kept_after(self.since)]

    def kept_after(self, number: int) -> list[Entry]:
        """Return the entries after that number, with their JSON unparsed."""
        return self.mock.journal.since(self.view, number)

    def items(self, kind: str, *, after: int = 0) -> list[dict[str, Json]]:
        """Return all profiles, accounts or events; with `after`, only those of later entries."""
        page = Span(limit=sys.maxsize, after=max(after, self.since))
        return list(self.mock.state.each(self.number, kind, page))

    def counts(self) -> dict[str, int]:
        """Return the numbers of entries, events, profiles and accounts since the last reset."""
        return self.mock.counts(self.view, COUNTED)

    def reset(self) -> None:
        """Delete the tenant's queue, ledger, journal, state and faults; its tokens stay."""
        self.mock.reset(self.view)

    @property
    def ledger(self) -> list[MessageJson]:
        """What happened to each SDK message, oldest first, as `/_sandbox/ledger` shows it."""
        return self.shown(self.mock.segment.ledger.records(self.view))

    def shown(self, records: Iterable[Record]) -> list[MessageJson]:
        """Return records of the ledger as JSON."""
        names = self.mock.store.tenants
        return [record.to_json(names.get(record.tenant)) for record in records]

    def summary(self) -> dict[str, object]:
        """Return the numbers of messages in all, by outcome, waiting, and refused."""
        segment = self.mock.segment
        counts = segment.ledger.counts(self.view)
        return {
            "messages": sum(counts.values()),
            "outcomes": counts,
            "waiting": segment.ledger.waiting(self.view),
            "refused": sum(segment.refused[tenant] for tenant in self.view),
        }

    def is_flushed(self, seconds: float) -> bool:
        """Wait until every message is delivered or given up. Return False after the timeout."""
        return self.mock.segment.ledger.flush(self.view, seconds)

    def flush(self, timeout: float = 30) -> None:
        """Block until every message is delivered or given up.

        Raises TimeoutError with the number of messages by outcome.
        """
        check_values(timeout=timeout)
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
        """Block until the numbers are reached, counted since the last reset.

        Raises TimeoutError, which says what was received, and ValueError if no number is given.
        """
        wanted = _wanted(entries, events, profiles, accounts, timeout=timeout)
        if not self.mock.waiting.wait(self.view, wanted, timeout):
            raise TimeoutError(self._late(wanted, timeout) + _of_the_loop())

    async def wait_for_async(
        self,
        *,
        events: int | None = None,
        profiles: int | None = None,
        accounts: int | None = None,
        entries: int | None = None,
        timeout: float = 5,  # noqa: ASYNC109 - its error says what was received
    ) -> None:
        """Do the same as `wait_for` without blocking the event loop, asyncio's or trio's."""
        import anyio.to_thread  # noqa: PLC0415 - it comes with httpx, and is rarely needed

        own = anyio.CapacityLimiter(1)  # so that it takes no thread from others
        wanted = _wanted(entries, events, profiles, accounts, timeout=timeout)
        waiting, is_left = self.mock.waiting, threading.Event()
        wait = partial(waiting.wait, self.view, wanted, timeout, is_left.is_set)
        try:
            if not await anyio.to_thread.run_sync(wait, abandon_on_cancel=True, limiter=own):
                raise TimeoutError(self._late(wanted, timeout))
        finally:
            is_left.set()
            waiting.changes.changed(self.number)  # ends the thread if it still waits

    def _late(self, wanted: dict[str, int], timeout: float) -> str:
        expected, found = (
            ", ".join(f"{kind}={number}" for kind, number in counts.items())
            for counts in (wanted, self.counts())
        )
        return f"waited {timeout:g} s for {expected}; received {found}.{self.last_refused()}"

    def last_refused(self) -> str:
        """Return the last refused calls as lines of text, or an empty string if there are none."""
        page = Span(limit=3, descending=True)
        refused = [
            refusal_lines(entry, most=3).replace("\n", "\n  ")
            for status in ("4xx", "5xx")
            for entry in self.mock.journal.each(self.view, page, EntryFilter(status=status))
        ]
        return f"\nThe last refused calls:{listed(refused, most=6)}" if refused else ""

    # faults

    def fail_next(self, *, times: int = 1, **fault: Any) -> None:
        """Make the next call fail, or the next `times` calls.

        Takes the members of a Fault: `status` (400 to 599, answered with the recorded ERROR body),
        `retry_after` (seconds), `path` (such as "/v1/upload/events"), `delay` (seconds), `wire`
        ("reset", "empty", "half" or "garbage") and `stored` (whether the items are stored anyway;
        by default they are not if there is a status, and are with every other fault). With
        `most_delay`, `seed` draws a delay between `delay` and `most_delay`. `bytes_per_second`
        slows down the body. Raises InvalidFault with all problems.

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
        """Answer the next call, or the next `times` calls, with this status from 200 to 599.

        A wrong token is still refused. A call that is answered 2xx is stored. `sandbox.answers` has
        ready-made answers. Takes `delay`, `wire`, `stored` and the rest like `fail_next`.

        >>> toplyne.answer_next(status=502, body="<html>Bad Gateway</html>")
        """
        pairs = list(headers) if isinstance(headers, Iterator) else headers  # to be read twice
        self._add(times=times, path=path, status=status, headers=pairs, body=body, **fault)

    def fail_always(self, *, probability: float = 1.0, seed: int = 0, **fault: Any) -> None:
        """Make every call fail until `clear_faults()`, or the share `probability` of them.

        The same seed picks the same calls. Takes the other members of a Fault like `fail_next`.

        >>> toplyne.fail_always(status=503, probability=0.2, seed=7)
        """
        if "times" in fault:
            lasts = "does not fit fail_always, which lasts until clear_faults(). Use fail_next."
            raise InvalidFault(Problem(("times",), lasts))
        self._add(times=None, probability=probability, seed=seed, **fault)

    def bad_day(self, *, probability: float = 0.3, seed: int = 0, path: str | None = None) -> None:
        """Make a share of the calls fail, in all ways there are, until `clear_faults()`."""
        day = bad_day(probability=probability, seed=seed, path=path)
        self.mock.faults.add(self.number, *day)

    def _add(self, **fault: Any) -> None:
        self.mock.faults.add(self.number, fault_of(fault))

    @property
    def faults(self) -> list[dict[str, Json]]:
        """The faults that still wait, as `/_sandbox/faults` shows them."""
        return [waiting.to_json() for waiting in self.mock.faults.waiting(self.number)]

    def unmet(self) -> list[str]:
        """Return a line for each fault or answer that was set and has not happened."""
        waiting = self.mock.faults.waiting(self.number)
        return [line for each in waiting if (line := each.unmet)]

    def clear_faults(self) -> None:
        """Remove the faults that still wait."""
        if self.mock.faults.waiting(self.number):
            self.mock.faults.reset(self.number)


def line(entry: Entry) -> str:
    """Return the number of an entry, its status and its call."""
    return f"entry {entry.number}: {entry.status} {entry.method} {entry.path}"


def refusal_lines(entry: Entry, *, most: int) -> str:
    """Return the line of an entry, followed by its first problems, one per line."""
    return line(entry) + listed([f"{p['path']} {p['message']}" for p in entry.problems], most=most)


def listed(lines: Sequence[str], *, most: int) -> str:
    """Return the first lines, each indented on its own line, and the number of further ones."""
    more = [f"and {len(lines) - most} more"] if len(lines) > most else []
    return "".join(f"\n  {line}" for line in (*lines[:most], *more))


def _wanted(*numbers: int | None, timeout: float) -> dict[str, int]:
    wanted = {kind: n for kind, n in zip(COUNTED, numbers, strict=True) if n is not None}
    if not wanted:
        kinds = ", ".join(COUNTED)
        raise ValueError(f"wait_for needs a whole number for at least one of {kinds}")
    check_values(**wanted, timeout=timeout)
    return wanted


def _of_the_loop() -> str:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return ""
    return (
        "\nwait_for blocks the event loop it was called in, so that loop cannot send anything."
        " Use `await wait_for_async(…)`."
    )
