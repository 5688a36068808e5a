"""Templates that depend on the clock or on a time zone: `now`, `today`, and zones by their names.

The clock is part of the case, and is set on both sides. No time lies in the future, for which the
tables of time zones change.
"""

from typing import Any

from sandbox.strategies.tape import Tape, taped
from tests.conformance.generate_liquid import FORMATS, liquid_case
from tests.conformance.generate_values import event
from tests.conformance.tape import weighted

ZONES = (
    "Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/St_Johns", "Asia/Kathmandu",
    "Australia/Lord_Howe", "Pacific/Apia", "Africa/Monrovia", "Asia/Tehran", "Etc/GMT+5",
    "Etc/GMT-14", "UTC", "GMT", "PST", "bst", "JST", "EST", "CET", "europe/paris",
    "AMERICA/SAO_PAULO", "Antarctica/Troll", "Asia/Pyongyang", "EST5EDT", "Pacific/Kwajalein",
    "US/Pacific-New", "Africa/Cairo", "Europe/Dublin", "America/Caracas",
)  # fmt: skip
ODD_ZONES = (
    "", "Z", "+02:00", "-05:00", "Mars", "60", "utc ", " UTC", "GMT+2", "Etc/GMT+20", "Factory",
    "Europe", "é", "😀\ud83d", "a\0b", "Europe/\u212aiev", "EDT", "SystemV/PST8",
)  # fmt: skip
_WORDS = ("nil", "null", "empty", "blank", "missing", "nul", "true", "false", "arr", "o")
_EDGES = (
    "2021-03-28T00:59:59Z", "2021-03-28T01:00:00Z", "2021-10-31T00:30:00Z", "2021-03-14T07:00:00Z",
    "1883-11-18T17:00:00Z", "1893-03-31T23:06:32Z", "2011-12-30T12:00:00Z", "0000-02-29",
    "0004-02-29",
    "0099-12-31T23:30:00Z", "0049-12-31T23:30:00Z", "-000001-01-01", "-271821-04-20",
    "-271821-12-31", "2024-12-31T23:59:59Z", "2012-02-29", "2009-07-01", "1999-12-31",
    "1900-01-01", "1970-01-01", "1945-05-24T02:00:00Z", "1752-09-14", "0100-03-01", "0001-01-01",
)  # fmt: skip
_CLOCKS = (0, 1612174830123, 1616893200000, -1, 1735689599999, 951782399999, -62135596800000)
_FORMATS = weighted((FORMATS, 2), (("'%Y-%m-%d %H:%M:%S %z %Z'", "'%c|%U|%W|%j|%s'"), 3))


def zone_case(tape: Tape) -> dict[str, Any]:
    template, zone, when = _template(tape), tape.pick((*ZONES, *ODD_ZONES)), _time(tape)
    now = tape.pick(_CLOCKS) if tape.chance(30) else tape.below(1_760_000_000_000)
    return {
        "mapping": {"a": {"@liquid": template}},
        "event": {**event(tape), "zone": zone, "when": when},
        "now": now,
    }


def _template(tape: Tape) -> str:
    value = tape.pick(("'now'", "'today'", "when", "when", "when", "timestamp", f"'{_time(tape)}'"))
    if tape.chance(10):
        name = tape.pick(("date_to_string", "date_to_xmlschema", "date_to_rfc822", "date"))
        return f"{{{{ {value} | {name} }}}}"
    return f"{{{{ {value} | date: {tape.pick(tape.pick(_FORMATS))}, {_zone(tape)} }}}}"


def _zone(tape: Tape) -> str:
    kind = tape.below(10)
    if kind < 5:
        return f"'{tape.pick(ZONES)}'"
    if kind < 7:
        return f"'{tape.pick(ODD_ZONES)}'"
    if kind < 8:
        return tape.pick(_WORDS)
    return "zone" if kind < 9 else str(tape.below(2000) - 1000)


def _time(tape: Tape) -> str:
    if tape.chance(40):
        return tape.pick(_EDGES)
    year, month, day = tape.between(1850, 2025), tape.between(1, 12), tape.between(1, 28)
    hour, minute = tape.below(24), tape.below(60)
    return f"{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:00Z"


def _any_case(tape: Tape) -> dict[str, Any]:
    return zone_case(tape) if tape.chance(20) else liquid_case(tape)


FIXED = tuple(
    {"mapping": {"a": {"@liquid": template}}, "event": {"nul": None}, "now": 1612174830123}
    for template in (
        "{{ '2021-02-01' | date: '%Z', nil }}",
        "{{ '2021-02-01' | date: '%Z %z', nul }}",
        "{{ '2021-02-01' | date: '%Z %z', missing }}",
        "{{ '2021-02-01' | date: '%Z %z', empty }}",
        "{{ '-271821-12-31' | date: '%U %W %j' }}",
        "{{ 'now' | date: '%Y-%m-%dT%H:%M:%S.%L' }}",
        "{{ 'today' | date_to_xmlschema }}",
        "{{ 'now' | date: '%H:%M %Z', 'Asia/Tokyo' }}",
        "{{ '2021-07-01T12:00:00Z' | date: '%H:%M %z', 'America/New_York' }}",
        "{{ '2021-07-01T12:00:00Z' | date: '%H:%M %z', 'Z' }}",
        "{{ '2021-07-01T12:00:00Z' | date: '%H:%M %z', '' }}",
        "{{ '2021-07-01T12:00:00Z' | date: '%H:%M %z', '+02:00' }}",
        "{{ 'no date' | date: '%H', 'Mars' }}",
        "{{ 0 | date: '%c %z', 'Europe/Amsterdam' }}",
        "{{ '0049-12-31T23:30:00Z' | date: '%c %z', 'Asia/Tokyo' }}",
    )
)
"""Templates that were once told wrongly, or are easily."""

LIQUID_AND_ZONES = taped(_any_case, length=110)
"""Each a dict of `mapping`, whose field `a` is the template, `event`, and sometimes `now`."""
