"""Compiled mappings must answer as the plain way does.

A list of mappings is compiled after some events only; here it is compiled for the first, so that
every case that is compared with Segment's runtime goes through the compiled functions as well.
"""

import re
from collections.abc import Callable
from typing import Any

from sandbox import destination
from sandbox.compiled import compile_mappings
from sandbox.compiled.source import Names, function_of
from sandbox.compiled.trigger_code import head_lines, trigger_test
from sandbox.destination import Mapping
from sandbox.segment import pipeline
from sandbox.segment.dates import common_time
from sandbox.segment.errors import Thrown
from sandbox.segment.fields.compiling import FieldFunction
from sandbox.segment.pipeline import Outcome
from sandbox.segment.time_value import LAST_MILLISECOND
from sandbox.segment.triggers import Trigger
from tests.conformance.canonical import canonical

CHECKS: dict[str, Any] = {"documented": destination._documented, "observed": None}


def compiled(mapping: Mapping, rules: str) -> Callable[[Any], list[Outcome]]:
    """Give the compiled function of this mapping alone."""
    return compile_mappings((mapping,), check=CHECKS[rules], events_before=0)


def agreed_outcome(event: Any, mapping: Mapping, rules: str) -> Outcome | None:
    """Give the outcome of an event; asserts that it is the same on both ways.

    None where neither has one, because the event is none that JSON could hold.
    """
    exact = _outcome(lambda e: pipeline.map_event(e, (mapping,), check=CHECKS[rules]), event)
    short = _outcome(compiled(mapping, rules), event)
    assert type(short) is type(exact), f"compiled it was {short}, not {exact}"
    assert short == exact, f"compiled it was {short}, not {exact}"
    return exact


def _outcome(work: Callable[[Any], list[Outcome]], event: Any) -> Any:
    try:
        return work(event)[0]
    except TypeError:
        return None


def verdict_function(trigger: Trigger) -> Callable[[Any], bool]:
    """Give the compiled function that tells whether a trigger takes an event."""
    names = Names()
    test = trigger_test(trigger, names)
    return function_of([*head_lines(test), f"return {test}"], names)


def assert_trigger_agrees(trigger: Trigger, event: Any) -> None:
    """Assert that the compiled trigger takes an event, or throws, just when the exact one does."""
    if not isinstance(event, dict):
        return
    short, exact = _told(verdict_function(trigger), event), _told(trigger.evaluate, event)
    assert short == exact, f"compiled it was {short}, not {exact}"


_USUAL = re.compile(
    r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])\Z"
)
"""The times of day that clients send, which have a quick way."""


def assert_time_agrees(value: Any, told: dict[str, Any]) -> None:
    """Assert that the quick way reads what is usual, and nothing else, as what is sent."""
    time = common_time(value)
    in_range = type(value) is int and abs(value) <= LAST_MILLISECOND
    usual = _USUAL.match(value) is not None if isinstance(value, str) else in_range
    assert (time is not None) is usual, f"the quick way gave {time}"
    taken = time is None or ("problems" not in told and told["unix"] == time // 1000)
    assert taken, f"compiled it was {time}"


def _told(step: FieldFunction, event: Any) -> Any:
    try:
        return {"value": canonical(step(event))}
    except Thrown as thrown:
        return {"thrown": [thrown.name, thrown.message]}
    except TypeError:
        return {"refused": "no JSON"}
