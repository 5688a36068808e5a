"""Realistic events: what clients send every day, with values that fit their names."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from sandbox.segment.javascript import Json
from sandbox.strategies.tape import Tape

EVENT_TYPES: Final = ("track", "identify", "group", "page", "screen", "alias")
"""The types of events."""
EVENT_BYTES: Final = 48
"""How many bytes of a tape an event reads."""

START: Final = datetime(2020, 1, 1, tzinfo=UTC)
SECONDS: Final = 10 * 365 * 86_400
_NAMES: Final = ("Ann", "Grace", "Päivi", "Tomás", "Yuki")


def time_text(tape: Tape) -> str:
    """Make an ISO 8601 time of the years 2020 to 2029, in one of the forms real clients send."""
    at = START + timedelta(seconds=tape.below(SECONDS), milliseconds=tape.below(1000))
    form = tape.below(3)
    if form == 0:
        return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if form == 1 else at.isoformat(timespec="milliseconds")


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
"""What the properties and traits of the events are called, and how a value of each is made."""

EVENT_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "Signed Up": ("plan", "email", "name"),
    "Order Completed": ("amount", "currency", "tags"),
    "Trial Started": ("plan", "seats", "createdAt"),
    "Invoice Paid": ("amount", "currency", "plan"),
    "Team Invited": ("seats", "email", "isTrial"),
}
"""The events of a tracking plan, with the properties each may have."""

_TRAITS: Final = ("email", "name", "plan", "createdAt", "isTrial", "tags")
_ACCOUNT_TRAITS: Final = ("name", "plan", "seats", "createdAt", "isTrial")


def properties_of(tape: Tape, names: tuple[str, ...] = tuple(PROPERTIES)) -> dict[str, Json]:
    """Make properties or traits: some of the names, each with a value that fits it."""
    return {name: PROPERTIES[name](tape) for name in names if tape.chance(55)}


def realistic_event(tape: Tape, types: tuple[str, ...] = EVENT_TYPES) -> dict[str, Json]:
    """Make an event of one of the types, with an id, a time and what its type needs."""
    event: dict[str, Json] = {"type": tape.pick(types), "timestamp": time_text(tape)}
    ids = tape.pick((("userId",), ("anonymousId",), ("userId", "anonymousId")))
    event |= {key: id_text(tape) for key in ids}
    match event["type"]:
        case "track":
            event["event"] = name = tape.pick(tuple(EVENT_NAMES))
            event["properties"] = properties_of(tape, EVENT_NAMES[name])
        case "identify":
            event["traits"] = properties_of(tape, _TRAITS)
        case "group":
            event["groupId"] = id_text(tape)
            event["traits"] = properties_of(tape, _ACCOUNT_TRAITS)
        case "alias":
            event["previousId"] = id_text(tape)
        case _:
            event["name"] = tape.pick(("Home", "Pricing"))
            event["properties"] = properties_of(tape, ("plan", "tags"))
    if tape.chance(30):
        event["context"] = {"groupId": id_text(tape)}
    return event
