"""Events as clients send them, realistic or odd, and the events of one user in order."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import strategies as st

from sandbox.strategies.quirks import any_value
from sandbox.strategies.tape import Tape, taped
from sandbox.values import Json

EVENT_TYPES: Final = ("track", "identify", "group", "page", "screen", "alias")
"""The types of events."""
_EVENT_BYTES: Final = 48

_START: Final = datetime(2020, 1, 1, tzinfo=UTC)
_SECONDS: Final = 10 * 365 * 86_400
_NAMES: Final = ("Ann", "Grace", "Päivi", "Tomás", "Yuki")
_CHANGE_BYTES: Final = 16
_MOST_CHANGES: Final = 4
_MOST_EVENTS: Final = 500


def time_text(tape: Tape) -> str:
    """Make an ISO 8601 time of the years 2020 to 2029, in one of the forms that clients send."""
    at = _START + timedelta(seconds=tape.below(_SECONDS), milliseconds=tape.below(1000))
    form = tape.below(3)
    text = at.isoformat(timespec="seconds" if form == 1 else "milliseconds")
    return text if form == 2 else text.replace("+00:00", "Z")


def id_text(tape: Tape) -> str:
    """Make an id such as u7."""
    return f"u{tape.between(1, 99)}"


PROPERTIES: Final[dict[str, Callable[[Tape], Json]]] = {
    "plan": lambda tape: tape.pick(("free", "pro", "enterprise")),
    "amount": lambda tape: tape.below(100_000) / 100,
    "currency": lambda tape: tape.pick(("EUR", "USD", "GBP", "JPY")),
    "seats": lambda tape: tape.between(1, 250),
    "email": lambda tape: f"{tape.pick(_NAMES).lower()}@example.com",
    "name": lambda tape: tape.pick(_NAMES),
    "tags": lambda tape: [tape.pick(("beta", "vip", "churned")) for _ in range(tape.below(3))],
    "createdAt": time_text,
    "isTrial": lambda tape: tape.chance(50),
}
"""The properties and traits of events, by name, each with a function that makes a value."""

EVENT_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "Signed Up": ("plan", "email", "name"),
    "Order Completed": ("amount", "currency", "tags"),
    "Trial Started": ("plan", "seats", "createdAt"),
    "Invoice Paid": ("amount", "currency", "plan"),
    "Team Invited": ("seats", "email", "isTrial"),
}
"""The events of a tracking plan, with the properties each may have."""


def properties_of(tape: Tape, names: tuple[str, ...] = tuple(PROPERTIES)) -> dict[str, Json]:
    """Make properties or traits: some of the names, each with a fitting value."""
    return {name: PROPERTIES[name](tape) for name in names if tape.chance(55)}


_TRAITS: Final = ("email", "name", "plan", "createdAt", "isTrial", "tags")
_ACCOUNT_TRAITS: Final = ("name", "plan", "seats", "createdAt", "isTrial")


def _own_members(tape: Tape, call: str) -> dict[str, Json]:
    """Make the members that only this type of event has."""
    match call:
        case "track":
            name = tape.pick(tuple(EVENT_NAMES))
            return {"event": name, "properties": properties_of(tape, EVENT_NAMES[name])}
        case "identify":
            return {"traits": properties_of(tape, _TRAITS)}
        case "group":
            return {"groupId": id_text(tape), "traits": properties_of(tape, _ACCOUNT_TRAITS)}
        case "alias":
            return {"previousId": id_text(tape)}
        case _:
            name = tape.pick(("Home", "Pricing"))
            return {"name": name, "properties": properties_of(tape, ("plan", "tags"))}


def _event(tape: Tape, types: tuple[str, ...]) -> dict[str, Json]:
    """Make a realistic event of one of the types: an id, a time and the members its type needs."""
    call, time = tape.pick(types), time_text(tape)
    ids = tape.pick((("userId",), ("anonymousId",), ("userId", "anonymousId")))
    event: dict[str, Json] = {"type": call, "timestamp": time}
    event |= {key: id_text(tape) for key in ids}
    event |= _own_members(tape, call)
    return event | {"context": {"groupId": id_text(tape)}} if tape.chance(30) else event


def events(*, type: str | None = None, odd: bool = False) -> st.SearchStrategy[dict[str, Json]]:  # noqa: A002 - Segment's word
    """Generate Segment events as a client sends them, of one type or of any.

    Realistic by default: every event has an id, a timestamp and the members its type needs. With
    `odd=True` any member may be missing, or be any JSON value. Raises ValueError for a type that
    does not exist.
    """
    if type is not None and type not in EVENT_TYPES:
        raise ValueError(f"type must be one of {', '.join(EVENT_TYPES)}, but it was {type!r}.")
    types = (type,) if type else EVENT_TYPES
    if not odd:
        return taped(lambda tape: _event(tape, types), length=_EVENT_BYTES)
    length = _EVENT_BYTES + _MOST_CHANGES * _CHANGE_BYTES
    return taped(lambda tape: _odd_event(tape, types), length=length)


def timestamps() -> st.SearchStrategy[str]:
    """Generate ISO 8601 times of the years 2020 to 2029, in the forms that clients send."""
    return taped(time_text, length=8)


def properties() -> st.SearchStrategy[dict[str, Json]]:
    """Generate values of `properties` and `traits`: some named values."""
    return taped(properties_of, length=24)


_ODD_PLACES: Final = (
    "event", "userId", "anonymousId", "groupId", "timestamp", "traits", "properties", "context",
    "messageId", "type",
)  # fmt: skip


def _odd_event(tape: Tape, types: tuple[str, ...]) -> dict[str, Json]:
    event = _event(tape.stretch(_EVENT_BYTES), types)
    for _ in range(tape.below(_MOST_CHANGES + 1)):
        change = tape.stretch(_CHANGE_BYTES)
        place = change.pick(_ODD_PLACES)
        if change.chance(40):
            event.pop(place, None)
        elif place != "type":  # it is the requested one, or missing
            event[place] = any_value(change)
    return event


def lives(*, max_size: int = 8) -> st.SearchStrategy[list[dict[str, Json]]]:
    """Generate the events of one user, oldest first: anonymous, identified, then in an account.

    Times never go backwards, and ids stay the same: the anonymousId in all events, the userId from
    the identify on, the groupId from the group on. Raises ValueError for a size that is impossible.
    """
    if not 2 <= max_size <= _MOST_EVENTS:  # the identify and the group are always there
        raise ValueError(f"max_size must be from 2 to {_MOST_EVENTS}, but it was {max_size!r}.")
    return taped(lambda tape: _life(tape, max_size), length=64 + 8 * max_size)


def _life(tape: Tape, max_size: int) -> list[dict[str, Json]]:
    number, room = tape.between(1, 99), max_size - 2
    before = [tape.pick(tuple(EVENT_NAMES)) for _ in range(tape.below(room + 1))]
    after = [tape.pick(tuple(EVENT_NAMES)) for _ in range(tape.below(room - len(before) + 1))]
    anonymous: dict[str, Json] = {"anonymousId": f"a{number}"}
    known: dict[str, Json] = {"userId": f"u{number}", **anonymous}
    in_account: dict[str, Json] = {**known, "context": {"groupId": f"g{number}"}}
    steps: list[dict[str, Json]] = [
        *({"type": "track", "event": name, **anonymous} for name in before),
        {"type": "identify", "traits": properties_of(tape), **known},
        {"type": "group", "groupId": f"g{number}", "traits": {"name": f"Team {number}"}, **known},
        *({"type": "track", "event": name, **in_account} for name in after),
    ]
    at = _START + timedelta(seconds=tape.below(_SECONDS))
    for step in steps:
        at += timedelta(milliseconds=tape.below(86_400_000))
        step["timestamp"] = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return steps
