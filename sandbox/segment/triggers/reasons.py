"""Reasons: why a trigger does not take an event, in one sentence."""

from __future__ import annotations

import math
from typing import Final

from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import MISSING, Json, kind, number_text, to_string
from sandbox.segment.json_text import text_literal
from sandbox.segment.triggers.evaluation import Clause, Event, Inherited, reader
from sandbox.segment.triggers.mistakes import shown
from sandbox.segment.triggers.operators import OPERATORS, Operator, number_of
from sandbox.segment.triggers.tree import Condition, Group
from sandbox.segment.triggers.writing import Value

LISTED: Final = 3
"""How many alternatives a sentence lists."""
_WIDTH: Final = 60


def reason(clause: Clause, text: str, event: Event) -> str:
    """Return why the clause does not hold, naming what decides as `text` has it; "" if it holds."""
    try:
        if clause.test(event):
            return ""
    except Thrown as thrown:
        where = _written(_thrower(clause, event), text)
        return f"{where}: Segment throws {thrown.name}: {thrown.message}."
    return f"{_refusal(clause, text, event)}."


def _thrower(clause: Clause, event: Event) -> Clause:
    for child in clause.children:
        try:
            child.test(event)
        except Thrown:
            return _thrower(child, event)
    return clause


def _refusal(clause: Clause, text: str, event: Event) -> str:
    node = clause.node
    if isinstance(node, Condition):
        return f"{_written(clause, text)}: {_difference(node, event)}"
    assert isinstance(node, Group)
    if node.operator == "and":
        return _refusal(next(c for c in clause.children if not c.test(event)), text, event)

    listed = [_refusal(child, text, event) for child in clause.children[:LISTED]]
    if len(clause.children) > LISTED:
        listed.append(f"and {len(clause.children) - LISTED} more")
    return "no alternative holds: " + "; ".join(listed)


def _written(clause: Clause, text: str) -> str:
    """Return the clause as it is written, and as it is taken where that differs."""
    written, taken = text[clause.node.start : clause.node.end], str(clause.node)
    written, taken = written.replace("\n", " "), taken.replace("\n", " ")
    if written.replace(" ", "") == taken.replace(" ", ""):
        return f"`{shown(written)}`"
    return f"`{shown(written)}` (taken as `{shown(taken)}`)"


def _difference(condition: Condition, event: Event) -> str:
    operator = OPERATORS.get(condition.operator)
    if operator is None:
        return f"`{shown(condition.operator)}` is no operator, so this never holds"
    actual = reader(condition)(event)
    wanted = wanted_words(operator, condition.value, actual)
    return f"{shown(condition.subject)} is {described(actual, operator.kind)}, not {wanted}"


def wanted_words(operator: Operator, value: Value, actual: Json) -> str:
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
    return f"{_literal(value) if isinstance(value, str) else 'NaN'}, which is no number"


def kind_of(actual: Json) -> str:
    """Return the kind of a value found in an event; what it only inherits is a function."""
    return "function" if isinstance(actual, Inherited) else kind(actual)


def described(actual: Json, expected_kind: str) -> str:
    """Return the actual value, with its kind unless that is the expected one."""
    found = kind_of(actual)
    match found:
        case "undefined":
            return "missing"
        case "null":
            return "null"
        case "array":
            return f"an array of {len(actual)}"
        case "object":
            return "an object"
        case "function":
            return "what every JavaScript object inherits"
        case "string":
            shown_value = _literal(actual)
        case _:
            shown_value = to_string(actual)
    return shown_value if found == expected_kind else f"the {found} {shown_value}"


def _literal(text: str) -> str:
    return text_literal(text[:_WIDTH]) + ("…" if len(text) > _WIDTH else "")
