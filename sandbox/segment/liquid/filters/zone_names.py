"""Zone names: how far the time zone a template names lies from UTC, as liquidjs finds it out."""

from __future__ import annotations

from typing import Final

from sandbox.segment.date_parser import parse_date
from sandbox.segment.errors import Thrown
from sandbox.segment.liquid.filters.moments import Moment
from sandbox.segment.liquid.filters.strftime import american_time
from sandbox.segment.liquid.liquid_errors import refuse
from sandbox.segment.outside import Outside

_OLD_NAMES: Final = {
    "act": "australia/darwin",
    "aet": "australia/sydney",
    "agt": "america/argentina/buenos_aires",
    "art": "africa/cairo",
    "ast": "america/anchorage",
    "bet": "america/sao_paulo",
    "bst": "asia/dhaka",
    "canada/east-saskatchewan": "america/regina",
    "cat": "africa/harare",
    "cnt": "america/st_johns",
    "cst": "america/chicago",
    "ctt": "asia/shanghai",
    "eat": "africa/addis_ababa",
    "ect": "europe/paris",
    "iet": "america/indiana/indianapolis",
    "ist": "asia/kolkata",
    "jst": "asia/tokyo",
    "mit": "pacific/apia",
    "net": "asia/yerevan",
    "nst": "pacific/auckland",
    "plt": "asia/karachi",
    "pnt": "america/phoenix",
    "prt": "america/puerto_rico",
    "pst": "america/los_angeles",
    "sst": "pacific/guadalcanal",
    "us/pacific-new": "america/los_angeles",
    "vst": "asia/ho_chi_minh",
}
"""Names that ICU knows beside those of the time zone database; observed in Node 20."""
_ICU_ALONE: Final = "systemv/"
_NOT_IN_ICU: Final = "factory"
_OLD_RULES: Final = frozenset({"cst6cdt", "est5edt", "mst7mdt", "pst8pdt"})
_SAME_RULES_FROM: Final = -94_694_400
"""From 1967 on these four have the rules of American cities in all versions of the database."""


def minutes_west(zone: str, time: float, outside: Outside) -> float:
    """Return how many minutes a zone lies to the west of UTC at a time, in milliseconds.

    Liquidjs has the time written for both and reads the two strings again, which goes wrong for
    years of few digits. Throws where there is no such zone.
    """
    seconds = time // 1000
    name = zone.lower() if zone.isascii() else ""
    if name.startswith(_ICU_ALONE) or (name in _OLD_RULES and seconds < _SAME_RULES_FROM):
        refuse("old time zone")
    offset = None
    if name != _NOT_IN_ICU:
        offset = outside.zone_offset(_OLD_NAMES.get(name, name), seconds)
    if offset is None:
        # V8 shows the bytes of the name's UTF-8 one by one
        shown = zone.replace("\0", " ").encode(errors="surrogatepass").decode("latin-1")
        raise Thrown(f"Invalid time zone specified: {shown}", name="RangeError")
    there = Moment.of(int(time + offset * 1000), 0, "")
    here = Moment.of(int(time), 0, "")
    return (parse_date(american_time(here)) - parse_date(american_time(there))) / 60_000
