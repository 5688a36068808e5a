"""Trace: how a trigger came to its verdict about an event, node by node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import MISSING, Json
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
    actual: Json = MISSING
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
    if clause.children:
        return _of_group(clause, event, reached=reached)
    try:
        actual = clause.read(event)
    except Thrown as thrown:
        return Trace(node=clause.node, verdict="throws", reached=reached, thrown=thrown)
    verdict: Verdict = "holds" if clause.check(actual) else "fails"
    return Trace(node=clause.node, verdict=verdict, reached=reached, actual=actual)


def _of_group(clause: Clause, event: Event, *, reached: bool) -> Trace:
    assert isinstance(clause.node, Group)
    decisive, verdict = _VERDICTS[clause.node.operator]
    thrown = None
    children = []
    is_open = True
    for each in clause.children:
        child = trace_of(each, event, reached=reached and is_open)
        children.append(child)
        if is_open and child.verdict in (decisive, "throws"):
            is_open, verdict, thrown = False, child.verdict, child.thrown
    return Trace(
        node=clause.node,
        verdict=verdict,
        reached=reached,
        thrown=thrown,
        children=tuple(children),
    )


_VERDICTS: Final[dict[str, tuple[Verdict, Verdict]]] = {
    "and": ("fails", "holds"),
    "or": ("holds", "fails"),
}
"""For each operator the verdict of a child that decides, and the group's where none does."""
