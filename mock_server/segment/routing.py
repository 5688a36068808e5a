"""Routing: the destinations of each source, and how they change while messages are queued."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from mock_server.segment.delivery_queue import ABANDONED, Lane, Task
from mock_server.segment.ledger import Ledger
from mock_server.segment.record import DeliveryRecord, Record
from mock_server.store.database import NOBODY
from mock_server.store.tokens import TokenRow
from sandbox.workspace import ConnectedDestination, Source, Workspace

_GONE: Final = "the server was restarted, and the workspace no longer has the destination."


@dataclass(frozen=True, slots=True)
class Way:
    """The tenant of a source's messages, and the lanes of its destinations."""

    tenant: int = NOBODY
    lanes: tuple[Lane, ...] = ()


class Routing:
    """The lanes of the current workspace, one for each destination.

    The lane of a deleted destination stays until its queue is empty. A changed destination keeps
    its lane, and queued messages get the new settings, as in Segment. Callers must not change it
    concurrently.
    """

    def __init__(
        self,
        *,
        check: Callable[[str], TokenRow | None],
        default: int,
        lane_for: Callable[[ConnectedDestination], Lane],
    ) -> None:
        """Start empty; `change` sets the workspace.

        A source's messages belong to the tenant of its first destination that delivers to this
        mock with an API key that `check` knows, else to the default tenant.
        """
        self._check = check
        self._default = default
        self._lane_for = lane_for
        self._lanes: dict[str, Lane] = {}
        self._leaving: list[Lane] = []
        self._ways: dict[str, Way] = {}

    def change(self, workspace: Workspace) -> None:
        """Use this workspace from now on."""
        before, lanes = {**self._lanes}, dict[str, Lane]()
        for each in workspace.destinations:
            lanes[each.name] = lane = before.pop(each.name, None) or self._lane_for(each)
            lane.change(each)
        self._leaving = [lane for lane in (*self._leaving, *before.values()) if not lane.retire()]
        self._lanes = lanes  # at once, as `lanes` may be called concurrently
        self._ways = {
            source.name: Way(
                self._tenant(destinations := workspace.destinations_of(source)),
                tuple(lanes[each.name] for each in destinations),
            )
            for source in workspace.sources
        }

    def _tenant(self, destinations: Iterable[ConnectedDestination]) -> int:
        tokens = (self._check(each.api_key) for each in destinations if each.base_url is None)
        return next((token.tenant for token in tokens if token is not None), self._default)

    def visit(self, destination: ConnectedDestination, tenant: int) -> Way:
        """Return the way to a destination without a source. Its lane is closed once it is idle."""
        lane = self._lane_for(destination)
        self._leaving = [*(each for each in self._leaving if not each.retire()), lane]
        return Way(tenant, (lane,))

    def way_of(self, source: Source | None) -> Way:
        """Return the way of a source's messages, an empty one if the source no longer exists."""
        return Way() if source is None else self._ways.get(source.name, Way())

    def lanes(self) -> list[Lane]:
        """Return all lanes, those of deleted destinations included."""
        return [*self._lanes.values(), *self._leaving]

    def go_on(
        self, ledger: Ledger, found: Iterable[tuple[Record, tuple[str, ...]]]
    ) -> list[Callable[[], None]]:
        """Continue the open records from before a restart, each with its destinations.

        Return the functions that queue them. A request whose answer is unknown is sent again; an
        answered one is not.
        """
        queue: list[Callable[[], None]] = []
        for record, destinations in found:
            tenant, number = record.tenant, record.number
            for name in destinations:
                lane, parts = self._lanes.get(name), record.parts_of(name)
                is_seen = any(part.destination == name for part in record.parts)
                if lane is None:
                    ledger.write(tenant, number, _given_up(parts, name, is_seen=is_seen))
                elif not is_seen:
                    task = Task(tenant, number, json.loads(record.message), parts)
                    queue.append(partial(lane.put, task))
                else:
                    parts = lane.scheduled(parts)
                    ledger.write(tenant, number, parts)
                    queue.append(partial(lane.retry, tenant, number, parts))
        return queue


def _given_up(
    parts: dict[int, DeliveryRecord], name: str, *, is_seen: bool
) -> dict[int, DeliveryRecord]:
    gone = partial(replace, outcome="failed", code=ABANDONED, reason=_GONE, due=None)
    known = {n: gone(part) if part.outcome == "retrying" else part for n, part in parts.items()}
    if not is_seen:
        known[len(known)] = gone(DeliveryRecord(destination=name, outcome="failed", code=ABANDONED))
    return known
