"""Ways: the short way of one mapping from an event it takes to a body, generated when it pays.

Modules that write Python are imported when there is something to write.
"""

from __future__ import annotations

from typing import Final

from sandbox.segment.compiled.generated import DemandsOf, Way
from sandbox.segment.definition import ActionDefinition
from sandbox.segment.fields.directive import Step
from sandbox.segment.javascript import Json

EVENTS_BEFORE: Final = 20
"""To generate a function takes about as long as mapping so many events without it."""


class Ways(dict[DemandsOf | None, Way]):
    """The short ways of one mapping, by what is demanded of its payloads beyond Segment's checks.

    The first events are handed over, whatever they are.
    """

    def __init__(self, action: ActionDefinition, fields: Json) -> None:
        """Keep what the ways are made of."""
        super().__init__()
        self._action = action
        self._fields = fields

    def __missing__(self, demands_of: DemandsOf | None) -> Way:
        """Return the way of the first events."""
        left = EVENTS_BEFORE

        def way(_event: dict[str, Json]) -> None:
            nonlocal left
            left -= 1
            if left <= 0:
                self.make(demands_of)

        self[demands_of] = way
        return way

    def make(self, demands_of: DemandsOf | None) -> Way:
        """Generate a way, and return it."""
        from sandbox.segment.compiled.payload import short_way  # noqa: PLC0415 - see above

        demands = () if demands_of is None else demands_of(self._action)
        self[demands_of] = way = short_way(self._action, self._fields, demands)
        return way


def soon_straight(fields: Json, exact: Step) -> Step:
    """Return a function that resolves the fields as `exact` does, after some events faster."""
    step, left = exact, EVENTS_BEFORE

    def resolve(event: Json) -> Json:
        nonlocal step, left
        if left > 0:
            left -= 1
            if left == 0:
                from sandbox.segment.compiled.fields import straight_resolve  # noqa: PLC0415 - as above

                step = straight_resolve(fields, exact)
        return step(event)

    return resolve
