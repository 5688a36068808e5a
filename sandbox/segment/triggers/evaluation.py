"""Evaluation: whether an event makes a trigger true; what can be prepared is prepared once."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn, TypeAlias

from sandbox.segment.effort import spend_on_search
from sandbox.segment.errors import Thrown
from sandbox.segment.inherited import PathLookup
from sandbox.segment.javascript import MISSING
from sandbox.segment.triggers.operators import OPERATORS, ValueCheck, never
from sandbox.segment.triggers.tree import Condition, Group, Node, Nothing

SegmentEvent: TypeAlias = dict[str, Any]
ReadMember: TypeAlias = Callable[[SegmentEvent], object]

_SEPARATOR = re.compile(r"[\[.\]]")


def _throw_undefined(_: SegmentEvent) -> NoReturn:
    raise Thrown("Cannot read properties of undefined (reading 'type')", name="TypeError")


MAX_UNMETERED: Final = 100
"""The work of a trigger with at most this many nodes is small, and not counted."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A node of a trigger's tree, ready to test events.

    A group has children; any other node reads a value and checks it.
    """

    node: Node
    children: tuple[Clause, ...] = ()
    read: ReadMember = field(default=_throw_undefined)
    check: ValueCheck = field(default=never)

    @property
    def size(self) -> int:
        """The number of its nodes."""
        return 1 + sum(child.size for child in self.children)

    def test(self, event: SegmentEvent) -> bool:
        """Return whether the event makes the node true; raises Thrown."""
        if not isinstance(self.node, Group):
            return self.check(self.read(event))
        decisive = self.node.operator == "or"
        for child in self.children:
            if child.test(event) is decisive:
                return decisive
        return not decisive


def prepare(node: Node) -> Clause:
    """Return the clause of a node, with the clauses of its children."""
    match node:
        case Nothing():
            return Clause(node)
        case Group():
            return Clause(node, tuple(map(prepare, node.children)))
        case Condition():
            operator = OPERATORS.get(node.operator)
            check = operator.check(node.value) if operator else never
            return Clause(node, read=reader(node), check=check)


def throw_null(node: Node) -> NoReturn:
    """Throw what Segment throws for the event null: it fails at the first field it reads."""
    while isinstance(node, Group):
        node = node.children[0]
    if isinstance(node, Condition):
        raise Thrown(f"Cannot read properties of null (reading '{node.head}')", name="TypeError")
    _throw_undefined({})


def member_names(path: str) -> tuple[str, ...]:
    """Return the names in a condition's path, after its head."""
    return tuple(piece for piece in _SEPARATOR.split(path) if piece)


def reader(condition: Condition) -> ReadMember:
    """Return a function that reads the value of a condition from an event."""
    head, path = condition.head, condition.path
    if path is None:
        return lambda event: event.get(head, MISSING)
    if not path:
        return lambda _: MISSING
    pieces = member_names(path)
    if not pieces:
        return _throw_no_pieces
    found = PathLookup(pieces, spend_on_search).at
    return lambda event: found(event.get(head, MISSING))


def _throw_no_pieces(_: SegmentEvent) -> NoReturn:
    raise Thrown("Cannot read properties of null (reading 'reduce')", name="TypeError")
