"""Routing: the destinations of each source, and how they change while messages are queued."""

from collections.abc import Callable
from dataclasses import dataclass

from mock_server.segment.delivery_queue import Lane
from mock_server.segment.senders import Sender
from mock_server.store.database import NOBODY
from sandbox.workspace import ConnectedDestination, Source, Workspace


@dataclass(frozen=True, slots=True)
class Way:
    """The tenant of a source's messages, and the lanes that each of them goes to."""

    tenant: int = NOBODY
    lanes: tuple[Lane, ...] = ()


class Routing:
    """The workspace in force and a lane for each of its destinations.

    The lane of a deleted destination stays until its queue is empty. A changed destination keeps
    its lane, and queued messages get the new settings, as in Segment. Callers must not change it
    concurrently.
    """

    def __init__(
        self,
        *,
        tenant_for: Callable[[Workspace, Source], int],
        sender_for: Callable[[ConnectedDestination], Sender],
        lane_for: Callable[[ConnectedDestination, Sender], Lane],
    ) -> None:
        """Start empty; `change` puts a workspace in force."""
        self._tenant_for = tenant_for
        self._sender_for = sender_for
        self._lane_for = lane_for
        self._lanes: dict[str, Lane] = {}
        self._leaving: list[Lane] = []
        self._ways: dict[str, Way] = {}

    def change(self, workspace: Workspace) -> None:
        """Put a workspace in force."""
        before, self._lanes = self._lanes, {}
        for each in workspace.destinations:
            self._lanes[each.name] = self._lane(each, before.pop(each.name, None))
        self._leaving = [lane for lane in (*self._leaving, *before.values()) if not lane.retire()]
        self._ways = {
            source.name: Way(
                self._tenant_for(workspace, source),
                tuple(self._lanes[each.name] for each in workspace.destinations_of(source)),
            )
            for source in workspace.sources
        }

    def lane_named(self, name: str) -> Lane | None:
        """Return the lane of the workspace's destination of that name, or None."""
        return self._lanes.get(name)

    def visit(self, destination: ConnectedDestination) -> Lane:
        """Return a lane for a destination without a source. It is removed once it is idle."""
        lane = self._lane_for(destination, self._sender_for(destination))
        self._leaving = [*(each for each in self._leaving if not each.retire()), lane]
        return lane

    def _lane(self, destination: ConnectedDestination, known: Lane | None) -> Lane:
        if known is None:
            return self._lane_for(destination, self._sender_for(destination))
        if _reach(known.destination) != _reach(destination):
            known.send_with(self._sender_for(destination))
        known.destination = destination
        return known

    def way_of(self, source: Source | None) -> Way:
        """Return where the messages of a source go: nowhere, if the source no longer exists."""
        return Way() if source is None else self._ways.get(source.name, Way())

    def lanes(self) -> list[Lane]:
        """Return all lanes, those of deleted destinations included."""
        return [*self._lanes.values(), *self._leaving]


def _reach(destination: ConnectedDestination) -> tuple[str, str | None]:
    return destination.api_key, destination.base_url
