"""Trigger rules about what arrives: Segment's intake, and its spec of the six calls."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from sandbox.lint.draft import Reading
from sandbox.lint.registry import Note, over, trigger_rule
from sandbox.reasoning.arriving import SPECIFIED, calls_that_can, failure, typed_calls
from sandbox.reasoning.budget import remembered
from sandbox.reasoning.literals import all_of
from sandbox.reasoning.ways import Wish, can
from sandbox.segment.calls import MEMBERS, TYPES
from sandbox.segment.triggers.mistakes import shown
from sandbox.segment.triggers.tree import Condition, Group, Node

_ELSEWHERE: Final = {
    **{(call, "traits"): "context.traits" for call in ("track", "page", "screen", "alias")},
    **{(call, "properties"): "traits" for call in ("identify", "group")},
    **{(call, "event"): "name" for call in ("page", "screen")},
    ("track", "name"): "event",
}
"""Where a call has by the spec what people look for in a member that it does not have."""


class Part(NamedTuple):
    """A part of a trigger that can decide it, with all that must hold for that."""

    node: Node
    wishes: tuple[Wish, ...]
    is_nested: bool = False

    @property
    def conditions(self) -> list[Condition]:
        """The conditions of the part that must all hold."""
        return list(all_of(self.node))


@trigger_rule("TS123", "never-arrives", rank=2)
def never_arrives(reading: Reading) -> Iterator[Note]:
    """Segment drops on intake every event that fulfils the clause."""
    yield from (note for code, note in _judged(reading) if code == "TS123")


@trigger_rule("TS124", "against-the-spec", rank=2)
def against_the_spec(reading: Reading) -> Iterator[Note]:
    """Only a call that breaks Segment's spec fulfils the clause, or it decides nothing."""
    yield from (note for code, note in _judged(reading) if code == "TS124")


def _judged(reading: Reading) -> list[tuple[str, Note]]:
    known, key = remembered(), ("arrivals", reading.text)
    if key not in known:
        known[key] = list(_judge(reading))
    found: list[tuple[str, Note]] = known[key]
    return found


def _judge(reading: Reading) -> Iterator[tuple[str, Note]]:
    """Yield the notes of both rules, each with its rule's code."""
    for part in _parts(reading.trigger.tree) if reading.trigger else ():
        calls = calls_that_can(part.wishes, by_spec=True)
        if calls:
            for condition in part.conditions:
                head = condition.head
                if head in SPECIFIED and not any(head in MEMBERS[call] for call in calls):
                    why = f"`{shown(str(condition))}` decides nothing: {_has_no(calls, head)}."
                    yield "TS124", _note(reading, part, condition, calls, why)
        elif calls_that_can(part.wishes, by_spec=False):
            yield "TS124", _of_part(reading, part, by_spec=True)
        elif can(*part.wishes):  # what can never hold is another rule's
            yield "TS123", _of_part(reading, part, by_spec=False)
        if not calls and isinstance(part.node, Group) and part.node.operator == "and":
            return  # no alternative inside it can do better


def _parts(tree: Group) -> Iterator[Part]:
    """Yield the whole, or its alternatives, and the alternatives inside it."""
    if tree.operator == "and":
        yield Part(tree, ((tree, True),))
        for group in tree.children:
            if isinstance(group, Group) and group.operator == "or":
                others = tuple((each, True) for each in tree.children if each is not group)
                for child in group.children:
                    yield Part(child, ((child, True), *others), is_nested=True)
        return
    for child in tree.children:
        is_either = isinstance(child, Group) and child.operator == "or"
        for each in child.children if isinstance(child, Group) and is_either else (child,):
            yield Part(each, ((each, True),), is_nested=isinstance(child, Group))


def _of_part(reading: Reading, part: Part, *, by_spec: bool) -> Note:
    """Return the note of a part that no call fulfils, about the condition that is to blame."""
    calls: Sequence[str] = typed_calls(*(node for node, _ in part.wishes))
    condition = _misfit(part, calls, by_spec=by_spec)
    if condition is None:  # each can hold, but no call has all of them: the first says which
        first = next((c for c in part.conditions if c.head in SPECIFIED), None)
        calls = [call for call in calls if first and first.head in MEMBERS[call]]
        condition = _misfit(part, calls, by_spec=by_spec)
    if condition is None:
        what = "follows Segment's spec" if by_spec else "passes Segment's intake"
        message = f"No call that {what} makes `{shown(str(part.node))}` true."
        return over(part.node, message=message)
    clause, head = f"`{shown(str(condition))}`", condition.head
    owners = [call for call in calls if not by_spec or head in MEMBERS[call]]
    code, reason = next((f for call in owners if (f := failure(condition, call))[0]), ("", ""))
    others = [call for call in calls if call not in owners]
    if code:
        why = f"Segment drops {_a(owners)} that makes {clause} true ({code}): {reason}"
        why += f" And {_has_no(others, head)}." if others else ""
    else:
        has_no = _has_no(calls, head)
        why = f"{has_no[0].upper()}{has_no[1:]}, so only a call that breaks it makes {clause} true."
    return _note(reading, part, condition, calls, why)


def _misfit(part: Part, calls: Sequence[str], *, by_spec: bool) -> Condition | None:
    """Return the first condition that none of the calls can make true by itself."""
    for condition in part.conditions:
        fitting = calls_that_can([(condition, True)], by_spec=by_spec)
        if condition.head != "type" and not any(call in calls for call in fitting):
            return condition
    return None


def _note(
    reading: Reading, part: Part, condition: Condition, calls: Sequence[str], why: str
) -> Note:
    """Return the note about a condition, with where the calls have what was probably meant."""
    places = {_ELSEWHERE.get((call, condition.head)) for call in calls}
    place = places.pop() if len(places) == 1 else None
    if place in {each.head for each in part.conditions}:
        place = None
    rewrite = None
    if condition.value == "" and condition.operator == "=":
        why += " Take the clause out, or fill it in."
    elif place is not None and not (place == "event" and "exists" in condition.operator):
        head, _, more = place.partition(".")
        path = ".".join(filter(None, (more, condition.path))) or None
        other = replace(condition, head=head, path=path).written(calls=not part.is_nested)
        rewrite = reading.text[: condition.start] + other + reading.text[condition.end :]
        why += f" {_a(calls)[0].upper()}{_a(calls)[1:]} has `{place}` instead."
    return over(condition, message=why, rewrite=rewrite)


def _has_no(calls: Sequence[str], head: str) -> str:
    if len(calls) == 1:
        return f"{_a(calls)} has no `{head}` by Segment's spec"
    return f"{', '.join(calls)} calls have no `{head}` by Segment's spec"


def _a(calls: Sequence[str]) -> str:
    if len(calls) == len(TYPES):
        return "a call"
    return f"{'an' if calls[0][0] in 'aeiou' else 'a'} {' or '.join(calls)} call"
