"""Rows: convert a trigger to the rows of Segment's builder, and back.

The builder joins conditions by "all" or "any"; it cannot show a trigger with nested groups.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sandbox.segment.errors import InvalidTrigger, did_you_mean
from sandbox.segment.javascript import MISSING
from sandbox.segment.toml_tables import toml_table
from sandbox.segment.triggers.operators import OPERATORS
from sandbox.segment.triggers.tree import CONTAINERS, HEADS, Condition, Group, Scalar
from sandbox.segment.triggers.trigger import Trigger, parse_trigger

_TOLD: Final[dict[str, dict[str, str]]] = toml_table(__package__, "rows")
SUBJECTS: Final = _TOLD["subjects"]
"""The subjects of rows, in the builder's words; the last three need a path."""
WORDS: Final = _TOLD["operators"]
"""Segment's operators, in the builder's words."""
NUMBERS: Final = tuple(name for name, each in OPERATORS.items() if each.kind == "number")
WITHOUT_VALUE: Final = tuple(name for name, each in OPERATORS.items() if not each.kind)


class ConditionRow(NamedTuple):
    """One condition: the subject, Segment's operator, and the value, if the operator has one."""

    subject: str
    operator: str
    value: str | float | None = None
    path: str | None = None


class ConditionRows(NamedTuple):
    """Rows of which all (`and`) or any (`or`) must hold."""

    join: str
    rows: tuple[ConditionRow, ...]


def rows_of(trigger: Trigger) -> ConditionRows | None:
    """Return the rows of a trigger as Segment reads it, None if rows cannot express it."""
    children = [each for each in trigger.tree.children if isinstance(each, Condition)]
    if len(children) != len(trigger.tree.children):
        return None
    found = ConditionRows(trigger.tree.operator, tuple(map(_row, children)))
    try:
        again = parse_trigger(text_of(found.join, found.rows))
    except ValueError:
        return None
    return found if again.tree == trigger.tree else None


def _row(condition: Condition) -> ConditionRow:
    value = condition.value if isinstance(condition.value, str | float) else None
    return ConditionRow(condition.head, condition.operator, value, condition.path)


def text_of(join: str, rows: Sequence[ConditionRow]) -> str:
    """Return the trigger for some rows.

    Raises ValueError, with the number of the row, for a row that is invalid or that no trigger can
    express.
    """
    if join not in {"and", "or"}:
        raise ValueError(f"rows are joined by 'and' or 'or', not by {join!r}")
    children = []
    for number, row in enumerate(rows, 1):
        try:
            children.append(_condition(row))
        except ValueError as error:
            raise ValueError(f"condition {number}: {error}") from None
    return str(Group(operator=join, children=tuple(children)))


def _condition(row: ConditionRow) -> Condition:
    _check(row)
    value: Scalar = MISSING if row.operator in WITHOUT_VALUE else _value(row)
    path = row.path if row.subject in CONTAINERS else None
    condition = Condition(head=row.subject, path=path, operator=row.operator, value=value)
    try:
        (again,) = parse_trigger(str(condition)).tree.children
    except (InvalidTrigger, ValueError):
        again = None
    if again != condition:
        raise ValueError(f"Segment's triggers cannot express this: {condition}")
    return condition


def _check(row: ConditionRow) -> None:
    if row.subject not in HEADS:
        near = did_you_mean(row.subject, list(HEADS))
        raise ValueError(f"a trigger cannot read {row.subject!r}.{near}")
    if row.operator not in OPERATORS:
        near = did_you_mean(row.operator, list(OPERATORS))
        raise ValueError(f"{row.operator!r} is not an operator.{near}")
    if row.subject in CONTAINERS and not row.path:
        raise ValueError(f"{SUBJECTS[row.subject]} needs a name, such as plan")


def _value(row: ConditionRow) -> Scalar:
    if row.operator not in NUMBERS:
        return "" if row.value is None else str(row.value)
    try:
        number = float(row.value if row.value is not None else "")
    except ValueError:
        raise ValueError(f"{WORDS[row.operator]!r} needs a number, not {row.value!r}") from None
    return number


def operators_of(subject: str) -> tuple[str, ...]:
    """Return the operators of a row with that subject: those that a trigger can express."""
    path = "a" if subject in CONTAINERS else None
    found = []
    for operator in WORDS:
        try:
            _condition(ConditionRow(subject, operator, "1", path))
        except ValueError:
            continue
        found.append(operator)
    return tuple(found)
