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
"""

from sandbox.delivery import Delivery, deliver
from sandbox.destination import PRESETS, Destination, Mapping, map_event
from sandbox.segment.errors import InvalidMapping, InvalidTrigger, Problem
from sandbox.segment.fields import check_fields, resolve
from sandbox.segment.javascript import MISSING
from sandbox.segment.pipeline import Mapped, Rejected, Request, Skipped
from sandbox.segment.triggers import parse_trigger
from sandbox.toplyne import TOPLYNE

__all__ = [
    "MISSING",
    "PRESETS",
    "TOPLYNE",
    "Delivery",
    "Destination",
    "InvalidMapping",
    "InvalidTrigger",
    "Mapped",
    "Mapping",
    "Problem",
    "Rejected",
    "Request",
    "Skipped",
    "check_fields",
    "deliver",
    "map_event",
    "parse_trigger",
    "resolve",
]
