"""Events as clients send them, realistic or odd, and the life of one user."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import strategies as st

from sandbox.segment.javascript import Json
from sandbox.strategies.values import ids, json_values, properties

EVENT_TYPES: Final = ("track", "identify", "group", "page", "screen", "alias")

EVENT_NAMES: Final = (
    "Signed Up",
    "Order Completed",
    "Trial Started",
    "Invoice Paid",
    "Team Invited",
)
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
    who = st.one_of(
        st.fixed_dictionaries({"userId": ids()}),
        st.fixed_dictionaries({"anonymousId": ids()}),
        st.fixed_dictionaries({"userId": ids(), "anonymousId": ids()}),
    )
    required: dict[str, st.SearchStrategy[Json]] = {
        "type": st.just(event_type),
        "timestamp": timestamps(),
        **_parts(event_type),
    }
    context = st.fixed_dictionaries({}, optional={"groupId": ids()})
    rest = st.fixed_dictionaries(required, optional={"context": context})
    return st.builds(lambda parts, own: {**parts, **own}, rest, who)


def _parts(event_type: str) -> dict[str, st.SearchStrategy[Json]]:
    match event_type:
        case "track":
            return {"event": st.sampled_from(EVENT_NAMES), "properties": properties()}
        case "identify":
            return {"traits": properties()}
        case "group":
            return {"groupId": ids(), "traits": properties()}
        case "alias":
            return {"previousId": ids()}
        case _:
            return {"name": st.sampled_from(("Home", "Pricing")), "properties": properties()}


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


def lives(*, max_size: int = 8) -> st.SearchStrategy[list[dict[str, Json]]]:
    """Generate what one user does, oldest first: anonymous at first, identified, in an account.

    Times never run backwards, and ids stay the same: the anonymousId in all events, the userId
    from the identify on, the groupId from the group on.
    """
    return st.builds(
        _life,
        st.integers(1, 99),
        st.lists(st.sampled_from(EVENT_NAMES), max_size=max_size // 2),
        st.lists(st.sampled_from(EVENT_NAMES), max_size=max_size // 2),
        properties(),
        st.datetimes(_FIRST, _LAST, timezones=st.just(UTC)),
        st.lists(st.integers(0, 86_400), min_size=max_size + 2, max_size=max_size + 2),
    )


def _life(  # noqa: PLR0913, PLR0917 - the parts of one life
    number: int,
    before: list[str],
    after: list[str],
    traits: dict[str, Json],
    start: datetime,
    pauses: list[int],
) -> list[dict[str, Json]]:
    anonymous = {"anonymousId": f"a{number}"}
    known = {"userId": f"u{number}", **anonymous}
    in_account = {**known, "context": {"groupId": f"g{number}"}}
    steps: list[dict[str, Json]] = [
        *({"type": "track", "event": name, **anonymous} for name in before),
        {"type": "identify", "traits": traits, **known},
        {"type": "group", "groupId": f"g{number}", "traits": {"name": f"Team {number}"}, **known},
        *({"type": "track", "event": name, **in_account} for name in after),
    ]
    at, life = start, []
    for step, pause in zip(steps, pauses, strict=False):
        at += timedelta(seconds=pause)
        life.append({**step, "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"})
    return life
