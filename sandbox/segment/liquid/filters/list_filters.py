"""List filters: everything that takes lists, or gives one."""

import operator
from collections.abc import Callable
from functools import reduce
from typing import Any, Final

from sandbox.segment import javascript as js
from sandbox.segment.javascript import MISSING
from sandbox.segment.liquid import liquid_values
from sandbox.segment.liquid.expression_reader import Reader
from sandbox.segment.liquid.filters.arguments import of_values, of_variables
from sandbox.segment.liquid.liquid_errors import refuse
from sandbox.segment.liquid.variables import A_VALUE, Filter, Variables, walk


def as_list(value: object) -> list[object]:
    """Return a list as it is, nothing for nil, and everything else as the only element."""
    if liquid_values.is_nothing(value):
        return []
    return list(value) if isinstance(value, list | tuple) else [liquid_values.plain(value)]


def _of_list(function: Callable[..., object]) -> Filter:
    """Return the filter that is a function of the elements, which are counted, and an argument."""

    def filtered(variables: Variables, value: object, argument: object) -> object:
        values = as_list(value)
        variables.work.use(len(values))
        return function(values, argument)

    return of_variables(filtered)


def _join(variables: Variables, value: object, separator: object) -> object:
    values = as_list(value)
    variables.work.handle(A_VALUE * len(values))
    between = " " if liquid_values.is_nothing(separator) else liquid_values.printed(separator)
    size = sum(js.length(js.to_string(element)) for element in values)
    variables.work.use(size + js.length(between) * max(len(values) - 1, 0))
    return js.from_units(between.join("" if _is_void(v) else js.to_string(v) for v in values))


def _is_void(value: object) -> bool:
    return value is None or value is MISSING


def _element(value: object, index: int) -> object:
    """Return the first or last element of what has a length: also a unit of a string."""
    value = liquid_values.plain(value)
    size: Any = MISSING if js.is_falsy(value) else js.property_of(value, "length")
    if js.kind(size) != "number":
        return ""
    return js.property_of(value, js.to_string(js.to_double(size) + index if index < 0 else index))


def _size(value: object) -> object:
    is_sized = not js.is_falsy(value) and value is liquid_values.plain(value)
    size = js.property_of(value, "length") if is_sized else MISSING
    return 0 if js.is_falsy(size) else size


def _sum(variables: Variables, value: object, name: object) -> object:
    values = as_list(value)
    variables.work.handle(A_VALUE * len(values))
    if not js.is_falsy(name):
        values = [walk(element, list(liquid_values.printed(name).split("."))) for element in values]
    # from Python 3.12 on sum() makes up for rounding, which JavaScript does not
    return reduce(operator.add, map(liquid_values.number_or_zero, values), 0.0)


def _push(variables: Variables, value: object, element: object) -> object:
    values = as_list(value)
    variables.work.use(len(values) + 1)
    return [*values, element]


def _slice(variables: Variables, value: Any, begin: object, size: object) -> object:
    value = liquid_values.plain(value)
    if _is_void(value):
        return []
    is_list = isinstance(value, list | tuple)
    parts = value if is_list else js.to_units(liquid_values.printed(value))
    size = 1 if size is MISSING else size
    if liquid_values.is_less(begin, 0):
        begin = liquid_values.added(len(parts), begin)
    if liquid_values.is_less(begin, 0) or liquid_values.is_less(size, 0):
        return [] if is_list else ""
    variables.work.use(liquid_values.number_of(size))
    found = parts[liquid_values.bounds(len(parts), begin, liquid_values.added(begin, size))]
    return list(found) if is_list else js.from_units(found)


def _where(variables: Variables, value: object, name: object, expected: object) -> object:
    values = as_list(value)
    variables.work.use(len(values))
    variables.work.handle(A_VALUE * len(values))
    path = Reader(js.to_units(liquid_values.printed(name))).variable()
    found = [path.evaluate(variables.on(v)) if path else MISSING for v in values]
    return [
        element
        for element, at in zip(values, found, strict=True)
        if (liquid_values.is_true(at) if expected is MISSING else liquid_values.equal(at, expected))
    ]


def _sample(_value: object) -> object:
    refuse("sample")


LISTS: Final[dict[str, Filter]] = {
    "compact": _of_list(
        lambda values, _: [each for each in values if not liquid_values.is_nothing(each)]
    ),
    "first": of_values(lambda value: _element(value, 0)),
    "join": of_variables(_join),
    "last": of_values(lambda value: _element(value, -1)),
    "pop": _of_list(lambda values, _: values[:-1]),
    "push": of_variables(_push),
    "sample": of_values(_sample),
    "shift": _of_list(lambda values, _: values[1:]),
    "size": of_values(_size),
    "slice": of_variables(_slice),
    "sum": of_variables(_sum),
    "unshift": _of_list(lambda values, element: [element, *values]),
    "where": of_variables(_where),
}
