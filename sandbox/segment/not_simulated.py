"""Not simulated: what Segment's runtime does and the sandbox does not, each with the reason.

Segment's answer to these cannot be foretold, so none is made up. Nor are clock and time zones,
where the caller gives none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple, NoReturn

from sandbox.segment.definition import MAX_DEPTH
from sandbox.segment.errors import NotSimulated
from sandbox.segment.json_text import MAX_EVENT_DEPTH

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
_UNBOUNDED: Final = "Segment has no such limit but the memory and the stack of its machine"


class Unsimulated(NamedTuple):
    """One thing that is not simulated: what, as the subject of a sentence, and why."""

    what: str
    why: str


UNSIMULATED: Final[dict[str, Unsimulated]] = {
    "sample": Unsimulated(
        "the Liquid filter `sample`",
        "it picks elements at random",
    ),
    "old time zone": Unsimulated(
        "the time zones `SystemV/…`, and `EST5EDT`, `CST6CDT`, `MST7MDT` and `PST8PDT` before 1967,"
        " in Liquid's `date`",
        "their rules differ between versions of the time zone database",
    ),
    "rounding": Unsimulated(
        "the Liquid filter `round` with digits that are not a whole number from -22 to 22",
        "JavaScript's powers of ten are inexact there",
    ),
    "new letters": Unsimulated(
        "the Liquid filter `slugify` with characters that this Python's Unicode tables do not know",
        "Segment's tables may know them as letters",
    ),
    "built-ins": Unsimulated(
        "members that JavaScript itself gives to `nil`, `empty`, `blank` and `block`, such as"
        " `empty.constructor`",
        "they are parts of Segment's runtime",
    ),
    "options": Unsimulated(
        "the Liquid filter `default` with options that are not pairs of a name and a value",
        "what is read in them depends on how Segment's runtime holds values",
    ),
    "nesting": Unsimulated(
        f"a Liquid template whose tags or values nest more than {MAX_NESTING} levels deep",
        _UNBOUNDED,
    ),
    "size": Unsimulated(
        f"a Liquid template that works on more than {MAX_TEXT:,} characters or {MAX_VALUES:,}"
        f" values in one step, or {MAX_HANDLED:,} characters in all",
        "Segment stops it after half a second, so it depends on the speed of its machine",
    ),
    "large result": Unsimulated(
        f"a mapping that makes more than {MAX_RESULT:,} characters of one event", _UNBOUNDED
    ),
    "deep JSON": Unsimulated(
        f"`@json` that decodes a string nested more than {MAX_EVENT_DEPTH} levels deep", _UNBOUNDED
    ),
    "deep event": Unsimulated(
        f"an event nested more than {MAX_EVENT_DEPTH} levels deep, or a request more than"
        f" {MAX_DEPTH}",
        _UNBOUNDED,
    ),
}
"""Everything of the kind, by a key of ours."""


def not_simulated(key: str, where: str = "") -> NotSimulated:
    """Return the error for one entry of the table, after `where` in the mapping it happened."""
    entry = UNSIMULATED[key]
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
