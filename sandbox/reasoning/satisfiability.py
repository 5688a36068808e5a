"""Satisfiability: combinations of literals for which triggers come out as wanted.

The search is depth-first, and a branch ends as soon as no value at some place satisfies all
literals about it.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Final, TypeAlias

from sandbox.reasoning.budget import spend
from sandbox.reasoning.event_places import Place, place_of
from sandbox.reasoning.literals import LogicLiteral, Term, has_nothing, leaves, literal_of
from sandbox.reasoning.place_values import values_for
from sandbox.segment.javascript import MISSING
from sandbox.segment.json_text import MAX_EVENT_DEPTH
from sandbox.segment.triggers.tree import Condition, Node, Nothing

Wish: TypeAlias = tuple[Node, bool]
"""A node, and whether it should hold."""
Goals: TypeAlias = "tuple[Wish, Goals] | None"
"""The open wishes as a linked list, the next one first."""
Allowed: TypeAlias = Callable[[Place, object], bool]
"""Returns whether an event can have a value at a place."""

_NO_VALUE: Final = object()


class Assignment:
    """The literals of a term so far, with a value for each place that satisfies all of them."""

    def __init__(self, allowed: Allowed | None = None) -> None:
        self.literals: list[LogicLiteral] = []
        self._allowed = allowed
        self._wanted: dict[Hashable, bool] = {}
        self._about: defaultdict[Place | None, list[LogicLiteral]] = defaultdict(list)
        self._values: dict[Place | None, object] = {}
        self._undo: list[tuple[Place | None, object]] = []

    def add(self, literal: LogicLiteral) -> bool:
        """Add a literal; return False if it cannot come out as wanted with the others."""
        spend(1)
        known = self._wanted.get(literal.asks)
        if known is not None:
            return known is literal.wanted
        place = literal.place
        before = self._values.get(place)
        value = self._value(literal, before)
        if value is _NO_VALUE:
            return False
        self._wanted[literal.asks] = literal.wanted
        self._about[place].append(literal)
        self._values[place] = value
        self.literals.append(literal)
        self._undo.append((place, before))
        return True

    def cut(self, size: int) -> None:
        """Remove the newest literals until `size` are left."""
        while len(self.literals) > size:
            del self._wanted[self.literals.pop().asks]
            place, self._values[place] = self._undo.pop()
            self._about[place].pop()

    def _value(self, literal: LogicLiteral, before: object) -> object:
        """Return a value for the literal's place that satisfies it too; often the last one does."""
        place, others = literal.place, self._about[literal.place]
        if place is None or len(place.pieces) > MAX_EVENT_DEPTH:
            throws = place is None and literal.condition.path  # a path of only dots
            return MISSING if not throws and literal.takes(MISSING) else _NO_VALUE
        if not place.is_known or (others and literal.takes(before)):
            return before
        values = values_for((literal, *reversed(others)), finite=False)
        allowed = self._allowed
        return next((v for v in values if allowed is None or allowed(place, v)), _NO_VALUE)


def satisfying_terms(
    wishes: Sequence[Wish],
    assignment: Assignment | None = None,
    order: Callable[[Node], float] | None = None,
) -> Iterator[Term]:
    """Yield every term under which all wishes come true.

    Empty parentheses have no term, because Segment throws there. `order` sorts alternatives. Raises
    TooLarge.
    """
    assignment = assignment or Assignment()
    choices: list[tuple[Goals, int]] = [(_with_goals(wishes, None), 0)]
    while choices:
        goals, size = choices.pop()
        assignment.cut(size)
        while goals is not None:
            (node, wanted), goals = goals
            if isinstance(node, Condition):
                if not assignment.add(literal_of(node, wanted=wanted)):
                    break
            elif isinstance(node, Nothing):
                break
            else:
                spend(len(node.children))
                wished = [(child, wanted) for child in node.children]
                if (node.operator == "and") is not wanted:
                    if order:
                        wished.sort(key=lambda wish: order(wish[0]))
                    size = len(assignment.literals)
                    choices += [((wish, goals), size) for wish in reversed(wished)]
                    break
                goals = _with_goals(wished, goals)
        else:
            yield tuple(assignment.literals)


def _with_goals(wishes: Sequence[Wish], goals: Goals) -> Goals:
    for wish in reversed(wishes):
        goals = (wish, goals)
    return goals


def is_possible(*wishes: Wish) -> bool:
    """Return whether all wishes may come true in one event; raises TooLarge.

    Each place is checked by itself, so False is certain, and True is not.
    """
    return next(satisfying_terms(wishes), None) is not None


def is_never(node: Node) -> bool:
    """Return whether certainly no event makes the node hold."""
    return not has_nothing(node) and not is_possible((node, True))


def is_always(node: Node) -> bool:
    """Return whether certainly every event makes the node hold."""
    return not may_throw(node) and not is_possible((node, False))


def may_throw(node: Node) -> bool:
    """Return whether Segment's matcher may throw: at empty parentheses or a path of only dots.

    Also true for a path with an inherited member, whose value is not known here.
    """
    return has_nothing(node) or any(
        (place := place_of(leaf)) is None or not place.is_known for leaf in leaves(node)
    )
