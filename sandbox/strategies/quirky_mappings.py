"""Quirky mappings: triggers and fields of a user's own, on which mappers differ."""

from typing import Final

from sandbox.destination import Mapping
from sandbox.segment.definition import ActionDefinition, Field
from sandbox.segment.javascript import MISSING, Json
from sandbox.strategies.tape import Tape
from sandbox.toplyne import TOPLYNE

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
_TEXTS: Final[tuple[Json, ...]] = (
    {"@path": "$.properties.plan"}, {"@path": "$.context.groupId"}, {"@path": "$.properties.id"},
    {"@template": "{{userId}}-{{properties.plan}}"}, {"@template": "{{event}}"}, "fixed", 5, ["x"],
    {"@if": {"exists": _USER, "then": _USER, "else": {"@path": "$.anonymousId"}}},
    {"@if": {"blank": _USER, "then": "full", "else": "blank"}},
    {"@case": {"operator": "lower", "value": {"@path": "$.event"}}},
    {"@replace": {"pattern": "u", "replacement": "$&$&", "value": _USER}},
    {"@json": {"mode": "encode", "value": _PROPERTIES}}, {"@literal": "{{userId}}"}, "$.userId",
)  # fmt: skip
_TIMES: Final[tuple[Json, ...]] = (
    {"@path": "$.properties.at"}, 1612137600000, "2021-02-01", {"@template": "{{timestamp}}"},
    {"@if": {"exists": {"@path": "$.timestamp"}, "then": {"@path": "$.timestamp"}, "else": 0}},
)  # fmt: skip
_OBJECTS: Final[tuple[Json, ...]] = (
    {"@path": "$.context"}, {"@path": "$."}, {}, {"@excludeWhenNull": _PROPERTIES},
    {"plan": {"@path": "$.properties.plan"}, "none": None, "empty": "", "gone": {"@path": "$.x"}},
    {"@merge": {"direction": "right", "objects": [_PROPERTIES, {"source": "web"}]}},
    {"@merge": {"direction": "left", "objects": [_PROPERTIES, {"plan": "none"}]}},
    {"@flatten": {"separator": ".", "value": _PROPERTIES}},
)  # fmt: skip
_OTHERS: Final = {"string": _TEXTS, "datetime": _TIMES, "object": _OBJECTS}
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
    return {**kept, tape.pick(_EXTRA): tape.pick(_OBJECTS)} if tape.chance(15) else kept


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
