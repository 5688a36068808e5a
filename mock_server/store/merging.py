"""Merging: how the items of an upload change profiles and accounts.

The declaration has the rules with their evidence: profile-identity, users-not-joined,
merge-properties, creation-time-user, creation-time-account and event-no-profile. Toplyne documents
only the creation times; the rest is assumed.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from operator import attrgetter
from typing import Any, Final, NamedTuple, cast

from mock_server.routes import ROUTES
from mock_server.store.journal_entry import EntryRow
from sandbox.segment.definition import Envelope, Field, Upload
from sandbox.segment.json_text import parse_json
from sandbox.toplyne import ACCOUNT_ID, ANONYMOUS_ID, TOPLYNE, USER_ID
from sandbox.values import Json

_UPLOADS: Final = {path: route.upload for path, route in ROUTES.items() if route.upload}
_LARGE: Final = 8192  # from this size on it pays to parse only what is needed

PROFILES: Final = "profiles"
ACCOUNTS: Final = "accounts"
USER_TIMES: Final = "user times"
ACCOUNT_TIMES: Final = "account times"
_IDS: Final = (USER_ID.key, ANONYMOUS_ID.key, ACCOUNT_ID.key)
TIME_KEYS: Final = {
    upload.endpoint.path: field.key
    for upload in TOPLYNE.uploads
    for field in upload.fields
    if field.type == "datetime"
}
TIMES_OF: Final = {PROFILES: USER_TIMES, ACCOUNTS: ACCOUNT_TIMES}
"""For each kind, the kind that keeps the times of its events."""


class StateChange(NamedTuple):
    """What one item says about a profile or account, or about when it was first seen.

    `kind` is one of the four kinds above, and `time` is the item's time. `item` is the item, for
    profiles and accounts.
    """

    kind: str
    id: bytes
    time: float | None
    item: dict[str, Json] | None = None


def changes_of(row: EntryRow[int]) -> Iterator[StateChange]:
    """Yield the changes that an accepted request makes. A profile without an id gets "entry:…"."""
    upload = _UPLOADS.get(row.path)
    if upload is None:
        return
    if upload.endpoint.envelope == "events":
        times = times_in(upload, row.content)
        yield from (StateChange(kind, key, time) for (kind, key), time in times.items())
        return
    for index, item in enumerate(items_of(row)):
        yield from changes(upload, item, spare_id=b"entry:%d:%d" % (row.number, index))


def items_of(row: EntryRow[int]) -> list[dict[str, Json]]:
    """Return the items of an accepted upload as the state shows them."""
    upload = _UPLOADS[row.path]
    body = _parsed(row.content)
    return [shown_item(upload, item) for item in body[upload.endpoint.envelope]]


def times_in(upload: Upload, content: bytes) -> dict[tuple[str, bytes], float | None]:
    """Return the earliest time of each user and account that an inflated body of events names.

    The keys are kind and id.
    """
    time_key = TIME_KEYS[upload.endpoint.path]
    earliest_of: dict[tuple[Json, ...], float | None] = {}  # most events name the same few
    for ids, time in _named(upload, content):
        known = earliest_of.setdefault(ids, time)
        if time is not None and (known is None or time < known):
            earliest_of[ids] = time

    times: dict[tuple[str, bytes], float | None] = {}
    for ids, time in earliest_of.items():
        item = {**dict(zip(_IDS, ids, strict=True)), time_key: time}
        for change in changes(upload, item, spare_id=b""):
            key = (change.kind, change.id)
            times[key] = earliest(times.get(key), change.time)
    return times


def _named(upload: Upload, content: bytes) -> Iterable[tuple[tuple[Json, ...], float | None]]:
    """Return the ids and the time of each item. Of a large body nothing else is parsed."""
    time = TIME_KEYS[upload.endpoint.path]
    if len(content) >= _LARGE:
        import msgspec  # noqa: PLC0415 - with the first large body

        # msgspec refuses some JSON, for example lone surrogates
        with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            items = msgspec.json.decode(content, type=_ids_and_time(time)).events
            return zip(map(attrgetter(*_IDS), items), map(attrgetter(time), items), strict=True)
    items = _parsed(content)["events"]
    return ((tuple(map(item.get, _IDS)), cast("float | None", item.get(time))) for item in items)


def _parsed(content: bytes) -> Envelope:
    return cast("Envelope", parse_json(content, max_depth=TOPLYNE.max_depth))


@cache
def _ids_and_time(time_key: str) -> Any:
    """Return the msgspec type of a body with only the ids and the time of each item."""
    import msgspec  # noqa: PLC0415 - as above

    members = [(key, Any, None) for key in (*_IDS, time_key)]
    item: Any = msgspec.defstruct("Item", members, gc=False)
    return msgspec.defstruct("Body", [("events", list[item])], gc=False)


def changes(upload: Upload, item: dict[str, Json], *, spare_id: bytes) -> Iterator[StateChange]:
    """Yield the changes that an accepted item makes.

    A profile without an id (rules: observed) gets `spare_id`, and is never merged.
    """
    time = cast("float | None", item.get(TIME_KEYS[upload.endpoint.path]))
    user_id, anonymous_id, account_id = map(item.get, _IDS)
    user = _id("user", user_id) or _id("anonymous", anonymous_id)
    account = _id("account", account_id)
    match upload.endpoint.envelope:
        case "profiles":
            yield StateChange(PROFILES, user or spare_id, time, item)
        case "accounts":
            yield StateChange(ACCOUNTS, account or spare_id, time, item)
        case _:
            if user:
                yield StateChange(USER_TIMES, user, time)
            if account:
                yield StateChange(ACCOUNT_TIMES, account, time)


def _id(prefix: str, text: Json) -> bytes | None:
    # bytes, because SQLite's strings cannot hold lone surrogates
    return f"{prefix}:{text}".encode("utf-8", "surrogatepass") if text else None


def merge(old: dict[str, Json] | None, new: dict[str, Json] | None) -> dict[str, Json] | None:
    """Return a profile after one more call: later values win, objects merge key by key."""
    if old is None or new is None:
        return old if new is None else new
    both = {**old, **new}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            both[key] = {**before, **value}
    return both


def earliest(one: float | None, other: float | None) -> float | None:
    """Return the earlier of the known times, or None."""
    return other if one is None or (other is not None and other < one) else one


def shown_profile(upload: Upload, item: dict[str, Json], time: float | None) -> dict[str, Json]:
    """Return a profile as the state shows it, with the earliest of its times."""
    return shown_item(upload, {**item, TIME_KEYS[upload.endpoint.path]: time})


def shown_item(upload: Upload, item: dict[str, Json]) -> dict[str, Json]:
    """Return an item as the state shows it: its fields in order, and whole times."""
    return {f.key: _tidied(f, item[f.key]) for f in upload.fields if f.key in item}


def _tidied(field: Field, value: Json) -> Json:
    if field.type == "datetime" and isinstance(value, float) and value.is_integer():
        return int(value)
    return value
