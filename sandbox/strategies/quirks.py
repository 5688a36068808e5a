"""Quirks: events and mappings on which mappers differ, more often than chance would make them.

Most members are plain, so that most events are sent; each is odd now and then, in the ways that
Segment's runtime treats in its own way. Everything shrinks towards the plain.
"""

from collections.abc import Callable
from typing import Final

from sandbox.destination import Mapping
from sandbox.segment.definition import ActionDefinition, Field
from sandbox.segment.javascript import MISSING, Json
from sandbox.strategies.tape import Tape
from sandbox.toplyne import TOPLYNE

EVENT_BYTES: Final = 76
"""How many bytes of a tape an event reads."""

_TYPES: Final = (
    *("track",) * 12, *("identify",) * 6, *("group",) * 6, "page", "screen", "alias",
    "Track", "TRACK", "", " track", None, 5, ["track"],
)  # fmt: skip
_IDS: Final = ("u1", "u2", "a1")
_ODD_IDS: Final[tuple[Json, ...]] = (
    5, "", None, " u1 ", True, "", 5, "", None, "", 7, True, False, 0, ["u1"], [5], [None], [""],
    [True], [], ["a", "b"], [["u1"]], {}, {"id": 1}, [{}], -1, 1.5, 1e21, 1e-7, 0.1, 1e20, -0.0,
    12345678901234567890, 1700000000.0, "U1", " ", "5", "null", "😀", "é", "\ud83d", "u\n1", "0",
)  # fmt: skip
_NAMES: Final = ("Signed Up", "Order Completed", "Trial Started")
_ODD_NAMES: Final[tuple[Json, ...]] = (
    "", None, 5, " ", " Signed Up ", "signed up", ["Signed Up"], [""], True, 0, [], {}, "😀",
    1e21, "Sign\u0000", ["a", "b"], False,
)  # fmt: skip
_TIMES: Final = ("2021-02-01T00:00:00Z", "2021-02-01T12:34:56.789Z")
_ODD_TIMES: Final[tuple[Json, ...]] = (
    1612137600000, 1612137600, 1612137600999, 0, -1, -1500, 1612137600000.9, 1500, 5, 1e15, 8.64e15,
    "2021-02-01T00:00:00+05:30", "2021-02-01T00:00:00-08:00", "2021-02-01T00:00:00.000+0000",
    "2021-02-01", "2021-02-01T00:00:00", "2021-02-01 00:00", "2021-02-30", "2021-02-30T00:00:00Z",
    "2021-02-31T24:00:00Z", "2021-13-01", "2021", "20210201", "2021-2", "2021/02/01", "2021-02",
    "1612137600", "1612137600000", "13", "5", "0", "-1", "1.5", "1e3", "Feb 1, 2021",
    "Mon, 01 Feb 2021 00:00:00 GMT", "1 Feb 2021 10:00 EST", "02/01/2021", "tomorrow", "", " ",
    "1969-12-31T23:59:59.500Z", "1969-12-31T23:59:59Z", "2021-02-01T00:00:00.9999999Z",
    *("2021-02-01T00:00:00.999Z",) * 3, "2021-02-01t00:00:00z", None, True, False, [], {},
    ["2021-02-01"], ["1612137600000"], [1612137600000], [5], ["Infinity"], 8.64e15 + 2, 1e21,
)  # fmt: skip
_VALUES: Final[tuple[Json, ...]] = (
    "pro", 5, True, None, "", None, "", [], {}, None, 0, False, 1.5, 10, "5", [None], [""],
    {"a": None}, [{}],
    1e21, 1e-7, 12345678901234567890, "2021-02-01", "😀", {"b": {"c": None, "d": ""}}, [1, "x"],
    "\u2028", -0.0, 100.0,
)  # fmt: skip
_KEYS: Final = ("plan", "amount", "at", "id", "a.b", "0", "", "userId", "$", "é")
_ODD_OBJECTS: Final[tuple[Json, ...]] = (
    None, "", "text", 5, 0, [], [{}], [{"plan": "pro"}], True, False, "{}",
)  # fmt: skip
_ODD_CONTEXTS: Final[tuple[Json, ...]] = (
    None, None, None, 0, False, 0, False, "", "text", 5, [], {}, True, {"personas": None},
    {"personas": None}, {"personas": {}},
    {"groupId": None}, {"groupId": "", "ip": "1.2.3.4"}, {"personas": {"computation_class": "a"}},
    {"traits": {"email": "a@example.com"}}, {"groupId": {"id": "g1"}},
)  # fmt: skip
_YEARS: Final = ("2021", "1969", "2024", "0099", "12021")
_FRACTIONS: Final = ("", ".5", ".999", ".1234567", ",5", ".")
_ZONES: Final = ("Z", "", "+05:30", "-0800", "+14:00", " +01:00", "z", "+1")


def _mixed(
    tape: Tape,
    plain: tuple[Json, ...],
    odd: tuple[Json, ...],
    other: Callable[[Tape], Json] | None = None,
) -> Json:
    """Choose a plain value most often, else an odd one; of times, which are odd most, another."""
    kind = tape.below(20)
    if kind < (13 if other is None else 9):
        return tape.pick(plain)
    return other(tape) if other is not None and kind >= 17 else tape.pick(odd)


def _time(tape: Tape) -> Json:
    """Make a time out of its parts, each right or a little beyond."""
    if tape.chance(25):
        return (tape.below(2**44) - tape.pick((0, 2**43))) / tape.pick((1, 10, 1000))
    day = f"{tape.pick(_YEARS)}-{tape.below(14):02}-{tape.below(33):02}"
    clock = f"{tape.below(26):02}:{tape.below(62):02}:{tape.pick(('00', '59', '60'))}"
    return f"{day}{tape.pick('TT t')}{clock}{tape.pick(_FRACTIONS)}{tape.pick(_ZONES)}"


def _objects(tape: Tape) -> dict[str, Json]:
    """Make what stands in properties and traits: a few members of all sorts."""
    made: dict[str, Json] = {}
    for _ in range(tape.pick((0, 1, 1, 2, 3))):
        member = tape.stretch(8)
        key = member.pick(_KEYS)
        made[key] = any_value(member) if member.chance(8) else member.pick(_VALUES)
    return made


def any_value(tape: Tape, depth: int = 2) -> Json:
    """Make any JSON value, no deeper than `depth`."""
    kind = tape.below(8)
    if depth and kind == 6:
        return [any_value(tape, depth - 1) for _ in range(tape.below(3))]
    if depth and kind == 7:
        return {tape.pick(_KEYS): any_value(tape, depth - 1) for _ in range(tape.below(3))}
    if kind == 5:
        return chr(tape.below(0xD800)) * (1 + tape.below(2))
    if kind == 4:
        return (tape.below(2**40) - 2**39) / tape.pick((1, 3, 1000))
    return tape.pick((*_VALUES, *_ODD_IDS, *_ODD_TIMES))


def quirky_event(tape: Tape) -> Json:
    """Make an event on which mappers differ, of `EVENT_BYTES` bytes; see the module."""
    if tape.chance(1):
        return tape.pick(({}, None, [], "text", 5, [{"type": "track"}]))
    kind = tape.pick(_TYPES)
    name, user, visitor = tape.stretch(6), tape.stretch(4), tape.stretch(4)
    group, time, known = tape.stretch(4), tape.stretch(14), tape.stretch(30)
    context = tape.stretch(6)
    event: dict[str, Json] = {"type": kind}
    unusual = name.chance(4)
    if unusual is (kind in ("identify", "group")):
        event["name" if kind in ("page", "screen") else "event"] = _mixed(name, _NAMES, _ODD_NAMES)
    if not time.chance(4):
        event["timestamp"] = _mixed(time, _TIMES, _ODD_TIMES, _time)
    if group.chance(90 if kind == "group" else 8):
        event["groupId"] = _mixed(group, _IDS, _ODD_IDS)
    if user.chance(60):
        event["userId"] = _mixed(user, _IDS, _ODD_IDS)
    if visitor.chance(20):
        event["anonymousId"] = _mixed(visitor, _IDS, _ODD_IDS)
    if known.chance(60):
        is_traits = known.chance(96) if kind in ("identify", "group") else known.chance(4)
        objects = tape.pick(_ODD_OBJECTS) if tape.chance(15) else _objects(known)
        event["traits" if is_traits else "properties"] = objects
    if context.chance(30):
        event["context"] = _context(context)
    return event


def _context(tape: Tape) -> Json:
    if tape.chance(60):
        return tape.pick(_ODD_CONTEXTS)
    return {"groupId": _mixed(tape, _IDS, _ODD_IDS)}


# --- mappings: triggers and fields of a user's own ---

_UNKNOWN: Final = 'anonymousId = "a1"'
_JOINS: Final = (" and ", " or ")
_CLAUSES: Final = (
    'type = "track"', 'type = "track"', 'event = "Signed Up"', 'type = "identify"',
    'type = "group"', 'type != "page"', 'event != "Signed Up"', "event != null",
    'properties.plan = "pro"', "properties.plan != null", "properties.plan = null",
    "properties.plan = true", "properties.plan != true", "properties.amount > 5",
    "properties.amount <= 5", "properties.amount = 5", "properties.amount != 5",
    'properties.amount = "5"', 'properties.amount != "5"', 'userId = "u1"', "userId != null",
    "userId = null", "userId = 5", 'traits.plan = "pro"', 'context.groupId = "u1"',
    "context.groupId != null", "type = 'track'", "event = Signed", _UNKNOWN,
)  # fmt: skip
_CALLS: Final = (
    'contains(event, "Up")', '!contains(event, "Up")', 'match(event, "Signed*")',
    'match(event, "*Up")', '!match(event, "*Up")', 'contains(properties.plan, "p")',
    '!contains(properties.plan, "p")', 'match(userId, "u*")',
)  # fmt: skip
_USER: Final = {"@path": "$.userId"}
_PROPERTIES: Final = {"@path": "$.properties"}
_TEXT_SOURCES: Final[tuple[Json, ...]] = (
    {"@path": "$.properties.plan"}, {"@path": "$.context.groupId"}, {"@path": "$.properties.id"},
    {"@template": "{{userId}}-{{properties.plan}}"}, {"@template": "{{event}}"}, "fixed", 5, ["x"],
    {"@if": {"exists": _USER, "then": _USER, "else": {"@path": "$.anonymousId"}}},
    {"@if": {"blank": _USER, "then": "full", "else": "blank"}},
    {"@case": {"operator": "lower", "value": {"@path": "$.event"}}},
    {"@replace": {"pattern": "u", "replacement": "$&$&", "value": _USER}},
    {"@json": {"mode": "encode", "value": _PROPERTIES}}, {"@literal": "{{userId}}"}, "$.userId",
)  # fmt: skip
_TIME_SOURCES: Final[tuple[Json, ...]] = (
    {"@path": "$.properties.at"}, 1612137600000, "2021-02-01", {"@template": "{{timestamp}}"},
    {"@if": {"exists": {"@path": "$.timestamp"}, "then": {"@path": "$.timestamp"}, "else": 0}},
)  # fmt: skip
_OBJECT_SOURCES: Final[tuple[Json, ...]] = (
    {"@path": "$.context"}, {"@path": "$."}, {}, {"@excludeWhenNull": _PROPERTIES},
    {"plan": {"@path": "$.properties.plan"}, "none": None, "empty": "", "gone": {"@path": "$.x"}},
    {"@merge": {"direction": "right", "objects": [_PROPERTIES, {"source": "web"}]}},
    {"@merge": {"direction": "left", "objects": [_PROPERTIES, {"plan": "none"}]}},
    {"@flatten": {"separator": ".", "value": _PROPERTIES}},
)  # fmt: skip
_OTHERS: Final = {"string": _TEXT_SOURCES, "datetime": _TIME_SOURCES, "object": _OBJECT_SOURCES}
_EXTRA: Final = ("dynamicAuthSettings", "plan", "enable_batching")
_ACTIONS: Final = tuple(reversed(TOPLYNE.actions))
_MAPPING_BYTES: Final = 40
_MOST: Final = 3
MAPPINGS_BYTES: Final = _MOST * _MAPPING_BYTES
"""How many bytes of a tape the mappings of a case read."""


def quirky_trigger(tape: Tape) -> str:
    """Make a trigger of one to three clauses, joined by both words, at times in parentheses."""
    parts: list[str] = []
    for number in range(tape.pick((1, 1, 2, 2, 3, 3))):
        clause = tape.stretch(5)
        if number:
            parts.append(clause.pick(_JOINS))
        if clause.chance(12):
            group = (clause.pick(_CLAUSES), clause.pick(_JOINS), clause.pick(_CLAUSES))
            parts.append(f"({''.join(group)})")
        else:
            parts.append(clause.pick(_CALLS if clause.chance(15) else _CLAUSES))
    text = "".join(parts)
    # anonymousId is nothing a trigger knows: alone, it is no trigger, and in parentheses a trap
    known = text.replace(_UNKNOWN, "")
    return text if known.strip(" andor()") and "()" not in known else 'type = "track"'


def quirky_fields(tape: Tape, action: ActionDefinition) -> Json:
    """Make the fields of a mapping: the defaults most often, else directives of each kind."""
    if not tape.chance(35):
        return action.default_fields
    fields = {field.key: _source(tape.stretch(3), field) for field in action.fields}
    kept = {key: source for key, source in fields.items() if source is not MISSING}
    return {**kept, tape.pick(_EXTRA): tape.pick(_OBJECT_SOURCES)} if tape.chance(15) else kept


def _source(tape: Tape, field: Field) -> Json:
    if tape.chance(25):
        return tape.pick(_OTHERS[field.type])
    return MISSING if tape.chance(25) and not field.required else field.default


def quirky_mappings(tape: Tape) -> tuple[Mapping, ...]:
    """Make one to three mappings, of which the first is enabled, of `MAPPINGS_BYTES` bytes."""
    stretches = [tape.stretch(_MAPPING_BYTES) for _ in range(_MOST)]
    chosen = [each for each in stretches if each.chance(45)] or stretches[:1]
    return tuple(_mapping(each, number) for number, each in enumerate(chosen, 1))


def _mapping(tape: Tape, number: int) -> Mapping:
    action = tape.pick(_ACTIONS)
    trigger = quirky_trigger(tape.stretch(16))
    return Mapping(
        f"Mapping {number}",
        action=action.key,
        trigger=trigger,
        enabled=not tape.chance(10) or number == 1,
        fields=quirky_fields(tape, action),
    )
