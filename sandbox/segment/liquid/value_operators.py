"""Comparing: when two values of a template are equal, and what its operators make of two."""

from collections.abc import Callable
from typing import Final

from sandbox.segment.javascript import WHITE_SPACE, Json, to_double, to_string, to_units
from sandbox.segment.liquid.liquid_errors import refuse
from sandbox.segment.liquid.liquid_values import (
    BLANK,
    EMPTY,
    NIL,
    Drop,
    is_at_most,
    is_less,
    is_nothing,
    is_true,
    plain,
)
from sandbox.segment.not_simulated import MAX_VALUES


def equal(left: Json, right: Json) -> bool:
    """Return whether two values are equal: lists by their elements, objects by identity."""
    todo = [(left, right)]
    compared = 0
    while todo:
        left, right = todo.pop()
        compared += 1
        if compared > MAX_VALUES:
            refuse("size")
        if isinstance(left, list | tuple) and isinstance(right, list | tuple):
            if len(left) != len(right):
                return False
            todo += zip(reversed(left), reversed(right), strict=True)
        elif not _equal_alone(left, right):
            return False
    return True


def _equal_alone(left: Json, right: Json) -> bool:
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
        return to_double(left) == to_double(right)
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    return left is right


def _is_empty(value: Json) -> bool:
    return (
        isinstance(value, str | list | tuple | dict) and not value and not isinstance(value, Drop)
    )


def _is_blank(value: Json) -> bool:
    if value is False or is_nothing(value):
        return True
    return not value.strip(WHITE_SPACE) if isinstance(value, str) else _is_empty(value)


def contains(left: Json, right: Json) -> bool:
    """Return whether a list has the element, or a string the part; False for other values."""
    left = plain(left)
    if isinstance(left, list | tuple):
        if len(left) > MAX_VALUES:
            refuse("size")
        return any(equal(element, right) for element in left)
    return isinstance(left, str) and to_units(to_string(plain(right))) in to_units(left)


def _unless_word(holds: Callable[[Json, Json], bool]) -> Callable[[Json, Json], bool]:
    """Return the comparison that never holds for nil, empty and blank."""

    def compare(left: Json, right: Json) -> bool:
        words = (each is word for each in (left, right) for word in (NIL, EMPTY, BLANK))
        return not any(words) and holds(left, right)

    return compare


BINARY: Final[dict[str, Callable[[Json, Json], bool]]] = {
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
"""How tightly an operator binds; among equals the last one is taken first."""
