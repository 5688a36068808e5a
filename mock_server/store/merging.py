"""Merging: how the items of an upload change what Toplyne would know.

The declaration has the rules with their evidence: profile-identity, users-not-joined,
merge-properties, creation-time-user, creation-time-account and event-no-profile. All that is known
of how Toplyne merges is what its page says of creation times.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from sandbox.segment.definition import Field, Upload
from sandbox.segment.javascript import Json
from sandbox.toplyne import ACCOUNT_ID, ANONYMOUS_ID, TOPLYNE, USER_ID

PROFILES: Final = "profiles"
ACCOUNTS: Final = "accounts"
USER_TIMES: Final = "user times"
ACCOUNT_TIMES: Final = "account times"
ID_KEYS: Final = (USER_ID.key, ANONYMOUS_ID.key, ACCOUNT_ID.key)
_USER, _ANONYMOUS, _ACCOUNT = ID_KEYS
TIME_KEYS: Final = {
    upload.endpoint.path: field.key
    for upload in TOPLYNE.uploads
    for field in upload.fields
    if field.type == "datetime"
}
TIMES_OF: Final = {PROFILES: USER_TIMES, ACCOUNTS: ACCOUNT_TIMES}
"""For each kind, the kind under which the times of its events are kept."""


class Change(NamedTuple):
    """What one item says of a profile or account, or of when it was first seen.

    `kind` is one of the four above; `time` is the item's time; `item` is the item, for a profile.
    """

    kind: str
    id: bytes
    time: float | None
    item: dict[str, Json] | None = None


def changes(upload: Upload, item: dict[str, Json], *, spare_id: bytes) -> Iterator[Change]:
    """Yield the changes that an accepted item makes.

    `spare_id` is the id of a profile without one (rules: observed), which is never merged.
    """
    time = item.get(TIME_KEYS[upload.endpoint.path])
    user = _id("user", item.get(_USER)) or _id("anonymous", item.get(_ANONYMOUS))
    account = _id("account", item.get(_ACCOUNT))
    match upload.endpoint.envelope:
        case "profiles":
            yield Change(PROFILES, user or spare_id, time, item)
        case "accounts":
            yield Change(ACCOUNTS, account or spare_id, time, item)
        case _:
            if user:
                yield Change(USER_TIMES, user, time)
            if account:
                yield Change(ACCOUNT_TIMES, account, time)


def _id(prefix: str, text: str | None) -> bytes | None:
    # bytes, since SQLite's strings cannot hold lone surrogates
    return f"{prefix}:{text}".encode("utf-8", "surrogatepass") if text else None


def merged(old: dict[str, Json] | None, new: dict[str, Json]) -> dict[str, Json]:
    """Return a profile after one more call: later values win, objects merge key by key."""
    if old is None:
        return new
    both = {**old, **new}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            both[key] = {**before, **value}
    return both


def earliest(*times: float | None) -> float | None:
    """Return the earliest of the known times, or None."""
    return min((time for time in times if time is not None), default=None)


def tidied(upload: Upload, item: dict[str, Json]) -> dict[str, Json]:
    """Return an item as the state shows it: its fields in order, and whole times."""
    return {
        field.key: _tidied(field, item[field.key]) for field in upload.fields if field.key in item
    }


def _tidied(field: Field, value: Json) -> Json:
    if field.type == "datetime" and isinstance(value, float) and value.is_integer():
        return int(value)
    return value
