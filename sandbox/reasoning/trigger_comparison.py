"""Comparing: whether two triggers take the same events, and an event on which they differ."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from sandbox.reasoning.budget import STEPS_A_TRIGGER, TooLarge, limited
from sandbox.reasoning.changing import example_events
from sandbox.reasoning.literals import has_nothing, leaves
from sandbox.reasoning.places import place_of
from sandbox.reasoning.ways import Wish, ways
from sandbox.segment.triggers.evaluation import Event
from sandbox.segment.triggers.tree import Node
from sandbox.segment.triggers.trigger import Trigger


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of comparing two triggers.

    `event` is one that only one of them takes, None where none was found; `proven` tells whether
    there can be none, `too_large` whether the search was given up.
    """

    event: Event | None = None
    proven: bool = False
    too_large: bool = False


def compare(first: Trigger, second: Trigger) -> Comparison:
    """Compare two triggers; an event that is returned was put to both, and rather taken by the
    second.
    """  # noqa: D205 - one sentence
    if first.as_taken == second.as_taken:
        return Comparison(proven=True)
    proven = not any(may_throw(trigger.tree) for trigger in (first, second))
    try:
        with limited(STEPS_A_TRIGGER):
            for term in chain(
                ways([(second.tree, True), (first.tree, False)]),
                ways([(first.tree, True), (second.tree, False)]),
            ):
                proven = False
                for event in example_events(term):
                    if first.matches(event) != second.matches(event):
                        return Comparison(event)
    except TooLarge:
        return Comparison(too_large=True)
    return Comparison(proven=proven)


def common_event(first: Trigger, second: Trigger, base: Event | None = None) -> Event | None:
    """Return an event both triggers take, None where none was found; raises TooLarge."""
    both = ways([(first.tree, True), (second.tree, True)])
    events = (event for term in both for event in example_events(term, base))
    return next((e for e in events if first.matches(e) and second.matches(e)), None)


def can(*wishes: Wish) -> bool:
    """Return whether all can come out as wanted in one event; raises TooLarge.

    Each place is looked at by itself, so what cannot is certain, and what can is not.
    """
    return next(ways(wishes), None) is not None


def is_never(node: Node) -> bool:
    """Return whether no event makes the node hold; False also where that cannot be told."""
    return not has_nothing(node) and not can((node, True))


def is_always(node: Node) -> bool:
    """Return whether every event makes the node hold; False also where that cannot be told."""
    return not may_throw(node) and not can((node, False))


def may_throw(node: Node) -> bool:
    """Return whether Segment's matcher can throw: at empty parentheses and at names without a name.

    Names that every object inherits are counted in: what they lead to is not looked into here.
    """
    return has_nothing(node) or any(
        (place := place_of(leaf)) is None or not place.is_known for leaf in leaves(node)
    )
