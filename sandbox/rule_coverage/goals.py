"""Goals: what tests can have seen of a mapping, each a plain value with words for people."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

from sandbox.reasoning.literals import leaves
from sandbox.segment.mapping import Mapping

State: TypeAlias = Literal["true", "false", "present", "absent", "coerced", "refused", "accepted"]

ANSWER: Final = "answer"


class Goal(NamedTuple):
    """One thing to be seen: of a clause, of a field, or of the answers.

    `subject` is the number of the clause from 0, the key of the field, or "answer".
    """

    part: Literal["clause", "field", "answer"]
    subject: str
    state: State


ACCEPTED: Final = Goal("answer", ANSWER, "accepted")

_NEVER: Final[dict[State, str]] = {
    "present": "was never sent",
    "absent": "was never left out",
    "coerced": "was never coerced from another kind of value",
    "refused": "was never refused",
}


def clause_goals(mapping: Mapping) -> list[Goal]:
    """Return the goals of every clause of the trigger, in order."""
    numbers = range(len(list(leaves(mapping.parsed_trigger.tree))))
    states: tuple[State, ...] = ("true", "false")
    return [Goal("clause", str(number), state) for number in numbers for state in states]


def clause_text(mapping: Mapping, goal: Goal) -> str:
    """Return the clause of a goal as it is written in the trigger."""
    condition = list(leaves(mapping.parsed_trigger.tree))[int(goal.subject)]
    return mapping.trigger[condition.start : condition.end]


def sentence(mapping: Mapping, goal: Goal) -> str:
    """Say what was never seen."""
    if goal.part == "clause":
        return f"`{clause_text(mapping, goal)}` was never {goal.state}"
    if goal.part == "answer":
        return "no request was answered with a 2xx"
    return f"{goal.subject} {_NEVER[goal.state]}"


def in_order(mapping: Mapping, goal: Goal) -> tuple[int, int, str]:
    """Return what sorts goals: clauses as written, then fields as declared, then the answer."""
    if goal.part == "clause":
        return (0, int(goal.subject), "" if goal.state == "true" else "not")
    if goal.part == "answer":
        return (2, 0, "")
    keys = [field.key for field in mapping.action_definition.fields]
    at = keys.index(goal.subject) if goal.subject in keys else len(keys)
    return (1, at, str(list(_NEVER).index(goal.state)))
