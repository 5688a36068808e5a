"""Trace: how a trigger came to its verdict about an event, node by node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import MISSING
from sandbox.segment.triggers.evaluation import Clause, Event
from sandbox.segment.triggers.tree import Condition, Group, Node

Verdict: TypeAlias = Literal["holds", "fails", "throws"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One node of a trigger's tree and what an event makes of it.

    `reached` tells whether Segment comes to the node at all: after one that decides it stops.
    `actual` is the value the event has where a condition looks, `thrown` what Segment throws.
    """

    node: Node
    verdict: Verdict
    reached: bool = True
    actual: object = MISSING
    thrown: Thrown | None = None
    children: tuple[Trace, ...] = ()

    def conditions(self) -> Iterator[Trace]:
        """Yield the traces of the conditions, in the order of the text."""
        if isinstance(self.node, Condition):
            yield self
        for child in self.children:
            yield from child.conditions()


def trace_of(clause: Clause, event: Event, *, reached: bool = True) -> Trace:
    """Return the trace of a clause; each condition is read and checked once."""
    if isinstance(clause.node, Group):
        return _of_group(clause, clause.node.operator, event, reached=reached)
    try:
        actual = clause.read(event)
    except Thrown as thrown:
        return Trace(node=clause.node, verdict="throws", reached=reached, thrown=thrown)
    verdict: Verdict = "holds" if clause.check(actual) else "fails"
    return Trace(node=clause.node, verdict=verdict, reached=reached, actual=actual)


def _of_group(clause: Clause, operator: str, event: Event, *, reached: bool) -> Trace:
    decisive: Verdict = "fails" if operator == "and" else "holds"
    verdict: Verdict = "holds" if operator == "and" else "fails"  # where no child decides
    thrown = None
    children = []
    is_open = True
    for each in clause.children:
        child = trace_of(each, event, reached=reached and is_open)
        children.append(child)
        if is_open and child.verdict in (decisive, "throws"):
            is_open, verdict, thrown = False, child.verdict, child.thrown
    found = tuple(children)
    return Trace(node=clause.node, verdict=verdict, reached=reached, thrown=thrown, children=found)
