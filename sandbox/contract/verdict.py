"""Verdict: whether a value holds to a schema, yes or no, as fast as plain Python tells it.

A schema is compiled to closures once. Only the keywords our schemas use are known; another one
is refused, so that a verdict never passes over a rule in silence.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, TypeAlias

from sandbox.segment.javascript import Json

Verdict: TypeAlias = Callable[[Json], bool]

ANNOTATIONS: Final = frozenset({"$schema", "title", "description", "examples", "format"})
_CONSTRAINTS: Final[dict[str, frozenset[str]]] = {
    "string": frozenset({"minLength"}),
    "number": frozenset({"minimum", "maximum"}),
    "array": frozenset({"items", "minItems", "maxItems"}),
    "object": frozenset({"properties", "required", "additionalProperties"}),
    "boolean": frozenset(),
    "null": frozenset(),
}
_KEYWORDS: Final = ANNOTATIONS.union({"type", "anyOf", "allOf"}, *_CONSTRAINTS.values())


def compile_verdict(schema: dict[str, Json]) -> Verdict:
    """Return the function that tells whether a JSON value holds to the schema.

    It agrees with a JSON Schema 2020-12 validator on every JSON value. Raises ValueError for a
    keyword or type it does not know.
    """
    unknown = schema.keys() - _KEYWORDS
    if unknown:
        raise ValueError(f"no verdict for the schema keywords {sorted(unknown)}")

    tests = _of_type(schema) if "type" in schema else _of_any_type(schema)
    if "anyOf" in schema:
        tests.append(_any([compile_verdict(part) for part in schema["anyOf"]]))
    tests += [compile_verdict(part) for part in schema.get("allOf", ())]
    return _all(tests)


def _of_type(schema: dict[str, Json]) -> list[Verdict]:
    names = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    for name in names:
        if name not in _TYPES:
            raise ValueError(f"no verdict for the schema type {name!r}")
    return [_any([_TYPES[name](schema) for name in names])]


def _of_any_type(schema: dict[str, Json]) -> list[Verdict]:
    # without a type, each keyword speaks of the values it belongs to and lets the others be
    return [
        _any([_TYPES[name](schema), _not(_TYPES[name]({}))])
        for name, keywords in _CONSTRAINTS.items()
        if not keywords.isdisjoint(schema)
    ]


def _not(test: Verdict) -> Verdict:
    return lambda value: not test(value)


def _any(tests: list[Verdict]) -> Verdict:
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        return lambda value: first(value) or second(value)
    return lambda value: any(test(value) for test in tests)


def _all(tests: list[Verdict]) -> Verdict:
    if not tests:
        return _anything
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        return lambda value: first(value) and second(value)
    return lambda value: all(test(value) for test in tests)


def _anything(_: Json) -> bool:
    return True


def _string(schema: dict[str, Json]) -> Verdict:
    shortest: int = schema.get("minLength", 0)
    if shortest == 0:
        return lambda value: isinstance(value, str)
    if shortest == 1:
        return lambda value: isinstance(value, str) and value != ""
    return lambda value: isinstance(value, str) and len(value) >= shortest


def _number(schema: dict[str, Json]) -> Verdict:
    least, most = _bounds(schema)

    def test(value: Json) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return not (value < least or value > most)

    return test


def _integer(schema: dict[str, Json]) -> Verdict:
    least, most = _bounds(schema)

    def test(value: Json) -> bool:
        if type(value) is int:  # the usual case first
            return least <= value <= most
        return isinstance(value, float) and value.is_integer() and least <= value <= most

    return test


def _bounds(schema: dict[str, Json]) -> tuple[float, float]:
    return schema.get("minimum", -math.inf), schema.get("maximum", math.inf)


def _array(schema: dict[str, Json]) -> Verdict:
    fewest: int = schema.get("minItems", 0)
    most: float = schema.get("maxItems", float("inf"))
    item = compile_verdict(schema.get("items", {}))

    def test(value: Json) -> bool:
        if not isinstance(value, list) or not fewest <= len(value) <= most:
            return False
        return all(map(item, value))

    return test


def _object(schema: dict[str, Json]) -> Verdict:
    members = {key: compile_verdict(part) for key, part in schema.get("properties", {}).items()}
    required = tuple(schema.get("required", ()))
    others_are_taken = schema.get("additionalProperties", True)
    if others_are_taken is not True and others_are_taken is not False:
        raise ValueError("no verdict for additionalProperties other than true and false")
    if not members and others_are_taken:
        return _having(required)
    others = _anything if others_are_taken else None

    def test(value: Json) -> bool:
        if not isinstance(value, dict):
            return False
        for key in required:
            if key not in value:
                return False
        for key, member in value.items():
            verdict = members.get(key, others)
            if verdict is None or not verdict(member):
                return False
        return True

    return test


def _having(required: tuple[str, ...]) -> Verdict:
    if not required:
        return lambda value: isinstance(value, dict)
    if len(required) == 1:
        (only,) = required
        return lambda value: isinstance(value, dict) and only in value
    return lambda value: isinstance(value, dict) and all(key in value for key in required)


def _boolean(_: dict[str, Json]) -> Verdict:
    return lambda value: isinstance(value, bool)


def _null(_: dict[str, Json]) -> Verdict:
    return lambda value: value is None


_TYPES: Final[dict[str, Callable[[dict[str, Json]], Verdict]]] = {
    "string": _string,
    "number": _number,
    "integer": _integer,
    "array": _array,
    "object": _object,
    "boolean": _boolean,
    "null": _null,
}
