"""Not simulated: what Segment's runtime does and the sandbox does not, each with the reason.

Segment's results for these are unpredictable, so the sandbox gives none. The same is true of clock
and time zones if the caller gives none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple, NoReturn

from sandbox.segment.definition import MAX_DEPTH
from sandbox.segment.errors import NotSimulated
from sandbox.segment.json_text import MAX_EVENT_DEPTH
from sandbox.segment.toml_tables import toml_table

NOT_SIMULATED: Final = "NOT_SIMULATED"
"""The code, our own, of an outcome that only Segment knows."""

MAX_NESTING: Final = 50
"""The most levels of tags in a template, or of brackets in one value of it."""
MAX_RESULT: Final = 16 * 1024 * 1024
"""The largest result of a mapping for one event, in about the characters of its JSON."""
MAX_TEXT: Final = 4_000_000
"""The most UTF-16 units that one step of a template makes; Segment's largest event has 32,000."""
MAX_VALUES: Final = 50_000
"""The most values that one step of a template reads; Segment's largest event has 16,000."""
MAX_HANDLED: Final = 20_000_000
"""The most units of input and output of all filters of a template."""
MAX_EFFORT: Final = 100_000_000
"""The most units of work for one event in a mapping; Segment's largest event has 32,000."""


class Unsimulated(NamedTuple):
    """One thing that is not simulated: what, as the subject of a sentence, and why."""

    what: str
    why: str


@cache
def unsimulated() -> dict[str, Unsimulated]:
    """Return all things that are not simulated, by our keys."""
    numbers = {
        "depth": MAX_DEPTH,
        "effort": MAX_EFFORT,
        "event_depth": MAX_EVENT_DEPTH,
        "handled": MAX_HANDLED,
        "nesting": MAX_NESTING,
        "result": MAX_RESULT,
        "text": MAX_TEXT,
        "values": MAX_VALUES,
    }
    entries = toml_table(__package__, "not_simulated").items()
    return {key: Unsimulated(e["what"].format_map(numbers), e["why"]) for key, e in entries}


def not_simulated(key: str, where: str = "") -> NotSimulated:
    """Return the error for an entry of the table; it starts with `where` it happened."""
    entry = unsimulated()[key]
    place = f"{where}: " if where else ""
    said = f"the sandbox does not simulate {entry.what}: {entry.why}. Segment may send this."
    return NotSimulated(place + said)


def _no_clock() -> NoReturn:
    raise NotSimulated("the template asks for the time, and the mapping was given no clock")


def _no_time_zones(zone: str, seconds: float) -> NoReturn:
    del zone, seconds
    raise NotSimulated("the template names a time zone, and the mapping was given none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What a template needs besides its event: a clock and the time zones.

    `now` returns the seconds since 1970. `zone_offset` takes a zone's name in lower case and a time
    in seconds since 1970, and returns the seconds by which the zone is ahead of UTC then, or None
    for a zone that does not exist.
    """

    now: Callable[[], float] = _no_clock
    zone_offset: Callable[[str, float], float | None] = _no_time_zones
