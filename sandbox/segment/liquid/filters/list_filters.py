"""List filters: everything that takes lists, or gives one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sandbox.segment.javascript import (
    MISSING,
    Json,
    from_units,
    is_falsy,
    kind,
    length,
    property_of,
    to_double,
    to_units,
)
from sandbox.segment.liquid.expression_reader import Reader
from sandbox.segment.liquid.liquid_errors import refuse
from sandbox.segment.liquid.liquid_values import (
    added,
    bounds,
    is_less,
    is_nothing,
    is_true,
    number_of,
    plain,
    printed,
    text_of,
)
from sandbox.segment.liquid.value_operators import equal
from sandbox.segment.liquid.variables import A_VALUE, Variables, walk


def as_list(value: Json) -> list[Json]:
    """Return a list as it is, nothing for nil, and everything else as the only element."""
    value = plain(value)
    if value is None or value is MISSING:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _counted(variables: Variables, value: Json) -> list[Json]:
    values = as_list(value)
    variables.work.use(len(values))
    return values


def _join(variables: Variables, value: Json, separator: Json = MISSING, *_: Json) -> Json:
    values = as_list(value)
    variables.work.handle(A_VALUE * len(values))
    between = " " if is_nothing(separator) else printed(separator)
    size = sum(length(text_of(element)) for element in values)
    variables.work.use(size + length(between) * max(len(values) - 1, 0))
    return from_units(between.join("" if _is_void(v) else text_of(v) for v in values))


def _is_void(value: Json) -> bool:
    return value is None or value is MISSING


def _first(variables: Variables, value: Json, *_: Json) -> Json:
    del variables
    return _element(plain(value), 0)


def _last(variables: Variables, value: Json, *_: Json) -> Json:
    del variables
    return _element(plain(value), -1)


def _element(value: Json, index: int) -> Json:
    """Return the first or last element of what has a length: also a unit of a string."""
    size: Json = MISSING if is_falsy(value) else property_of(value, "length")
    if kind(size) != "number":
        return ""
    return property_of(value, text_of(to_double(size) + index if index < 0 else index))


def _size(variables: Variables, value: Json, *_: Json) -> Json:
    del variables
    size = MISSING if is_falsy(value) or value is not plain(value) else property_of(value, "length")
    return 0 if is_falsy(size) else size


def _sum(variables: Variables, value: Json, name: Json = MISSING, *_: Json) -> Json:
    values = as_list(value)
    variables.work.handle(A_VALUE * len(values))
    total = 0.0
    for element in values:
        found = element if is_falsy(name) else walk(element, list(printed(name).split(".")))
        number = number_of(found)
        total += 0.0 if number != number else number  # noqa: PLR0124
    return total


def _compact(variables: Variables, value: Json, *_: Json) -> Json:
    return [element for element in _counted(variables, value) if not is_nothing(plain(element))]


def _push(variables: Variables, value: Json, element: Json = MISSING, *_: Json) -> Json:
    values = as_list(value)
    variables.work.use(len(values) + 1)
    return [*values, element]


def _unshift(variables: Variables, value: Json, element: Json = MISSING, *_: Json) -> Json:
    return [element, *_counted(variables, value)]


def _pop(variables: Variables, value: Json, *_: Json) -> Json:
    return _counted(variables, value)[:-1]


def _shift(variables: Variables, value: Json, *_: Json) -> Json:
    return _counted(variables, value)[1:]


def _slice(
    variables: Variables, value: Json, begin: Json = MISSING, size: Json = MISSING, *_: Json
) -> Json:
    value = plain(value)
    if value is None or value is MISSING:
        return []
    is_list = isinstance(value, list | tuple)
    parts = value if is_list else to_units(printed(value))
    size = 1 if size is MISSING else size
    if is_less(begin, 0):
        begin = added(len(parts), begin)
    if is_less(begin, 0) or is_less(size, 0):
        return [] if is_list else ""
    variables.work.use(number_of(size))
    found = parts[bounds(len(parts), begin, added(begin, size))]
    return list(found) if is_list else from_units(found)


def _where(
    variables: Variables, value: Json, name: Json = MISSING, expected: Json = MISSING, *_: Json
) -> Json:
    values = _counted(variables, value)
    variables.work.handle(A_VALUE * len(values))
    path = Reader(to_units(printed(name))).variable()
    found = [path.evaluate(variables.on(v)) if path else MISSING for v in values]
    if expected is MISSING:
        return [element for element, at in zip(values, found, strict=True) if is_true(at)]
    return [element for element, at in zip(values, found, strict=True) if equal(at, expected)]


def _sample(variables: Variables, value: Json, *_: Json) -> Json:
    del variables, value
    refuse("sample")


LISTS: Final[dict[str, Callable[..., Json]]] = {
    "compact": _compact,
    "first": _first,
    "join": _join,
    "last": _last,
    "pop": _pop,
    "push": _push,
    "sample": _sample,
    "shift": _shift,
    "size": _size,
    "slice": _slice,
    "sum": _sum,
    "unshift": _unshift,
    "where": _where,
}
