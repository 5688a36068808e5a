"""JavaScript's values: numbers, strings and key order as in Segment's runtime.

JSON values are those of Python's `json`, with three additions: `MISSING` stands for `undefined`,
every number means the nearest double, and strings may contain lone surrogates. Each rule was
observed on Node 20.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeGuard, TypeVar

from sandbox.segment.errors import Thrown
from sandbox.values import MISSING as MISSING  # noqa: PLC0414 - with JavaScript's other values
from sandbox.values import JavaScriptFunction as JavaScriptFunction  # noqa: PLC0414 - as above
from sandbox.values import Missing as Missing  # noqa: PLC0414 - as above
from sandbox.values import kind as kind  # noqa: PLC0414 - as above
from sandbox.values import to_double as to_double  # noqa: PLC0414 - as above

T = TypeVar("T")

WHITE_SPACE: Final = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""The characters that JavaScript trims; Python's strip() removes others."""

MAX_SAFE: Final = 2**53
PROTOTYPE: Final = "__proto__"
"""The key that JavaScript's copies of an object lose."""
_OF_OBJECTS: Final = (
    "__defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__ __proto__ constructor"
    " hasOwnProperty isPrototypeOf propertyIsEnumerable toLocaleString toString valueOf"
)
INHERITED: Final = frozenset(_OF_OBJECTS.split())
"""The members that every JavaScript object inherits."""
CONTAINERS: Final = (dict, list, tuple)
_INDEX = re.compile(r"(?:0|[1-9][0-9]{0,9})\Z")
_LAST_INDEX = 2**32 - 2
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")
_RADIX = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)\Z")
SURROGATE = re.compile(r"[\ud800-\udfff]")
_ASTRAL = re.compile(r"[\U00010000-\U0010ffff]")


def is_falsy(value: object) -> bool:
    """Return whether the value is falsy in JavaScript: undefined, null, false, 0, NaN or ""."""
    if value is None or value is MISSING or value is False or value == "":
        return True
    return isinstance(value, int | float) and (value == 0 or value != value)  # noqa: PLR0124


def exists(value: object) -> bool:
    """Return whether the value is neither undefined nor null."""
    return value is not None and value is not MISSING


def number_text(number: float) -> str:
    """Return String(number): the shortest digits that read back, in JavaScript's layout."""
    if isinstance(number, int) and -MAX_SAFE <= number <= MAX_SAFE:
        return str(int(number))
    value = to_double(number)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if value.is_integer() and abs(value) <= MAX_SAFE:
        return str(int(value))
    written = repr(value)  # the same digits, but JavaScript uses exponents for other numbers
    digits, _, exponent = written.partition("e")
    if not exponent:
        return written.removesuffix(".0")
    if -7 < int(exponent) < 21:
        from decimal import Decimal  # noqa: PLC0415 - few numbers need it

        return format(Decimal(written), "f")
    return f"{digits}e{int(exponent):+d}"


def to_number(text: str) -> float:
    """Return Number(text): trimmed, decimal or 0x/0o/0b, "" is 0, anything else NaN."""
    trimmed = text.strip(WHITE_SPACE)
    if not trimmed:
        return 0.0
    if _RADIX.match(trimmed):
        return to_double(int(trimmed, 0))
    if trimmed in {"Infinity", "+Infinity", "-Infinity"}:
        return -math.inf if trimmed[0] == "-" else math.inf
    return float(trimmed) if _DECIMAL.match(trimmed) else math.nan


def from_units(units: str) -> str:
    """Join surrogate pairs to code points; lone surrogates stay."""
    if SURROGATE.search(units) is None:
        return units
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def to_units(text: str) -> str:
    """Return the text with one character per UTF-16 unit: code points above U+FFFF as two."""
    if _ASTRAL.search(text) is None:
        return text
    return "".join(map(chr, memoryview(text.encode("utf-16-le", "surrogatepass")).cast("H")))


def length(text: str) -> int:
    """Return the text's length in UTF-16 units, JavaScript's `.length`."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def is_index(key: str) -> bool:
    """Return whether JavaScript treats the key as an array index: canonical, 0 to 4294967294."""
    return _INDEX.match(key) is not None and int(key) <= _LAST_INDEX


def property_of(value: object, key: str) -> object:
    """Return the own property `key`: a member, an element, a unit of a string, or `length`.

    MISSING if there is none, or if the value only inherits it.
    """
    if isinstance(value, dict):
        return value.get(key, MISSING)
    if not isinstance(value, str | list | tuple):
        return MISSING
    if key == "length":
        return length(value) if isinstance(value, str) else len(value)
    if not is_index(key):
        return MISSING
    parts = to_units(value) if isinstance(value, str) else value
    return parts[int(key)] if int(key) < len(parts) else MISSING


def ordered_items(value: Mapping[str, T]) -> list[tuple[str, T]]:
    """Return the members in JavaScript's order: index keys first, ascending, then as written."""
    items = list(value.items())
    if not any(key[:1].isdigit() and is_index(key) for key in value):
        return items
    last = _LAST_INDEX + 1  # sorted() is stable: one number above every index keeps other keys
    return sorted(items, key=lambda item: int(item[0]) if is_index(item[0]) else last)


def is_number(value: object) -> TypeGuard[float]:
    """Return whether JavaScript calls the value a number; booleans are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def own_members(value: object) -> list[tuple[str, object]]:
    """Return the members that JavaScript copies from a value, in its order.

    A string has its units, by index. Null, numbers and booleans have none.
    """
    if isinstance(value, dict):
        return ordered_items(value)
    parts = to_units(value) if isinstance(value, str) else value
    if not isinstance(parts, str | list | tuple):
        return []
    return [(str(index), part) for index, part in enumerate(parts)]


def all_values(value: object) -> Iterator[object]:
    """Yield a value and all values inside it, at any depth."""
    todo = [value]
    while todo:
        value = todo.pop()
        yield value
        if isinstance(value, CONTAINERS):
            todo += value.values() if isinstance(value, dict) else value


def to_string(value: Any) -> str:
    """Return String(value).

    Throws JavaScript's TypeError for an object with an own member `toString`.
    """
    match kind(value):
        case "string":
            return str(value)
        case "number":
            return number_text(value)
        case "boolean":
            return "true" if value else "false"
        case "array":
            return _array_text(value)
        case "object" if "toString" in value:
            raise Thrown("Cannot convert object to primitive value", name="TypeError")
        case "object":
            return "[object Object]"
        case "function":
            return f"function {value.name}() {{ [native code] }}"
        case name:
            return name


def _array_text(array: Sequence[object]) -> str:
    out: list[str] = []
    todo: list[object] = [array]
    while todo:  # no recursion: arrays may nest as deep as an event
        value = todo.pop()
        if not isinstance(value, list | tuple):
            out.append(_element_text(value))
        elif any(isinstance(element, list | tuple) for element in value):
            todo += [part for element in reversed(value) for part in (element, ",")][:-1]
        else:
            out.append(",".join(map(_element_text, value)))
    return from_units("".join(out))


def _element_text(value: object) -> str:
    return to_string(value) if exists(value) else ""


# Letters that Unicode 16 and 17 paired, later than Python 3.11's tables; newer Pythons agree.
_PAIRS: Final = {
    0x1C89: 0x1C8A,
    0xA7CB: 0x0264,
    0xA7CC: 0xA7CD,
    0xA7CE: 0xA7CF,
    0xA7D2: 0xA7D3,
    0xA7D4: 0xA7D5,
    0xA7DA: 0xA7DB,
    0xA7DC: 0x019B,
    **{0x10D50 + i: 0x10D70 + i for i in range(22)},
    **{0x16EA0 + i: 0x16EBB + i for i in range(25)},
}
_RAISED: Final = {small: capital for capital, small in _PAIRS.items()}


def upper(text: str) -> str:
    """Return text.toUpperCase()."""
    return text.upper() if text.isascii() else text.upper().translate(_RAISED)


def lower(text: str) -> str:
    """Return text.toLowerCase()."""
    return text.lower() if text.isascii() else text.lower().translate(_PAIRS)
