"""Lean events: of each line only the members that the mappings can look at.

Most of an SDK's event is its context, of which most mappings read one member or none. What is left
out is still checked to be JSON. Where it is not certain what a mapping reads, nothing is left out.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypedDict, cast

import msgspec

from sandbox.segment.mapping import Mapping
from sandbox.segment.triggers.tree import HEADS
from sandbox.values import Json

Decode = Callable[[bytes], Any]

decode_whole: Final[Decode] = msgspec.json.Decoder().decode

_ALWAYS: Final = frozenset({"type", "timestamp", "integrations", "context", *HEADS})
_ALWAYS_OF_CONTEXT: Final = frozenset({"personas"})
_PATH: Final = re.compile(r"\$\.([A-Za-z_]\w*)(?:\.([A-Za-z_]\w*))?(?:\.[A-Za-z_]\w*)*", re.ASCII)
_IN_TRIGGER: Final = re.compile(r"context(?:\.([A-Za-z_]\w*)(?=[\s.=!<>,)]|\Z))?", re.ASCII)


def lean_decoder(mappings: Iterable[Mapping]) -> Decode:
    """Return what decodes a line to all of the event that the mappings look at.

    It refuses what is not an object and what has another context. Strings that are left out it does
    not check to be UTF-8.
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
