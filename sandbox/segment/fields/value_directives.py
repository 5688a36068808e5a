"""Values: how directives on any value resolve, @if to @excludeWhenNull."""

from typing import Final

from sandbox.segment import javascript as js
from sandbox.segment import json_text
from sandbox.segment.effort import A_VALUE, NOT_ASCII, spend, spend_on
from sandbox.segment.errors import Thrown
from sandbox.segment.fields.compiling import FieldFunction, compile_value, constant, throwing
from sandbox.segment.fields.limits import MAX_SIZE, measure
from sandbox.segment.fields.text_directives import part
from sandbox.segment.fields.transforming import transform
from sandbox.segment.javascript import MISSING
from sandbox.segment.not_simulated import Outside, not_simulated


def if_(outside: Outside, operand: dict[str, object]) -> FieldFunction:
    """@if: `then` or `else`, depending on whether a value exists, or is not blank.

    Despite its name, `blank` gives `then` if the value is not blank.
    """
    if js.is_falsy(operand.get("exists")) and js.is_falsy(operand.get("blank")):
        return throwing('@if requires an "exists" key or a "blank" key')
    key, holds = ("exists", js.exists) if "exists" in operand else ("blank", _is_filled)
    condition = compile_value(outside, operand[key])
    then = compile_value(outside, operand.get("then", MISSING))
    otherwise = operand.get("else")
    else_ = constant(MISSING) if js.is_falsy(otherwise) else compile_value(outside, otherwise)
    return lambda data: then(data) if holds(condition(data)) else else_(data)


def _is_filled(value: object) -> bool:
    """Return whether the value exists and is not loosely equal to "", as `[[]]` and 0 are."""
    if isinstance(value, bool | int | float):
        return value != 0
    spend_on(value)
    return js.exists(value) and js.to_string(value) != ""


def exclude_when_null(outside: Outside, operand: object) -> FieldFunction:
    """@excludeWhenNull: the operand unless it is null, without the null members of objects.

    Arrays are unchanged.
    """
    value = compile_value(outside, operand)

    def without_null(leaf: object) -> object:
        return MISSING if leaf is None else leaf

    def step(data: object) -> object:
        resolved = value(data)
        if isinstance(resolved, dict):
            measure(resolved, "@excludeWhenNull")
            spend_on(resolved)
        return json_text.copied(resolved, without_null, opened=(dict,), keeps=lambda *_: True)

    return step


def array_path(outside: Outside, operand: object) -> FieldFunction:
    """@arrayPath: the list that the first element names, each element mapped to the second."""
    if not isinstance(operand, list | tuple):
        return throwing(f"@arrayPath expected array, got {js.kind(operand)}")
    first, shape = (*operand, MISSING, MISSING)[:2]
    root = part(first) if isinstance(first, str) else compile_value(outside, first)
    if not isinstance(shape, dict) or not shape:
        return root
    shaped = compile_value(outside, shape)
    a_shape = A_VALUE * sum(1 for _ in js.all_values(shape))

    def step(data: object) -> object:
        found = root(data)
        if isinstance(found, dict):
            return [shaped(found)]
        if isinstance(found, list | tuple):
            spend(a_shape * len(found))
            return [shaped(element) for element in found]
        return found

    return step


def json(outside: Outside, operand: dict[str, object]) -> FieldFunction:
    """@json: encode a value as JSON, or decode JSON to its value."""
    value, mode = compile_value(outside, operand["value"]), operand["mode"]
    change = _MODES.get(mode if isinstance(mode, str) else "", constant(MISSING))
    return lambda data: change(value(data))


def _encode(value: object) -> object:
    if isinstance(value, json_text.NOT_IN_JSON):
        return MISSING
    measure([value], "@json")
    spend_on(value)
    return json_text.json_text(value)


def _decode(value: object) -> object:
    if not isinstance(value, str):
        return value
    spend(len(value) * NOT_ASCII)
    if json_text.too_deep_at(value, json_text.MAX_EVENT_DEPTH) is not None:
        raise not_simulated("deep JSON", "@json")
    return json_text.json_or(value, value)


_MODES: Final[dict[str, FieldFunction]] = {"encode": _encode, "decode": _decode}


def flatten(outside: Outside, operand: dict[str, object]) -> FieldFunction:
    """@flatten: one object with all leaves, under their joined keys."""
    separator = compile_value(outside, operand["separator"])
    value = compile_value(outside, operand.get("value", MISSING))
    opened = (dict,) if not js.is_falsy(operand.get("omitArrays")) else js.CONTAINERS

    def step(data: object) -> object:
        between = separator(data)
        if not isinstance(between, str):
            raise Thrown("@flatten requires a string separator")
        return _flat(value(data), between, opened)

    return step


def _flat(value: object, separator: str, opened: tuple[type, ...]) -> dict[str, object]:
    leaves: dict[str, object] = {}
    size = 0
    todo = [("", value)]
    while todo:
        prefix, outer = todo.pop()
        if not isinstance(outer, opened):
            leaves[prefix] = outer
            continue
        before = prefix + separator if prefix else ""
        _spend_on_own(outer)
        for key, inner in reversed(js.own_members(outer)):
            size += len(before) + len(key) + 1
            spend(A_VALUE + len(before))
            if size > MAX_SIZE:
                raise not_simulated("large result", "@flatten")
            todo.append((js.from_units(before + key), inner))
    return leaves


def _spend_on_own(value: object) -> None:
    """Count the members that JavaScript copies from a value, which for a string are its units."""
    if isinstance(value, str | list | tuple | dict):
        spend(2 * A_VALUE * len(value))


def merge(outside: Outside, operand: dict[str, object]) -> FieldFunction:
    """@merge: the members of several objects in one; the last wins, or the first for `left`."""
    direction = compile_value(outside, operand["direction"])
    objects = operand.get("objects")
    if js.is_falsy(objects):
        steps = [throwing('@merge requires a "objects" key')]
    elif isinstance(objects, list | tuple):
        steps = [compile_value(outside, each) for each in objects]
    else:
        steps = [throwing(f"@merge: expected opts.array, got {js.kind(objects)}")]

    def step(data: object) -> object:
        to_left = direction(data) == "left"
        resolved = [each(data) for each in steps]
        merged: dict[str, object] = {}
        for value in reversed(resolved) if to_left else resolved:
            _spend_on_own(value)
            merged.update(js.own_members(value))
        return merged

    return step


def transformed(outside: Outside, operand: dict[str, object]) -> FieldFunction:
    """@transform: resolve `mapping` on the result of `apply`."""
    if not isinstance(operand["apply"], dict):
        return throwing('@transform "apply" key should be an object')
    apply = transform(outside, operand["apply"])
    mapping = compile_value(outside, operand["mapping"])
    return lambda data: mapping(apply(data))
