"""Structures: how @arrayPath, @json, @flatten, @merge and @transform resolve."""

from __future__ import annotations

from sandbox.segment.errors import Thrown
from sandbox.segment.fields.compiling import compile_value, throwing
from sandbox.segment.fields.directive import Step, Table
from sandbox.segment.fields.limits import CONTAINERS, MAX_SIZE, measure, too_large
from sandbox.segment.fields.text_directives import part
from sandbox.segment.fields.transforming import transform
from sandbox.segment.javascript import (
    MISSING,
    Json,
    from_units,
    is_falsy,
    kind,
    ordered_items,
    to_units,
)
from sandbox.segment.json_text import MAX_EVENT_DEPTH, InvalidJson, depth_of, json_text, parse_json
from sandbox.segment.not_simulated import not_simulated


def array_path(table: Table, operand: Json) -> Step:
    """@arrayPath: the part the first element names, each of its elements in the second's shape."""
    if not isinstance(operand, list | tuple):
        return throwing(f"@arrayPath expected array, got {kind(operand)}")
    first, shape = (*operand, MISSING, MISSING)[:2]
    root = part(first) if isinstance(first, str) else compile_value(table, first)
    if not isinstance(shape, dict) or not shape:
        return root
    shaped = compile_value(table, shape)

    def step(data: Json) -> Json:
        found = root(data)
        if isinstance(found, dict):
            return [shaped(found)]
        if isinstance(found, list | tuple):
            return [shaped(element) for element in found]
        return found

    return step


def json(table: Table, operand: dict[str, Json]) -> Step:
    """@json: a value as JSON text, or a JSON text as its value."""
    for key in ("mode", "value"):
        if is_falsy(operand.get(key)):
            return throwing(f'@json requires a "{key}" key')
    value = compile_value(table, operand["value"])
    change = _MODES.get(operand["mode"]) if isinstance(operand["mode"], str) else None
    return (lambda data: change(value(data))) if change else _discarded(value)


def _encode(value: Json) -> Json:
    if value is MISSING:
        return MISSING
    measure([value], "@json")
    return json_text(value)


def _decode(value: Json) -> Json:
    if not isinstance(value, str):
        return value
    try:
        depth_of(value, max_depth=MAX_EVENT_DEPTH)
    except InvalidJson:
        raise not_simulated("deep JSON", "@json") from None
    try:
        return parse_json(value)
    except InvalidJson:
        return value


_MODES = {"encode": _encode, "decode": _decode}


def _discarded(value: Step) -> Step:
    """Return the step that resolves a value, which may throw, and takes nothing of it."""

    def step(data: Json) -> Json:
        value(data)
        return MISSING

    return step


def flatten(table: Table, operand: dict[str, Json]) -> Step:
    """@flatten: one object of all the leaves, the keys on the way joined."""
    if is_falsy(operand.get("separator")):
        return throwing('@flatten requires a "separator" key')
    separator = compile_value(table, operand["separator"])
    value = compile_value(table, operand.get("value", MISSING))
    opened = (dict,) if not is_falsy(operand.get("omitArrays")) else CONTAINERS

    def step(data: Json) -> Json:
        between = separator(data)
        if not isinstance(between, str):
            raise Thrown("@flatten requires a string separator")
        return _flat(value(data), between, opened)

    return step


def _flat(value: Json, separator: str, opened: tuple[type, ...]) -> dict[str, Json]:
    leaves: dict[str, Json] = {}
    size = 0
    todo = [("", value)]
    while todo:
        prefix, outer = todo.pop()
        if not isinstance(outer, opened):
            leaves[prefix] = outer
            continue
        before = prefix + separator if prefix else ""
        for key, inner in reversed(_entries(outer)):
            size += len(before) + len(key) + 1
            if size > MAX_SIZE:
                raise too_large("@flatten")
            todo.append((from_units(before + key), inner))
    return leaves


def _entries(value: Json) -> list[tuple[str, Json]]:
    """Return the own members of a value: of text its units, of null and numbers none."""
    if isinstance(value, dict):
        return ordered_items(value)
    if isinstance(value, str):
        value = to_units(value)
    return (
        [(str(i), v) for i, v in enumerate(value)] if isinstance(value, str | list | tuple) else []
    )


def merge(table: Table, operand: dict[str, Json]) -> Step:
    """@merge: the members of several objects in one; later wins, or the first for `left`."""
    if is_falsy(operand.get("direction")):
        return throwing('@merge requires a "direction" key')
    direction = compile_value(table, operand["direction"])
    objects = operand.get("objects")
    if not isinstance(objects, list | tuple):
        return _complaint(direction, _objects_complaint(objects))
    steps = [compile_value(table, each) for each in objects]

    def step(data: Json) -> Json:
        to_left = direction(data) == "left"
        resolved = [each(data) for each in steps]
        merged: dict[str, Json] = {}
        for value in reversed(resolved) if to_left else resolved:
            merged.update(_entries(value))
        return merged

    return step


def _objects_complaint(objects: Json) -> str:
    if is_falsy(objects):
        return '@merge requires a "objects" key'
    return f"@merge: expected opts.array, got {kind(objects)}"


def _complaint(first: Step, message: str) -> Step:
    """Return the step that throws the message, unless resolving `first` throws before it."""

    def step(data: Json) -> Json:
        first(data)
        raise Thrown(message)

    return step


def transformed(table: Table, operand: dict[str, Json]) -> Step:
    """@transform: `mapping` on the data that `apply` makes of the event."""
    for key in ("mapping", "apply"):
        if is_falsy(operand.get(key)):
            return throwing(f'@transform requires a "{key}" key')
    if not isinstance(operand["apply"], dict):
        return throwing('@transform "apply" key should be an object')
    apply = transform(table, operand["apply"])
    mapping = compile_value(table, operand["mapping"])
    return lambda data: mapping(apply(data))
