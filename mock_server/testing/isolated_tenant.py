"""Isolated tenant: one tenant of a running mock as a test sees it, and what it says on failure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

from mock_server.assertions import Assertions
from mock_server.mock import Mock
from mock_server.server.socket_server import MockServer
from mock_server.store.database import NOBODY
from mock_server.store.journal_entry import Filter
from mock_server.store.tokens import new_secret
from mock_server.tenant_view import TenantView

if TYPE_CHECKING:
    import httpx

    from sandbox.wire_types import MessageJson


class Toplyne(Assertions):
    """What one test sees of the mock: its own token, and only what came with it.

    `url`, `api_url` and `token` are for the code under test, `client` is an httpx client that has
    them already. `profiles`, `accounts`, `events` and `entries` are lists to compare with `==`.
    """

    mock: Mock

    def __init__(self, server: MockServer, name: str) -> None:
        """Make a new tenant of that name, with a token of its own."""
        mock = server.mock
        self.token = new_secret()
        self.url = server.url
        self.api_url = server.api_url
        self._server = server
        self._client: httpx.Client | None = None
        kept = mock.tokens.add(name, self.token, now=mock.clock())
        super().__init__(mock, (kept.tenant,))
        self._first = mock.journal.next_number

    @property
    def client(self) -> httpx.Client:
        """An open httpx client with `api_url` as its base and the test's token."""
        if self._client is None:
            self._client = self._server.client_with(self.token)
        return self._client

    def refused(self) -> list[str]:
        """Return a text for each call since the test began that was refused and not by a fault.

        Calls with a token nobody knows are among them: they are this test's as well, since the
        tests of one process run one after the other.
        """
        return _refused(TenantView(self.mock, (self.number, NOBODY)), since=self._first)

    def suspicious(self) -> list[str]:
        """Return a text for each call since the test began that was accepted and is surely wrong.

        For instance one without any id, or with a time in 1970.
        """
        return _suspicious(self, since=self._first)


class Segment:
    """Segment's side for one test: a source to point an SDK at, and the Toplyne it ends in.

    `url` and `write_key` are for the SDK; `flush()` waits until all that came has been delivered;
    `ledger` tells what became of each message; `toplyne` is what a Toplyne test sees.
    """

    def __init__(self, server: MockServer) -> None:
        """Look at a server that is this test's alone."""
        self.url = server.url
        self.write_key = server.write_key
        self.toplyne: Assertions = server
        self._server = server

    @property
    def ledger(self) -> list[MessageJson]:
        """What became of each message, oldest first, as `/_sandbox/ledger` shows it."""
        return self._server.ledger

    def flush(self, timeout: float = 30) -> None:
        """Return when all that was received has been delivered or given up; TimeoutError else."""
        self._server.flush(timeout)

    def refused(self) -> list[str]:
        """Return a text for each call that Toplyne refused and not by a fault."""
        return _refused(self.toplyne, since=1)

    def suspicious(self) -> list[str]:
        """Return a text for each delivery that was accepted and is surely wrong."""
        return [
            f"message {record['number']} through {delivery['mapping']}:"
            + "".join(f"\n  {s['path']} {s['message']}" for s in delivery["suspicions"])
            for record in self.ledger
            for delivery in record["deliveries"]
            if delivery["suspicions"] and delivery["outcome"] == "delivered"
        ]

    def dropped(self) -> list[str]:
        """Return a text for each message that reached no Toplyne: dropped, rejected, failed."""
        return [
            f"message {record['number']}: {record['code']} {record['reason'] or ''}".rstrip()
            + "".join(
                f"\n  {problem['path']} {problem['message']}"
                for delivery in record["deliveries"]
                for problem in delivery["problems"]
            )
            for record in self.ledger
            if record["drop"]
        ]


def _refused(view: TenantView, *, since: int) -> list[str]:
    return [
        "\n".join(
            [
                f"entry {entry['number']}: {entry['status']} {entry['method']} {entry['path']}",
                *(f"  {p['path']} {p['message']}" for p in entry["problems"]),
            ]
        )
        for entry in view.entries_after(since - 1, Filter(refused=True))
    ]


def _suspicious(view: TenantView, *, since: int) -> list[str]:
    return [
        f"entry {entry['number']}: {entry['status']} {entry['method']} {entry['path']}"
        + "".join(f"\n  {each['path']} {each['message']}" for each in entry["suspicions"])
        for entry in view.entries_after(since - 1)
        if 200 <= entry["status"] < 300 and entry["suspicions"]
    ]


_NUMBERS = count(1)


@contextmanager
def tenant(server: MockServer) -> Iterator[Toplyne]:
    """Give a tenant of its own for the time of a `with`: one test, or one generated example."""
    toplyne = Toplyne(server, f"test-{next(_NUMBERS)}")
    try:
        yield toplyne
    finally:
        toplyne.clear_faults()
