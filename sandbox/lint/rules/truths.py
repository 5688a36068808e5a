"""Trigger rules about truth: clauses that never hold, decide nothing, or need impossible events.

Which events are possible depends on Segment's intake, and on its spec of the six calls.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Final, NamedTuple

from sandbox.lint.draft import DraftTrigger
from sandbox.lint.registry import Note, over, trigger_rule
from sandbox.reasoning.arriving import SPECIFIED, calls_that_can, failure, typed_calls
from sandbox.reasoning.budget import TOO_LARGE, once
from sandbox.reasoning.literals import conjuncts
from sandbox.reasoning.satisfiability import Wish, is_always, is_never, is_possible, may_throw
from sandbox.segment.calls import MEMBERS, TYPES
from sandbox.segment.triggers.tree import Condition, Group, Node
from sandbox.values import shortened

_ELSEWHERE: Final = {
    **{(call, "traits"): "context.traits" for call in ("track", "page", "screen", "alias")},
    **{(call, "properties"): "traits" for call in ("identify", "group")},
    **{(call, "event"): "name" for call in ("page", "screen")},
    ("track", "name"): "event",
}
"""The member in which a call has, by the spec, what people look for in one that it lacks."""


@trigger_rule("TS113", "never-true", rank=2)
def never_true(reading: DraftTrigger) -> Iterator[Note]:
    """No event can make the clause, or the whole trigger, true."""
    tree = reading.trigger.tree
    parts: list[Node] = [*reading.clauses, *_groups(tree)[1:]]
    impossible = [part for part in parts if is_never(part)]
    for part in impossible:
        yield over(part, "part")
    if impossible or not is_never(tree):
        return
    conditions = [each for each in tree.children if isinstance(each, Condition)]
    for pair in combinations(conditions if tree.operator == "and" else (), 2):
        if is_never(Group(operator="and", children=pair)):
            yield over(pair[1], "contradiction", first=pair[0])
            return
    yield over(tree, "whole")


@trigger_rule("TS114", "never-decisive", rank=2)
def never_decisive(reading: DraftTrigger) -> Iterator[Note]:
    """The clause changes nothing, or the whole trigger takes every event."""
    tree = reading.trigger.tree
    if may_throw(tree):
        return
    if is_always(tree):
        yield over(tree, "always")
    elif not is_never(tree):
        for group in _groups(tree):
            yield from _needless_in(group, tree)


def _groups(tree: Group) -> list[Group]:
    return [tree, *(child for child in tree.children if isinstance(child, Group))]


def _needless_in(group: Group, tree: Group) -> Iterator[Note]:
    kept = group.children
    wanted = group.operator == "and"
    for child in reversed(group.children):
        others = tuple(each for each in kept if each is not child)
        rest = ((each, wanted) for each in others)
        # without the child the list means the same if the child alone can never decide it
        if others and not is_never(child) and not is_possible(*rest, (child, not wanted)):
            kept = others
            without = replace(group, children=others)
            if group is not tree:
                of_tree = (without if each is group else each for each in tree.children)
                without = replace(tree, children=tuple(of_tree))
            yield over(child, group.operator, rewrite=str(without))._replace(same=True)


@trigger_rule("TS125", "too-large")
def too_large(reading: DraftTrigger) -> Iterator[Note]:
    """The trigger has too many combinations to be checked in full."""
    if reading.given_up:
        yield Note(parts={"too_large": TOO_LARGE, "rules": ", ".join(reading.given_up)})


class TriggerPart(NamedTuple):
    """A part of a trigger that can make it true, with the other nodes that must hold."""

    node: Node
    others: tuple[Node, ...] = ()
    is_nested: bool = False

    @property
    def wishes(self) -> tuple[Wish, ...]:
        """All nodes that must hold."""
        return tuple((node, True) for node in (self.node, *self.others))


@trigger_rule("TS123", "never-arrives", rank=2)
def never_arrives(reading: DraftTrigger) -> Iterator[Note]:
    """Segment's intake drops every event that makes the clause true."""
    return _judged(reading, "TS123")


@trigger_rule("TS124", "against-the-spec", rank=2)
def against_the_spec(reading: DraftTrigger) -> Iterator[Note]:
    """Only a call that breaks Segment's spec makes the clause true, or it decides nothing."""
    return _judged(reading, "TS124")


def _judged(reading: DraftTrigger, code: str) -> Iterator[Note]:
    judged = once(lambda: list(_judge(reading)), "arrivals", reading.text)
    return (note for of, note in judged if of == code)


def _judge(reading: DraftTrigger) -> Iterator[tuple[str, Note]]:
    """Yield the notes of both rules, each with its rule's code."""
    for part in _parts(reading.trigger.tree):
        calls = calls_that_can(part.wishes, by_spec=True)
        if calls:
            for condition in conjuncts(part.node):
                head = condition.head
                if head in SPECIFIED and not any(head in MEMBERS[call] for call in calls):
                    why = f"`{shortened(str(condition))}` decides nothing: {_has_no(calls, head)}."
                    yield "TS124", _note(reading, part, condition, calls, why)
        elif calls_that_can(part.wishes, by_spec=False):
            yield "TS124", _of_part(reading, part, by_spec=True)
        elif is_possible(*part.wishes):  # TS113 reports what can never hold
            yield "TS123", _of_part(reading, part, by_spec=False)
        if not calls and isinstance(part.node, Group) and part.node.operator == "and":
            return  # no alternative inside it can be possible either


def _parts(tree: Group) -> Iterator[TriggerPart]:
    """Yield the whole trigger, or its alternatives, and the alternatives inside it."""
    is_all = tree.operator == "and"
    if is_all:
        yield TriggerPart(tree)
    for child in tree.children:
        if isinstance(child, Group) and child.operator == "or":
            others = tuple(each for each in tree.children if is_all and each is not child)
            yield from (TriggerPart(each, others, is_nested=True) for each in child.children)
        elif not is_all:
            yield TriggerPart(child, is_nested=isinstance(child, Group))


def _of_part(reading: DraftTrigger, part: TriggerPart, *, by_spec: bool) -> Note:
    """Return the note about a part that no call makes true, at the condition that is the reason."""
    calls: Sequence[str] = typed_calls(part.node, *part.others)
    condition = _misfit(part, calls, by_spec=by_spec)
    if condition is None:  # each can hold, but no call has all: take the calls that have the first
        heads = [condition.head for condition in conjuncts(part.node)]
        having = ([call for call in calls if head in MEMBERS[call]] for head in heads)
        calls = next(filter(None, having), calls)
        condition = _misfit(part, calls, by_spec=by_spec)
    if condition is None or not calls:
        return over(part.node, "spec" if by_spec else "intake")
    owners = [call for call in calls if not by_spec or condition.head in MEMBERS[call]]
    failures = (failure(condition, call) for call in owners)
    code, reason = next((found for found in failures if found[0]), ("", ""))
    clause = f"`{shortened(str(condition))}`"
    if code:
        why = f"Segment drops {_a(owners)} that makes {clause} true ({code}): {reason}"
    else:
        has_no = _has_no(calls, condition.head)
        why = f"Only a call that breaks Segment's spec makes {clause} true: {has_no}."
    return _note(reading, part, condition, calls, why)


def _misfit(part: TriggerPart, calls: Sequence[str], *, by_spec: bool) -> Condition | None:
    """Return the first condition that none of the calls can make true by itself."""
    for condition in conjuncts(part.node):
        fitting = calls_that_can([(condition, True)], by_spec=by_spec)
        if condition.head != "type" and not any(call in calls for call in fitting):
            return condition
    return None


def _note(
    reading: DraftTrigger, part: TriggerPart, condition: Condition, calls: Sequence[str], why: str
) -> Note:
    """Return the note about a condition; it names the member that was probably meant."""
    places = {_ELSEWHERE.get((call, condition.head)) for call in calls}
    place = places.pop() if len(places) == 1 else None
    is_asked = place in {each.head for each in conjuncts(part.node)}
    rewrite = None
    if condition.value == "" and condition.operator == "=":
        why += " Remove the clause, or complete it."
    elif place and not is_asked and not (place == "event" and "exists" in condition.operator):
        head, _, more = place.partition(".")
        path = ".".join(filter(None, (more, condition.path))) or None
        other = replace(condition, head=head, path=path).written(calls=not part.is_nested)
        rewrite = reading.replaced(condition, other)
        why += f" {_a(calls)[0].upper()}{_a(calls)[1:]} has `{place}` instead."
    return over(condition, why, rewrite=rewrite)


def _has_no(calls: Sequence[str], head: str) -> str:
    return f"{_a(calls)} has no `{head}` by Segment's spec"


def _a(calls: Sequence[str]) -> str:
    if len(calls) == len(TYPES):
        return "a call"
    return f"{'an' if calls[0][0] in 'aeiou' else 'a'} {' or '.join(calls)} call"
