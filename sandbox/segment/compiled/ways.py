"""Ways: the short ways of one mapping, each made when it is worth its making."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Literal, TypeAlias

from sandbox.segment.compiled.fields import straight_resolve
from sandbox.segment.compiled.payload import HAND_OVER, Demands, body_lines, is_plain_action
from sandbox.segment.compiled.source import Names, function_of
from sandbox.segment.compiled.triggers import test_of
from sandbox.segment.definition import ActionDefinition
from sandbox.segment.fields.directive import Step
from sandbox.segment.javascript import Json
from sandbox.segment.triggers import Trigger

Way: TypeAlias = Callable[[dict[str, Json]], bytes | Literal[False] | None]
"""The body's bytes for an event, False if it is not taken, None to hand it over to `pipeline`.

It throws where a trigger or a directive does.
"""

DemandsOf: TypeAlias = Callable[[ActionDefinition], Demands | None]
"""What is demanded of an action's payloads; None if that cannot be told in groups of fields."""

EVENTS_BEFORE: Final = 12
"""To generate a function takes about as long as mapping so many events without it."""


class Ways(dict[DemandsOf | None, Way]):
    """The short ways of one mapping, by what is demanded of its payloads beyond Segment's checks.

    The first events are handed over, whatever they are.
    """

    def __init__(self, action: ActionDefinition, trigger: Trigger, fields: Json) -> None:
        """Keep what the ways are made of."""
        super().__init__()
        self._parts = action, trigger, fields

    def __missing__(self, demands_of: DemandsOf | None) -> Way:
        """Return the way of the first events."""
        left = EVENTS_BEFORE

        def way(_event: dict[str, Json]) -> None:
            nonlocal left
            left -= 1
            if left <= 0:
                self[demands_of] = short_way(*self._parts, demands_of)

        self[demands_of] = way
        return way


def short_way(
    action: ActionDefinition, trigger: Trigger, fields: Json, demands_of: DemandsOf | None
) -> Way:
    """Return the short way of a mapping of these parts."""
    names = Names()
    return function_of(_lines(action, trigger, fields, demands_of, names), names)


def _lines(
    action: ActionDefinition,
    trigger: Trigger,
    fields: Json,
    demands_of: DemandsOf | None,
    names: Names,
) -> Iterator[str]:
    yield f"if not {test_of(trigger, names)}:"
    yield "    return False"

    demands = () if demands_of is None else demands_of(action)
    if demands is None or not is_plain_action(action, fields):
        yield HAND_OVER
    else:
        yield from body_lines(action, fields, demands, names)


def soon_straight(fields: Json, exact: Step) -> Step:
    """Return a function that resolves the fields as `exact` does, after some events faster."""
    step, left = exact, EVENTS_BEFORE

    def resolve(event: Json) -> Json:
        nonlocal step, left
        if left > 0:
            left -= 1
            if left == 0:
                step = straight_resolve(fields, exact)
        return step(event)

    return resolve
