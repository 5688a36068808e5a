"""Trigger rules about truth: clauses that can never be true, or never decide anything."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from sandbox.lint.draft import Reading
from sandbox.lint.registry import Note, over, trigger_rule
from sandbox.reasoning.budget import TOO_LARGE
from sandbox.reasoning.literals import leaves
from sandbox.reasoning.ways import can, is_always, is_never, may_throw
from sandbox.segment.triggers.mistakes import shown
from sandbox.segment.triggers.tree import Condition, Group, Node


@trigger_rule("TS113", "never-true", rank=2)
def never_true(reading: Reading) -> Iterator[Note]:
    """No event can fulfil the clause, or the whole trigger."""
    if reading.trigger is None:
        return
    tree = reading.trigger.tree
    groups = [child for child in tree.children if isinstance(child, Group)]
    parts: list[Node] = [*leaves(tree), *groups]
    impossible = [part for part in parts if is_never(part)]
    for part in impossible:
        yield over(part, "part", part=_shown(part))
    if impossible or not is_never(tree):
        return
    pair = _contradicting(tree)
    if pair is None:
        yield over(tree, "whole")
    else:
        yield over(pair[1], "contradiction", first=_shown(pair[0]), second=_shown(pair[1]))


@trigger_rule("TS114", "never-decisive", rank=2)
def never_decisive(reading: Reading) -> Iterator[Note]:
    """The clause changes nothing, or the whole trigger takes every event."""
    if reading.trigger is None or may_throw(reading.trigger.tree):
        return
    tree = reading.trigger.tree
    if is_always(tree):
        yield over(tree, "always")
    elif not is_never(tree):
        for group in (tree, *(child for child in tree.children if isinstance(child, Group))):
            yield from _needless_in(group, tree)


@trigger_rule("TS125", "too-large")
def too_large(reading: Reading) -> Iterator[Note]:
    """The trigger has too many ways to hold to be checked in full."""
    if reading.given_up:
        yield Note(parts={"too_large": TOO_LARGE, "rules": ", ".join(reading.given_up)})


def _needless_in(group: Group, tree: Group) -> Iterator[Note]:
    kept = list(group.children)
    for child in reversed(group.children):
        others = [each for each in kept if each is not child]
        if others and not is_never(child) and _is_needless(child, others, group.operator):
            kept = others
            without = _with(tree, group, replace(group, children=tuple(others)))
            note = over(child, group.operator, clause=_shown(child), rewrite=str(without))
            yield replace(note, same=True)


def _with(tree: Group, old: Group, new: Group) -> Group:
    if old is tree:
        return new
    return replace(tree, children=tuple(new if each is old else each for each in tree.children))


def _is_needless(child: Node, others: Sequence[Node], operator: str) -> bool:
    """Return whether a list means the same without the child."""
    wanted = operator == "and"
    return not can(*((each, wanted) for each in others), (child, not wanted))


def _contradicting(tree: Group) -> tuple[Condition, Condition] | None:
    """Return two clauses that must both hold and cannot."""
    if tree.operator != "and":
        return None
    pairs = combinations([each for each in tree.children if isinstance(each, Condition)], 2)
    both = ((a, b) for a, b in pairs if is_never(Group(operator="and", children=(a, b))))
    return next(both, None)


def _shown(node: Node) -> str:
    return shown(str(node))
