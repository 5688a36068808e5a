"""Surely fine: whom a request is about, and a quick proof that nothing about it is suspicious.

Where the proof fails, `suspicions` has the word; a law holds both together.
"""

from typing import Final

from sandbox.compiled.payload_code import RequestOfPayload
from sandbox.segment.json_text import parse_json
from sandbox.segment.mapping import Mapping
from sandbox.segment.pipeline import Request
from sandbox.suspicions import NO_ID_TEXTS, OBJECT_TEXT
from sandbox.toplyne import IDS

_OBJECT_TEXT: Final = OBJECT_TEXT.encode()
_NO_IDS: Final = frozenset(NO_ID_TEXTS)
_AT_TIMESTAMP: Final = {"@path": "$.timestamp"}
_MAX_DEPTH: Final = 720


def reads_timestamps(mapping: Mapping) -> bool:
    """Return whether all times of the mapping's requests are the timestamps of their events."""
    keys = [f.key for f in mapping.action_definition.fields if f.type == "datetime"]
    fields = mapping.fields
    return isinstance(fields, dict) and all(fields.get(key) == _AT_TIMESTAMP for key in keys)


def looked_at(request: Request) -> tuple[str, str, bool]:
    """Return the user and the account a request is about, and whether it is surely fine.

    A user known by anonymousId alone is marked by a first NUL. Fine is said of a request whose
    times come from a common timestamp; it is false where it is not sure.
    """
    if type(request) is RequestOfPayload:  # its strings are strings, and not empty
        payload = request[3]  # type: ignore[misc]  # its property would take its time
        is_fine = {} not in payload.values() and _OBJECT_TEXT not in request.content
    else:
        payload, is_fine = _payload_of(request.content), False
    user, anonymous = payload.get("userId", ""), payload.get("anonymousId", "")
    account = payload.get("accountId", "")
    is_fine = is_fine and not (user in _NO_IDS or anonymous in _NO_IDS or account in _NO_IDS)
    if user:
        return user, account, is_fine
    if account:
        return anonymous and f"\0{anonymous}", account, is_fine
    return anonymous and f"\0{anonymous}", "", is_fine and bool(anonymous)


def _payload_of(content: bytes) -> dict[str, str]:
    """Return the ids of a payload that may hold others than strings, which observed rules send."""
    (item,) = next(iter(parse_json(content, max_depth=_MAX_DEPTH).values()))
    return {key: str(item.get(key) or "") for key in IDS}
