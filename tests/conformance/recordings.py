"""Recordings: which files the corpus has, and what is in each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.conformance import (
    generate_dates,
    generate_deliveries,
    generate_fields,
    generate_liquid,
    generate_triggers,
)
from tests.conformance.compare import Case
from tests.conformance.generate_values import NUMBERS, TEXTS, event, full_event
from tests.conformance.tape import Tape


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One file of the corpus: cases written down, then `count` cases drawn by `build`."""

    kind: str
    file: str
    build: Callable[[Tape], Case]
    count: int
    fixed: tuple[Case, ...] = field(default=())


QUIRKS = (
    'type = "a" and type = "b" or type = "c"',
    'type = "a" or type = "b" and type = "c"',
    '(type = "a" or type = "b") and event = "x"',
    '((type = "a"))', '(type = "a"', 'type = "a")', 'type = "a" or(type = "b")',
    'type="a" and ( contains(event,"x") or contains(event,"y") )', '(contains(event, "x"))',
    'type = "a" AND type = "b"', 'or type = "a"', 'type = "a" or', 'type = "a" event = "x"',
    'foo = "bar" and type = "a"', 'foo = "bar"', "", "   ", 'contains(type, "x")', "type",
    "type =",
    'type == "a"', "properties.a >=5", 'event!="x"', 'event!= "x"', '() or type = "a"', '"x"',
    "5", "null", ".",
    "type = 'a'", "type = an", "type = nul", "type = o", "type = -", "type = 007",
    "type = 5.0", "type = 5.",
    "type = 1.2.3", 'type="a"and event="x"', "properties . a = 5", "properties.and = 5",
    "properties.order = 5",
    "properties.null = 5", "properties.or.x = 5", "properties.0 = 5", "properties.2nd = 5",
    r"properties.a\.b = 5",
    r"properties.a\[0\] = 5", r"properties.\. = 5", r"properties.a\ b = 5", "properties.a<5",
    "properties[0] = 5",
    "properties.a < 5", "properties.a <= 5", "properties.a > 5", "properties.a >= 5",
    "properties.a = 5",
    "properties.a != 5", 'properties.a = "5"', 'properties.a != "5"', "properties.a = true",
    "properties.a = false",
    "properties.a != true", "properties.a = null", "properties.a != null",
    'properties.a = "null"', "properties = 1",
    "event != null", "event = null", "name = null", "name != null", "userId = true",
    "userId = false", "userId = 5",
    "name = true", "type.foo = a", "contains(event, x", 'contains(event "x")',
    "contains(event)", 'contains event "x"',
    "contains(", "contains(event,", "match(event,", "match(", 'match(event, "abc")',
    "match(event, abc)",
    "match(event, 5)", 'match(event, "*abc*")', 'match(event, "*")', "match(event, 'abc*')",
    'match(event, "a*")',
    '!contains(event, "a")', '!match(event, "a*")', '! contains(event, "a")', '!(type = "a")',
    '!type = "a"',
    'contains(propertiesX, "a")', 'contains(properties.a, "5")', 'match(traits.a, "*x")',
    'match(context.a, "x*")',
    'type = "a" or ()', "properties.a.length > 2", "properties.a = 12345678901234567890",
    "type = a\r\n", "type\u00a0= a",
    "properties.a = -0", 'traits.a = "x"', 'context.a != "x"',
    'type = "a" and and event = "x"', "type = \\", "type & a", 'type = "a"X and event = "x"',
    "type = nullX", "type = aX", "type !=X", "type <=X 5", "type =X", 'contains(event, "\ud83d")',
    'match(event, "\ud83d*")',
    'match(event, "*\ude00")', '!contains(event, "\ud83d")', '!match(event, "*\ude00")',
    'event = "😀"',
    'contains(event, "\uffff")',
)  # fmt: skip
QUIRK_EVENTS: tuple[Any, ...] = (
    {"type": "a", "event": "x", "name": "n", "userId": "5", "properties": {"a": 5}},
    {"type": "b", "event": "abc*", "userId": True, "properties": {"a": "5", "propertiesX": "a"}},
    {"type": "c", "event": "abc", "name": None, "properties": {"a": True, "and": 5, "order": 5}},
    {"type": "eos", "event": 6, "properties": {"a": None, "0": 5, "a b": 5}, "traits": {"a": "x"}},
    {
        "type": "=",
        "properties": {"a": "text", "b": 5},
        "traits": {"a": "ax"},
        "context": {"a": "xa"},
    },
    {"type": "NaN", "event": "eos", "properties": {"a": [5, 6, 7]}, "context": {"a": 5}},
    {"type": 5, "properties": {"a": False, "a.b": 5, "properties": 1}},
    {"type": "'a'", "event": "bc", "properties": {"a": {"b": 5, "length": 7}}},
    {"type": "a", "properties": {"a": 12345678901234567000}, "traits": None, "context": 0},
    {"event": "😀", "properties": {"a": "😀"}},
    {"event": "x\uffff"},
    None,
)

_SCALARS = (*NUMBERS, *TEXTS, *generate_dates.NUMBER_TEXTS, True, False, None)
COERCED: tuple[Any, ...] = (
    *_SCALARS,
    *([value] for value in (*NUMBERS, "abc", "", "5", "5.0", " 5 ", "0x10", " ", "1e3",
    "2021-02-01")),
    [True], [False], [None], ["Infinity"], [], [[]], [["abc"]], [[5]], [[None]], [{}],
    [{"a": 1}], ["a", "b"], [1, 2],
    [None, None], {}, {"a": 1}, {"0": "x"}, {"a": None, "b": [1, {"x": None}], "2": "",
    "1": 1e21},
)  # fmt: skip


def _coerced(value: Any) -> Case:
    """Put one value into a field of each type, with its required neighbours valid."""
    mapping = {"timestamp": value, "userId": value, "eventProperties": value, "eventName": value}
    return _delivery(mapping, {})


def _delivery(mapping: Any, data: Any, *, action: str = "sendEvents") -> Case:
    subscription = {"subscribe": 'type != "none"', "partnerAction": action, "mapping": mapping}
    return {"event": data, "settings": {"apiKey": "key", "subscriptions": [subscription]}}


def _one_field(value: Any) -> Case:
    return _delivery({"eventName": value, "timestamp": 0}, {})


def _one_object(value: Any) -> Case:
    return _delivery({"eventName": "E", "timestamp": 0, "eventProperties": value}, {})


def _on_event(data: Any, directive: str, operands: tuple[Any, ...]) -> tuple[Case, ...]:
    return tuple(
        {"mapping": {"x": {directive: operand}}, "event": data}
        for operand in dict.fromkeys(operands)
    )


ODD_NAMES: dict[str, Any] = {
    "properties": {"$": {"a": 1}, "a": 2, "$.a": 3, "X": 4},
    "aXb": 5, "X": 6, "a'b": 7, "ab": 8, "a]": {"b": 9}, "[0": 10, "]": 11, "a[": 12,
    "0]": 13, "-1": 14,
}  # fmt: skip
ODD_PATHS = (
    "$.properties.$.a", "$.$.properties.a", "$.properties.$.$.a", "$.aXb", "$.X",
    "$.properties.X", "$.a'b", "$.a]",
    "$.a].b", "$.a][b", "$.[0", "$.]", "$.a[", "$.a[0]]b", "$.0]", "$.'0]'", "$.[-1]", "$.-1",
    "$.a['b]", "$['a']['b']",
)  # fmt: skip


def _directive(name: str) -> Callable[[Tape], Case]:
    make = generate_fields.OPERANDS[name]
    return lambda tape: {"mapping": {"x": {name: make(tape, 2)}}, "event": event(tape)}


def _roots(tape: Tape) -> Case:
    return {"mapping": generate_fields.odd_root(tape), "event": event(tape)}


def _date(make: Callable[[Tape], Any]) -> Callable[[Tape], Case]:
    return lambda tape: {"value": make(tape)}


def _one_mapping(tape: Tape) -> Case:
    return generate_deliveries.delivery(tape, several=False)


def _several_mappings(tape: Tape) -> Case:
    return generate_deliveries.delivery(tape, several=True)


def _template(make: Callable[[Tape, int], str]) -> Callable[[Tape], Case]:
    return lambda tape: {"mapping": {"a": {"@liquid": make(tape, 2)}}, "event": event(tape)}


RECORDINGS: tuple[Recording, ...] = (
    Recording(
        kind="triggers",
        file="quirks",
        build=generate_triggers.trigger,
        count=0,
        fixed=tuple({"text": text, "events": list(QUIRK_EVENTS)} for text in QUIRKS),
    ),
    Recording(kind="triggers", file="drawn", build=generate_triggers.trigger, count=900),
    *(
        Recording(kind="fields", file=name[1:], build=_directive(name), count=70, fixed=fixed)
        for name, fixed in {
            **dict.fromkeys(generate_fields.OPERANDS, ()),
            "@path": (
                *_on_event(full_event(), "@path", generate_fields.PATHS),
                *_on_event(ODD_NAMES, "@path", ODD_PATHS),
            ),
            "@template": _on_event(full_event(), "@template", generate_fields.TEMPLATES),
        }.items()
    ),
    Recording(kind="fields", file="roots", build=_roots, count=80),
    Recording(kind="fields", file="mixed", build=generate_fields.field_case, count=300),
    Recording(
        kind="deliveries",
        file="coercion",
        build=_one_mapping,
        count=0,
        fixed=tuple(make(v) for v in COERCED for make in (_coerced, _one_field, _one_object)),
    ),
    Recording(kind="deliveries", file="mappings", build=_one_mapping, count=350),
    Recording(kind="deliveries", file="several_mappings", build=_several_mappings, count=120),
    Recording(
        kind="dates",
        file="numbers",
        build=_date(generate_dates.digits),
        count=150,
        fixed=tuple({"value": value} for value in COERCED),
    ),
    Recording(kind="dates", file="iso", build=_date(generate_dates.iso), count=350),
    Recording(kind="dates", file="legacy", build=_date(generate_dates.legacy), count=350),
    Recording(kind="dates", file="sentences", build=_date(generate_dates.sentence), count=200),
    Recording(kind="dates", file="drawn", build=_date(generate_dates.date_value), count=250),
    Recording(kind="liquid", file="outputs", build=_template(generate_liquid.output), count=250),
    Recording(kind="liquid", file="tags", build=_template(generate_liquid.body), count=150),
    Recording(kind="liquid", file="drawn", build=generate_liquid.liquid_case, count=100),
)
