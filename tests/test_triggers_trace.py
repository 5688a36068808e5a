"""A trace tells node by node how a trigger came to its verdict; it costs one evaluation."""

import pytest

from sandbox.segment.javascript import MISSING
from sandbox.segment.triggers import parse_trigger
from sandbox.segment.triggers.trace import reason_for

EVENT = {"type": "track", "event": "Order", "properties": {"total": 5}}


class CountedReads(dict):
    """An event that counts how often one of its members is asked for."""

    def __init__(self, event):
        super().__init__(event)
        self.reads = 0

    def get(self, *arguments):
        self.reads += 1
        return super().get(*arguments)


def told(trace):
    """Return the verdicts of the conditions in order, in parentheses where none is reached."""
    return [c.verdict if c.reached else f"({c.verdict})" for c in trace.conditions()]


@pytest.mark.parametrize(
    ("text", "verdict", "conditions"),
    [
        ('type = "track"', "holds", ["holds"]),
        ('type = "page" and event = "Order"', "fails", ["fails", "(holds)"]),
        ('type = "track" or event = "Order"', "holds", ["holds", "(holds)"]),
        ('type = "page" or event = "Order"', "holds", ["fails", "holds"]),
        ('type = "track" and (name = 5 or event = "Order")', "holds", ["holds", "fails", "holds"]),
        ('event = "x" and (event = "Order" or name = 5)', "fails", ["fails", "(holds)", "(fails)"]),
        (r'properties.\. = 1 and type = "track"', "throws", ["throws", "(holds)"]),
        (r'type = "track" or properties.\. = 1', "holds", ["holds", "(throws)"]),
        ('event foo "Order"', "fails", ["fails"]),
    ],
)  # fmt: skip
def test_each_node_has_its_verdict_and_whether_segment_comes_to_it(text, verdict, conditions):
    trace = parse_trigger(text).trace(EVENT)

    assert (trace.verdict, told(trace)) == (verdict, conditions)


def test_empty_parentheses_throw_where_they_are_reached():
    reached = parse_trigger('type = "track" and ()').trace(EVENT)
    passed = parse_trigger('type = "track" or ()').trace(EVENT)

    assert (reached.verdict, reached.thrown.name) == ("throws", "TypeError")
    assert (passed.verdict, passed.thrown) == ("holds", None)
    assert reason_for(reached.children[1]).startswith(
        "Segment throws TypeError: Cannot read properties"
    )


def test_a_trace_holds_what_was_there():
    total, missing = (
        parse_trigger("properties.total > 9 or traits.plan != null").trace(EVENT).conditions()
    )

    assert (total.actual, reason_for(total)) == (5, "properties.total is 5, not a number above 9")
    assert (missing.actual, reason_for(missing)) == (MISSING, "traits.plan is missing, not a value")


@pytest.mark.parametrize("nesting", [1, 2])
def test_explaining_costs_one_read_a_condition_however_deep_it_stands(nesting):
    clause = 'type = "page"' if nesting == 1 else '(type = "page" or event = "x" or name = "y")'
    trigger = parse_trigger(" or ".join([clause] * 50))
    event = CountedReads(EVENT)

    assert trigger.trace(event).verdict == "fails"
    assert event.reads == len(list(trigger.trace({}).conditions()))


@pytest.mark.parametrize("event", [None, MISSING, [], "text", 5])
def test_what_is_no_object_has_nothing_to_look_at(event):
    trace = parse_trigger('type = "track"').trace(event)

    assert (trace.verdict, trace.children[0].actual) == ("fails", MISSING)
