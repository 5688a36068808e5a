"""Demands: what the contract comes down to for payloads whose values are plainly of their types.

The mapper's short ways make such payloads: texts that are not empty, whole seconds within
JavaScript's time, objects, all of declared fields. Which of them must be there is then all that is
left to ask, unless a schema says more than that.
"""

from __future__ import annotations

from typing import Final

from sandbox.contract.schemas import item_schema
from sandbox.contract.verdict import ANNOTATIONS, compile_verdict
from sandbox.segment.compiled import Demands
from sandbox.segment.definition import FieldType, Rules, Upload
from sandbox.segment.javascript import Json
from sandbox.segment.time_value import LAST_MILLISECOND

_LAST_SECOND = LAST_MILLISECOND // 1000
_PLAIN: Final[dict[FieldType, tuple[frozenset[str], tuple[Json, ...]]]] = {
    "string": (frozenset({"type", "minLength"}), ("x",)),
    "datetime": (
        frozenset({"type", "minimum", "maximum"}),
        (-_LAST_SECOND, _LAST_SECOND),
    ),
    "object": (frozenset({"type"}), ({},)),
}
"""For each type the keywords that hold for all its plain values if they hold for these."""

_KNOWN: Final = {"type", "properties", "required", "additionalProperties", "anyOf", "allOf"}


def demands_of(upload: Upload, *, rules: Rules) -> Demands | None:
    """Return groups of fields: a plain payload holds to the contract if it has one of each.

    None if the contract asks more of it than that.
    """
    schema = item_schema(upload, rules)
    properties = schema["properties"]
    takes_all = all(_takes(properties.get(f.key, False), f.type) for f in upload.fields)
    return _groups(schema) if takes_all else None


def _takes(schema: Json, field_type: FieldType) -> bool:
    """Tell whether a field's schema takes every plain value of its type."""
    keywords, values = _PLAIN[field_type]
    if not isinstance(schema, dict) or not schema.keys() - ANNOTATIONS <= keywords:
        return False
    return all(map(compile_verdict(schema), values))


def _groups(schema: dict[str, Json]) -> Demands | None:
    if not schema.keys() - ANNOTATIONS <= _KNOWN or schema.get("type", "object") != "object":
        return None
    groups = [(key,) for key in schema.get("required", ())]
    if "anyOf" in schema:
        choices = [choice.get("required", ()) for choice in schema["anyOf"]]
        if any(choice.keys() != {"required"} for choice in schema["anyOf"]):
            return None
        if any(len(keys) != 1 for keys in choices):
            return None
        groups.append(tuple(key for (key,) in choices))
    for part in schema.get("allOf", ()):
        inner = _groups(part)
        if inner is None:
            return None
        groups += inner
    return tuple(groups)
