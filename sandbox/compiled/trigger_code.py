"""Trigger code: the generated expression that returns whether a trigger takes an event.

Common comparisons are written out; for any other clause it calls what `triggers.evaluation`
prepares.
"""

import math
import re
from collections.abc import Iterator

from sandbox.compiled.source import EVENT, VALUE, Names, looked_up, member_code
from sandbox.segment.javascript import INHERITED, MAX_SAFE, to_string
from sandbox.segment.triggers import Trigger
from sandbox.segment.triggers.evaluation import MAX_UNMETERED, Clause, prepare, reader
from sandbox.segment.triggers.operators import OPERATORS, number_of
from sandbox.segment.triggers.tree import HEADS, Condition, Group

_PLAIN_PATH = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+){0,3}\Z")
_SIGNS = {"=": "==", "number_equals": "==", "number_not_equals": "!="}
_PLAIN = {
    "is_true": "{found} is True",
    "is_false": "{found} is False",
    "exists": f"({VALUE} := {{found}}) is not None and {VALUE} is not MISSING",
    "not_exists": f"({VALUE} := {{found}}) is None or {VALUE} is MISSING",
}


def head_lines(tests: str) -> Iterator[str]:
    """Yield the lines that read the members of the event used in the tests."""
    for head in HEADS:
        if own(head) in tests:
            yield f"{own(head)} = {member_code(EVENT, head)}"


def trigger_test(trigger: Trigger, names: Names) -> str:
    """Return the expression that says whether a trigger takes the event, after `head_lines`.

    It throws if the trigger does.
    """
    clause = prepare(trigger.tree)
    if not trigger.is_valid or clause.size > MAX_UNMETERED:
        return f"{names.of(trigger.evaluate)}({EVENT})"
    return _expression(clause, names)


def _called(clause: Clause, names: Names) -> str:
    return f"{names.of(clause.test)}({EVENT})"


def _expression(clause: Clause, names: Names) -> str:
    match clause.node:
        case Group(operator=operator) if clause.children:
            join = " and " if operator == "and" else " or "
            return f"({join.join(_expression(child, names) for child in clause.children)})"
        case Condition() as condition if condition.operator in OPERATORS:
            return f"({_condition(condition, names)})"
        case _:
            return _called(clause, names)


def _condition(condition: Condition, names: Names) -> str:
    found, operator = _found(condition, names), condition.operator
    if operator in _PLAIN:
        return _PLAIN[operator].format(found=found)
    row, sign = OPERATORS[operator], _SIGNS.get(operator, operator)
    if operator in {"=", "!="} and (text := to_string(condition.value)).isascii():
        return f"{found} {sign} {text!r}"

    check = names.of(row.check(condition.value))
    if row.kind == "number" and math.isfinite(number := number_of(condition.value)):
        return (
            f"{VALUE} {sign} {number!r} if type({VALUE} := {found}) is float"
            f" or type({VALUE}) is int and {-MAX_SAFE} <= {VALUE} <= {MAX_SAFE}"
            f" else {check}({VALUE})"
        )
    return f"{check}({found})"


def _found(condition: Condition, names: Names) -> str:
    head = own(condition.head)
    if condition.path is None:
        return head
    read = f"{names.of(reader(condition))}({EVENT})"
    pieces = tuple(condition.path.split("."))
    if not _PLAIN_PATH.match(condition.path) or not INHERITED.isdisjoint(pieces):
        return read
    return looked_up(head, pieces, read)


def own(head: str) -> str:
    """Return the variable in generated code that has this member of the event."""
    return f"own_{head}"
