"""Faults: which keywords of a schema a value breaks, in the schema's order.

A schema says several things; each is a verdict of its own, compiled once. It agrees with a JSON
Schema 2020-12 validator, which names the same keywords at the same members.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from sandbox.contract.verdict import ANNOTATIONS, Verdict, compile_verdict
from sandbox.segment.javascript import Json

FaultsOf: TypeAlias = Callable[[Json], "list[Fault]"]

_NESTED: Final = frozenset({"properties", "items"})


class Fault(NamedTuple):
    """One broken keyword and its value in the schema.

    `key` is the member it is about, None where it is about the whole value; `value` is what breaks
    it.
    """

    key: str | None
    keyword: str
    says: Json
    value: Json


def compile_faults(schema: dict[str, Json]) -> FaultsOf:
    """Return the function that gives each broken keyword of a schema, members in its order.

    Raises ValueError for a schema of nested objects or lists, and for an unknown keyword.
    """
    parts = _own(schema)
    members = [
        (key, compile_verdict(member), _own(member))
        for key, member in schema.get("properties", {}).items()
        if _flat(member)
    ]

    anything: dict[str, Json] = {key: {} for key in schema.get("properties", {})}
    holds_but_for_members = compile_verdict({**schema, "properties": anything})

    def of_members(value: Json) -> list[Fault]:
        if not isinstance(value, dict):
            return []
        bad = [each for each in members if each[0] in value and not each[1](value[each[0]])]
        return [fault for key, _, own in bad for fault in _of_member(key, value[key], own)]

    def faults(value: Json) -> list[Fault]:
        if holds_but_for_members(value):
            return of_members(value)
        found = []
        for keyword, says, holds in parts:
            if keyword == "properties":
                found += of_members(value)
            elif not holds(value):
                found.append(Fault(None, keyword, says, value))
        return found

    return faults


_Part: TypeAlias = tuple[str, Json, Verdict]


def _parts(schema: dict[str, Json], keyword: str) -> list[_Part]:
    says = schema[keyword]
    if keyword in ANNOTATIONS:
        return []
    if keyword == "allOf":
        return [part for inner in says for name in inner for part in _parts(inner, name)]
    if keyword == "additionalProperties" and says is False:
        known = schema.get("properties", {}).keys()
        return [(keyword, says, lambda value: not isinstance(value, dict) or value.keys() <= known)]
    return [(keyword, says, compile_verdict({keyword: says}))]


def _own(schema: dict[str, Json]) -> list[_Part]:
    return [part for keyword in schema for part in _parts(schema, keyword)]


def _flat(schema: dict[str, Json]) -> bool:
    if nested := _NESTED & schema.keys():
        raise ValueError(f"no report for a member with {sorted(nested)}")
    return True


def _of_member(key: str, member: Json, parts: list[_Part]) -> list[Fault]:
    return [
        Fault(key, keyword, says, member) for keyword, says, holds in parts if not holds(member)
    ]
