"""Short ways: what is compiled must answer as the exact rules do, wherever it answers at all.

A mapping compiles itself after some events only; here it is compiled for the first, so that every
case that is compared with Segment's runtime goes the short way as well.
"""

from collections.abc import Callable
from typing import Any

from sandbox import destination
from sandbox.destination import Mapping, map_event
from sandbox.segment import pipeline
from sandbox.segment.compiled import takers_of
from sandbox.segment.compiled.fields import straight_resolve
from sandbox.segment.compiled.times import unix_seconds
from sandbox.segment.compiled.triggers import take_of
from sandbox.segment.errors import Thrown
from sandbox.segment.fields.directive import Step
from sandbox.segment.pipeline import Outcome
from sandbox.segment.triggers import Trigger
from tests.conformance.canonical import canonical, same

CHECKS: dict[str, Any] = {"documented": destination._documented, "observed": lambda *_: ()}
DEMANDS: dict[str, Any] = {"documented": destination._demanded, "observed": None}


def compiled(mapping: Mapping, rules: str) -> tuple[Mapping]:
    """Give a list of this mapping alone, as it is after some events."""
    mapping.ways.make(DEMANDS[rules])
    alone = (mapping,)
    takers_of(alone).make()
    return alone


def agreed_outcome(event: Any, mapping: Mapping, rules: str) -> Outcome | None:
    """Give the outcome of an event; asserts that it is the same on both ways.

    None where neither has one, because the event is none that JSON could hold.
    """
    exact = _outcome(pipeline.map_event, event, (mapping,), check=CHECKS[rules])
    short = _outcome(map_event, event, compiled(mapping, rules), rules=rules)
    assert type(short) is type(exact), f"on the short way it was {short}, not {exact}"
    assert short == exact, f"on the short way it was {short}, not {exact}"
    return exact


def _outcome(work: Callable[..., Any], event: Any, mappings: tuple[Mapping], **how: Any) -> Any:
    try:
        return work(event, mappings, **how)[0]
    except TypeError:
        return None


def assert_trigger_agrees(trigger: Trigger, event: Any) -> None:
    """Assert that the compiled trigger takes an event, or throws, just when the exact one does."""
    if not isinstance(event, dict):
        return
    take = take_of([trigger])
    short = _told(lambda given: take(given)[0], event)
    exact = _told(trigger.evaluate, event)
    assert short == exact, f"on the short way it was {short}, not {exact}"


def assert_fields_agree(fields: Any, exact: Step, event: Any) -> None:
    """Assert that compiled fields resolve to the same, or throw the same."""
    short, long = _told(straight_resolve(fields, exact), event), _told(exact, event)
    assert same(short, long), f"on the short way it was {short}, not {long}"


def assert_time_agrees(value: Any, told: dict[str, Any]) -> None:
    """Assert that a compiled time is the one that is sent, wherever it is one."""
    seconds = unix_seconds(value)
    taken = "problems" not in told and told["unix"] == seconds
    assert seconds is None or taken, f"on the short way it was {seconds}"


def _told(step: Step, event: Any) -> Any:
    try:
        return {"value": canonical(step(event))}
    except Thrown as thrown:
        return {"thrown": [thrown.name, thrown.message]}
    except TypeError:
        return {"refused": "no JSON"}
