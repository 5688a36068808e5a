"""Isolated tenant: the tenant of one test, and Segment's side of one test."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
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
from mock_server.tenant_view import line, listed, refusal_lines

if TYPE_CHECKING:
    import httpx

    from sandbox.wire_types import MessageJson


class Toplyne(Assertions):
    """The mock for one test, with its own token and only the calls with that token.

    `url`, `api_url` and `token` are for the code under test; `client` is an httpx client that uses
    them. `profiles`, `accounts`, `events` and `entries` are lists to compare with `==`.
    """

    mock: Mock

    def __init__(self, server: MockServer, name: str = "", *, test: str = "") -> None:
        """Make a new tenant with its own token. `test` is the test that it is for.

        If the server is not running, it is started when its URL is read.
        """
        mock = server.mock
        self.token = new_secret()
        self._name = name = name or next(_NAMES)
        if test:
            _TESTS[name] = test
        self._server = server
        kept = mock.tokens.add(name, self.token, now=mock.clock())
        super().__init__(mock, (kept.tenant,))
        self.since = self._checked = mock.journal.next_number - 1
        self._others = 0  # entries up to `_checked` that are not this test's
        self._read: tuple[int, list[Entry]] = (self._checked, [])

    @property
    def url(self) -> str:
        """The root URL of the server, such as http://127.0.0.1:8020."""
        return self._running.url

    @property
    def api_url(self) -> str:
        """The base URL for a destination. It ends in /v1."""
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
        """Return a string for each refused call since the test began, unless a fault refused it.

        This includes calls with an unknown token: the tests of one process run one after the other,
        so they are this test's too.
        """
        return _refused(self._new())

    def suspicious(self) -> list[str]:
        """Return a string for each accepted call since the test began that is surely wrong.

        For example one without any id, or with a time in 1970.
        """
        return [
            line(entry) + listed(odd, most=_SHOWN)
            for entry in self._new()
            if 200 <= entry.status < 300 and entry.tenant == self._name
            if (odd := entry.oddities)
        ]

    def _new(self) -> list[Entry]:
        """Return the unchecked entries, including those of unknown tokens. They are cached."""
        last = self.mock.journal.next_number - 1
        if self._read[0] != last:
            self._read = (last, self.calls(self._checked))
        return self._read[1]

    def calls(self, after: int) -> list[Entry]:
        """Return the test's entries after a number, with those of unknown tokens."""
        return self.mock.journal.since((self.number, NOBODY), after)

    def dropped(self) -> list[str]:
        """Return an empty list: there is no Segment in front of this mock."""
        return []

    def finish(self) -> None:
        """Do nothing: every call of the test is already answered."""

    def ignore_until_now(self) -> None:
        """From now on, check only later calls."""
        own = len(self._new())
        last = self._read[0]
        self._others += last - self._checked - own
        self._checked, self._read = last, (last, [])
        self.clear_faults()

    def strays(self) -> list[str]:
        """Return a line for each call since the test began with the token of an earlier test."""
        self.ignore_until_now()
        if not self._others:
            return []
        return [
            f"{line(e)} was late: it has the token of the earlier test {_TESTS[e.tenant]}"
            for e in self.mock.journal.outlines(self.since, limit=_MOST_LOOKED_AT)
            if e.tenant in _TESTS and e.tenant != self._name
        ]


class Segment:
    """Segment's side for one test: a source for an SDK, and the mock it delivers to.

    `url` and `write_key` are for the SDK. `flush()` waits until every message is delivered.
    `ledger` has what happened to each message, and `toplyne` is the mock that received them.
    """

    def __init__(self, server: MockServer) -> None:
        """Use a server that belongs to this test only."""
        self.url = server.url
        self.write_key = server.write_key
        self.toplyne: Assertions = server
        self._first, self._first_message = 1, 1

    @property
    def ledger(self) -> list[MessageJson]:
        """What happened to each message, oldest first, as `/_sandbox/ledger` shows it."""
        return self.toplyne.ledger

    def flush(self, timeout: float = 30) -> None:
        """Block until every message is delivered or given up. Raises TimeoutError."""
        self.toplyne.flush(timeout)

    def refused(self) -> list[str]:
        """Return a string for each refused call, unless a fault refused it or `dropped` says so."""
        told = {record["reason"] for record in self._new() if record["drop"]}
        entries = self.toplyne.kept_after(self._first - 1)
        return _refused([e for e in entries if told.isdisjoint(p["message"] for p in e.problems)])

    def suspicious(self) -> list[str]:
        """Return a string for each accepted delivery that is surely wrong."""
        return [
            f"message {record['number']} through {delivery['mapping']}:" + _lines(odd)
            for record in self._new()
            for delivery in record["deliveries"]
            if delivery["outcome"] == "delivered"
            if (odd := [each for each in delivery["suspicions"] if each["code"] not in NO_WONDER])
        ]

    def dropped(self) -> list[str]:
        """Return a string for each message that was dropped, rejected or failed."""
        return [
            f"message {record['number']}: {record['code']} {record['reason'] or ''}".rstrip()
            + _lines([problem for each in record["deliveries"] for problem in each["problems"]])
            for record in self._new()
            if record["drop"]
        ]

    def unmet(self) -> list[str]:
        """Return a line for each fault or answer that was set and has not happened."""
        return self.toplyne.unmet()

    def finish(self, timeout: float = 30) -> None:
        """Wait like `flush`, but not for messages that have failed three times already.

        Segment retries them for hours.
        """
        deadline = monotonic() + timeout
        while not self.toplyne.is_flushed(min(0.25, timeout)):
            waiting = [each for each in self.ledger if each["outcome"] in _NOT_DONE]
            if waiting and all(map(_is_stuck, waiting)) and not self.unmet():
                lines = "\n".join(map(_retried, waiting))
                raise TimeoutError(f"still retrying when the test ended:\n{lines}")
            if monotonic() > deadline:
                self.flush(0)

    def ignore_until_now(self) -> None:
        """From now on, check only later calls."""
        self._first = self.toplyne.mock.journal.next_number
        self._first_message = max((each["number"] for each in self.ledger), default=0) + 1
        self.toplyne.clear_faults()

    def _new(self) -> list[MessageJson]:
        return [each for each in self.ledger if each["number"] >= self._first_message]


def _is_stuck(record: MessageJson) -> bool:
    tried = [each for each in record["deliveries"] if each["outcome"] == "retrying"]
    return any(len(each["attempts"]) >= _TRIES for each in tried)


def _retried(record: MessageJson) -> str:
    """Return a line about a retried message: its attempts, and why the last one failed."""
    attempts = [a for each in record["deliveries"] for a in each["attempts"]]
    last = attempts[-1]
    why = last["error"] if last["status"] is None else f"answered {last['status']}"
    return f"message {record['number']}: {len(attempts)} attempts, the last one {why}"


def _lines(told: Iterable[Mapping[str, object]]) -> str:
    return listed([f"{each['path']} {each['message']}" for each in told], most=_SHOWN)


def _refused(entries: list[Entry]) -> list[str]:
    return [refusal_lines(e, most=_SHOWN) for e in entries if e.problems and e.fault is None]


_NAMES = map("test-{}".format, count(1))
_STARTING: Final = threading.Lock()
_TRIES: Final = 3
_SHOWN: Final = 10  # problems or suspicions of one call
_NOT_DONE: Final = {"queued", "retrying"}
_MOST_LOOKED_AT: Final = 1000
_TESTS: Final[dict[str, str]] = {}
"""The tests of this process that had a tenant, by the tenant's name."""
