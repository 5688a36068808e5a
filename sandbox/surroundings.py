"""Surroundings: the clock of this machine and the time zones, for the templates of mappings."""

from __future__ import annotations

import time
from typing import Final, cast

from sandbox.segment import fields as segment_fields
from sandbox.segment.outside import Outside
from sandbox.values import Json, Missing


def _now() -> float:
    return time.time()  # looked up anew each time, as tests replace it


def _zone_offset(zone: str, seconds: float) -> float | None:
    from sandbox.time_zones import zone_offset  # noqa: PLC0415 - few templates name a time zone

    return zone_offset(zone, seconds)


OUTSIDE: Final = Outside(now=_now, zone_offset=_zone_offset)
"""What mappings are given unless they are given something else."""


def resolve(fields: object, event: object, *, outside: Outside = OUTSIDE) -> Json | Missing:
    """Return what the fields make of the event, as JSON; MISSING where that is undefined.

    >>> resolve({"plan": {"@path": "$.traits.plan"}}, {"traits": {"plan": "pro"}})
    {'plan': 'pro'}

    Raises InvalidMapping as check_fields does, and Thrown where Segment's runtime throws.
    """
    return cast("Json | Missing", segment_fields.resolve(fields, event, outside))
