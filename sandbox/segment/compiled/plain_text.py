"""Plain text: the JSON text of what JSON parsers make, written member by member.

It is shorter than `json_text` because it may give up: on keys that JavaScript puts elsewhere or
loses, on values no parser makes, and on great depth. What `json` of the standard library spends on
pieces, and the checks that its numbers would need, cost more than this; only many members without
numbers are left to it. For the objects that come again and again, as the products of an order do, a
function is written that knows their keys.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from json import JSONEncoder, encoder
from typing import Any, Final, TypeAlias

from sandbox.segment.compiled.source import Names, function_of
from sandbox.segment.fields.tidying import PROTOTYPE
from sandbox.segment.javascript import MAX_SAFE, Json, is_index, number_text, to_double

MAX_LEVELS: Final = 30
"""How deep a value nests at most; far less than the limits of events and uploads."""

MOST_KEYS: Final = 4096
LONGEST_KEY: Final = 200
MOST_WRITERS: Final = 512
TIMES_BEFORE: Final = 20
"""How often an object of the same keys has come when a function for it is written."""

quoted: Final[Callable[[str], str]] = encoder.encode_basestring
"""Return a text as a JSON string; lone surrogates stay in it, and no UTF-8 can hold them."""

_Keys: TypeAlias = tuple[Json, ...]
_Writer: TypeAlias = Callable[[dict[str, Json], int], str]

_LEAST, _MOST = -MAX_SAFE, MAX_SAFE
_FEW: Final = 16
_MANY: Final = 8
_WITHOUT_NUMBERS: Final = frozenset({str, bool, type(None)})
_encode: Final = JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


class _IsOdd(Exception):
    """There is something that is not written here."""


def plain_object(value: dict[str, Json], levels: int = MAX_LEVELS) -> str | None:
    """Return the JSON text of an object as JSON.stringify writes it; None if anything is odd.

    Lone surrogates are left in the text as they are.
    """
    try:
        return _object(value, levels)
    except _IsOdd:
        return None


def _object(value: dict[str, Json], levels: int) -> str:
    if len(value) <= _FEW:
        keys = tuple(value)
        writer = _writers.get(keys)
        if writer is not None:
            return writer(value, levels)
        _note(keys, value)
    if len(value) >= _MANY and _WITHOUT_NUMBERS.issuperset(map(type, value.values())):
        for key in value:
            _start(key)
        return _encode(value)
    text = "".join([f"{_start(key)}{_written(member, levels)}" for key, member in value.items()])
    return f"{{{text[1:]}}}"


def _array(value: list[Json], levels: int) -> str:
    if len(value) >= _MANY and _WITHOUT_NUMBERS.issuperset(map(type, value)):
        return _encode(value)
    return f"[{','.join([_written(element, levels) for element in value])}]"


def _written(value: Json, levels: int) -> str:
    kind = type(value)
    if kind is str:
        return quoted(value)
    if kind is int:
        return str(value) if _LEAST <= value <= _MOST else _number(to_double(value))
    if kind is float:
        # mostly neither side writes an exponent, and there is a fraction to write
        return repr(value) if value % 1 and 1e-4 <= abs(value) < 1e16 else _number(value)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is dict and levels:
        return _object(value, levels - 1)
    if kind is list and levels:
        return _array(value, levels - 1)
    raise _IsOdd


def _number(number: float) -> str:
    return number_text(number) if math.isfinite(number) else "null"


class _Starts(dict[Json, str]):
    """What a member begins with behind another, by its key.

    The keys of a stream's events come again and again, so they are kept.
    """

    def __missing__(self, key: Json) -> str:
        if type(key) is not str or key == PROTOTYPE or is_index(key):
            raise _IsOdd
        start = f",{quoted(key)}:"
        if len(key) <= LONGEST_KEY:
            if len(self) >= MOST_KEYS:
                self.clear()
            self[key] = start
        return start


_start: Final = _Starts().__getitem__


# --- objects whose keys have come before ---

_writers: Final[dict[_Keys, _Writer]] = {}
_times: Final[dict[_Keys, int]] = {}


def _note(keys: _Keys, value: dict[str, Json]) -> None:
    """Count an object, and have its function written where it came often enough."""
    if any(type(key) is not str or len(key) > LONGEST_KEY for key in keys):
        return
    times = _times.get(keys, 0) + 1
    if len(_times) >= MOST_KEYS:
        _times.clear()
    _times[keys] = times
    if times >= TIMES_BEFORE:
        if len(_writers) >= MOST_WRITERS:
            _writers.clear()
        names = Names(quoted=quoted, written=_written)
        _writers[keys] = function_of(_lines(value), names, takes="value, levels")


def _lines(value: dict[str, Json]) -> Iterator[str]:
    """Give the lines for objects of these keys; each member is looked at for its usual type first.

    Whatever else comes is written as everywhere, so that the types of one object bind no other.
    """
    members = [f"member_{number}" for number in range(len(value))]
    if members:
        yield f"{', '.join(members)}, = value.values()"
    text = ""
    for name, (key, member) in zip(members, value.items(), strict=True):
        usual = _USUAL.get(type(member), "").format(member=name)
        yield f"{name} = {usual}written({name}, levels)"
        start = _start(key).replace("{", "{{").replace("}", "}}")
        text += f"{start}{{{name}}}"
    yield f"return f{f'{{{{{text[1:]}}}}}'!r}"


_USUAL: Final[dict[type[Any], str]] = {
    str: "quoted({member}) if type({member}) is str else ",
    int: f"str({{member}}) if type({{member}}) is int and {_LEAST} <= {{member}} <= {_MOST} else ",
    float: "repr({member}) if type({member}) is float and {member} % 1"
    " and 1e-4 <= abs({member}) < 1e16 else ",
}
