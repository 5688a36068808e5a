"""Routing: the destinations of each source, and how they change while messages are queued."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

from mock_server.segment.delivery_queue import DeliveryQueue, Task
from mock_server.segment.ledger import Ledger
from mock_server.segment.record import RETRY, DeliveryRecord, PartsAt, Record
from mock_server.store.database import NOBODY
from mock_server.store.tokens import TokenRow
from sandbox.workspace import ConnectedDestination, Source, Workspace

_GONE: Final = "the server was restarted, and the workspace no longer has the destination."


@dataclass(frozen=True, slots=True)
class SourceRoute:
    """The tenant of a source's messages, and the queues of its destinations."""

    tenant: int = NOBODY
    queues: tuple[DeliveryQueue, ...] = ()


class Routing:
    """The queues of the current workspace, one for each destination.

    The queue of a deleted destination stays until it is empty. A changed destination keeps its
    queue, and queued messages get the new settings, as in Segment. Callers must not change it
    concurrently.
    """

    def __init__(
        self,
        *,
        check: Callable[[str], TokenRow | None],
        default: int,
        queue_for: Callable[[ConnectedDestination], DeliveryQueue],
    ) -> None:
        """Start empty; `change` sets the workspace.

        A source's messages belong to the tenant of its first destination that delivers to this
        mock with an API key that `check` knows, else to the default tenant.
        """
        self._check = check
        self._default = default
        self._queue_for = queue_for
        self._queues: dict[str, DeliveryQueue] = {}
        self._retiring: list[DeliveryQueue] = []
        self._routes: dict[str, SourceRoute] = {}

    def change(self, workspace: Workspace) -> None:
        """Use this workspace from now on."""
        before, queues = {**self._queues}, dict[str, DeliveryQueue]()
        for each in workspace.destinations:
            queues[each.name] = queue = before.pop(each.name, None) or self._queue_for(each)
            queue.change(each)
        self._retiring = [q for q in (*self._retiring, *before.values()) if not q.retire()]
        self._queues = queues  # at once, as `queues` may be called concurrently
        self._routes = {
            source.name: SourceRoute(
                self._tenant(destinations := workspace.destinations_of(source)),
                tuple(queues[each.name] for each in destinations),
            )
            for source in workspace.sources
        }

    def _tenant(self, destinations: Iterable[ConnectedDestination]) -> int:
        tokens = (self._check(each.api_key) for each in destinations if each.base_url is None)
        return next((token.tenant for token in tokens if token is not None), self._default)

    def visit(self, destination: ConnectedDestination, tenant: int) -> SourceRoute:
        """Return the route to a destination without a source. Its queue closes once it is idle."""
        queue = self._queue_for(destination)
        self._retiring = [*(each for each in self._retiring if not each.retire()), queue]
        return SourceRoute(tenant, (queue,))

    def route_of(self, source: Source | None) -> SourceRoute:
        """Return the route of a source's messages, an empty one if the source no longer exists."""
        return SourceRoute() if source is None else self._routes.get(source.name, SourceRoute())

    def queues(self) -> list[DeliveryQueue]:
        """Return all queues, those of deleted destinations included."""
        return [*self._queues.values(), *self._retiring]

    def resume(
        self, ledger: Ledger, found: Iterable[tuple[Record, tuple[str, ...]]]
    ) -> list[Callable[[], None]]:
        """Continue the open records from before a restart, each with its destinations.

        Return the functions that queue them. A request whose answer is unknown is sent again; an
        answered one is not.
        """
        starts: list[Callable[[], None]] = []
        for record, destinations in found:
            tenant, number = record.tenant, record.number
            for name in destinations:
                queue, parts = self._queues.get(name), record.parts_of(name)
                is_seen = any(part.destination == name for part in record.parts)
                if queue is None:
                    ledger.write(tenant, number, _given_up(parts, name))
                elif not is_seen:
                    task = Task(tenant, number, json.loads(record.message), parts)
                    starts.append(partial(queue.put, task))
                else:
                    parts = queue.scheduled(parts)
                    ledger.write(tenant, number, parts)
                    starts.append(partial(queue.retry, tenant, number, parts))
        return starts


def _given_up(parts: PartsAt, name: str) -> PartsAt:
    parts = parts or {0: DeliveryRecord(destination=name, outcome="retrying", code=RETRY)}
    return {n: p.abandoned(_GONE) if p.outcome == "retrying" else p for n, p in parts.items()}
