"""Segment's side of Segment's Toplyne destination: an event in, exactly the API call out.

>>> from sandbox import map_event
>>> outcomes = map_event({
...     "type": "track", "event": "Signed Up", "userId": "u1",
...     "timestamp": "2026-11-23T16:17:19.871Z", "properties": {"plan": "pro"},
... })
>>> [type(outcome).__name__ for outcome in outcomes]
['Skipped', 'Skipped', 'Mapped']
>>> outcomes[2].request.json["events"][0]["timestamp"]
1795450639

Each name is imported on first use, so that importing one part loads only that part.

PYTEST_DONT_REWRITE: pytest has no need to rewrite our assertions.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.delivery import Delivery, deliver
    from sandbox.destination import PRESETS, Destination, Mapping, map_event
    from sandbox.ready_answers import answers
    from sandbox.segment.definition import Rules
    from sandbox.segment.errors import InvalidMapping, InvalidTrigger, Thrown
    from sandbox.segment.fields import check_fields
    from sandbox.segment.pipeline import Mapped, Outcome, Rejected, Request, Skipped
    from sandbox.segment.triggers import parse_trigger
    from sandbox.surroundings import resolve
    from sandbox.suspicions import refuse_suspicious
    from sandbox.toplyne import TOPLYNE
    from sandbox.values import MISSING, Json, Problem
    from sandbox.workspace import Workspace

__all__ = [
    "MISSING",
    "PRESETS",
    "TOPLYNE",
    "Delivery",
    "Destination",
    "InvalidMapping",
    "InvalidTrigger",
    "Json",
    "Mapped",
    "Mapping",
    "Outcome",
    "Problem",
    "Rejected",
    "Request",
    "Rules",
    "Skipped",
    "Thrown",
    "Workspace",
    "answers",
    "check_fields",
    "deliver",
    "map_event",
    "parse_trigger",
    "refuse_suspicious",
    "resolve",
]

_NAMES = {
    "sandbox.delivery": ("Delivery", "deliver"),
    "sandbox.destination": ("PRESETS", "Destination", "Mapping", "map_event"),
    "sandbox.ready_answers": ("answers",),
    "sandbox.segment.definition": ("Rules",),
    "sandbox.segment.errors": ("InvalidMapping", "InvalidTrigger", "Thrown"),
    "sandbox.segment.fields": ("check_fields",),
    "sandbox.segment.pipeline": ("Mapped", "Outcome", "Rejected", "Request", "Skipped"),
    "sandbox.segment.triggers": ("parse_trigger",),
    "sandbox.surroundings": ("resolve",),
    "sandbox.suspicions": ("refuse_suspicious",),
    "sandbox.toplyne": ("TOPLYNE",),
    "sandbox.values": ("MISSING", "Json", "Problem"),
    "sandbox.workspace": ("Workspace",),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
