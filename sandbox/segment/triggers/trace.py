"""Trace: how a trigger reaches its verdict on an event, node by node, and in a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from sandbox.segment.errors import NotSimulated, Thrown
from sandbox.segment.javascript import MISSING, kind, number_text, to_string
from sandbox.segment.json_text import text_literal
from sandbox.segment.triggers.evaluation import Clause, SegmentEvent
from sandbox.segment.triggers.operators import OPERATORS, Operator, number_of
from sandbox.segment.triggers.tree import Condition, Group, Node, Scalar
from sandbox.values import shortened

Verdict: TypeAlias = Literal["holds", "fails", "throws"]
LISTED: Final = 3
"""The most alternatives that a sentence lists."""
_WIDTH: Final = 60
_NOT_SHOWN: Final = {
    "undefined": "missing",
    "null": "null",
    "object": "an object",
    "function": "a function of JavaScript's own",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One node of a trigger's tree, with its verdict on an event.

    `reached` says whether Segment evaluates the node: it stops after a node that decides. `actual`
    is the event's value for a condition, `thrown` the error that Segment throws.
    """

    node: Node
    verdict: Verdict
    reached: bool = True
    actual: object = MISSING
    thrown: Thrown | None = None
    children: tuple[Trace, ...] = ()

    def conditions(self) -> Iterator[Trace]:
        """Yield the traces of the conditions, in the order of the text."""
        if isinstance(self.node, Condition):
            yield self
        for child in self.children:
            yield from child.conditions()


def trace_of(clause: Clause, event: SegmentEvent, *, reached: bool = True) -> Trace:
    """Return the trace of a clause; each condition is read and checked once."""
    if isinstance(clause.node, Group):
        return _of_group(clause, clause.node.operator, event, reached=reached)
    try:
        actual = clause.read(event)
        verdict: Verdict = "holds" if clause.check(actual) else "fails"
    except Thrown as thrown:
        return Trace(node=clause.node, verdict="throws", reached=reached, thrown=thrown)
    return Trace(node=clause.node, verdict=verdict, reached=reached, actual=actual)


def _of_group(clause: Clause, operator: str, event: SegmentEvent, *, reached: bool) -> Trace:
    decisive: Verdict = "fails" if operator == "and" else "holds"
    verdict: Verdict = "holds" if operator == "and" else "fails"  # where no child decides
    thrown = None
    children = []
    is_open = True
    for each in clause.children:
        child = trace_of(each, event, reached=reached and is_open)
        children.append(child)
        if is_open and child.verdict in (decisive, "throws"):
            is_open, verdict, thrown = False, child.verdict, child.thrown
    found = tuple(children)
    return Trace(node=clause.node, verdict=verdict, reached=reached, thrown=thrown, children=found)


def reason(trace: Trace, text: str) -> str:
    """Return why the trigger does not hold, with the deciding clause in `text`; "" if it does."""
    return "" if trace.verdict == "holds" else f"{_refusal(trace, text)}."


def _refusal(trace: Trace, text: str) -> str:
    node = trace.node
    if not isinstance(node, Group):
        return f"{_written(node, text)}: {reason_for(trace)}"
    if node.operator == "and" or trace.verdict == "throws":
        return _refusal(next(c for c in trace.children if c.verdict == trace.verdict), text)

    listed = [_refusal(child, text) for child in trace.children[:LISTED]]
    if len(trace.children) > LISTED:
        listed.append(f"and {len(trace.children) - LISTED} more")
    return "no alternative holds: " + "; ".join(listed)


def _written(node: Node, text: str) -> str:
    """Return the node as it is written, and also as Segment reads it if that differs."""
    written, taken = text[node.start : node.end], str(node)
    written, taken = written.replace("\n", " "), taken.replace("\n", " ")
    if written.replace(" ", "") == taken.replace(" ", ""):
        return f"`{shortened(written)}`"
    return f"`{shortened(written)}` (read as `{shortened(taken)}`)"


def reason_for(trace: Trace) -> str:
    """Return the sentence about a condition: the actual value, and if it fails, the expected one.

    "" for a group; the error if Segment throws.
    """
    condition = trace.node
    if isinstance(condition, Group):
        return ""
    if isinstance(trace.thrown, NotSimulated):
        return trace.thrown.message.removesuffix(".")
    if trace.thrown is not None:
        return f"Segment throws {trace.thrown.name}: {trace.thrown.message}"
    assert isinstance(condition, Condition)
    operator = OPERATORS.get(condition.operator)
    if operator is None:
        return f"`{shortened(condition.operator)}` is not an operator, so this is never true"
    found = f"{shortened(condition.subject)} is {described(trace.actual, operator.kind)}"
    if trace.verdict == "holds":
        return found
    return f"{found}, not {wanted_words(operator, condition.value, trace.actual)}"


def wanted_words(operator: Operator, value: Scalar, actual: object) -> str:
    """Return, in words, what would pass the operator, to follow an actual value."""
    wanted = operator.wanted
    if wanted == "{value}":  # the kind is named only if it differs
        wanted = "{value}" if kind(actual) == operator.kind else f"the {operator.kind} {{value}}"
    return wanted.format(value=_value(operator, value))


def _value(operator: Operator, value: Scalar) -> str:
    if operator.kind != "number" or value is MISSING:
        return _literal(to_string(value))
    number = number_of(value)
    if not math.isnan(number):
        return number_text(number)
    return f"{_literal(value) if isinstance(value, str) else 'NaN'}, which is not a number"


def described(actual: Any, expected_kind: str) -> str:
    """Return the actual value, with its kind if that is not the expected one."""
    found = kind(actual)
    if found in _NOT_SHOWN:
        return _NOT_SHOWN[found]
    if found == "array":
        return f"an array of {len(actual)}"
    text = _literal(actual) if found == "string" else to_string(actual)
    return text if found == expected_kind else f"the {found} {text}"


def _literal(text: str) -> str:
    return text_literal(text[:_WIDTH]) + ("…" if len(text) > _WIDTH else "")
