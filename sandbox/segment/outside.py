"""Outside: what a template may ask of the world beside its event; the caller gives it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from sandbox.segment.errors import NotSimulated


def _no_clock() -> NoReturn:
    raise NotSimulated("the template asks for the time, and the mapping was given no clock")


def _no_time_zones(zone: str, seconds: float) -> NoReturn:
    del zone, seconds
    raise NotSimulated("the template names a time zone, and the mapping was given none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """A clock and the time zones.

    `now` returns the seconds since 1970. `zone_offset` takes a zone's name in lower case and a time
    in seconds since 1970, and returns the seconds by which the zone is ahead of UTC then, or None
    for a zone that does not exist.
    """

    now: Callable[[], float] = _no_clock
    zone_offset: Callable[[str, float], float | None] = _no_time_zones
