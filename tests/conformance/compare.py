"""Comparisons: one question to both sides, for triggers, fields, dates and templates.

Each kind has `ours_…`, what the mapper answers to a case, and `theirs_…`, the runtime's answer in
the same words. An error is its problems' texts, or the thrown error's name and text.
"""

import math
from dataclasses import replace
from typing import Any

from sandbox.segment.dates import is_date_like, milliseconds, to_unix
from sandbox.segment.definition import Evidence, Field
from sandbox.segment.errors import InvalidMapping, InvalidTrigger, Thrown
from sandbox.segment.fields import compile_fields
from sandbox.segment.javascript import MISSING
from sandbox.segment.not_simulated import Outside
from sandbox.segment.payload import check_payload, to_upload
from sandbox.segment.triggers import Trigger, parse_trigger
from sandbox.segment.triggers.tree import Condition, Group, Node, Nothing
from sandbox.surroundings import OUTSIDE
from sandbox.values import Problem
from tests.conformance.canonical import canonical
from tests.conformance.compiled_agrees import assert_time_agrees, assert_trigger_agrees
from tests.conformance.json_wire import UNDEFINED

Case = dict[str, Any]
Told = Any

DATE_FIELD = Field(
    key="value",
    label="X",
    type="datetime",
    description="",
    default=None,
    evidence=Evidence("assumed", "a field to try dates on"),
)


SEGMENT_TYPES = {
    "type": "event-type",
    "event": "event",
    "name": "name",
    "userId": "userId",
    "properties": "event-property",
    "traits": "event-trait",
    "context": "event-context",
}
"""Segment's word for what a condition looks at, in its trees."""


def as_segment(node: Node) -> Any:
    """Return the tree in the shape Segment's parser gives it; empty parentheses are MISSING."""
    match node:
        case Nothing():
            return MISSING
        case Group():
            children = [as_segment(child) for child in node.children]
            return {"type": "group", "operator": node.operator, "children": children}
        case Condition():
            name = {} if node.path is None else {"name": node.path}
            value = {} if node.value is MISSING else {"value": node.value}
            return {"type": SEGMENT_TYPES[node.head], **name, "operator": node.operator, **value}


def ours_trigger(case: Case) -> Told:
    try:
        trigger = parse_trigger(case["text"])
    except InvalidTrigger as error:
        return {"error": error.segment_message}
    return {
        "tree": _in_order(canonical(as_segment(trigger.tree))),
        "matched": [_matched(trigger, event) for event in case["events"]],
    }


def _in_order(tree: Told) -> Told:
    """Give the tree with the members of its nodes in one order, which means nothing there."""
    if isinstance(tree, dict):
        return {name: _in_order(tree[name]) for name in sorted(tree)}
    return [_in_order(node) for node in tree] if isinstance(tree, list) else tree


def _matched(trigger: Trigger, event: Any) -> Told:
    try:
        matched = trigger.evaluate(event)
    except Thrown as thrown:
        assert trigger.matches(event) is False, "matches() says no where Segment's matcher throws"
        assert_trigger_agrees(trigger, event)
        return _thrown(thrown)
    assert trigger.matches(event) is matched, "matches() and evaluate() agree"
    assert_trigger_agrees(trigger, event)
    return matched


def theirs_trigger(_case: Case, answer: Told) -> Told:
    if "error" in answer:
        return {"error": answer["error"]["message"]}
    return {
        "tree": _in_order(answer["tree"]),
        "matched": [_value_or_error(matched) for matched in answer["matched"]],
    }


def _value_or_error(matched: Told) -> Told:
    return matched["value"] if "value" in matched else told_error(matched["error"])


def ours_fields(case: Case) -> Told:
    try:
        resolve = compile_fields(case["mapping"], _outside(case))
    except InvalidMapping as error:
        return problems_of(error)
    try:
        return {"value": canonical(resolve(case["event"]))}
    except Thrown as thrown:
        return _thrown(thrown)


def _outside(case: Case) -> Outside:
    return replace(OUTSIDE, now=lambda: case["now"] / 1000) if "now" in case else OUTSIDE


def theirs_fields(_case: Case, answer: Told) -> Told:
    return told_error(answer["error"]) if "error" in answer else {"value": answer["value"]}


def problems_of(error: InvalidMapping) -> Told:
    """Give a refused mapping's problems as Segment writes them: path and sentence.

    A malformed root directive has no path: Segment throws a plain error for it, and a TypeError
    where it takes null for an object.
    """
    first = error.problems[0]
    if not _pointer(first):
        name = "TypeError" if first.message.startswith("Cannot convert") else "Error"
        return {"thrown": [name, first.message]}
    return {"problems": [f"{_pointer(p)} {p.message}".strip() for p in error.problems]}


def _pointer(problem: Problem) -> str:
    """Return where a problem is in the fields, as Segment writes it; "" where it names no place."""
    if problem.at[:1] != ("fields",):
        return problem.path
    return "" if problem.message[0].isupper() else "/" + "/".join(map(str, problem.at[1:]))


def _thrown(thrown: Thrown) -> Told:
    return {"thrown": [thrown.name, thrown.message]}


def told_error(error: Told) -> Told:
    """Give the runtime's error in our words: the parts of a gathered one, else name and text."""
    if "parts" in error:
        return {"problems": [part["message"] for part in error["parts"]]}
    if error["name"] == "ValidationError":
        return {"problems": [error["message"]]}
    return {"thrown": [error["name"], error["message"]]}


def ours_date(case: Case) -> Told:
    told = _told_date(case["value"])
    assert_time_agrees(case["value"], told)
    return told


def _told_date(value: Any) -> Told:
    payload, problems = check_payload((DATE_FIELD,), {"value": value})
    if problems:
        told: Told = {"problems": [problem.message for problem in problems]}
        if isinstance(value, str):
            assert is_date_like(value) is False, "the field and is_date_like() agree"
            told |= _time(to_unix(value), milliseconds(value))
        return told
    time = payload.get("value")
    unix = to_upload((DATE_FIELD,), payload).get("value")
    return {"unix": None} if time is None else _time(unix, milliseconds(time))


def theirs_date(case: Case, answer: Told) -> Told:
    if "error" in answer:
        told = told_error(answer["error"])
        # what would have been sent is asked of texts only: of them our to_unix() can be asked too
        return {**told, **_their_time(answer)} if isinstance(case["value"], str) else told
    return _their_time(answer)


def _their_time(answer: Told) -> Told:
    if answer["unix"] == UNDEFINED:  # the value was removed as empty
        return {"unix": None}
    return _time(answer["unix"], answer["milliseconds"])


def _time(unix: float | None, milliseconds: float) -> Told:
    """Give the seconds that are sent, and what they were rounded down from; null where none."""
    if math.isnan(milliseconds):
        return {"unix": None if unix is None or math.isnan(unix) else unix}
    return {"unix": unix, "milliseconds": milliseconds}
