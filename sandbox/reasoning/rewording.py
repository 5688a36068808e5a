"""Rewording: the smallest change to a trigger after which it takes an event.

A clause that fails gets another value, or the opposite operator, or goes; the rest stays as it is
written. What is returned was parsed and asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, product
from typing import Final

from sandbox.reasoning.changing import Event, is_met
from sandbox.reasoning.literals import Literal, Term, TooManyTerms, leaves, terms
from sandbox.segment.errors import InvalidTrigger, Thrown
from sandbox.segment.javascript import MISSING, Json, kind, to_double
from sandbox.segment.triggers import Trigger, parse_trigger
from sandbox.segment.triggers.evaluation import reader
from sandbox.segment.triggers.tree import CONTAINERS, Condition, Group, Node
from sandbox.segment.triggers.writing import Value

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
"""Operators and their opposites, among the kind of value both are for."""

_BOUNDS: Final = {">": -1.0, "<": 1.0}  # how far from the actual number a new bound stands
_NUMBER_WORDS: Final = ("number_equals", ">", ">=", "<", "<=")
_TRIED: Final = 40


def reworded(trigger: Trigger, event: Event) -> Trigger | None:
    """Return the trigger with as few clauses changed as possible, so that it takes the event.

    None where no way was found.
    """
    found = _reworded(trigger, event)
    if found is not None:
        return found
    harmless = _without_throwing(trigger.tree, event)
    text = str(harmless) if harmless else ""
    if not text or text == str(trigger.tree):
        return None
    rest = _taking(text, event)
    return rest or _reworded(parse_trigger(text), event)


def _without_throwing(node: Node, event: Event) -> Node | None:
    """Return the tree without empty parentheses and clauses at which Segment throws."""
    if isinstance(node, Group):
        children = (_without_throwing(child, event) for child in node.children)
        kept = tuple(child for child in children if child is not None)
        return replace(node, children=kept) if kept else None
    return node if isinstance(node, Condition) and not _throws(node, event) else None


def _throws(condition: Condition, event: Event) -> bool:
    try:
        reader(condition)(event)
    except Thrown:
        return True
    return False


def _reworded(trigger: Trigger, event: Event) -> Trigger | None:
    try:
        ways = terms(trigger.tree)
    except TooManyTerms:
        ways = []
    for term in sorted(ways, key=lambda term: len(_failing(term, event))):
        failing = _failing(term, event)
        options = [list(_clauses(condition, event)) for condition in failing]
        for choice in islice(product(*options), _TRIED):
            changes = dict(zip(map(id, failing), choice, strict=True))
            for text in _written(trigger, changes):
                if found := _taking(text, event):
                    return found
    return None


def _failing(term: Term, event: Event) -> list[Condition]:
    return [lit.condition for lit in term if not is_met(lit, event)]


def _taking(text: str, event: Event) -> Trigger | None:
    try:
        trigger = parse_trigger(text)
    except InvalidTrigger:
        return None
    return trigger if trigger.matches(event) else None


def _written(trigger: Trigger, changes: dict[int, Condition | None]) -> Iterator[str]:
    """Yield the trigger with the changed clauses: within its own text, then written anew."""
    if all(changes.values()):
        yield _spliced(trigger, changes)
    tree = _changed(trigger.tree, changes)
    if tree is not None:
        yield str(tree)


def _spliced(trigger: Trigger, changes: dict[int, Condition | None]) -> str:
    text = trigger.text
    for leaf, nested in sorted(_leaves(trigger.tree), key=lambda each: -each[0].start):
        clause = changes.get(id(leaf))
        if clause is not None:
            text = text[: leaf.start] + clause.written(calls=not nested) + text[leaf.end :]
    return text


def _leaves(tree: Group) -> Iterator[tuple[Condition, bool]]:
    """Yield the conditions, each with whether it stands in parentheses."""
    for child in tree.children:
        yield from ((leaf, leaf is not child) for leaf in leaves(child))


def _changed(node: Node, changes: dict[int, Condition | None]) -> Node | None:
    """Return the tree with its clauses changed, None where nothing is left of it."""
    if not isinstance(node, Group):
        return changes.get(id(node), node) if isinstance(node, Condition) else None
    children = (_changed(child, changes) for child in node.children)
    kept = tuple(child for child in children if child is not None)
    return replace(node, children=kept) if kept else None


def _clauses(condition: Condition, event: Event) -> Iterator[Condition | None]:
    """Yield clauses that hold for the event in place of one that fails; None leaves it out."""
    try:
        actual = reader(condition)(event)
    except Thrown:
        yield None
        return
    for operator, value in _alternatives(condition, actual):
        clause = replace(condition, operator=operator, value=value)
        if Literal(clause).takes(actual):
            yield clause
    yield None


def _alternatives(condition: Condition, actual: Json) -> Iterator[tuple[str, Value]]:
    """Yield operators and values, those that keep most of the clause first."""
    operator, value = condition.operator, condition.value
    match kind(actual):
        case "string":
            yield operator, actual
            yield "=", actual
        case "number" if condition.head in CONTAINERS:
            number = to_double(actual)
            if operator in _NUMBER_WORDS:
                yield operator, number + _BOUNDS.get(operator, 0.0)
            yield "number_equals", number
        case "boolean" if condition.head in (*CONTAINERS, "userId"):
            yield ("is_true" if actual else "is_false"), MISSING
    if opposite := OPPOSITES.get(operator):
        yield opposite, value
    if condition.head in (*CONTAINERS, "userId", "name"):
        yield "exists", MISSING
        yield "not_exists", MISSING
    if isinstance(value, str):
        yield "!=", value
