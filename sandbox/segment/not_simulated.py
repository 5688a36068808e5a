"""Not simulated: what Segment's runtime does and the sandbox does not, each with the reason.

Segment's answer to these cannot be foretold, so none is made up. Nor are clock and time zones,
where the caller gives none.
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
"""The code of an outcome that nobody knows but Segment; it is ours."""

MAX_NESTING: Final = 50
"""How deep the tags of a template, or the brackets of one value in it, may nest."""
MAX_RESULT: Final = 16 * 1024 * 1024
"""How large, in about the characters of its JSON, what a mapping makes of one event may be."""
MAX_TEXT: Final = 4_000_000
"""How many UTF-16 units one step of a template may make; Segment's largest event has 32,000."""
MAX_VALUES: Final = 50_000
"""How many values one step of it may look at; Segment's largest event holds 16,000."""
MAX_HANDLED: Final = 20_000_000
"""How many units all its filters together may be given or give."""
MAX_EFFORT: Final = 100_000_000
"""How many units the mapping of one event may go through; Segment's largest event has 32,000."""


class Unsimulated(NamedTuple):
    """One thing that is not simulated: what, as the subject of a sentence, and why."""

    what: str
    why: str


@cache
def unsimulated() -> dict[str, Unsimulated]:
    """Return everything of the kind, by a key of ours."""
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
    """Return the error for one entry of the table, after `where` in the mapping it happened."""
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
    """What a template may ask of the world beside its event: a clock and the time zones.

    `now` returns the seconds since 1970. `zone_offset` takes a zone's name in lower case and a time
    in seconds since 1970, and returns the seconds by which the zone is ahead of UTC then, or None
    for a zone that does not exist.
    """

    now: Callable[[], float] = _no_clock
    zone_offset: Callable[[str, float], float | None] = _no_time_zones
