"""Reasons: why a trigger does not take an event, in one sentence."""

import math
from typing import Any, Final

from sandbox.segment.javascript import MISSING, kind, number_text, to_string
from sandbox.segment.json_text import text_literal
from sandbox.segment.triggers.evaluation import Inherited
from sandbox.segment.triggers.mistakes import shown
from sandbox.segment.triggers.operators import OPERATORS, Operator, number_of
from sandbox.segment.triggers.trace import Trace
from sandbox.segment.triggers.tree import Condition, Group, Node, Value

LISTED: Final = 3
"""How many alternatives a sentence lists."""
_WIDTH: Final = 60
_NOT_SHOWN: Final = {
    "undefined": "missing",
    "null": "null",
    "object": "an object",
    "function": "what every JavaScript object inherits",
}


def reason(trace: Trace, text: str) -> str:
    """Return why the trigger does not hold, naming what decides as `text` has it; "" if it does."""
    if trace.verdict == "holds":
        return ""
    if trace.verdict == "throws":
        while trace.children:
            trace = next(child for child in trace.children if child.verdict == "throws")
        return f"{_written(trace.node, text)}: {said(trace)}."
    return f"{_refusal(trace, text)}."


def _refusal(trace: Trace, text: str) -> str:
    node = trace.node
    if not isinstance(node, Group):
        return f"{_written(node, text)}: {said(trace)}"
    if node.operator == "and":
        return _refusal(next(c for c in trace.children if c.verdict == "fails"), text)

    listed = [_refusal(child, text) for child in trace.children[:LISTED]]
    if len(trace.children) > LISTED:
        listed.append(f"and {len(trace.children) - LISTED} more")
    return "no alternative holds: " + "; ".join(listed)


def _written(node: Node, text: str) -> str:
    """Return the node as it is written, and as it is taken where that differs."""
    written, taken = text[node.start : node.end], str(node)
    written, taken = written.replace("\n", " "), taken.replace("\n", " ")
    if written.replace(" ", "") == taken.replace(" ", ""):
        return f"`{shown(written)}`"
    return f"`{shown(written)}` (taken as `{shown(taken)}`)"


def said(trace: Trace) -> str:
    """Return the sentence about a condition: what is there, and where that fails, what is wanted.

    "" for a group; where Segment throws, what it throws.
    """
    condition = trace.node
    if isinstance(condition, Group):
        return ""
    if trace.thrown is not None:
        return f"Segment throws {trace.thrown.name}: {trace.thrown.message}"
    assert isinstance(condition, Condition)
    operator = OPERATORS.get(condition.operator)
    if operator is None:
        return f"`{shown(condition.operator)}` is not an operator, so this is never true"
    found = f"{shown(condition.subject)} is {described(trace.actual, operator.kind)}"
    if trace.verdict == "holds":
        return found
    return f"{found}, not {wanted_words(operator, condition.value, trace.actual)}"


def wanted_words(operator: Operator, value: Value, actual: object) -> str:
    """Return what would pass the operator, in words, beside an actual value."""
    wanted = operator.wanted
    if wanted == "{value}":  # the same kind goes without saying
        wanted = "{value}" if kind_of(actual) == operator.kind else f"the {operator.kind} {{value}}"
    return wanted.format(value=_value(operator, value))


def _value(operator: Operator, value: Value) -> str:
    if operator.kind != "number" or value is MISSING:
        return _literal(to_string(value))
    number = number_of(value)
    if not math.isnan(number):
        return number_text(number)
    return f"{_literal(value) if isinstance(value, str) else 'NaN'}, which is not a number"


def kind_of(actual: object) -> str:
    """Return the kind of a value found in an event; what it only inherits is a function."""
    return "function" if isinstance(actual, Inherited) else kind(actual)


def described(actual: Any, expected_kind: str) -> str:
    """Return the actual value, with its kind unless that is the expected one."""
    found = kind_of(actual)
    if found in _NOT_SHOWN:
        return _NOT_SHOWN[found]
    if found == "array":
        return f"an array of {len(actual)}"
    text = _literal(actual) if found == "string" else to_string(actual)
    return text if found == expected_kind else f"the {found} {text}"


def _literal(text: str) -> str:
    return text_literal(text[:_WIDTH]) + ("…" if len(text) > _WIDTH else "")
