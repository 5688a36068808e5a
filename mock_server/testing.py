"""Testing: one tenant of a running mock as a test sees it, and what it says when a test fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Final

from mock_server.nearest import Nearest, nearest
from mock_server.server import MockServer
from mock_server.toplyne.merging import ACCOUNTS, PROFILES
from mock_server.toplyne.state import EVENTS
from mock_server.toplyne.store import NOBODY
from mock_server.toplyne.tokens import new_secret
from mock_server.view import TenantView
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.json_text import json_text

if TYPE_CHECKING:
    import httpx

_SHOWN: Final = 5


class Toplyne(TenantView):
    """What one test sees of the mock: its own token, and only what came with it.

    `url`, `api_url` and `token` are for the code under test, `client` is an httpx client that has
    them already. `profiles`, `accounts`, `events` and `entries` are lists to compare with `==`.
    """

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

    def assert_received(
        self, *, event: Json = MISSING, profile: Json = MISSING, account: Json = MISSING
    ) -> None:
        """Assert that an item with at least these members is in the state.

        >>> toplyne.assert_received(event={"eventName": "Signed Up"})

        The failure shows the nearest item that came, and where it differs. Raises ValueError
        unless exactly one of the three is given.
        """
        asked = {EVENTS: event, PROFILES: profile, ACCOUNTS: account}
        wanted = {kind: value for kind, value in asked.items() if value is not MISSING}
        if len(wanted) != 1:
            raise ValueError("assert_received takes one of event, profile and account")
        ((kind, expected),) = wanted.items()
        items = self.items(kind)
        found = nearest(expected, ((item, item) for item in items), partial=True)
        if found is None or found.differences:
            __tracebackhide__ = True
            raise AssertionError(self._missing(kind.rstrip("s"), expected, items, found))

    def _missing(
        self, what: str, expected: Json, items: list[Json], found: Nearest[Json] | None
    ) -> str:
        lines = [f"no {what} like {json_text(expected)} was received."]
        if found is None:
            lines.append(f"No {what} was received at all.{self._refused()}")
            return "\n".join(lines)
        lines.append(f"The nearest of {len(items)}: {json_text(found.candidate)}")
        lines += [
            f"  {each.path}: expected {_written(each.expected)}, found {_written(each.found)}"
            for each in found.differences[:_SHOWN]
        ]
        return "\n".join(lines) + self._refused()

    def refused(self) -> list[str]:
        """Return a text for each call since the test began that was refused and not by a fault.

        Calls with a token nobody knows are among them: they are this test's as well, since the
        tests of one process run one after the other.
        """
        views = TenantView(self._mock, (self.tenant, NOBODY))
        return [
            "\n".join(
                [
                    f"entry {entry['number']}: {entry['status']} {entry['method']} {entry['path']}",
                    *(f"  {p['path']} {p['message']}" for p in entry["problems"]),
                ]
            )
            for entry in views.entries_after(self._first - 1)
            if entry["problems"] and not entry["fault"]
        ]


def _written(value: Json) -> str:
    return "nothing" if value is MISSING else json_text(value)


_NUMBERS = count(1)


@contextmanager
def tenant(server: MockServer) -> Iterator[Toplyne]:
    """Give a tenant of its own for the time of a `with`: one test, or one generated example."""
    toplyne = Toplyne(server, f"test-{next(_NUMBERS)}")
    try:
        yield toplyne
    finally:
        toplyne.clear_faults()
