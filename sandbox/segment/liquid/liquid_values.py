"""Values: how a template prints, converts and compares values."""

import math
import operator
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from sandbox.segment import javascript as js
from sandbox.segment.effort import A_VALUE, spend, spend_on, spend_on_text
from sandbox.segment.javascript import MISSING
from sandbox.segment.liquid.liquid_errors import refuse
from sandbox.segment.not_simulated import MAX_TEXT, MAX_VALUES


class Drop(dict[str, object]):
    """A keyword that is a value, such as nil; to JavaScript it is an empty object."""

    def __init__(self, *plain: object) -> None:
        """`plain` is the value it stands for, by default itself."""
        self.plain = plain[0] if plain else self


NIL: Final = Drop(None)
EMPTY: Final = Drop("")
BLANK: Final = Drop("")
BLOCK: Final = Drop()
"""The value of the variable `block`."""

LITERALS: Final[dict[str, object]] = {
    "true": True,
    "false": False,
    "nil": NIL,
    "null": NIL,
    "empty": EMPTY,
    "blank": BLANK,
}


def plain(value: object) -> object:
    """Return the value a keyword stands for; any other value is returned unchanged."""
    return value.plain if isinstance(value, Drop) else value


def is_nothing(value: object) -> bool:
    """Return whether the value is null, undefined or the keyword nil."""
    return value is None or value is MISSING or value is NIL


def is_true(value: object) -> bool:
    """Return whether a value is true in a condition: all but nil and false, so "" and 0 too."""
    return value is not False and not is_nothing(value)


def printed(value: object) -> str:
    """Return a value as it is printed: "" for nil, a list without separators."""
    if isinstance(value, list | tuple):
        return js.from_units("".join(map(_text_of, flat(value))))
    return _text_of(value)


def _text_of(value: object) -> str:
    return "" if is_nothing(value) else js.to_string(plain(value))


def flat(array: object) -> list[object]:
    """Return the elements of a list and of the lists in it, in order."""
    found: list[object] = []
    todo = [array]
    seen = size = 0
    while todo:
        value = todo.pop()
        seen += 1
        spend(A_VALUE)
        if isinstance(value, list | tuple):
            todo += reversed(value)
            continue
        size += len(value) if isinstance(value, str) else 0
        if seen > MAX_VALUES or size > MAX_TEXT:
            refuse("size")
        found.append(value)
    return found


def number_of(value: object) -> float:
    """Return Number(value)."""
    found = primitive(value)
    if found is None:
        return 0.0
    if found is MISSING:
        return math.nan
    if isinstance(found, str):
        spend_on_text(found)
        return js.to_number(found)
    return js.to_double(found)


def number_or_zero(value: object) -> float:
    """Return the number that filters calculate with: 0 if the value is not a number."""
    number = number_of(value)
    return 0.0 if math.isnan(number) else number


def primitive(value: object) -> Any:
    """Return a primitive value: lists and objects are converted to strings."""
    value = plain(value)
    if not isinstance(value, list | tuple | dict):
        return value
    if not isinstance(value, dict):  # converting an object does not read its members
        spend_on(value)
    return js.to_string(value)


def added(left: object, right: object) -> object:
    """Return `left + right`: joined if one of them is a string, else added as numbers."""
    left, right = primitive(left), primitive(right)
    if isinstance(left, str) or isinstance(right, str):
        return js.to_string(left) + js.to_string(right)
    return number_of(left) + number_of(right)


def _compared(holds: Callable[[Any, Any], bool], left: object, right: object) -> bool:
    left, right = primitive(left), primitive(right)
    if isinstance(left, str) and isinstance(right, str):
        spend_on_text(left)
        spend_on_text(right)
        return holds(js.to_units(left), js.to_units(right))
    return holds(number_of(left), number_of(right))


is_less: Final = partial(_compared, operator.lt)
"""Whether `left < right`: two strings by their units, other values as numbers."""
is_at_most: Final = partial(_compared, operator.le)
"""Whether `left <= right`, compared in the same way."""


def bounds(size: int, begin: object, end: object) -> slice:
    """Return the slice of `.slice(begin, end)`; negative bounds count from the end, as Python's."""
    first, last = (int(max(-size, min(number_or_zero(each), size))) for each in (begin, end))
    return slice(first, last)


def equal(left: object, right: object) -> bool:
    """Return whether two values are equal: lists by their elements, objects by identity."""
    todo = [(left, right)]
    compared = 0
    while todo:
        left, right = todo.pop()
        compared += 1
        spend(A_VALUE)
        if compared > MAX_VALUES:
            refuse("size")
        if isinstance(left, list | tuple) and isinstance(right, list | tuple):
            if len(left) != len(right):
                return False
            todo += zip(left, right, strict=True)
        elif not _equal_alone(left, right):
            return False
    return True


def _equal_alone(left: object, right: object) -> bool:
    for one, other in ((left, right), (right, left)):
        if one is NIL:
            return is_nothing(other)
        if one is EMPTY:
            return _is_empty(other)
        if one is BLANK:
            return _is_blank(other)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return js.to_double(left) == js.to_double(right)
    return left == right if isinstance(left, str) else left is right


def _is_empty(value: object) -> bool:
    return isinstance(value, (*js.CONTAINERS, str)) and not value and not isinstance(value, Drop)


def _is_blank(value: object) -> bool:
    if value is False or is_nothing(value):
        return True
    return not value.strip(js.WHITE_SPACE) if isinstance(value, str) else _is_empty(value)


def contains(left: object, right: object) -> bool:
    """Return whether a list has the element, or a string the part; False for other values."""
    left = plain(left)
    if isinstance(left, list | tuple):
        if len(left) > MAX_VALUES:
            refuse("size")
        return any(equal(element, right) for element in left)
    if not isinstance(left, str):
        return False
    part = js.to_string(plain(right))
    spend_on_text(left)
    spend_on_text(part)
    return js.to_units(part) in js.to_units(left)


def _unless_word(holds: Callable[[object, object], bool]) -> Callable[[object, object], bool]:
    """Return a comparison that is never true for nil, empty and blank."""

    def compare(left: object, right: object) -> bool:
        words = (each is word for each in (left, right) for word in (NIL, EMPTY, BLANK))
        return not any(words) and holds(left, right)

    return compare


BINARY: Final[dict[str, Callable[[object, object], bool]]] = {
    "==": equal,
    "!=": lambda left, right: not equal(left, right),
    ">": _unless_word(lambda left, right: is_less(right, left)),
    "<": _unless_word(is_less),
    ">=": _unless_word(lambda left, right: is_at_most(right, left)),
    "<=": _unless_word(is_at_most),
    "contains": contains,
    "and": lambda left, right: is_true(left) and is_true(right),
    "or": lambda left, right: is_true(left) or is_true(right),
}
"""The operators between two values."""

NOT: Final = "not"
PRECEDENCE: Final = dict.fromkeys(BINARY, 2) | {NOT: 1, "and": 0, "or": 0}
"""How tightly an operator binds; of equal ones the last is evaluated first."""
