"""Surely fine: a quick look at a request that proves that nothing about it is suspicious.

Where the proof fails, `suspicions` has the word; a law holds both together.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

import msgspec

from sandbox.segment.javascript import Json
from sandbox.segment.json_text import parse_json
from sandbox.segment.mapping import Mapping
from sandbox.suspicions import NO_ID_TEXTS, OBJECT_TEXT
from sandbox.suspicious_times import END_OF_LIKELY, FIRST_LIKELY

utc_time: Final = re.compile(
    r"\d{4}-\d\d-(?:[01]\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?Z", re.ASCII
).fullmatch
"""Match a time as clients write it, on a day that every month has."""

_ODD: Final = re.compile(rb'""|\{\}|' + re.escape(OBJECT_TEXT.encode())).search
_NO_IDS: Final = frozenset(NO_ID_TEXTS)
_AT_TIMESTAMP: Final = {"@path": "$.timestamp"}
_MAX_DEPTH: Final = 720


class Ids(NamedTuple):
    """Whom a request is about, and its time; a user without an id is marked by a first NUL."""

    user: str
    account: str
    time: Any
    is_plain: bool


class _Item(msgspec.Struct):
    userId: str = ""  # noqa: N815 - names of the wire
    anonymousId: str = ""  # noqa: N815
    accountId: str = ""  # noqa: N815
    timestamp: int = 0
    creationTime: int = 0  # noqa: N815


class _Body(msgspec.Struct):
    events: tuple[_Item, ...] = ()
    profiles: tuple[_Item, ...] = ()
    accounts: tuple[_Item, ...] = ()


_decode: Final = msgspec.json.Decoder(_Body).decode


def ids_of(content: bytes) -> Ids:
    """Return the ids of a request's only item."""
    try:
        body = _decode(content)
    except msgspec.MsgspecError:  # ids or times of another type, which observed rules let through
        (item,) = next(iter(parse_json(content, max_depth=_MAX_DEPTH).values()))
        user, anonymous, account = (
            str(item.get(key) or "") for key in ("userId", "anonymousId", "accountId")
        )
        return Ids(user or (anonymous and f"\0{anonymous}"), account, None, is_plain=False)
    (found,) = body.events or body.profiles or body.accounts
    user, anonymous = found.userId, found.anonymousId
    time = found.timestamp or found.creationTime
    plain = not (user in _NO_IDS or anonymous in _NO_IDS or found.accountId in _NO_IDS)
    return Ids(user or (anonymous and f"\0{anonymous}"), found.accountId, time, plain)


class Fine:
    """The quick look at the requests of one mapping."""

    __slots__ = ("_reads_timestamps",)

    def __init__(self, mapping: Mapping) -> None:
        """See whether the mapping's times are the event's own."""
        fields = mapping.fields
        keys = [f.key for f in mapping.action_definition.fields if f.type == "datetime"]
        self._reads_timestamps = isinstance(fields, dict) and all(
            fields.get(key) == _AT_TIMESTAMP for key in keys
        )

    def is_fine(self, event: dict[str, Json], content: bytes, ids: Ids) -> bool:
        """Tell whether nothing about the request is suspicious; false where that is not sure."""
        if not (self._reads_timestamps and ids.is_plain and (ids.user or ids.account)):
            return False
        time = event.get("timestamp")
        return (
            FIRST_LIKELY <= ids.time < END_OF_LIKELY
            and isinstance(time, str)
            and utc_time(time) is not None
            and _ODD(content) is None
        )
