"""Clauses: each clause of a trigger with what it asks for, what is there, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.explain.explanation import ClauseVerdict, TriggerVerdict, Verdict
from sandbox.lint.draft import Reading
from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.triggers.evaluation import Event, Inherited, prepare, reader
from sandbox.segment.triggers.mistakes import Ignored, shown
from sandbox.segment.triggers.operators import OPERATORS
from sandbox.segment.triggers.reasons import described, kind_of, wanted_words
from sandbox.segment.triggers.tree import Condition, Group, Node
from sandbox.segment.triggers.trigger import Trigger


def trigger_verdict(trigger: Trigger, event: Json) -> TriggerVerdict:
    """Return what the event makes of the trigger and of each of its clauses."""
    members = event if isinstance(event, dict) else {}
    clause = _verdict(trigger.tree, trigger.text, members, reached=True)
    is_plain = trigger.is_taken_as_written or Reading(trigger.text).is_plain
    return TriggerVerdict(
        text=trigger.text,
        taken="" if is_plain else trigger.as_taken,
        verdict=clause.verdict,
        clause=clause,
        ignored=tuple(_ignored(trigger, is_plain=is_plain)),
    )


def _ignored(trigger: Trigger, *, is_plain: bool) -> Iterator[str]:
    """Yield what Segment passes over, an ignored name together with what is compared with it."""
    told = 0
    for each in trigger.ignored:
        if each.start < told or (is_plain and each.text == ")"):
            continue  # told already, or the second parenthesis behind a call, which does no harm
        told = _end_of_strays(trigger, each) if each.why in {"unknown", "inherited"} else each.end
        if told == each.end:
            yield each.sentence
        else:
            text = shown(" ".join(trigger.text[each.start : told].split()))
            yield f"Segment ignores `{text}`, for no trigger can look at `{shown(each.text)}`."


def _end_of_strays(trigger: Trigger, name: Ignored) -> int:
    end = name.end
    for each in trigger.ignored:
        if each.why == "stray" and each.start >= end and not trigger.text[end : each.start].strip():
            end = each.end
    return end


def _verdict(node: Node, text: str, event: Event, *, reached: bool) -> ClauseVerdict:
    if isinstance(node, Condition):
        return _of_condition(node, text, event, reached=reached)
    verdict, thrown = _tested(node, event)
    return ClauseVerdict(
        written=text[node.start : node.end],
        taken=str(node),
        verdict=verdict,
        reached=reached,
        operator=node.operator if isinstance(node, Group) else "",
        sentence="" if isinstance(node, Group) else f"Segment throws {thrown}",
        clauses=_children(node, text, event, reached=reached) if isinstance(node, Group) else (),
    )


def _children(group: Group, text: str, event: Event, *, reached: bool) -> tuple[ClauseVerdict, ...]:
    """Judge all children; behind the one that decides, Segment comes to no other."""
    decides = "fails" if group.operator == "and" else "holds"
    found = []
    for child in group.children:
        verdict = _verdict(child, text, event, reached=reached)
        found.append(verdict)
        reached = reached and verdict.verdict not in (decides, "throws")
    return tuple(found)


def _of_condition(condition: Condition, text: str, event: Event, *, reached: bool) -> ClauseVerdict:
    verdict, thrown = _tested(condition, event)
    operator = OPERATORS.get(condition.operator)
    actual = MISSING if thrown else reader(condition)(event)
    expected = wanted_words(operator, condition.value, MISSING) if operator else "nothing"
    return ClauseVerdict(
        written=text[condition.start : condition.end],
        taken=str(condition),
        verdict=verdict,
        reached=reached,
        operator=condition.operator,
        subject=condition.subject,
        expected=expected,
        expected_kind=operator.kind if operator else "",
        actual=MISSING if isinstance(actual, Inherited) else actual,
        actual_kind=kind_of(actual),
        sentence=_sentence(condition, actual, verdict, thrown),
    )


def _sentence(condition: Condition, actual: Json, verdict: Verdict, thrown: str) -> str:
    """Say what is there, and beside a failure what would pass."""
    if thrown:
        return f"Segment throws {thrown}"
    operator = OPERATORS.get(condition.operator)
    if operator is None:
        return f"{condition.operator!r} is no operator, so this is never true"
    found = f"{condition.subject} is {described(actual, operator.kind)}"
    if verdict == "holds":
        return found
    return f"{found}, not {wanted_words(operator, condition.value, actual)}"


def _tested(node: Node, event: Event) -> tuple[Verdict, str]:
    try:
        return ("holds" if prepare(node).test(event) else "fails"), ""
    except Thrown as thrown:
        return "throws", f"{thrown.name}: {thrown.message}"
