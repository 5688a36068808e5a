"""Tree: what Segment makes of a trigger; its text is that of a trigger that says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.triggers import writing
from sandbox.segment.triggers.writing import Value

CONTAINERS: Final = ("properties", "traits", "context")
HEADS: Final = {
    "type": "event-type",
    "event": "event",
    "name": "name",
    "userId": "userId",
    "properties": "event-property",
    "traits": "event-trait",
    "context": "event-context",
}
"""What a condition can look at in an event, and Segment's word for it in a tree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One question to an event: where to look, an operator and the value it asks for.

    `path` is the place inside properties, traits or context, None for the other heads.
    `operator` is Segment's word (`=`, `number_equals`, `exists`, `not_contains` …) or, where
    something else was written, that text. `value` is MISSING where the operator needs none.
    `start` and `end` are where it stands in the trigger; comparisons leave them out.
    """

    head: str
    path: str | None = None
    operator: str
    value: Value = MISSING
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    @property
    def subject(self) -> str:
        """What it looks at, as a trigger writes it."""
        return self.head if self.path is None else writing.name(f"{self.head}.{self.path}")

    def written(self, *, calls: bool = True) -> str:
        """Return the condition as a trigger, with or without calls of contains() and match()."""
        return writing.condition(self.subject, self.operator, self.value, calls=calls)

    def __eq__(self, other: object) -> bool:
        # as a tuple, so that NaN equals itself; a dataclass compares it so up to Python 3.12 alone
        return isinstance(other, Condition) and self._compared == other._compared

    def __hash__(self) -> int:
        return hash(self._compared)

    @property
    def _compared(self) -> tuple[object, ...]:
        return self.head, self.path, self.operator, self.value

    def __str__(self) -> str:
        return self.written()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Conditions and groups under one operator: `and`, all of them, or `or`, any."""

    operator: str
    children: tuple[Node, ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return self.written()

    def written(self, *, calls: bool = True) -> str:
        """Return the group as a trigger; groups inside it stand in parentheses, without calls."""
        return f" {self.operator} ".join(_written(child, calls=calls) for child in self.children)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """Empty parentheses; Segment throws when it reaches them."""

    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return "()"


Node: TypeAlias = Condition | Group | Nothing


def _written(child: Node, *, calls: bool) -> str:
    match child:
        case Condition():
            return child.written(calls=calls)
        case Group():
            return f"({child.written(calls=False)})"
        case Nothing():
            return str(child)


def as_segment(node: Node) -> Json:
    """Return the tree in the shape Segment's parser gives it; empty parentheses are MISSING."""
    match node:
        case Nothing():
            return MISSING
        case Group():
            children = [as_segment(child) for child in node.children]
            return {"type": "group", "operator": node.operator, "children": children}
        case Condition():
            found = {"type": HEADS[node.head], "name": node.path, "operator": node.operator}
            if node.path is None:
                del found["name"]
            return found if node.value is MISSING else {**found, "value": node.value}
