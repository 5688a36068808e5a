"""Literals: conditions with the result that is wanted of them, true or false."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeAlias

from sandbox.reasoning.budget import once
from sandbox.reasoning.event_places import Place, place_of
from sandbox.segment.errors import Thrown
from sandbox.segment.triggers.evaluation import Clause, SegmentEvent, prepare
from sandbox.segment.triggers.operators import OPERATORS
from sandbox.segment.triggers.trace import Trace
from sandbox.segment.triggers.tree import Condition, Group, Node, Nothing
from sandbox.segment.triggers.trigger import Trigger

_PAIRS: Final = (
    ("=", "!="),
    ("contains", "not_contains"),
    ("starts_with", "not_starts_with"),
    ("ends_with", "not_ends_with"),
    ("number_equals", "number_not_equals"),
    ("exists", "not_exists"),
    ("is_true", "is_false"),
    ("<", ">="),
    (">", "<="),
)
OPPOSITES: Final = dict(_PAIRS) | {second: first for first, second in _PAIRS}
"""Operators and their opposites, for values of the kind that both compare."""


@dataclass(frozen=True, slots=True, eq=False)
class LogicLiteral:
    """A condition, and whether it should hold."""

    condition: Condition
    wanted: bool = True
    place: Place | None = field(init=False, repr=False)
    asks: tuple[object, ...] = field(init=False, repr=False)
    """A key of the condition, equal for equal conditions; it distinguishes True from 1."""
    kind: str = field(init=False, repr=False)
    """The kind of value that the operator compares: number or string, "" for any."""
    _clause: Clause = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Prepare the condition once."""
        asked = self.condition
        asks = asked.head, asked.path, asked.operator, type(asked.value), asked.value
        operator = OPERATORS.get(asked.operator)
        object.__setattr__(self, "kind", operator.kind if operator else "")
        object.__setattr__(self, "asks", asks)
        object.__setattr__(self, "place", place_of(asked))
        object.__setattr__(self, "_clause", prepare(asked))

    def takes(self, value: object) -> bool:
        """Return whether the condition comes out as wanted for a value at its place."""
        return self._clause.check(value) is self.wanted

    def is_met(self, event: SegmentEvent) -> bool:
        """Return whether it comes out as wanted for an event; False if Segment throws."""
        try:
            return self._clause.test(event) is self.wanted
        except Thrown:
            return False


def literal_of(condition: Condition, *, wanted: bool = True) -> LogicLiteral:
    """Return the literal of a condition, made once for the question; it keeps the condition."""
    return once(partial(LogicLiteral, condition, wanted), id(condition), wanted)


def traced(trigger: Trigger, event: object) -> Trace:
    """Return the trace of a trigger on an event, made once for the question."""
    return once(partial(trigger.trace, event), "trace", id(trigger), id(event), of=(trigger, event))


Term: TypeAlias = tuple[LogicLiteral, ...]
"""Literals that together decide a trigger."""


def nodes(node: Node) -> Iterator[Node]:
    """Yield a node and all nodes inside it, in the order of the text."""
    yield node
    if isinstance(node, Group):
        for child in node.children:
            yield from nodes(child)


def leaves(node: Node) -> Iterator[Condition]:
    """Yield the conditions of a tree, in the order of the text."""
    return (each for each in nodes(node) if isinstance(each, Condition))


def conjuncts(node: Node) -> Iterator[Condition]:
    """Yield the conditions that must all hold for the node to hold."""
    if isinstance(node, Condition):
        yield node
    elif isinstance(node, Group) and node.operator == "and":
        for child in node.children:
            yield from conjuncts(child)


def has_nothing(node: Node) -> bool:
    """Return whether there are empty parentheses in the tree."""
    return any(isinstance(each, Nothing) for each in nodes(node))
