"""Mock: everything one server knows, and the one function that answers a request."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from mock_server import inspection
from mock_server.exchange import Answer, Received
from mock_server.guard import Guard
from mock_server.segment import tracking
from mock_server.segment.assembly import segment_before
from mock_server.segment.choices import SegmentChoices
from mock_server.segment.write_keys import own_tokens
from mock_server.toplyne import answers
from mock_server.toplyne.api import ToplyneApi
from mock_server.toplyne.faults import Faults
from mock_server.toplyne.journal import Journal, View
from mock_server.toplyne.merging import ACCOUNTS, PROFILES
from mock_server.toplyne.routes import LISTED, PREFIX
from mock_server.toplyne.state import State
from mock_server.toplyne.store import NOBODY, Limits, Store, StoreUnavailable
from mock_server.toplyne.tokens import Tokens, new_secret
from mock_server.view import TenantView
from mock_server.waiting import Counts, Waiting
from sandbox.destination import check_rules
from sandbox.workspace import Workspace

DEFAULT_TENANT: Final = "default"


class Mock:
    """One mock: its store, tokens, journal, state and faults; free of any server.

    `answer` is called by the server, by the Flask adapter and by the in-process transport, from
    any thread.
    """

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
        segment: SegmentChoices | None = None,
    ) -> None:
        """Open the store and keep the tokens, by name.

        Without any, they are the API keys of the workspace's destinations here, else one named
        `default` is made. Without a workspace each token gets a source with the three presets.
        Without `reaches_socket` faults that break a connection are refused when they are asked for.
        Raises ValueError for wrong rules, names or tokens, InvalidStore for a file that is none.
        """
        self.rules = check_rules(rules)
        given = dict(tokens or {}) or (own_tokens(workspace) if workspace else {})
        given = given or {DEFAULT_TENANT: new_secret()}
        self.default = DEFAULT_TENANT if DEFAULT_TENANT in given else next(iter(given))
        self.secrets = given
        self.admin_token = admin_token
        self.clock = clock
        self.guard = Guard(hosts)
        self.store = Store(db)
        self.faults = Faults(reaches_socket=reaches_socket)
        bounds = limits or Limits()
        self.state = State(self.store, bounds)
        self.journal = Journal(self.store, clock=clock, limits=bounds, before_drop=self.state.fold)
        self.waiting = Waiting(self.counts)
        self.journal.listeners.append(self.waiting.heard)
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
        self.segment = segment_before(self, workspace, limits=bounds, choices=segment)

    def answer(self, received: Received) -> Answer:
        """Return the answer to any request; never raises.

        What cannot be stored is answered 503; a bug of ours with the recorded 500, and shown on
        the error output.
        """
        try:
            return self._answer(received)
        except StoreUnavailable as error:
            return answers.refusal(
                503, f"Nothing can be stored now: {error}. What was answered before is kept."
            )
        except Exception:  # noqa: BLE001 - whatever it is, the client must get an answer
            sys.stderr.write(f"toplyne-sandbox: a bug in answering {received.method} ")
            sys.stderr.write(f"{received.path[:200]}\n{traceback.format_exc()}")
            return answers.refusal(500, "")

    def _answer(self, received: Received) -> Answer:
        is_tracked = tracking.is_for(received.path)
        is_call = not is_tracked and (
            received.path == PREFIX or received.path.startswith(f"{PREFIX}/")
        )
        foreign = self.guard.refusal(received, any_origin=is_tracked)
        if foreign is not None:
            entry = None
            if is_call:
                entry = self.journal.append(received, status=403, problems=(foreign,))
            if is_tracked:
                return tracking.refusal_of(self.segment, foreign.message)
            return answers.refusal(403, foreign.message, entry=entry)

        if is_tracked:
            return tracking.answer(self.segment, received)
        if is_call:
            return self.api.answer(received)
        if inspection.is_for(received.path):
            return inspection.answer(self, received)
        known = f"{LISTED}, {tracking.LISTED}, and {inspection.LISTED}"
        return answers.refusal(404, f"Nothing is at {received.path[:200]}. There are: {known}.")

    def view(self, name: str | None = None) -> TenantView:
        """Return what the tenant of that name sees, the default one where none is named.

        Raises KeyError for a name no token has.
        """
        wanted = self.default if name is None else name
        known = self.tokens.of(wanted)
        if not known:
            raise KeyError(f"no token is named {wanted!r}")
        return TenantView(self, self.view_of(known[0].tenant, wanted))

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
        self.segment.reset(view)
        with self.store.transaction():
            for tenant in view:
                self.journal.reset(tenant)
                self.state.reset(tenant)
        for tenant in view:
            self.faults.reset(tenant)

    def close(self) -> None:
        """Deliver what is queued, let nobody wait, and close the store."""
        self.segment.close()
        self.waiting.close()
        self.store.close()
