"""Shortcuts: what need not be looked at, of events and of the requests made of them.

Most of an SDK's event is its context, of which most mappings read one member or none; and about
most requests nothing is suspicious. Laws hold both to what is found without them.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypedDict, cast

import msgspec

from sandbox.compiled.payload_code import RequestOfPayload
from sandbox.segment.json_text import parse_json
from sandbox.segment.mapping import Mapping
from sandbox.segment.pipeline import Request
from sandbox.segment.triggers.tree import HEADS
from sandbox.suspicions import NO_ID_TEXTS, OBJECT_TEXT
from sandbox.toplyne import IDS
from sandbox.values import Json

Decode = Callable[[bytes], Any]

decode_whole: Final[Decode] = msgspec.json.Decoder().decode

_ALWAYS: Final = frozenset({"type", "timestamp", "integrations", "context", *HEADS})
_ALWAYS_OF_CONTEXT: Final = frozenset({"personas"})
_PATH: Final = re.compile(r"\$\.([A-Za-z_]\w*)(?:\.([A-Za-z_]\w*))?(?:\.[A-Za-z_]\w*)*", re.ASCII)
_IN_TRIGGER: Final = re.compile(r"context(?:\.([A-Za-z_]\w*)(?=[\s.=!<>,)]|\Z))?", re.ASCII)
_OBJECT_TEXT: Final = OBJECT_TEXT.encode()
_NO_IDS: Final = frozenset(NO_ID_TEXTS)
_AT_TIMESTAMP: Final = {"@path": "$.timestamp"}
_MAX_DEPTH: Final = 720


def lean_decoder(mappings: Iterable[Mapping]) -> Decode:
    """Return what decodes a line to all of the event that the mappings look at.

    What is left out is still checked to be JSON, but its strings not to be UTF-8. It refuses what
    is not an object and what has another context. Where it is not certain what a mapping reads,
    nothing is left out.
    """
    members, of_context = set(_ALWAYS), set(_ALWAYS_OF_CONTEXT)
    for mapping in mappings:
        for path in _paths(cast("Json", mapping.fields)):
            if path is None or path.groups() == ("context", None):
                return decode_whole
            members.add(path[1])
            of_context.add(path[2] or "personas")
        for found in _IN_TRIGGER.finditer(mapping.trigger):
            if found[1] is None:
                return decode_whole
            of_context.add(found[1])

    context = TypedDict("context", dict.fromkeys(of_context, Any), total=False)  # type: ignore[misc]
    event = TypedDict("event", dict.fromkeys(members, Any) | {"context": context}, total=False)  # type: ignore[misc]
    return msgspec.json.Decoder(event).decode


def _paths(fields: Json) -> Iterator[re.Match[str] | None]:
    """Yield the paths that fields read; None for a directive that may read anything."""
    todo = [fields]
    while todo:
        value = todo.pop()
        if isinstance(value, list):
            todo += value
        elif isinstance(value, dict) and any(key.startswith("@") for key in value):
            path = value.get("@path")
            yield _PATH.fullmatch(path) if len(value) == 1 and isinstance(path, str) else None
        elif isinstance(value, dict):
            todo += value.values()
        elif isinstance(value, str) and "{{" in value:
            yield None


def reads_timestamps(mapping: Mapping) -> bool:
    """Return whether all times of the mapping's requests are the timestamps of their events."""
    keys = [f.key for f in mapping.action_definition.fields if f.type == "datetime"]
    fields = mapping.fields
    return isinstance(fields, dict) and all(fields.get(key) == _AT_TIMESTAMP for key in keys)


def looked_at(request: Request) -> tuple[str, str, bool]:
    """Return the user and the account a request is about, and whether it is surely fine.

    A user known by anonymousId alone is marked by a first NUL. Fine is said of a request whose
    times come from a common timestamp; where it is false, `suspicions` has the word.
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
    return anonymous and f"\0{anonymous}", account, is_fine and bool(account or anonymous)


def _payload_of(content: bytes) -> dict[str, str]:
    """Return the ids of a payload that may hold others than strings, which observed rules send."""
    (item,) = next(iter(parse_json(content, max_depth=_MAX_DEPTH).values()))
    return {key: str(item.get(key) or "") for key in IDS}
