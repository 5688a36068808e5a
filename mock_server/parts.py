"""Parts: what one mock is made of, its store, tokens, journal, state and faults."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mock_server.guard import Guard
from mock_server.store.database import NOBODY, Limits, Store
from mock_server.store.journal import Journal, View
from mock_server.store.merging import ACCOUNTS, PROFILES
from mock_server.store.state import State
from mock_server.store.tokens import Tokens, new_secret
from mock_server.store.waiting import Counts, Waiting
from mock_server.toplyne.api import ToplyneApi
from mock_server.toplyne.faults import Faults
from sandbox.rules import check_rules

if TYPE_CHECKING:
    from mock_server.control.live_listeners import Live
    from mock_server.segment.segment import Segment
    from sandbox.workspace import Workspace

DEFAULT_TENANT: Final = "default"


class Parts:
    """The parts of one mock, free of any server; who completes it puts `segment` in front."""

    @property
    def segment(self) -> Segment:
        """Segment's side, loaded and made when it is asked for; parts alone have none."""
        raise LookupError("parts alone have no Segment in front of them; a Mock has")

    @property
    def made_segment(self) -> Segment | None:
        """Segment's side, None where nobody has asked for it yet, and for parts alone."""
        return None

    def __init__(  # noqa: PLR0913 - what can be chosen, each by name
        self,
        *,
        tokens: Mapping[str, str] | None = None,
        rules: str = "documented",
        db: str | Path | None = None,
        hosts: Iterable[str] = (),
        admin_token: str | None = None,
        limits: Limits | None = None,
        reaches_socket: bool = True,
        clock: Callable[[], float] = time.time,
        workspace: Workspace | None = None,
    ) -> None:
        """Open the store and keep the tokens, by name.

        Without any, they are the API keys of the workspace's destinations here, else one named
        `default` is made. Without `reaches_socket` faults that break a connection are refused when
        they are asked for. Raises ValueError for wrong rules, names or tokens, and InvalidStore
        for a file that is none.
        """
        self.rules = check_rules(rules)
        given = dict(tokens or {}) or _own_tokens(workspace)
        given = given or {DEFAULT_TENANT: new_secret()}
        self.default = DEFAULT_TENANT if DEFAULT_TENANT in given else next(iter(given))
        self.secrets = given
        self.admin_token = admin_token
        self.clock = clock
        self.guard = Guard(hosts)
        self.store = Store(db)
        self.faults = Faults(reaches_socket=reaches_socket)
        self.limits = bounds = limits or Limits()
        self.state = State(self.store, bounds)
        self.journal = Journal(self.store, clock=clock, limits=bounds, before_drop=self.state.fold)
        self.waiting = Waiting(self.counts)
        self.journal.listeners.append(self.waiting.changes.changed)
        self._live: Live | None = None
        self._making_live = threading.Lock()
        self.tokens = Tokens(self.store)
        self.api = ToplyneApi(
            tokens=self.tokens,
            faults=self.faults,
            journal=self.journal,
            rules=self.rules,
            clock=clock,
        )
        try:
            for name, secret in given.items():
                self.tokens.add(name, secret, now=clock())
        except ValueError:
            self.store.close()
            raise

    @property
    def live(self) -> Live:
        """Who wants to hear of what comes; loaded with the first that does."""
        with self._making_live:
            if self._live is None:
                from mock_server.control.live_listeners import Live  # noqa: PLC0415 - no test pays before one listens

                self._live = Live(self)
            return self._live

    def view_of(self, tenant: int, name: str) -> View:
        """Return the tenants shown together: nobody's requests are shown with the default's."""
        return (tenant, NOBODY) if name == self.default else (tenant,)

    def counts(self, view: View, kinds: tuple[str, ...]) -> Counts:
        """Return how many of those kinds came since the last reset."""
        ways: dict[str, Callable[[], int]] = {
            "entries": lambda: self.journal.count(view),
            "events": lambda: self.journal.events(view[0]),
            "profiles": lambda: self.state.count(view[0], PROFILES),
            "accounts": lambda: self.state.count(view[0], ACCOUNTS),
        }
        return {kind: ways[kind]() for kind in kinds}

    def reset(self, view: View) -> None:
        """Forget queue, ledger, journal, state and faults of those tenants; tokens stay."""
        if self.made_segment is not None:
            self.made_segment.reset(view)
        with self.store.transaction():
            for tenant in view:
                self.journal.reset(tenant)
                self.state.reset(tenant)
        for tenant in view:
            self.faults.reset(tenant)
        if self._live is not None:
            self._live.reset()

    def hang_up(self) -> None:
        """Let nobody wait or listen any longer."""
        self.waiting.changes.close()
        if self._live is not None:
            self._live.close()

    def close(self) -> None:
        """Deliver what is queued, let nobody wait, and close the store."""
        if self.made_segment is not None:
            self.made_segment.close()
        self.hang_up()
        self.store.close()


def _own_tokens(workspace: Workspace | None) -> dict[str, str]:
    if workspace is None:
        return {}
    from mock_server.segment.write_keys import own_tokens  # noqa: PLC0415 - with Segment's side

    return own_tokens(workspace)
