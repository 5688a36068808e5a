"""Rewording: the smallest change to a trigger after which it takes an event.

A failing clause gets another value or the opposite operator, or is removed; the rest stays as it is
written. The result was parsed and tested on the event.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import chain, islice, product
from typing import Final

from sandbox.reasoning.budget import once, spend
from sandbox.reasoning.event_places import alike, place_of
from sandbox.reasoning.literals import OPPOSITES, LogicLiteral, leaves, traced
from sandbox.segment.errors import InvalidTrigger
from sandbox.segment.javascript import MISSING, to_double
from sandbox.segment.triggers import Trace, Trigger, parse_trigger
from sandbox.segment.triggers.evaluation import SegmentEvent, prepare
from sandbox.segment.triggers.tree import CONTAINERS, Condition, Group, Node, Scalar

_BOUNDS: Final = {">": -1.0, "<": 1.0}  # a new bound's distance from the actual number
_TRIED: Final = 40
_CHARACTERS_A_STEP: Final = 100


def reworded(trigger: Trigger, event: SegmentEvent) -> Trigger | None:
    """Return the trigger with as few changed clauses as possible after which it takes the event.

    None if none was found. Raises TooLarge.
    """
    found = next(_rewordings(trigger, event), None)
    if found is not None:
        return found
    traces = traced(trigger, event).conditions()
    throwing = dict.fromkeys(id(each.node) for each in traces if each.verdict == "throws")
    harmless = _changed(trigger.tree, throwing)  # without empty parentheses too
    if harmless is None or str(harmless) == str(trigger.tree):
        return None
    rest = parse_trigger(str(harmless))
    return rest if rest.matches(event) else next(_rewordings(rest, event), None)


def _rewordings(trigger: Trigger, event: SegmentEvent) -> Iterator[Trigger]:
    """Yield triggers with changed clauses that take the event."""
    for failing in _ways_to_fix(traced(trigger, event)):
        options = [_clauses(each, event) for each in failing]
        # zip() is lazy for a single clause, while product() would make all alternatives
        choices = zip(*options, strict=True) if len(options) == 1 else product(*options)
        for choice in islice(choices, _TRIED):
            changes = {id(each.node): c for each, c in zip(failing, choice, strict=True)}
            for text in _written(trigger, changes):
                spend(len(text))
                with suppress(InvalidTrigger):
                    # mappings that differ in one value are often reworded alike
                    found = once(partial(parse_trigger, text), "reworded", text)
                    if found.matches(event):
                        yield found


def _ways_to_fix(trace: Trace) -> list[list[Trace]]:
    """Return lists of failing conditions, each list enough to change; the shortest first."""
    if not isinstance(trace.node, Group):
        return [[]] if trace.verdict == "holds" else [[trace]] * isinstance(trace.node, Condition)
    of_children = [_ways_to_fix(child) for child in trace.children]
    if trace.node.operator == "or":
        return sorted(chain.from_iterable(of_children), key=len)
    if not all(of_children):
        return []
    return [[each for ways in of_children for each in ways[0]]]


def _written(trigger: Trigger, changes: dict[int, Condition | None]) -> Iterator[str]:
    """Yield the text of the trigger with changed clauses: its own text edited, then rewritten."""
    if all(changes.values()):
        in_no_parentheses = set(map(id, trigger.tree.children))
        parts, at = list[str](), 0
        for leaf in leaves(trigger.tree):
            if clause := changes.get(id(leaf)):
                written = clause.written(calls=id(leaf) in in_no_parentheses)
                parts += trigger.text[at : leaf.start], written
                at = leaf.end
        yield "".join((*parts, trigger.text[at:]))
    tree = _changed(trigger.tree, changes)
    if tree is not None:
        yield str(tree)


def _changed(node: Node, changes: dict[int, Condition | None]) -> Node | None:
    """Return the tree with changed clauses, None if nothing is left."""
    if not isinstance(node, Group):
        return changes.get(id(node), node) if isinstance(node, Condition) else None
    children = (_changed(child, changes) for child in node.children)
    kept = tuple(child for child in children if child is not None)
    return replace(node, children=kept) if kept else None


def _clauses(trace: Trace, event: SegmentEvent) -> Iterator[Condition | None]:
    """Yield clauses that hold for the event and can replace a failing one; None removes it."""
    condition, actual = trace.node, trace.actual
    assert isinstance(condition, Condition)
    place = place_of(condition)
    if actual is MISSING and trace.verdict == "fails" and place and condition.path is not None:
        for other, value in alike(event, place):
            if other.head in CONTAINERS and prepare(condition).check(value):
                yield replace(condition, head=other.head, path=".".join(other.pieces))
    if trace.verdict != "throws":
        for operator, value in _alternatives(condition, actual):
            clause = replace(condition, operator=operator, value=value)
            if prepare(clause).check(actual):
                yield clause
    yield None


def _alternatives(condition: Condition, actual: object) -> Iterator[tuple[str, Scalar]]:
    """Yield operators and values, those that keep more of the clause first."""
    operator, value = condition.operator, condition.value
    match actual:
        case str():
            spend(len(actual) // _CHARACTERS_A_STEP)
            yield operator, actual
            yield "=", actual
        case bool() if condition.head in (*CONTAINERS, "userId"):
            yield ("is_true" if actual else "is_false"), MISSING
        case int() | float() if condition.head in CONTAINERS:
            number = to_double(actual)
            if LogicLiteral(condition).kind == "number":
                yield operator, number + _BOUNDS.get(operator, 0.0)
            yield "number_equals", number
    if opposite := OPPOSITES.get(operator):
        yield opposite, value
    if condition.head in (*CONTAINERS, "userId", "name"):
        yield "exists", MISSING
        yield "not_exists", MISSING
    if isinstance(value, str):
        yield "!=", value
