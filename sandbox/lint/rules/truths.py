"""Trigger rules about truth: clauses that can never be true, or never decide anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from sandbox.lint.draft import Reading
from sandbox.lint.finding import Note, over
from sandbox.lint.registry import not_taken, taken, trigger_rule
from sandbox.reasoning.literals import leaves
from sandbox.reasoning.trigger_comparison import can, is_always, is_never, may_throw
from sandbox.segment.triggers.mistakes import shown
from sandbox.segment.triggers.tree import Condition, Group, Node


@trigger_rule("TS113", "never-true", not_taken('type = "track" and type = "page"'), rank=2)
def never_true(reading: Reading) -> Iterator[Note]:
    """No event can fulfil the clause, or the whole trigger."""
    if reading.trigger is None:
        return
    tree = reading.trigger.tree
    groups = [child for child in tree.children if isinstance(child, Group)]
    parts: list[Node] = [*leaves(tree), *groups]
    impossible = [part for part in parts if is_never(part)]
    for part in impossible:
        yield over(part, f"No event can make `{_shown(part)}` true.")
    if impossible or not is_never(tree):
        return
    pair = _contradicting(tree)
    if pair is None:
        yield over(tree, "No event can make this trigger true; the mapping takes none.")
        return
    yield over(
        pair[1],
        f"`{_shown(pair[1])}` contradicts `{_shown(pair[0])}`, and both must hold: no event can "
        "make this trigger true, and the mapping takes none.",
    )


@trigger_rule(
    "TS114", "never-decisive", taken('type = "track" or (type = "track" and event = "F")'), rank=2
)
def never_decisive(reading: Reading) -> Iterator[Note]:
    """The clause changes nothing, or the whole trigger takes every event."""
    if reading.trigger is None or may_throw(reading.trigger.tree):
        return
    tree = reading.trigger.tree
    if is_always(tree):
        yield over(tree, "Every event makes this trigger true; the mapping takes all of them.")
        return
    if is_never(tree):
        return
    for group in (tree, *(child for child in tree.children if isinstance(child, Group))):
        yield from _needless_in(group, tree)


def _needless_in(group: Group, tree: Group) -> Iterator[Note]:
    kept = list(group.children)
    for child in reversed(group.children):
        others = [each for each in kept if each is not child]
        if others and not is_never(child) and _is_needless(child, others, group.operator):
            kept = others
            yield Note(
                message=f"`{_shown(child)}` changes nothing: {_why(group.operator)}.",
                start=child.start,
                end=child.end,
                rewrite=str(_with(tree, group, replace(group, children=tuple(others)))),
                same=True,
            )


def _with(tree: Group, old: Group, new: Group) -> Group:
    if old is tree:
        return new
    return replace(tree, children=tuple(new if each is old else each for each in tree.children))


def _why(operator: str) -> str:
    if operator == "and":
        return "wherever the other clauses hold, it holds too"
    return "wherever it holds, another alternative holds too"


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
