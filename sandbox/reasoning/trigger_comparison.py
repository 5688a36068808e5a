"""Comparing: whether two triggers take the same events, and an event on which they differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.reasoning.changing import example_event
from sandbox.reasoning.literals import (
    Literal,
    Term,
    TooManyTerms,
    conjoined,
    has_nothing,
    leaves,
    terms,
)
from sandbox.reasoning.place_values import is_possible
from sandbox.reasoning.places import Place, place_of
from sandbox.segment.javascript import Json
from sandbox.segment.triggers.tree import Group, Node
from sandbox.segment.triggers.trigger import Trigger


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of comparing two triggers.

    `event` is one that only one of them takes, None where none was found; `proven` tells whether
    there can be none.
    """

    event: dict[str, Json] | None = None
    proven: bool = False


def compare(first: Trigger, second: Trigger) -> Comparison:
    """Compare two triggers; an event that is returned was put to both, and rather taken by the
    second.
    """  # noqa: D205 - one sentence
    if first.tree == second.tree:
        return Comparison(proven=True)
    try:
        apart = [*_apart(second.tree, first.tree), *_apart(first.tree, second.tree)]
    except TooManyTerms:
        return Comparison()
    for term in apart:
        for event in example_event(term):
            if first.matches(event) != second.matches(event):
                return Comparison(event)
    throws = any(may_throw(trigger.tree) for trigger in (first, second))
    return Comparison(proven=not throws and not any(map(is_term_possible, apart)))


def common_event(
    first: Trigger, second: Trigger, base: dict[str, Json] | None = None
) -> dict[str, Json] | None:
    """Return an event both triggers take, None where none was found."""
    try:
        both = conjoined([terms(first.tree), terms(second.tree)])
    except TooManyTerms:
        return None
    events = (event for term in both for event in example_event(term, base))
    return next((e for e in events if first.matches(e) and second.matches(e)), None)


def is_term_possible(term: Term) -> bool:
    """Tell whether the literals can all come out as wanted, each place looked at by itself."""
    return all(is_possible(literals) for literals in _by_place(term).values())


def is_never(node: Node) -> bool:
    """Tell whether no event makes the node hold; False also where that cannot be told."""
    return not has_nothing(node) and _all_impossible(terms_or_none(node, wanted=True))


def is_always(node: Node) -> bool:
    """Tell whether every event makes the node hold; False also where that cannot be told."""
    return not may_throw(node) and _all_impossible(terms_or_none(node, wanted=False))


def terms_or_none(node: Node, *, wanted: bool) -> list[Term] | None:
    """Return the terms of a node, None where there are too many."""
    try:
        return terms(node, wanted=wanted)
    except TooManyTerms:
        return None


def may_throw(node: Node) -> bool:
    """Tell whether Segment's matcher can throw: at empty parentheses and at names without a name.

    Names that every object inherits are counted in: what they lead to is not looked into here.
    """
    return has_nothing(node) or any(place_of(leaf) is None for leaf in leaves(node))


def _all_impossible(found: list[Term] | None) -> bool:
    return found is not None and not any(map(is_term_possible, found))


def _apart(first: Group, second: Group) -> Iterator[Term]:
    """Yield the terms on which the first holds and the second does not."""
    yield from conjoined([terms(first), terms(second, wanted=False)])


def _by_place(term: Term) -> dict[Place, list[Literal]]:
    found: dict[Place, list[Literal]] = {}
    for literal in term:
        place = place_of(literal.condition)
        if place is not None:
            found.setdefault(place, []).append(literal)
    return found
