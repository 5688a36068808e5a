"""Sequence filters: filters of strings and lists. Lengths and positions count UTF-16 units."""

import operator
import re
from collections.abc import Callable
from functools import reduce
from typing import Any, Final

from sandbox.segment import javascript as js
from sandbox.segment.effort import A_VALUE, NOT_ASCII, spend
from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import MISSING
from sandbox.segment.liquid import liquid_values
from sandbox.segment.liquid.expression_reader import Reader
from sandbox.segment.liquid.filters.arguments import of_units, of_values, of_variables, units_of
from sandbox.segment.liquid.liquid_errors import refuse
from sandbox.segment.liquid.variables import LiquidFilter, LiquidVariables, walk_to

_SPACES = re.compile(rf"[{js.WHITE_SPACE}]+")
_CJK = "\u4e00-\u9fff\uf900-\ufaff\u3400-\u4dbf\u3040-\u309f\u30a0-\u30ff\uac00-\ud7af"
_CJK_CHARACTER = re.compile(rf"[{_CJK}]")
_OTHER_WORD = re.compile(rf"[^{_CJK}{js.WHITE_SPACE}]+")
_LINE_END = re.compile(r"\r?\n")


def _of_two(name: str, function: Callable[[str, str], str]) -> LiquidFilter:
    """Return a filter that requires exactly one argument."""
    filtered = of_units(function)

    def checked(variables: LiquidVariables, *given: object) -> object:
        if len(given) != 2:
            raise Thrown(f"{name} expect 2 arguments")
        return filtered(variables, *given)

    return checked


def _stripping(*sides: str) -> LiquidFilter:
    """Return a filter that strips white space, or the characters of the argument, from the sides.

    Liquidjs compares units with code points, so characters beyond U+FFFF never match.
    """

    def stripped(variables: LiquidVariables, value: object, characters: object) -> object:
        [text] = units_of(variables, value)
        units = js.WHITE_SPACE
        if not js.is_falsy(characters):
            units = liquid_values.printed(characters)
            variables.work.use(js.length(units) if len(sides) == 1 else len(set(units)))
            spend(NOT_ASCII * (len(text) + len(units)))
        dropped = frozenset(units)  # strip() compares every unit of the text with each of them
        begin, end = 0, len(text)
        while "left" in sides and begin < end and text[begin] in dropped:
            begin += 1
        while "right" in sides and begin < end and text[end - 1] in dropped:
            end -= 1
        return js.from_units(text[begin:end])

    return of_variables(stripped)


def _without_last(text: str, old: str, new: str) -> str:
    at = text.rfind(old)
    return text if at < 0 else text[:at] + new + text[at + len(old) :]


def _replace(variables: LiquidVariables, value: object, sought: object, new: object) -> object:
    text, old, put = (js.to_units(liquid_values.printed(each)) for each in (value, sought, new))
    gaps = text.count(old) if old else len(text) - 1
    variables.work.use(len(text) + gaps * (len(put) - len(old)))
    return js.from_units(text.replace(old, put) if old else put.join(text))


def _split(variables: LiquidVariables, value: object, separator: object) -> object:
    [text] = units_of(variables, value)
    between = js.to_units(liquid_values.printed(separator))
    parts = text.split(between) if between else list(text)
    while parts and not parts[-1]:
        parts.pop()
    return [js.from_units(part) for part in parts]


def _truncate(variables: LiquidVariables, value: object, most: object, ending: object) -> object:
    most = 50 if most is MISSING else most
    text, end = units_of(variables, value, "..." if ending is MISSING else ending)
    if liquid_values.is_at_most(len(text), most):
        return value
    kept = liquid_values.number_of(most) - len(end)
    return js.from_units(text[liquid_values.bounds(len(text), 0, max(kept, 0))] + end)


def _truncatewords(
    variables: LiquidVariables, value: object, most: object, ending: object
) -> object:
    most = 15 if most is MISSING else most
    text, end = units_of(variables, value, "..." if ending is MISSING else ending)
    words = _SPACES.split(text)
    if liquid_values.is_at_most(most, 0):
        most = 1
    kept = " ".join(words[liquid_values.bounds(len(words), 0, most)])
    return js.from_units(kept + end if liquid_values.is_at_most(most, len(words)) else kept)


def _number_of_words(variables: LiquidVariables, value: object, mode: object) -> object:
    [text] = units_of(variables, value)
    text = js.from_units(text).strip(js.WHITE_SPACE)
    if not text:
        return 0
    if mode in ("cjk", "auto"):
        return len(_CJK_CHARACTER.findall(text)) + len(_OTHER_WORD.findall(text))
    return len(_SPACES.split(text))


def as_list(value: object) -> list[object]:
    """Return a list as it is, [] for nil, and any other value as the only element."""
    if liquid_values.is_nothing(value):
        return []
    return list(value) if isinstance(value, list | tuple) else [liquid_values.plain(value)]


def _of_list(function: Callable[..., object]) -> LiquidFilter:
    """Return a filter for a function of the elements, which count as work, and an argument."""

    def filtered(variables: LiquidVariables, value: object, argument: object) -> object:
        values = as_list(value)
        variables.work.use(len(values))
        return function(values, argument)

    return of_variables(filtered)


def _join(variables: LiquidVariables, value: object, separator: object) -> object:
    values = as_list(value)
    variables.work.handle(A_VALUE * len(values))
    between = " " if liquid_values.is_nothing(separator) else liquid_values.printed(separator)
    size = sum(js.length(js.to_string(element)) for element in values)
    variables.work.use(size + js.length(between) * (len(values) - 1))
    return js.from_units(between.join(js.to_string(v) if js.exists(v) else "" for v in values))


def _element(value: object, index: int) -> object:
    """Return the first or last element of a value with a length: for a string, a unit."""
    value = liquid_values.plain(value)
    size: Any = MISSING if js.is_falsy(value) else js.property_of(value, "length")
    if js.kind(size) != "number":
        return ""
    return js.property_of(value, js.to_string(js.to_double(size) + index if index < 0 else index))


def _size(value: object) -> object:
    size = js.property_of(value, "length")
    return 0 if js.is_falsy(size) else size


def _sum(variables: LiquidVariables, value: object, name: object) -> object:
    values = as_list(value)
    variables.work.handle(A_VALUE * len(values))
    if not js.is_falsy(name):
        values = [
            walk_to(element, list(liquid_values.printed(name).split("."))) for element in values
        ]
    # from Python 3.12 on sum() compensates rounding, which JavaScript does not
    return reduce(operator.add, map(liquid_values.number_or_zero, values), 0.0)


def _push(variables: LiquidVariables, value: object, element: object) -> object:
    values = as_list(value)
    variables.work.use(len(values) + 1)
    return [*values, element]


def _slice(variables: LiquidVariables, value: Any, begin: object, size: object) -> object:
    value = liquid_values.plain(value)
    if not js.exists(value):
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


def _where(variables: LiquidVariables, value: object, name: object, expected: object) -> object:
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


SEQUENCES: Final[dict[str, LiquidFilter]] = {
    "append": _of_two("append", lambda text, end: text + end),
    "capitalize": of_units(lambda text: js.upper(text[:1]) + js.lower(js.from_units(text[1:]))),
    "downcase": of_units(lambda text: js.lower(js.from_units(text))),
    "lstrip": _stripping("left"),
    "normalize_whitespace": of_units(lambda text: _SPACES.sub(" ", text)),
    "number_of_words": of_variables(_number_of_words),
    "prepend": _of_two("prepend", lambda text, start: start + text),
    "remove": of_units(lambda text, old: text.replace(old, "")),
    "remove_first": of_units(lambda text, old: text.replace(old, "", 1)),
    "remove_last": of_units(lambda text, old: _without_last(text, old, "")),
    "replace": of_variables(_replace),
    "replace_first": of_units(lambda text, old, new: text.replace(old, new, 1)),
    "replace_last": of_units(_without_last),
    "rstrip": _stripping("right"),
    "split": of_variables(_split),
    "strip": _stripping("left", "right"),
    "strip_newlines": of_units(lambda text: _LINE_END.sub("", text)),
    "truncate": of_variables(_truncate),
    "truncatewords": of_variables(_truncatewords),
    "upcase": of_units(lambda text: js.upper(js.from_units(text))),
    "compact": _of_list(
        lambda values, _: [each for each in values if not liquid_values.is_nothing(each)]
    ),
    "first": of_values(lambda value: _element(value, 0)),
    "join": of_variables(_join),
    "last": of_values(lambda value: _element(value, -1)),
    "pop": _of_list(lambda values, _: values[:-1]),
    "push": of_variables(_push),
    "sample": lambda *_: refuse("sample"),
    "shift": _of_list(lambda values, _: values[1:]),
    "size": of_values(_size),
    "slice": of_variables(_slice),
    "sum": of_variables(_sum),
    "unshift": _of_list(lambda values, element: [element, *values]),
    "where": of_variables(_where),
}
