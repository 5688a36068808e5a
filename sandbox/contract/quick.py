"""Quick: whether bytes surely hold to the contract, told while they are parsed, by msgspec.

A schema becomes a decoder once. It takes less than the contract does, never more: what it does not
take is asked of the exact check. Held to by a property (tests/properties/test_quick_verdict.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, TypeAlias

import msgspec

from sandbox.segment.javascript import Json
from sandbox.segment.json_text import InvalidJson, depth_of

QuickCount: TypeAlias = Callable[[bytes], int]
"""From a body to the number of its items if it surely holds; 0 where the exact check must tell."""

_EXACT: Final = 2**53  # beyond it a number may not be what its digits say
_ANNOTATIONS: Final = frozenset({"$schema", "title", "description", "examples", "format"})
_OBJECT: Final = frozenset({"type", "properties", "required", "additionalProperties"})
_LIST: Final = frozenset({"type", "items", "minItems", "maxItems"})
_CHOICES: Final = frozenset({"anyOf", "allOf"})


def compile_quick(schema: dict[str, Json], *, max_depth: int) -> QuickCount:
    """Return the quick count of the bodies of an upload: objects with one list of objects.

    Raises ValueError for a schema that says more than it can tell.
    """
    ((envelope, array),) = _known(schema, _OBJECT)["properties"].items()
    item = array["items"]
    struct: Any = _struct(_known(item, _OBJECT | _CHOICES))
    bounds = msgspec.Meta(min_length=array["minItems"], max_length=array["maxItems"])
    items: Any = Annotated[list[struct], bounds]
    _known(array, _LIST)
    body = _define("Body", [(envelope, items)])
    decode = msgspec.json.Decoder(body).decode
    lacks = _lacking(item)

    def count(content: bytes) -> int:
        try:
            found = getattr(decode(content), envelope)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return 0
        if lacks is not None and any(map(lacks, found)):
            return 0
        return len(found) if _is_shallow(content, len(found), max_depth) else 0

    return count


def _is_shallow(content: bytes, items: int, max_depth: int) -> bool:
    # of the brackets of a body, one of each other item stands beside the deepest place
    if content.count(b"{") + content.count(b"[") - items < max_depth:
        return True
    try:
        depth_of(content.decode(), max_depth=max_depth)
    except InvalidJson:
        return False
    return True


def _known(schema: dict[str, Json], keywords: frozenset[str]) -> dict[str, Json]:
    unknown = schema.keys() - keywords - _ANNOTATIONS
    if unknown:
        raise ValueError(f"no quick verdict for the schema keywords {sorted(unknown)}")
    return schema


def _define(name: str, fields: list[Any]) -> Any:
    return msgspec.defstruct(name, fields, kw_only=True, forbid_unknown_fields=True, gc=False)


def _struct(schema: dict[str, Json]) -> Any:
    required = schema["required"]
    fields: list[Any] = []
    for key, member in schema["properties"].items():
        if "type" not in member:
            continue  # taken whatever it is; here it is left to the exact check
        kind = _type(member)
        fields.append(
            (key, kind) if key in required else (key, kind | msgspec.UnsetType, msgspec.UNSET)
        )
    return _define("Item", fields)


def _type(schema: dict[str, Json]) -> Any:
    names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    kinds = [_TYPES[name](schema) for name in names]
    whole = kinds[0]
    for kind in kinds[1:]:
        whole |= kind
    return whole


def _string(schema: dict[str, Json]) -> Any:
    _known(schema, frozenset({"type", "minLength"}))
    return Annotated[str, msgspec.Meta(min_length=schema.get("minLength", 0))]


def _integer(schema: dict[str, Json]) -> Any:
    _known(schema, frozenset({"type", "minimum", "maximum"}))
    return Annotated[int, _bounds(schema)]


def _number(schema: dict[str, Json]) -> Any:
    return _integer(schema) | Annotated[float, _bounds(schema)]


def _bounds(schema: dict[str, Json]) -> msgspec.Meta:
    return msgspec.Meta(
        ge=max(-_EXACT, schema.get("minimum", -_EXACT)),
        le=min(_EXACT, schema.get("maximum", _EXACT)),
    )


def _object(schema: dict[str, Json]) -> Any:
    _known(schema, frozenset({"type"}))
    return dict[str, Any]


def _null(_: dict[str, Json]) -> Any:
    return None


_TYPES: Final[dict[str, Callable[[dict[str, Json]], Any]]] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "object": _object,
    "null": _null,
}


def _lacking(item: dict[str, Json]) -> Callable[[Any], bool] | None:
    """Return what tells an item without any of the keys of which one must be there."""
    choices = [part["anyOf"] for part in item.get("allOf", [item]) if "anyOf" in part]
    if not choices:
        return None
    groups = [[key for choice in each for key in choice["required"]] for each in choices]
    if any(len(choice["required"]) != 1 for each in choices for choice in each):
        raise ValueError("no quick verdict for a choice between groups of keys")
    unset = msgspec.UNSET
    if len(groups) == 1 and len(groups[0]) == 2:
        first, second = groups[0]
        return lambda value: getattr(value, first) is unset and getattr(value, second) is unset
    return lambda value: any(all(getattr(value, k) is unset for k in keys) for keys in groups)
