"""Goals: what tests can have seen of a mapping, in plain values, and what one event shows of it."""

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple, TypeAlias

from sandbox.destination import map_event
from sandbox.explain.explanation import FieldFate
from sandbox.explain.fates import field_fates
from sandbox.reasoning.literals import leaves
from sandbox.segment.definition import Rules
from sandbox.segment.javascript import kind
from sandbox.segment.mapping import Mapping
from sandbox.segment.pipeline import Rejected
from sandbox.segment.triggers.evaluation import Event
from sandbox.segment.triggers.trace import Trace

State: TypeAlias = Literal["true", "false", "present", "absent", "coerced", "refused", "accepted"]


class Goal(NamedTuple):
    """One thing to be seen: of a clause, of a field, or of the answers.

    `subject` is the number of the clause from 0, the key of the field, or "answer".
    """

    part: Literal["clause", "field", "answer"]
    subject: str
    state: State


ACCEPTED: Final = Goal("answer", "answer", "accepted")
_USUAL: Final = {"string": "string", "datetime": "string", "object": "object"}

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


def seen_by(mapping: Mapping, event: Event, rules: Rules = "documented") -> frozenset[Goal]:
    """Return what the event shows of the mapping; the answer of the API is not looked at.

    `event` is a message as destinations see it. `coerced` is a value that is sent and was of
    another kind than its field usually has: a number for a string, milliseconds for a time.
    """
    trace = mapping.parsed_trigger.trace(event)
    found = set(_clauses(trace))
    if mapping.enabled and trace.verdict == "holds":
        (outcome,) = map_event(event, [mapping], rules)
        problems = outcome.problems if isinstance(outcome, Rejected) else ()
        for fate in field_fates(mapping, event, problems):
            found |= set(_states(fate))
    return frozenset(found)


def _states(fate: FieldFate) -> Iterator[Goal]:
    match fate.fate:
        case "sent" if fate.type:
            yield Goal("field", fate.key, "present")
            if kind(fate.raw) != _USUAL[fate.type]:
                yield Goal("field", fate.key, "coerced")
        case "left out" if fate.type:
            yield Goal("field", fate.key, "absent")
        case "refused":
            yield Goal("field", fate.key, "refused")


def _clauses(trace: Trace) -> Iterator[Goal]:
    for number, clause in enumerate(trace.conditions()):
        if clause.reached and clause.verdict != "throws":
            yield Goal("clause", str(number), "true" if clause.verdict == "holds" else "false")
