"""Mock: the parts of one mock, from its store to Segment's side in front of it."""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from mock_server.argument_checks import check_choices, check_values, host_names
from mock_server.bounds import LISTENERS
from mock_server.exchange import HttpAnswer, Received
from mock_server.guard import Guard
from mock_server.later import Changes
from mock_server.segment import tracking_paths
from mock_server.store.database import NOBODY, Limits, Store, StoreUnavailable
from mock_server.store.journal import Journal, View
from mock_server.store.opening import DAMAGED, InvalidStore
from mock_server.store.state import State
from mock_server.store.tokens import InvalidToken, Tokens, new_secret
from mock_server.store.waiting import Waiting
from mock_server.toplyne import answers
from mock_server.toplyne.api import ToplyneApi
from mock_server.toplyne.faults import TenantFaults
from sandbox.known_rules import check_rules
from sandbox.segment.definition import Rules
from sandbox.type_schemas import Positive
from sandbox.values import members

if TYPE_CHECKING:
    from mock_server.segment.segment import SegmentSide
    from mock_server.segment.segment_choices import SegmentChoices
    from mock_server.store.opening import Sync
    from sandbox.workspace import Workspace

DEFAULT_TENANT: Final = "default"


class Mock:
    """One mock: it answers the calls of Toplyne's API and keeps what was received."""

    def __init__(  # noqa: PLR0913 - what can be chosen, each by name
        self,
        *,
        tokens: Mapping[str, str] | None = None,
        rules: Rules = "documented",
        db: str | Path | None = None,
        db_sync: Sync = "normal",
        admin_token: str | None = None,
        allowed_hosts: Iterable[str] = (),
        limits: Limits | None = None,
        reaches_socket: bool = True,
        clock: Callable[[], float] = time.time,
        workspace: Workspace | None = None,
        segment: SegmentChoices | None = None,
    ) -> None:
        """Open the store and add the tokens, given by name.

        Without tokens, they are the API keys of the workspace's destinations that deliver to this
        mock, or else one new token named `default`. Without a workspace each token gets a source
        with the three presets. Without `reaches_socket`, faults that break a connection are
        refused. Raises ValueError for wrong rules, names or tokens, and InvalidStore for a file
        that cannot be opened as the store.
        """
        self.rules = check_rules(rules)
        check_choices(workspace=workspace, segment=segment, limits=limits)
        check_choices(tokens=tokens, admin_token=admin_token)
        self.limits = limits or Limits()
        check_values(Positive, **asdict(self.limits))
        given = dict(tokens or {})
        if workspace is not None and not given:
            from mock_server.segment.write_keys import own_tokens  # noqa: PLC0415 - with Segment's side

            given = own_tokens(workspace)
        self._is_given = bool(given)
        given = given or {DEFAULT_TENANT: new_secret()}
        self.default = DEFAULT_TENANT if DEFAULT_TENANT in given else next(iter(given))
        self.secrets = given
        self.admin_token = admin_token
        self.clock = clock
        self.guard = Guard(host_names(allowed_hosts))
        self.store = Store(db, sync=db_sync)
        self.beside: dict[str, Self] = {}
        """The mocks of demonstrations, by token. A client with such a token sees that mock."""
        self._name = secrets.token_hex(4)
        self._resets: Counter[int] = Counter()
        self._workspace = workspace
        self._choices = segment
        self.made_segment: SegmentSide | None = None
        """Segment's side, or None before its first use."""
        self._is_closed = False
        self._making = threading.Lock()
        try:
            self._read(reaches_socket=reaches_socket)
            for name, secret in given.items():
                self.tokens.add(name, secret, now=clock())
            if self.store.has_queue():
                self.segment  # noqa: B018 - to resume it
        except (StoreUnavailable, ValueError, LookupError, TypeError) as error:
            self.store.close()
            if isinstance(error, InvalidStore | InvalidToken) or not self.store.is_kept:
                raise
            is_its = isinstance(error, StoreUnavailable)
            why = error if is_its else DAMAGED.format(f" ({error!r})")
            raise InvalidStore(f"{db} cannot be the store: {why}") from error

    def _read(self, *, reaches_socket: bool) -> None:
        """Make the parts that live in the store, from what it holds."""
        store, clock, limits = self.store, self.clock, self.limits
        self.faults = TenantFaults(store, reaches_socket=reaches_socket)
        self.journal = Journal(store, clock=clock, limits=limits)
        self.state = State(store, self.journal, limits)
        self.waiting = Waiting(self.counts)
        self.news = Changes(LISTENERS, f"{LISTENERS} clients listen already. Close some pages")
        self.journal.listeners += [self.waiting.changes.changed, self.news.changed]
        self.tokens = Tokens(store)
        self.api = ToplyneApi(**members(self, "tokens", "faults", "journal", "rules", "clock"))

    def answer(self, received: Received, counted: int = 0) -> HttpAnswer:
        """Return the answer to a call of Toplyne's API, from any thread. Never raises.

        A call that cannot be stored is answered 503. A bug in the mock is answered with the
        recorded 500, and its traceback is printed on standard error. The caller checks Host and
        Origin of calls from a network.
        """
        try:
            return self.api.answer(received, counted)
        except StoreUnavailable as error:
            return answers.unavailable(error)
        except Exception:  # noqa: BLE001 - whatever it is, the client must get an answer
            return answers.failed(received)

    @property
    def segment(self) -> SegmentSide:
        """Segment's side, imported and made on first use."""
        with self._making:
            if self.made_segment is None:
                from mock_server.segment.segment import SegmentSide  # noqa: PLC0415 - with the first call of the Tracking API

                self.made_segment = SegmentSide(
                    self._workspace or self.secrets,
                    answer=self.answer,
                    default=self.tokens.of(self.default)[0].tenant,
                    check=lambda key: self.tokens.check((f"Bearer {key}",), self.clock()).known,
                    choices=self._choices,
                    is_given=self._is_given,
                    **members(self, "rules", "limits", "clock", "store"),
                )
                self.made_segment.ledger.listeners.append(self.news.changed)
                if self._is_closed:
                    self.made_segment.close()
            return self.made_segment

    @property
    def write_key(self) -> str:
        """The write key of the first source."""
        if self.made_segment is None and self._workspace is None:
            return tracking_paths.derived_key(next(iter(self.secrets.values())))
        return self.segment.workspace.sources[0].write_key

    # tenants

    def view_of(self, name: str | None = None) -> View:
        """Return the tenants shown under a name: with the default one, requests without a tenant.

        Raises KeyError if no token has the name.
        """
        wanted = self.default if name is None else name
        if not (known := self.tokens.of(wanted)):
            raise KeyError(f"no token is named {wanted!r}")
        tenant = known[0].tenant
        return (tenant, NOBODY) if wanted == self.default else (tenant,)

    def counts(self, view: View, kinds: tuple[str, ...]) -> dict[str, int]:
        """Return how many of each kind were received since the last reset."""
        return {
            kind: self.journal.count(view) if kind == "entries" else self.state.count(view[0], kind)
            for kind in kinds
        }

    def reset(self, view: View) -> None:
        """Delete queue, ledger, journal, state and faults of the tenants; tokens stay.

        It is one transaction: if the process ends meanwhile, either all is deleted or nothing.
        """

        def forget() -> None:
            with self.store.transaction():
                for tenant in view:
                    self.journal.reset(tenant)
                    self.state.reset(tenant)
                    self.faults.forget(tenant)

        with self.store.making_room():
            if self.made_segment is None:
                forget()
            else:
                self.made_segment.reset(view, forget)
        for tenant in view:
            self.faults.reset(tenant)
            self._resets[tenant] += 1
            self.news.changed(tenant)

    def era(self, view: View) -> str:
        """Return the name of the time since the first tenant's last reset, unique in all mocks."""
        return f"{self._name}.{self._resets[view[0]]}"

    # the end

    def hang_up(self) -> None:
        """End the requests that wait or listen."""
        self.waiting.changes.close()
        self.news.close()
        if self.made_segment is not None:
            self.made_segment.ledger.flushing.close()

    def close(self) -> None:
        """Deliver what is queued, end the requests that wait, and close the store."""
        while self.beside:
            self.beside.popitem()[1].close()
        with self._making:
            self._is_closed = True
        if self.made_segment is not None:
            self.made_segment.close()
        self.hang_up()
        self.store.close()
