"""Values: how a template prints a value, and how JavaScript turns one kind of it into another."""

from __future__ import annotations

import enum
import math
from typing import Final

from sandbox.segment.javascript import (
    MISSING,
    Json,
    from_units,
    to_double,
    to_number,
    to_string,
    to_units,
)
from sandbox.segment.liquid.liquid_errors import refuse
from sandbox.segment.not_simulated import MAX_TEXT, MAX_VALUES


class Drop(enum.Enum):
    """The words of the language that are values of their own, and what `block` holds."""

    NIL = "nil"
    EMPTY = "empty"
    BLANK = "blank"
    BLOCK = "block"


LITERALS: Final[dict[str, Json]] = {
    "true": True,
    "false": False,
    "nil": Drop.NIL,
    "null": Drop.NIL,
    "empty": Drop.EMPTY,
    "blank": Drop.BLANK,
}
_PLAIN: Final[dict[Drop, Json]] = {Drop.NIL: None, Drop.EMPTY: "", Drop.BLANK: ""}


def plain(value: Json) -> Json:
    """Return what a word of the language stands for; every other value is returned as it is."""
    return _PLAIN.get(value, value) if isinstance(value, Drop) else value


def is_nothing(value: Json) -> bool:
    """Return whether the value is null or undefined, or the word nil."""
    return value is None or value is MISSING or value is Drop.NIL


def is_true(value: Json) -> bool:
    """Return whether a condition holds: all but nil and false, so "" and 0 too."""
    return plain(value) is not False and not is_nothing(value)


def printed(value: Json) -> str:
    """Return what is printed for a value: nothing for nil, a list without separators."""
    value = plain(value)
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return from_units("".join(_text_of(leaf) for leaf in leaves(value)))
    return _text_of(value)


def _text_of(value: Json) -> str:
    value = plain(value)
    return "" if value is None or value is MISSING else text_of(value)


def leaves(array: Json) -> list[Json]:
    """Return what stands in a list and in the lists in it, in order."""
    found: list[Json] = []
    todo = [array]
    seen = size = 0
    while todo:
        value = todo.pop()
        seen += 1
        if isinstance(value, list | tuple):
            todo += reversed(value)
            continue
        size += len(value) if isinstance(value, str) else 0
        if seen > MAX_VALUES or size > MAX_TEXT:
            refuse("size")
        found.append(value)
    return found


def text_of(value: Json) -> str:
    """Return String(value), lists joined by commas."""
    return to_string(without_drops(value))


def without_drops(value: Json) -> Json:
    """Return the value with the words of the language as JavaScript's own code sees them: objects.

    Only lists are looked into: an object of the data never holds such a word.
    """
    if isinstance(value, Drop):
        return {}
    if not isinstance(value, list | tuple) or not _holds_drop(value):
        return value
    return [without_drops(element) for element in value]


def _holds_drop(array: Json) -> bool:
    return any(isinstance(leaf, Drop) for leaf in leaves(array))


def number_of(value: Json) -> float:
    """Return Number(value)."""
    value = primitive(value)
    if value is None:
        return 0.0
    if value is MISSING:
        return math.nan
    return to_number(value) if isinstance(value, str) else to_double(value)


def number_or_zero(value: Json) -> float:
    """Return the number filters calculate with: 0 if there is none."""
    number = number_of(value)
    return 0.0 if math.isnan(number) or number == 0 else number


def primitive(value: Json) -> Json:
    """Return a value that is not an object: lists and objects as their text."""
    value = plain(value)
    return text_of(value) if isinstance(value, list | tuple | dict | Drop) else value


def added(left: Json, right: Json) -> Json:
    """Return `left + right`: joined as soon as one of them is text, else as numbers."""
    left, right = primitive(left), primitive(right)
    if isinstance(left, str) or isinstance(right, str):
        return text_of(left) + text_of(right)
    return number_of(left) + number_of(right)


def is_less(left: Json, right: Json) -> bool:
    """Return whether `left < right`: text by its units, everything else as numbers."""
    left, right = primitive(left), primitive(right)
    if isinstance(left, str) and isinstance(right, str):
        return to_units(left) < to_units(right)
    return number_of(left) < number_of(right)


def is_at_most(left: Json, right: Json) -> bool:
    """Return whether `left <= right`."""
    left, right = primitive(left), primitive(right)
    if isinstance(left, str) and isinstance(right, str):
        return to_units(left) <= to_units(right)
    return number_of(left) <= number_of(right)


def whole(value: Json) -> float:
    """Return the value as an index: cut to an integer, 0 where it is not a number."""
    number = number_of(value)
    if math.isnan(number):
        return 0.0
    return number if math.isinf(number) else float(math.trunc(number))


def bounds(size: int, begin: Json, end: Json) -> slice:
    """Return the slice that `.slice(begin, end)` takes; negative ones count from the end."""
    return slice(_bound(size, begin), _bound(size, end))


def _bound(size: int, value: Json) -> int:
    index = whole(value)
    return int(max(size + index, 0) if index < 0 else min(index, size))
