"""Laws of the smallest changes: what explain proposes is taken."""

import pytest
from hypothesis import assume, given, settings

from sandbox.destination import Mapping
from sandbox.explain.smallest_change import smallest_change
from sandbox.reasoning.changing import changed_event
from sandbox.reasoning.rewording import reworded
from sandbox.segment.errors import InvalidTrigger
from sandbox.segment.javascript import MISSING
from sandbox.segment.triggers import parse_trigger
from sandbox.values import difference
from tests.conformance.explanations import pairs
from tests.conformance.generate_triggers import TRIGGERS


def skipped(case):
    """Return the trigger of a case and the first of its events it does not take."""
    try:
        trigger = parse_trigger(case["text"])
    except InvalidTrigger:
        assume(False)
    events = [e for e in case["events"] if isinstance(e, dict) and not trigger.matches(e)]
    assume(events)
    return trigger, events[0]


@settings(max_examples=100, deadline=None)
@given(TRIGGERS)
def test_the_trigger_takes_the_changed_event(case):
    trigger, event = skipped(case)

    changed = changed_event(trigger, event)

    assert changed is None or trigger.matches(changed)


@settings(max_examples=100, deadline=None)
@given(TRIGGERS)
def test_the_changed_trigger_takes_the_event(case):
    trigger, event = skipped(case)

    changed = reworded(trigger, event)

    assert changed is None or (
        changed.matches(event) and parse_trigger(changed.text).matches(event)
    )


@settings(max_examples=200, deadline=None)
@given(TRIGGERS)
def test_no_part_of_a_change_can_be_left_out(case):
    trigger, event = skipped(case)

    changed = changed_event(trigger, event) or event

    for key in changed.keys() | event.keys():
        less = {k: v for k, v in changed.items() if k != key}
        less |= {key: event[key]} if key in event else {}
        is_changed = any(difference(event.get(key, MISSING), changed.get(key, MISSING)))
        assert not (is_changed and trigger.matches(less))


@settings(max_examples=100, deadline=None)
@given(TRIGGERS)
def test_a_change_leaves_the_event_it_was_made_of_alone(case):
    trigger, event = skipped(case)
    before = repr(event)

    changed_event(trigger, event)

    assert repr(event) == before


@pytest.mark.laws
@pytest.mark.parametrize("seed", [1])
def test_of_a_thousand_pairs_that_do_not_match_95_percent_get_a_change_that_works(seed):
    changed = works = 0
    for mapping, event in pairs(1000, seed):
        change = smallest_change(event, mapping)
        changed += change.event is not None or change.trigger is not None
        works += _works(mapping, event, change)

    assert changed >= 950
    assert works == 1000


def _works(mapping, event, change):
    of_event = change.event is None or mapping.parsed_trigger.matches(change.event)
    of_trigger = change.trigger is None or Mapping(
        "changed", action="sendEvents", trigger=change.trigger
    ).parsed_trigger.matches(event)
    return of_event and of_trigger
