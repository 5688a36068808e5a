"""Plain JSON: whether msgspec writes an object as JSON.stringify does, and the text it writes.

Both write texts, whole numbers up to 2^53 and usual fractions alike. Where they differ, the object
is odd: keys that JavaScript orders or loses, other numbers, values no JSON parser makes, great
depth. Only floats without a fraction, `10.0`, are mended in the text, as they are too common.
Looking at an object costs more than writing it, so objects whose keys come again and again get a
function that knows their keys and the usual types of their values, and many like objects in a
list, such as the products of an order, are looked at column by column.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from math import copysign, isfinite
from typing import Any, Final, TypeAlias

import msgspec

from sandbox.compiled.source import Names, function_of
from sandbox.segment.fields.tidying import PROTOTYPE
from sandbox.segment.javascript import MAX_SAFE, Json, is_index

MAX_LEVELS: Final = 30
"""How deep a value nests at most; far less than the limits of events and uploads."""

TIMES_BEFORE: Final = 20
"""How often an object of the same keys has come when a function for it is written."""

MOST_KEYS: Final = 4096
LONGEST_KEY: Final = 200
MOST_CHECKERS: Final = 512
MOST_MEMBERS: Final = 32

_MANY: Final = 8
"""A list of so many like objects is looked at column by column."""

_LARGEST: Final = 1e16
_SMALLEST: Final = 1e-5
_Checker: TypeAlias = Callable[[dict[str, Json], int], int]


class Odd(Exception):
    """There is something that msgspec writes otherwise, or might."""


def plain_text(value: Json, wholes: int) -> bytes:
    """Return the JSON text of a value in which `wholes` floats have no fraction.

    Raises Odd where that cannot be told from the text, and UnicodeEncodeError for lone surrogates.
    """
    text = _encode(value)
    if wholes:
        if sum(map(text.count, _WHOLE)) != wholes:
            raise Odd  # a string holds the same characters
        for ending, whole in _WHOLE.items():
            text = text.replace(ending, whole)
    return text


_encode: Final = msgspec.json.Encoder().encode
_WHOLE: Final = {b".0,": b",", b".0}": b"}", b".0]": b"]"}


def count_wholes(value: dict[str, Json], levels: int = MAX_LEVELS) -> int:
    """Return how many floats in an object have no fraction; raises Odd where anything is odd."""
    keys = tuple(value)
    checker = _checkers.get(keys)
    if checker is not None:
        return checker(value, levels)
    _look_at_keys(value)
    _note(keys, value)
    return _in_list(value.values(), levels)


def _in_list(values: Collection[Json], levels: int) -> int:
    kinds = set(map(type, values))
    if kinds <= _PLAIN:
        return 0
    if kinds == {float}:
        if min(values) >= _SMALLEST and max(values) < _LARGEST and isfinite(sum(values)):
            return sum(map(float.is_integer, values))
    elif kinds == {int}:
        if min(values) >= -MAX_SAFE and max(values) <= MAX_SAFE:
            return 0
    elif kinds == {dict} and levels and len(values) >= _MANY and len(set(map(tuple, values))) == 1:
        _look_at_keys(next(iter(values)))
        columns = zip(*map(dict.values, values), strict=True)
        return sum([_in_list(column, levels - 1) for column in columns])
    return sum([_in_value(value, levels) for value in values])


_PLAIN: Final = frozenset({str, bool, type(None)})


def _in_value(value: Json, levels: int) -> int:
    kind = type(value)
    if kind in _PLAIN:
        return 0
    if kind is int and -MAX_SAFE <= value <= MAX_SAFE:
        return 0
    if kind is float:
        return _in_float(value)
    if kind is dict and levels:
        return count_wholes(value, levels - 1)
    if kind is list and levels:
        return _in_list(value, levels - 1)
    raise Odd


def _in_float(value: float) -> int:
    if value % 1:
        if _SMALLEST <= abs(value) < _LARGEST:
            return 0
    elif abs(value) < _LARGEST and (value or copysign(1, value) > 0):
        return 1
    raise Odd


def _look_at_keys(value: Iterable[Json]) -> None:
    if _plain_keys.issuperset(value):
        return
    for key in value:
        if type(key) is not str or key == PROTOTYPE or is_index(key):
            raise Odd
        if len(key) <= LONGEST_KEY:
            if len(_plain_keys) >= MOST_KEYS:
                _plain_keys.clear()
            _plain_keys.add(key)


_plain_keys: Final[set[str]] = set()
"""The keys of a stream's events come again and again, so they are kept."""


# --- objects whose keys have come before ---

_checkers: Final[dict[tuple[str, ...], _Checker]] = {}
_times: Final[dict[tuple[str, ...], int]] = {}


def _note(keys: tuple[str, ...], value: dict[str, Json]) -> None:
    """Count an object, and have its function written where it came often enough."""
    if len(keys) > MOST_MEMBERS or any(len(key) > LONGEST_KEY for key in keys):
        return
    if len(_times) >= MOST_KEYS:
        _times.clear()
    _times[keys] = times = _times.get(keys, 0) + 1
    if times >= TIMES_BEFORE:
        if len(_checkers) >= MOST_CHECKERS:
            _checkers.clear()
        names = Names(in_value=_in_value)
        _checkers[keys] = function_of(_lines(value), names, takes="value, levels")


def _lines(value: dict[str, Json]) -> Iterator[str]:
    """Give the lines for objects of these keys; each member is looked at for its usual type first.

    Whatever else comes is looked at as everywhere, so the types of one object bind no other.
    """
    members = [f"member_{number}" for number in range(len(value))]
    if members:
        yield f"{', '.join(members)}, = value.values()"
    yield "wholes = 0"
    for name, member in zip(members, value.values(), strict=True):
        usual = _USUAL.get(type(member), "False").format(name)
        yield f"if not ({usual}):"
        yield f"    wholes += in_value({name}, levels)"
    yield "return wholes"


_TEXT: Final = "type({0}) is str or {0} is None"
_USUAL: Final[dict[type[Any], str]] = {
    str: _TEXT,
    type(None): _TEXT,
    bool: "type({0}) is bool",
    int: f"type({{0}}) is int and {-MAX_SAFE} <= {{0}} <= {MAX_SAFE}",
    float: f"type({{0}}) is float and {{0}} % 1 and {_SMALLEST} <= abs({{0}}) < {_LARGEST}",
}
