"""Events as clients send them, realistic or odd, and the life of one user."""

from datetime import timedelta
from typing import Final

from hypothesis import strategies as st

from sandbox.segment.javascript import Json
from sandbox.strategies.quirks import any_value
from sandbox.strategies.realistic import (
    EVENT_BYTES,
    EVENT_NAMES,
    EVENT_TYPES,
    SECONDS,
    START,
    properties_of,
    realistic_event,
    time_text,
)
from sandbox.strategies.tape import Tape, taped

_CHANGE_BYTES: Final = 16
_MOST_CHANGES: Final = 4


def events(*, type: str | None = None, odd: bool = False) -> st.SearchStrategy[dict[str, Json]]:  # noqa: A002 - Segment's word
    """Generate Segment events as a client sends them, of one type or of any.

    Realistic by default: every event has an id, a timestamp and what its type needs. With
    `odd=True` anything JSON allows may stand anywhere, and anything may be missing. Raises
    ValueError for a type that does not exist.
    """
    if type is not None and type not in EVENT_TYPES:
        raise ValueError(f"type must be one of {', '.join(EVENT_TYPES)}, but it was {type!r}.")
    types = (type,) if type else EVENT_TYPES
    if not odd:
        return taped(lambda tape: realistic_event(tape, types), length=EVENT_BYTES)
    length = EVENT_BYTES + _MOST_CHANGES * _CHANGE_BYTES
    return taped(lambda tape: _odd_event(tape, types), length=length)


def timestamps() -> st.SearchStrategy[str]:
    """Generate ISO 8601 times of the years 2020 to 2029, in the forms real clients send."""
    return taped(time_text, length=8)


def properties() -> st.SearchStrategy[dict[str, Json]]:
    """Generate what stands in `properties` and `traits`: some named values."""
    return taped(properties_of, length=24)


_ODD_PLACES: Final = (
    "event", "userId", "anonymousId", "groupId", "timestamp", "traits", "properties", "context",
    "messageId", "type",
)  # fmt: skip


def _odd_event(tape: Tape, types: tuple[str, ...]) -> dict[str, Json]:
    event = realistic_event(tape.stretch(EVENT_BYTES), types)
    own_type = event["type"]
    for _ in range(tape.below(_MOST_CHANGES + 1)):
        change = tape.stretch(_CHANGE_BYTES)
        place = change.pick(_ODD_PLACES)
        if change.chance(40):
            event.pop(place, None)
        elif place != "type":
            event[place] = any_value(change)
    # a type stays what was asked for, or is missing
    return {**event, "type": own_type} if "type" in event else event


def lives(*, max_size: int = 8) -> st.SearchStrategy[list[dict[str, Json]]]:
    """Generate what one user does, oldest first: anonymous at first, identified, in an account.

    Times never run backwards, and ids stay the same: the anonymousId in all events, the userId
    from the identify on, the groupId from the group on.
    """
    return taped(lambda tape: _life(tape, max_size), length=64 + 8 * max_size)


def _life(tape: Tape, max_size: int) -> list[dict[str, Json]]:
    number = tape.between(1, 99)
    names = [tape.pick(tuple(EVENT_NAMES)) for _ in range(max_size)]
    before, after = names[: tape.below(max_size // 2 + 1)], names[max_size // 2 :]
    after = after[: tape.below(max_size // 2 + 1)]
    anonymous = {"anonymousId": f"a{number}"}
    known = {"userId": f"u{number}", **anonymous}
    in_account = {**known, "context": {"groupId": f"g{number}"}}
    steps: list[dict[str, Json]] = [
        *({"type": "track", "event": name, **anonymous} for name in before),
        {"type": "identify", "traits": properties_of(tape), **known},
        {"type": "group", "groupId": f"g{number}", "traits": {"name": f"Team {number}"}, **known},
        *({"type": "track", "event": name, **in_account} for name in after),
    ]
    at = START + timedelta(seconds=tape.below(SECONDS))
    for step in steps:
        at += timedelta(milliseconds=tape.below(86_400_000))
        step["timestamp"] = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
    return steps
