"""Plain JSON: whether msgspec writes an object as JSON.stringify does, and the text it writes.

Both write strings, whole numbers up to 2^53 and usual fractions alike. An object on which they
differ is odd: it has keys that JavaScript reorders or loses, other numbers, values that no JSON
parser makes, or great depth. Floats without a fraction, `10.0`, are too common for that: they are
corrected in the text. Checking an object costs more than writing it, so keys that are seen often
get a generated function that knows them and their usual types. For a list of many such objects,
as the products of an order, msgspec checks them by a generated type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import copysign
from typing import Annotated, Any, Final, NamedTuple

import msgspec

from sandbox.compiled.source import Names, function_of
from sandbox.segment.javascript import MAX_SAFE, PROTOTYPE, is_index
from sandbox.values import Json

MAX_LEVELS: Final = 30
"""The most levels of a value; far below the limits of events and uploads."""

TIMES_BEFORE: Final = 20
"""A function is generated for keys that were seen this many times."""

MOST_KNOWN: Final = 512
MOST_COUNTED: Final = 4096
MOST_MEMBERS: Final = 32
LONGEST_KEY: Final = 200

_LARGEST: Final = 1e16
_SMALLEST: Final = 1e-5
_MANY: Final = 8
"""A shorter list is checked one value at a time, which is then faster."""


class Odd(Exception):
    """Raised for a value that msgspec writes, or might write, differently from JSON.stringify."""


def plain_text(value: Json, wholes: int) -> bytes:
    """Return the JSON text of a value in which `wholes` floats have no fraction.

    Raises Odd if these floats cannot be found in the text, UnicodeEncodeError for lone surrogates.
    """
    text = _encode(value)
    if wholes:
        if sum(map(text.count, _WHOLE)) != wholes:
            raise Odd  # a string contains the same characters
        for ending, whole in _WHOLE.items():
            text = text.replace(ending, whole)
    return text


_encode: Final = msgspec.json.Encoder().encode
_WHOLE: Final = {b".0,": b",", b".0}": b"}", b".0]": b"]"}


def count_wholes(value: dict[str, Json], levels: int = MAX_LEVELS) -> int:
    """Return how many floats in an object have no fraction; raises Odd if a value is odd."""
    known = _known.get(tuple(value))
    if known is not None:
        return known.count_wholes(value, levels)
    for key in value:
        if type(key) is not str or key == PROTOTYPE or is_index(key):
            raise Odd
    _note(value)
    return sum([_in_value(member, levels) for member in value.values()])


def _in_value(value: Any, levels: int) -> int:
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


_PLAIN: Final = frozenset({str, bool, type(None)})


def _in_float(value: float) -> int:
    if value % 1:
        if _SMALLEST <= abs(value) < _LARGEST:
            return 0
    elif abs(value) < _LARGEST and (value or copysign(1, value) > 0):
        return 1
    raise Odd


def _in_list(values: list[Any], levels: int) -> int:
    if len(values) < _MANY:
        return sum([_in_value(value, levels) for value in values])
    kinds = set(map(type, values))
    if kinds <= _PLAIN:
        return 0
    if kinds == {dict} and levels:
        known = _known.get(tuple(values[0]))
        for objects, numbers in () if known is None else known.lists:
            try:
                msgspec.convert(values, objects)
            except msgspec.ValidationError:
                continue  # one has other keys, or a member of another type
            return _in_numbers([value[key] for key in numbers for value in values])
    return sum([_in_value(value, levels) for value in values])


def _in_numbers(numbers: list[float]) -> int:
    floats = [number for number in numbers if type(number) is float]
    if len(floats) < _MANY or min(floats) < _SMALLEST or not sum(floats) < _LARGEST:
        return sum([_in_float(number) for number in floats])
    return sum(map(float.is_integer, floats))


# --- objects whose keys were seen before ---


class _Known(NamedTuple):
    """The generated code for objects with the same keys.

    `count_wholes` does what the function of that name does. `lists` are msgspec types for a list of
    these objects, each with the keys that may have floats: first those that had floats, then all
    numbers. It is empty for objects that contain lists or objects.
    """

    count_wholes: Callable[[dict[str, Json], int], int]
    lists: tuple[tuple[Any, tuple[str, ...]], ...]


_known: Final[dict[tuple[str, ...], _Known]] = {}
_times: Final[dict[tuple[str, ...], int]] = {}


def _note(value: dict[str, Json]) -> None:
    """Count an object's keys; generate a function once they were seen often enough."""
    keys = tuple(value)
    if len(keys) > MOST_MEMBERS or not all(map(_is_usual, keys)):
        return
    if len(_times) >= MOST_COUNTED:
        _times.clear()
    _times[keys] = times = _times.get(keys, 0) + 1
    if times >= TIMES_BEFORE:
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        names = Names(in_value=_in_value)
        function = function_of(_lines(value), names, takes="value, levels")
        wide = {key: float(m) if type(m) is int else m for key, m in value.items()}
        _known[keys] = _Known(function, (*_list_type(value), *_list_type(wide)))


def _is_usual(key: str) -> bool:
    """Return whether msgspec accepts a key in a type; it refuses any that JSON has to escape."""
    return len(key) <= LONGEST_KEY and key.isprintable() and '"' not in key and "\\" not in key


def _lines(value: dict[str, Json]) -> Iterator[str]:
    """Yield the lines for objects with these keys; each member is first tested for its usual type.

    A member of another type is checked in the general way, so any object with these keys works.
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
_USUAL: Final[dict[type, str]] = {
    str: _TEXT,
    type(None): _TEXT,
    bool: "type({0}) is bool",
    int: f"type({{0}}) is int and {-MAX_SAFE} <= {{0}} <= {MAX_SAFE}",
    float: f"type({{0}}) is float and {{0}} % 1 and {_SMALLEST} <= abs({{0}}) < {_LARGEST}",
}


def _list_type(value: dict[str, Json]) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Yield the type of a list of objects like this one, with the keys of its floats, if it can."""
    types = [_MEMBERS.get(type(member)) for member in value.values()]
    if value and None not in types:
        names = {f"member_{number}": key for number, key in enumerate(value)}
        members = list(zip(names, types, strict=True))
        struct = msgspec.defstruct(
            "Object", members, rename=names, forbid_unknown_fields=True, gc=False
        )
        floats = tuple(key for key, member in value.items() if type(member) is float)
        yield Sequence[struct], floats  # type: ignore[valid-type]


_STRINGS: Final[Any] = str | bool | None
_WHOLE_NUMBERS: Final[Any] = Annotated[int, msgspec.Meta(ge=-MAX_SAFE, le=MAX_SAFE)] | None
_MEMBERS: Final[dict[type, Any]] = {
    **dict.fromkeys((str, bool, type(None)), _STRINGS),
    int: _WHOLE_NUMBERS,
    float: _WHOLE_NUMBERS | float,
}
