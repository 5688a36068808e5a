"""Strategies: Segment events, mappings and payloads that Hypothesis generates from the declaration.

All are plural, take keywords only, and shrink to something a person can read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from hypothesis import strategies as st

from sandbox.destination import Mapping
from sandbox.segment.definition import ActionDefinition, Field
from sandbox.segment.javascript import Json
from sandbox.segment.mapping import unknown_action
from sandbox.toplyne import TOPLYNE

EVENT_TYPES: Final = ("track", "identify", "group", "page", "screen", "alias")

_EVENT_NAMES = ("Signed Up", "Order Completed", "Trial Started", "Invoice Paid", "Team Invited")
_PROPERTY_NAMES = ("plan", "amount", "currency", "seats", "email", "name", "tags", "createdAt")
_FIRST = datetime(2020, 1, 1)  # noqa: DTZ001 - st.datetimes takes naive bounds and adds UTC
_LAST = datetime(2030, 1, 1)  # noqa: DTZ001 - as above


def events(*, type: str | None = None, odd: bool = False) -> st.SearchStrategy[dict[str, Json]]:  # noqa: A002 - Segment's word
    """Generate Segment events as a client sends them, of one type or of any.

    Realistic by default: every event has an id, a timestamp and what its type needs. With
    `odd=True` anything JSON allows may stand anywhere, and anything may be missing. Raises
    ValueError for a type that does not exist.
    """
    if type is not None and type not in EVENT_TYPES:
        raise ValueError(f"type must be one of {', '.join(EVENT_TYPES)}, but it was {type!r}.")
    types = (type,) if type else EVENT_TYPES
    realistic = st.sampled_from(types).flatmap(_realistic)
    return realistic.flatmap(_made_odd) if odd else realistic


def _realistic(event_type: str) -> st.SearchStrategy[dict[str, Json]]:
    ids = st.one_of(
        st.fixed_dictionaries({"userId": _ids()}),
        st.fixed_dictionaries({"anonymousId": _ids()}),
        st.fixed_dictionaries({"userId": _ids(), "anonymousId": _ids()}),
    )
    rest = st.fixed_dictionaries(
        {"type": st.just(event_type), "timestamp": timestamps(), **_parts(event_type)},
        optional={"context": st.fixed_dictionaries({}, optional={"groupId": _ids()})},
    )
    return st.builds(lambda parts, own: {**parts, **own}, rest, ids)


def _parts(event_type: str) -> dict[str, st.SearchStrategy[Json]]:
    match event_type:
        case "track":
            return {"event": st.sampled_from(_EVENT_NAMES), "properties": properties()}
        case "identify":
            return {"traits": properties()}
        case "group":
            return {"groupId": _ids(), "traits": properties()}
        case "alias":
            return {"previousId": _ids()}
        case _:
            return {"name": st.sampled_from(("Home", "Pricing")), "properties": properties()}


def _ids() -> st.SearchStrategy[str]:
    return st.integers(1, 99).map(lambda n: f"u{n}")


def timestamps() -> st.SearchStrategy[str]:
    """Generate ISO 8601 times of the years 2020 to 2029, in the forms real clients send."""
    return st.datetimes(_FIRST, _LAST, timezones=st.just(UTC)).flatmap(
        lambda at: st.sampled_from(
            (
                f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z",
                at.isoformat(timespec="milliseconds"),
                f"{at:%Y-%m-%dT%H:%M:%S}Z",
            )
        )
    )


def properties(*, max_size: int = 4) -> st.SearchStrategy[dict[str, Json]]:
    """Generate what stands in `properties` and `traits`: a few named values."""
    scalars = st.one_of(
        st.sampled_from(("pro", "free", "EUR", "ann@example.com")),
        st.integers(0, 1000),
        st.booleans(),
        st.floats(0, 100, width=32),
    )
    values = st.one_of(scalars, st.lists(scalars, max_size=3))
    return st.dictionaries(st.sampled_from(_PROPERTY_NAMES), values, max_size=max_size)


def json_values(*, max_leaves: int = 8) -> st.SearchStrategy[Json]:
    """Generate everything JSON allows, with what is hard more often: texts of numbers and dates,
    big and tiny numbers, empty containers, index keys, code points above U+FFFF.
    """  # noqa: D205 - one sentence
    scalars = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=6),
        st.sampled_from(_HARD),
    )
    keys = st.one_of(st.sampled_from(("a", "b", "0", "1", "10", "01", "")), st.text(max_size=3))
    return st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)
        ),
        max_leaves=max_leaves,
    )


_HARD: Final[tuple[Json, ...]] = (
    "", " ", "0", "13", "5", "true", "null", "1612137600", "1612137600000", "2021-02-30",
    "Feb 1, 2021", "2021-02-01T00:00:00+01:00", "😀", "{{userId}}", "$.userId",
    0, -1, 1612137600, 1612137600000, 1e21, 1e-7, 0.1, 2**53 + 1, 8.64e15 + 1,
)  # fmt: skip

_ODD_PLACES = (
    "type", "event", "userId", "anonymousId", "groupId", "timestamp", "traits", "properties",
    "context", "messageId",
)  # fmt: skip


def _made_odd(event: dict[str, Json]) -> st.SearchStrategy[dict[str, Json]]:
    changes = st.dictionaries(st.sampled_from(_ODD_PLACES), json_values(), max_size=4)
    removed = st.sets(st.sampled_from(sorted(event)), max_size=3)

    def apply(new: dict[str, Json], gone: set[str]) -> dict[str, Json]:
        kept = {k: v for k, v in {**event, **new}.items() if k not in gone}
        return kept if new.get("type") is None else {**kept, "type": event["type"]}

    return st.builds(apply, changes, removed)


def payloads(*, action: str, drop_optional: bool = True) -> st.SearchStrategy[dict[str, Json]]:
    """Generate finished payloads of an action, as the API takes them under both rule sets.

    With `drop_optional=False` every field is there.
    """
    definition = _action(action)
    required = {f.key: _field_values(f) for f in definition.fields if f.required}
    optional = {f.key: _field_values(f) for f in definition.fields if not f.required}
    if not drop_optional:
        return st.fixed_dictionaries({**required, **optional})
    return st.fixed_dictionaries(required, optional=optional).flatmap(
        lambda payload: _with_an_id(definition, payload)
    )


def _with_an_id(
    definition: ActionDefinition, payload: dict[str, Json]
) -> st.SearchStrategy[dict[str, Json]]:
    needed = [f for f in definition.fields if f.required_unless]
    if not needed or any(f.key in payload for f in needed):
        return st.just(payload)
    return st.builds(
        lambda field, value: {field.key: value, **payload}, st.sampled_from(needed), _ids()
    )


def _field_values(field: Field) -> st.SearchStrategy[Json]:
    values: dict[str, st.SearchStrategy[Any]] = {
        "string": _ids(),
        "datetime": st.integers(0, 2_000_000_000),
        "object": properties(),
    }
    return values[field.type]


def mappings(*, action: str | None = None) -> st.SearchStrategy[Mapping]:
    """Generate mappings a user could make: an action, a trigger that fits it, mapped fields."""
    actions = (_action(action).key,) if action else tuple(a.key for a in TOPLYNE.actions)
    return st.sampled_from(actions).flatmap(
        lambda key: st.builds(
            Mapping,
            name=st.sampled_from(("My mapping", "Big orders", "Trials")),
            action=st.just(key),
            trigger=triggers(),
            fields=_mapped_fields(_action(key)),
        )
    )


def _mapped_fields(definition: ActionDefinition) -> st.SearchStrategy[dict[str, Json]]:
    required = {f.key: _directives(f) for f in definition.fields if f.required}
    optional = {f.key: _directives(f) for f in definition.fields if not f.required}
    return st.fixed_dictionaries(required, optional=optional)


def _directives(field: Field) -> st.SearchStrategy[Json]:
    default = st.just(field.default)
    if field.type != "string":
        return default
    return st.one_of(
        default,
        st.builds(
            lambda path: {
                "@if": {"exists": {"@path": path}, "then": {"@path": path}, "else": field.default}
            },
            st.sampled_from(("$.properties.id", "$.traits.id", "$.context.groupId")),
        ),
        st.just({"@template": "{{userId}}-{{event}}"}),
        st.just({"@literal": "fixed"}),
    )


def triggers() -> st.SearchStrategy[str]:
    """Generate triggers as people write them: one to three clauses joined by one word."""
    clauses = st.one_of(
        st.builds('type = "{}"'.format, st.sampled_from(EVENT_TYPES)),
        st.builds('event = "{}"'.format, st.sampled_from(_EVENT_NAMES)),
        st.builds('contains(event, "{}")'.format, st.sampled_from(("Up", "Order"))),
        st.builds("properties.{} != null".format, st.sampled_from(_PROPERTY_NAMES)),
        st.builds(
            "properties.amount {} {}".format, st.sampled_from((">", "<=")), st.integers(0, 99)
        ),
    )
    return st.builds(
        lambda parts, word: f" {word} ".join(parts),
        st.lists(clauses, min_size=1, max_size=3),
        st.sampled_from(("and", "or")),
    )


def _action(key: str) -> ActionDefinition:
    action = TOPLYNE.action(key)
    if action is None:
        raise ValueError(f"action {unknown_action(key, TOPLYNE)}")
    return action
