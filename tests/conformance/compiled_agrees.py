"""Compiled mappings must answer as the plain way does.

A list of mappings is compiled after some events only; here it is compiled for the first, so that
every case that is compared with Segment's runtime goes through the compiled functions as well.
"""

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


def assert_time_agrees(value: Any, told: dict[str, Any]) -> None:
    """Assert that a compiled time is the one that is sent, wherever it is one."""
    time = common_time(value)
    taken = time is None or ("problems" not in told and told["unix"] == time // 1000)
    assert taken, f"compiled it was {time}"


def _told(step: FieldFunction, event: Any) -> Any:
    try:
        return {"value": canonical(step(event))}
    except Thrown as thrown:
        return {"thrown": [thrown.name, thrown.message]}
    except TypeError:
        return {"refused": "no JSON"}
