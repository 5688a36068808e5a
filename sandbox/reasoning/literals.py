"""Literals: a condition that is wanted to hold, or wanted not to; and the terms of a trigger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final, TypeAlias

from sandbox.segment.javascript import Json
from sandbox.segment.triggers.operators import OPERATORS, never
from sandbox.segment.triggers.tree import Condition, Group, Node, Nothing

MAX_TERMS: Final = 512
"""How many ways a trigger may have to hold until no more are looked at."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A condition, and whether it is wanted to hold."""

    condition: Condition
    wanted: bool = True

    def takes(self, value: Json) -> bool:
        """Tell whether the value, where the condition looks, makes it as wanted."""
        operator = OPERATORS.get(self.condition.operator)
        check = operator.check(self.condition.value) if operator else never
        return check(value) is self.wanted


Term: TypeAlias = tuple[Literal, ...]
"""Literals that together decide a trigger."""


class TooManyTerms(Exception):
    """A trigger can be decided in more ways than MAX_TERMS."""


def terms(node: Node, *, wanted: bool = True) -> list[Term]:
    """Return the ways to make a node hold (or not): each is enough, and there are no others.

    Empty parentheses have none: Segment throws there. Raises TooManyTerms.
    """
    match node:
        case Condition():
            return [(Literal(node, wanted),)]
        case Nothing():
            return []
        case Group():
            parts = [terms(child, wanted=wanted) for child in node.children]
            if (node.operator == "and") is wanted:
                return conjoined(parts)
            return _bounded([term for part in parts for term in part])


def conjoined(parts: Iterable[list[Term]]) -> list[Term]:
    """Return the ways that take one term of each part; raises TooManyTerms."""
    found: list[Term] = [()]
    for part in parts:
        if len(found) * len(part) > MAX_TERMS:
            raise TooManyTerms
        found = [(*term, *more) for term, more in product(found, part)]
    return found


def _bounded(found: list[Term]) -> list[Term]:
    if len(found) > MAX_TERMS:
        raise TooManyTerms
    return found


def leaves(node: Node) -> Iterator[Condition]:
    """Yield the conditions of a tree, as they stand in the text."""
    if isinstance(node, Condition):
        yield node
    elif isinstance(node, Group):
        for child in node.children:
            yield from leaves(child)


def has_nothing(node: Node) -> bool:
    """Tell whether there are empty parentheses in the tree."""
    if isinstance(node, Group):
        return any(has_nothing(child) for child in node.children)
    return isinstance(node, Nothing)
