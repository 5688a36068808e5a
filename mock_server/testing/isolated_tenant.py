"""Isolated tenant: one tenant of a running mock as a test sees it, and what it says on failure."""

from __future__ import annotations

import threading
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Final

from mock_server.assertions import Assertions
from mock_server.mock import Mock
from mock_server.real_clock import monotonic
from mock_server.server.socket_server import MockServer
from mock_server.store.database import NOBODY
from mock_server.store.journal_entry import NO_WONDER, Entry
from mock_server.store.tokens import new_secret
from mock_server.tenant_view import few, line, refusal

if TYPE_CHECKING:
    import httpx

    from sandbox.wire_types import DeliveryJson, MessageJson


class Toplyne(Assertions):
    """What one test sees of the mock: its own token, and only the calls with it.

    `url`, `api_url` and `token` are for the code under test, `client` is an httpx client that has
    them already. `profiles`, `accounts`, `events` and `entries` are lists to compare with `==`.
    """

    mock: Mock

    def __init__(self, server: MockServer, name: str = "", *, test: str = "") -> None:
        """Make a new tenant, of that name, for that test, with a token of its own.

        A server that does not run is started when its URL is asked for.
        """
        mock = server.mock
        self.token = new_secret()
        self._name = name = name or next(_NAMES)
        if test:
            _TESTS[name] = test
        self._server = server
        kept = mock.tokens.add(name, self.token, now=mock.clock())
        super().__init__(mock, (kept.tenant,))
        self._first = self._begun = mock.journal.next_number
        self.since = self._begun - 1
        self._strangers = mock.journal.count(_NOBODY)
        self._read: tuple[int, list[Entry]] = (self._first, [])

    @property
    def url(self) -> str:
        """The root of the server, like http://127.0.0.1:8020."""
        return self._running.url

    @property
    def api_url(self) -> str:
        """The base URL a destination is given; it ends in /v1."""
        return self._running.api_url

    @property
    def _running(self) -> MockServer:
        if not self._server.port:
            with _STARTING:
                if not self._server.port:
                    self._server.start()
        return self._server

    @cached_property
    def client(self) -> httpx.Client:
        """An open httpx client with `api_url` as its base and the test's token."""
        return self._running.client_with(self.token)

    def refused(self) -> list[str]:
        """Return a string for each call since the test began that was refused and not by a fault.

        Calls with a token nobody knows are among them: they are this test's as well, since the
        tests of one process run one after the other.
        """
        return _refused(self._new())

    def suspicious(self) -> list[str]:
        """Return a string for each call since the test began that was accepted and is surely wrong.

        For instance one without any id, or with a time in 1970.
        """
        return [
            line(entry) + few(odd, most=_SHOWN)
            for entry in self._new()
            if 200 <= entry.status < 300 and entry.tenant == self._name
            if (odd := entry.oddities)
        ]

    def _new(self) -> list[Entry]:
        """Return the entries not looked at yet, unknown callers' included; they are read once."""
        end = self.mock.journal.next_number
        if self._read[0] != end:
            self._read = (end, self.calls(self._first) if end > self._first else [])
        return self._read[1]

    def calls(self, first: int | None = None) -> list[Entry]:
        """Return the entries since the test began, or since an entry, unknown callers' included."""
        return self.mock.journal.since((self.number, NOBODY), (first or self._begun) - 1)

    def dropped(self) -> list[str]:
        """Return nothing: there is no Segment before it."""
        return []

    def finish(self) -> None:
        """Wait for nothing: what a test sends is answered when it has been sent."""

    def look_away(self) -> None:
        """Look only at what comes after this."""
        self._first = self.mock.journal.next_number
        self._read = (self._first, [])
        self.clear_faults()

    def strays(self) -> list[str]:
        """Return a line for each call since the test began that had another test's token."""
        journal = self.mock.journal
        own = journal.count((self.number, NOBODY)) - self._strangers
        if own == journal.next_number - self._begun:  # all that came was this test's
            return []
        return [
            f"{line(e)} came late, with the token of the earlier test {_TESTS[e.tenant]}"
            for e in journal.outlines(self._begun - 1, limit=_MOST_LOOKED_AT)
            if e.tenant in _TESTS and e.tenant != self._name
        ]


class Segment:
    """Segment's side for one test: a source to point an SDK at, and the Toplyne it ends in.

    `url` and `write_key` are for the SDK; `flush()` waits until all that came has been delivered;
    `ledger` tells what became of each message; `toplyne` is what a Toplyne test sees.
    """

    def __init__(self, server: MockServer) -> None:
        """Look at a server that belongs to this test alone."""
        self.url = server.url
        self.write_key = server.write_key
        self.toplyne: Assertions = server
        self._first, self._first_message = 1, 1

    @property
    def ledger(self) -> list[MessageJson]:
        """What became of each message, oldest first, as `/_sandbox/ledger` shows it."""
        return self.toplyne.ledger

    def flush(self, timeout: float = 30) -> None:
        """Return when all that was received has been delivered or given up; TimeoutError else."""
        self.toplyne.flush(timeout)

    def refused(self) -> list[str]:
        """Return a string for each call that Toplyne refused and not by a fault."""
        return _refused(self.toplyne.kept_after(self._first - 1))

    def suspicious(self) -> list[str]:
        """Return a string for each delivery that was accepted and is surely wrong."""
        return [
            f"message {record['number']} through {delivery['mapping']}:" + few(odd, most=_SHOWN)
            for record in self._new()
            for delivery in record["deliveries"]
            if delivery["outcome"] == "delivered"
            if (odd := _odd(delivery))
        ]

    def dropped(self) -> list[str]:
        """Return a string for each message that reached no Toplyne: dropped, rejected, failed."""
        return [
            f"message {record['number']}: {record['code']} {record['reason'] or ''}".rstrip()
            + "".join(
                f"\n  {problem['path']} {problem['message']}"
                for delivery in record["deliveries"]
                for problem in delivery["problems"]
            )
            for record in self._new()
            if record["drop"]
        ]

    def unmet(self) -> list[str]:
        """Return a line for each fault or answer that was asked for and has not happened."""
        return self.toplyne.unmet()

    def finish(self, timeout: float = 30) -> None:
        """Wait as `flush` does, but not for what has failed three times and is tried for hours."""
        deadline = monotonic() + timeout
        while not self.toplyne.is_flushed(min(0.25, timeout)):
            waiting = [each for each in self.ledger if each["outcome"] in _NOT_DONE]
            if waiting and all(map(_is_stuck, waiting)) and not self.unmet():
                lines = "\n".join(map(_retried, waiting))
                raise TimeoutError(f"still retrying when the test ended:\n{lines}")
            if monotonic() > deadline:
                self.flush(0)

    def look_away(self) -> None:
        """Look only at what comes after this."""
        self._first = self.toplyne.mock.journal.next_number
        self._first_message = max((each["number"] for each in self.ledger), default=0) + 1
        self.toplyne.clear_faults()

    def _new(self) -> list[MessageJson]:
        return [each for each in self.ledger if each["number"] >= self._first_message]


def _is_stuck(record: MessageJson) -> bool:
    tried = [each for each in record["deliveries"] if each["outcome"] == "retrying"]
    return any(len(each["attempts"]) >= _TRIES for each in tried)


def _retried(record: MessageJson) -> str:
    """Return a line about a message that is retried: how often, and why it failed last."""
    attempts = [a for each in record["deliveries"] for a in each["attempts"]]
    last = attempts[-1]
    why = last["error"] if last["status"] is None else f"answered {last['status']}"
    return f"message {record['number']}: {len(attempts)} attempts, the last one {why}"


def _odd(delivery: DeliveryJson) -> list[str]:
    return [
        f"{each['path']} {each['message']}"
        for each in delivery["suspicions"]
        if each["code"] not in NO_WONDER
    ]


def _refused(entries: list[Entry]) -> list[str]:
    return [refusal(e, most=_SHOWN) for e in entries if e.problems and e.fault is None]


_NAMES = map("test-{}".format, count(1))
_NOBODY: Final = (NOBODY,)
_STARTING: Final = threading.Lock()
_TRIES: Final = 3
_SHOWN: Final = 10  # problems or suspicions of one call
_NOT_DONE: Final = {"queued", "retrying"}
_MOST_LOOKED_AT: Final = 1000
_TESTS: Final[dict[str, str]] = {}
"""The tests of this process that had a tenant, by its name."""
