"""Arriving: which events pass Segment's intake, and which follow the spec of the six calls.

An event that intake drops reaches no mapping. An event with a member that its call does not have by
the spec passes, but no client of Segment's sends it: a trigger that needs it is against the spec.
"""

from collections.abc import Sequence
from typing import Final

from sandbox.reasoning.event_places import Place, put
from sandbox.reasoning.literals import conjuncts, literal_of
from sandbox.reasoning.place_values import values_for
from sandbox.reasoning.satisfiability import Allowed, Assignment, Wish, satisfying_terms
from sandbox.segment.calls import MEMBERS, TYPES
from sandbox.segment.ingest_checks import first_failure
from sandbox.segment.intake import IntakeResult, take_event
from sandbox.segment.javascript import MISSING
from sandbox.segment.triggers.evaluation import SegmentEvent
from sandbox.segment.triggers.tree import CONTAINERS, Condition, Node
from sandbox.values import Json

SPECIFIED: Final = ("event", "name", "properties", "traits")
"""The members of an event that only some calls have, by the spec."""

_RECEIVED_AT: Final = 1795450639000
_USUAL: Final[dict[str, SegmentEvent]] = {"track": {"event": "Signed Up"}}
"""The members that intake requires of a call, besides an id."""


def arrive(event: Json) -> IntakeResult:
    """Return what Segment's intake does with an event that a client sends."""
    return take_event(event, received_at=_RECEIVED_AT, new_id=lambda: "message-1")


def usual(call: str) -> SegmentEvent:
    """Return the shortest event of a call type that passes intake."""
    return {"type": call, **_USUAL.get(call, {}), "anonymousId": "a1"}


def can_be(call: str, *, by_spec: bool) -> Allowed:
    """Return a test of whether an event that arrives, or follows the spec, can have a value."""

    def allowed(place: Place, value: object) -> bool:
        if place.head == "type":
            return value == call
        if by_spec and place.head in SPECIFIED and place.head not in MEMBERS[call]:
            return value is MISSING
        return place.head in CONTAINERS or not first_failure(put(usual(call), place, value))[0]

    return allowed


def calls_that_can(wishes: Sequence[Wish], *, by_spec: bool) -> tuple[str, ...]:
    """Return the calls in which all wishes may come true; raises TooLarge.

    In the other calls they certainly cannot.
    """
    return tuple(
        call
        for call in typed_calls(*(node for node, is_wanted in wishes if is_wanted))
        if next(satisfying_terms(wishes, Assignment(can_be(call, by_spec=by_spec))), None)
        is not None
    )


def typed_calls(*nodes: Node) -> tuple[str, ...]:
    """Return the calls whose type passes all conditions that the nodes have on the type."""
    types = [literal_of(c) for node in nodes for c in conjuncts(node) if c.head == "type"]
    return tuple(call for call in TYPES if all(literal.takes(call) for literal in types))


def failure(condition: Condition, call: str) -> tuple[str, str]:
    """Return Segment's code and reason for dropping a call that makes the condition true, or ""."""
    literal = literal_of(condition)
    if literal.place is None:
        return "", ""
    value = next(values_for([literal]), MISSING)
    return first_failure(put(usual(call), literal.place, value))
