"""Recordings: which files the corpus has, and what is in each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.strategies.tape import Tape
from tests.conformance import (
    generate_dates,
    generate_deliveries,
    generate_fields,
    generate_liquid,
    generate_triggers,
    generate_zones,
)
from tests.conformance.compare import Case
from tests.conformance.edges import (
    COERCED,
    DATE_BOUNDS,
    DATE_EDGES,
    LEGACY_EDGES,
    ODD_NAMES,
    ODD_PATHS,
    QUIRK_EVENTS,
    QUIRKS,
    ROOTS,
    TAKE_TWO,
)
from tests.conformance.generate_values import event, full_event


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One file of the corpus: cases written down, then `count` cases drawn by `build`."""

    kind: str
    file: str
    build: Callable[[Tape], Case]
    count: int
    fixed: tuple[Case, ...] = field(default=())


def _coerced(value: Any) -> Case:
    """Put one value into a field of each type, with its required neighbours valid."""
    mapping = {"timestamp": value, "userId": value, "eventProperties": value, "eventName": value}
    return _delivery(mapping, {})


def _delivery(mapping: Any, data: Any, *, action: str = "sendEvents") -> Case:
    subscription = {"subscribe": 'type != "none"', "partnerAction": action, "mapping": mapping}
    return {"event": data, "settings": {"apiKey": "key", "subscriptions": [subscription]}}


def _one_field(value: Any) -> Case:
    return _delivery({"eventName": value, "timestamp": 0}, {})


def _as_root(value: Any) -> Case:
    return _delivery({"@literal": value}, {})


def _one_object(value: Any) -> Case:
    return _delivery({"eventName": "E", "timestamp": 0, "eventProperties": value}, {})


def _on_event(data: Any, directive: str, operands: tuple[Any, ...]) -> tuple[Case, ...]:
    return tuple(
        {"mapping": {"x": {directive: operand}}, "event": data}
        for operand in dict.fromkeys(operands)
    )


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
        fixed=tuple({"text": text, "events": list(QUIRK_EVENTS)} for text in QUIRKS + TAKE_TWO),
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
        fixed=(
            *(make(v) for v in COERCED for make in (_coerced, _one_field, _one_object)),
            *(_as_root(v) for v in ROOTS),
            _delivery({"@path": "$.missing"}, {}),
        ),
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
    Recording(
        kind="dates",
        file="edges",
        build=_date(generate_dates.iso),
        count=0,
        fixed=tuple({"value": text} for text in DATE_EDGES + LEGACY_EDGES),
    ),
    Recording(
        kind="dates",
        file="bounds",
        build=_date(generate_dates.iso),
        count=0,
        fixed=tuple({"value": text} for text in DATE_BOUNDS),
    ),
    Recording(kind="dates", file="iso", build=_date(generate_dates.iso), count=350),
    Recording(kind="dates", file="legacy", build=_date(generate_dates.legacy), count=350),
    Recording(kind="dates", file="sentences", build=_date(generate_dates.sentence), count=200),
    Recording(kind="dates", file="drawn", build=_date(generate_dates.date_value), count=250),
    Recording(
        kind="liquid",
        file="outputs",
        build=_template(generate_liquid.output),
        count=250,
        fixed=tuple(
            {"mapping": {"a": {"@liquid": text}}, "event": {}} for text in generate_liquid.UNCLOSED
        ),
    ),
    Recording(kind="liquid", file="tags", build=_template(generate_liquid.body), count=150),
    Recording(kind="liquid", file="drawn", build=generate_liquid.liquid_case, count=100),
    Recording(
        kind="liquid",
        file="zones",
        build=generate_zones.zone_case,
        count=150,
        fixed=generate_zones.FIXED,
    ),
)
