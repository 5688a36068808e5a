"""Quirks: events and mappings on which mappers are likely to differ.

Most members are plain, so that most events are sent; some are odd in ways that Segment's runtime
handles unusually. Everything shrinks towards plain values.
"""

import json
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Final

from sandbox.destination import Mapping
from sandbox.segment.definition import ActionDefinition, Field
from sandbox.strategies.tape import Tape
from sandbox.toplyne import TOPLYNE
from sandbox.values import MISSING, Json, Missing

EVENT_BYTES: Final = 76
"""The bytes of a tape that an event reads."""

_FILE: Final = Path(__file__).with_name("quirks.json")
_TABLES: Final[dict[str, list[Json]]] = json.loads(_FILE.read_text(encoding="utf-8"))
"""Plain and odd values, by their use; more frequent values are repeated."""
for _name in ("values", "odd_ids", "odd_names"):
    _TABLES[_name].append("x" * 1100)  # longer than the columns of many databases
_TABLES["values"] += [
    ["x"] * 101, [{"a": 1}] * 101, {"a": [1] * 101}, {"a": {f"k{n}": 1 for n in range(101)}},
    json.loads('{"a":' * 50 + "1" + "}" * 50),  # the JSON of many languages ends at 100
]  # fmt: skip
_NO_EVENTS: Final[tuple[Json, ...]] = ({}, None, [], "text", 5, [{"type": "track"}])
_ODD_PLACES: Final = {
    "type": "types", "event": "odd_names", "timestamp": "odd_times", "userId": "odd_ids",
    "properties": "odd_objects", "context": "odd_contexts",
}  # fmt: skip
_ANY: Final = [*_TABLES["values"], *_TABLES["odd_ids"], *_TABLES["odd_times"]]


def _pick(tape: Tape, table: str) -> Json:
    return tape.pick(_TABLES[table])


def _word(tape: Tape, table: str) -> str:
    return str(_pick(tape, table))  # the table has only strings


def _mixed(tape: Tape, plain: str, odd: str, other: Callable[[Tape], Json] | None = None) -> Json:
    """Choose a plain value most often, else an odd one, or for times one made by `other`."""
    kind = tape.below(20)
    if kind < (13 if other is None else 9):
        return _pick(tape, plain)
    return other(tape) if other is not None and kind >= 17 else _pick(tape, odd)


def _time(tape: Tape) -> Json:
    """Make a time from parts, each valid or slightly out of range."""
    if tape.chance(25):
        return (tape.below(2**44) - tape.pick((0, 2**43))) / tape.pick((1, 10, 1000))
    day = f"{_pick(tape, 'years')}-{tape.below(14):02}-{tape.below(33):02}"
    clock = f"{tape.below(26):02}:{tape.below(62):02}:{tape.pick(('00', '59', '60'))}"
    return f"{day}{tape.pick('TT t')}{clock}{_pick(tape, 'fractions')}{_pick(tape, 'zones')}"


def _objects(tape: Tape) -> dict[str, Json]:
    """Make properties or traits: a few members of all kinds."""
    made: dict[str, Json] = {}
    for _ in range(tape.pick((0, 1, 1, 2, 3))):
        member = tape.stretch(8)
        key = _word(member, "keys")
        made[key] = any_value(member) if member.chance(8) else _pick(member, "values")
    return made


def any_value(tape: Tape, depth: int = 2) -> Json:
    """Make any JSON value, no deeper than `depth`."""
    kind = tape.below(8)
    if depth and kind == 6:
        return [any_value(tape, depth - 1) for _ in range(tape.below(3))]
    if depth and kind == 7:
        return {_word(tape, "keys"): any_value(tape, depth - 1) for _ in range(tape.below(3))}
    if kind == 5:
        return chr(tape.below(0xD800)) * (1 + tape.below(2))
    if kind == 4:
        return (tape.below(2**40) - 2**39) / tape.pick((1, 3, 1000))
    return tape.pick(_ANY)


def quirky_event(tape: Tape) -> Json:
    """Make an event on which mappers are likely to differ, from `EVENT_BYTES` bytes."""
    if tape.chance(1):
        return tape.pick(_NO_EVENTS)
    kind = _pick(tape, "types")
    name, user, visitor = tape.stretch(6), tape.stretch(4), tape.stretch(4)
    group, time, known = tape.stretch(4), tape.stretch(14), tape.stretch(30)
    context = tape.stretch(6)
    event: dict[str, Json] = {"type": kind}
    if name.chance(4) is (kind in ("identify", "group")):
        key = "name" if kind in ("page", "screen") else "event"
        event[key] = _mixed(name, "names", "odd_names")
    if not time.chance(4):
        event["timestamp"] = _mixed(time, "times", "odd_times", _time)
    of_groups = 80 if kind == "group" else 8
    ids = (("groupId", group, of_groups), ("userId", user, 60), ("anonymousId", visitor, 20))
    event |= {key: _mixed(part, "ids", "odd_ids") for key, part, share in ids if part.chance(share)}
    if known.chance(60):
        is_traits = known.chance(96) if kind in ("identify", "group") else known.chance(4)
        objects = _pick(tape, "odd_objects") if tape.chance(15) else _objects(known)
        event["traits" if is_traits else "properties"] = objects
    if context.chance(30):
        plain: Json = {"groupId": _mixed(context, "ids", "odd_ids")}
        event["context"] = _pick(context, "odd_contexts") if context.chance(60) else plain
    if tape.chance(30):
        event[_word(tape, "other_keys")] = _pick(tape, "times")
    return event


def plain_events() -> Iterator[Json]:
    """Yield events that are plain but for one odd value or a key that another member moved to."""
    time = _TABLES["times"][0]
    event: dict[str, Json] = {"type": "track", "event": "Signed Up", "timestamp": time}
    for key, table in _ODD_PLACES.items():
        for value in _TABLES[table]:
            yield {**event, key: value}
    for key, other in product(event, _TABLES["other_keys"]):
        yield {n: value for n, value in event.items() if n != key} | {str(other): event[key]}
    for value in _TABLES["values"]:
        yield {**event, "properties": {"plan": value}}
    for name in _TABLES["keys"]:
        yield {**event, "properties": {str(name): "pro"}}


# --- mappings: triggers and fields ---

_UNKNOWN: Final = 'anonymousId = "a1"'
_JOINS: Final = (" and ", " or ")
_SOURCES: Final = {key: _TABLES[f"{key}s"] for key in ("string", "datetime", "object")}
_EXTRA: Final = ("dynamicAuthSettings", "plan", "enable_batching")
_ACTIONS: Final = tuple(reversed(TOPLYNE.actions))
_MAPPING_BYTES: Final = 40
_MOST: Final = 3
MAPPINGS_BYTES: Final = _MOST * _MAPPING_BYTES
"""The bytes of a tape that the mappings of a case read."""


def quirky_trigger(tape: Tape) -> str:
    """Make a trigger of one to three clauses, joined by `and` and `or`, some in parentheses."""
    parts: list[str] = []
    for number in range(tape.pick((1, 1, 2, 2, 3, 3))):
        clause = tape.stretch(5)
        if number:
            parts.append(clause.pick(_JOINS))
        if clause.chance(12):
            group = _word(clause, "clauses"), clause.pick(_JOINS), _word(clause, "clauses")
            parts.append(f"({''.join(group)})")
        else:
            parts.append(_word(clause, "calls" if clause.chance(15) else "clauses"))
    text = "".join(parts)
    # triggers ignore anonymousId: alone it is no condition, and in parentheses it throws
    known = text.replace(_UNKNOWN, "")
    return text if known.strip(" andor()") and "()" not in known else 'type = "track"'


def quirky_fields(tape: Tape, action: ActionDefinition) -> Json:
    """Make the fields of a mapping: the defaults most often, else directives of each kind."""
    if not tape.chance(35):
        return action.default_fields
    fields = {field.key: _source(tape.stretch(3), field) for field in action.fields}
    kept = {key: source for key, source in fields.items() if source is not MISSING}
    return {**kept, tape.pick(_EXTRA): _pick(tape, "objects")} if tape.chance(15) else kept


def _source(tape: Tape, field: Field) -> Json | Missing:
    if tape.chance(25):
        return tape.pick(_SOURCES[field.type])
    return MISSING if tape.chance(25) and not field.required else field.default


def quirky_mappings(tape: Tape) -> tuple[Mapping, ...]:
    """Make one to three mappings, the first enabled, from `MAPPINGS_BYTES` bytes."""
    stretches = [tape.stretch(_MAPPING_BYTES) for _ in range(_MOST)]
    chosen = [each for each in stretches if each.chance(45)] or stretches[:1]
    return tuple(_mapping(each, number) for number, each in enumerate(chosen, 1))


def _mapping(tape: Tape, number: int) -> Mapping:
    action = tape.pick(_ACTIONS)
    return Mapping(
        f"Mapping {number}",
        action=action.key,
        trigger=quirky_trigger(tape.stretch(16)),
        enabled=not tape.chance(10) or number == 1,
        fields=quirky_fields(tape, action),
    )
