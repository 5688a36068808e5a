"""Surely fine: whom a request is about, and a quick proof that nothing about it is suspicious.

Where the proof fails, `suspicions` has the word; a law holds both together.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from sandbox.segment.json_text import parse_json
from sandbox.segment.mapping import Mapping
from sandbox.suspicions import NO_ID_TEXTS, OBJECT_TEXT
from sandbox.suspicious_times import END_OF_LIKELY, FIRST_LIKELY

_OBJECT_TEXT: Final = OBJECT_TEXT.encode()
_NO_IDS: Final = frozenset(NO_ID_TEXTS)
_AT_TIMESTAMP: Final = {"@path": "$.timestamp"}
_MAX_DEPTH: Final = 720


class _Item(msgspec.Struct, gc=False):
    userId: str = ""  # noqa: N815 - names of the wire
    anonymousId: str = ""  # noqa: N815
    accountId: str = ""  # noqa: N815
    timestamp: int = 0
    creationTime: int = 0  # noqa: N815


class _Body(msgspec.Struct, gc=False):
    events: tuple[_Item, ...] = ()
    profiles: tuple[_Item, ...] = ()
    accounts: tuple[_Item, ...] = ()


_decode: Final = msgspec.json.Decoder(_Body).decode


def reads_timestamps(mapping: Mapping) -> bool:
    """Tell whether all times of the mapping's requests are the timestamps of their events."""
    keys = [f.key for f in mapping.action_definition.fields if f.type == "datetime"]
    fields = mapping.fields
    return isinstance(fields, dict) and all(fields.get(key) == _AT_TIMESTAMP for key in keys)


def looked_at(content: bytes) -> tuple[str, str, bool]:
    """Return the user and the account a request is about, and whether it is surely fine.

    A user known by anonymousId alone is marked by a first NUL. Fine is said of a request whose
    times come from a common timestamp; it is false where it is not sure.
    """
    try:
        body = _decode(content)
    except msgspec.MsgspecError:  # ids or times of another type, which observed rules let through
        return (*_ids_of_odd(content), False)
    (item,) = body.events or body.profiles or body.accounts
    user, anonymous, account = item.userId, item.anonymousId, item.accountId
    is_fine = (
        FIRST_LIKELY <= (item.timestamp or item.creationTime) < END_OF_LIKELY
        and not (user in _NO_IDS or anonymous in _NO_IDS or account in _NO_IDS)
        and b'""' not in content
        and b"{}" not in content
        and _OBJECT_TEXT not in content
    )
    if user or account:
        return user or (anonymous and f"\0{anonymous}"), account, is_fine
    return anonymous and f"\0{anonymous}", "", is_fine and bool(anonymous)


def _ids_of_odd(content: bytes) -> tuple[str, str]:
    items: Any = next(iter(parse_json(content, max_depth=_MAX_DEPTH).values()))
    user, anonymous, account = (
        str(items[0].get(key) or "") for key in ("userId", "anonymousId", "accountId")
    )
    return user or (anonymous and f"\0{anonymous}"), account
