"""JSON text: reading it as strictly as JSON.parse, writing it as JSON.stringify does."""

import json
import math
import re
from collections.abc import Callable, Collection
from functools import lru_cache
from itertools import accumulate
from json.encoder import encode_basestring
from typing import Any, NoReturn, TypeVar, cast

from sandbox.segment import javascript as js
from sandbox.values import MISSING, JavaScriptFunction, Json, Missing

T = TypeVar("T")

_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
MAX_EVENT_DEPTH = 500
"""The most levels of an event; Segment's own limit is 32 KB."""


def json_text(value: object) -> str:
    """Return JSON.stringify(value) for a value that is not MISSING itself.

    Compact; index keys first; MISSING members are left out, MISSING elements are null; NaN and
    infinities are null; lone surrogates are escaped, any other character above U+001F is not.
    """
    out: list[str] = []
    write_json(value, out.append, lambda _value, _text: None)
    return "".join(out)


def packed(value: object) -> bytes:
    """Return a value as compact JSON; numbers that JSON cannot express become null."""
    try:
        return _encode(value).encode()
    except ValueError:
        return json_text(value).encode("utf-8", "surrogatepass")


def write_json(
    value: object,
    put: Callable[[str], object],
    note: Callable[[object, str], None],
    indent: str = "",
    line: str = "",
) -> None:
    """Write what `json_text` returns, indented as JSON.stringify does it.

    `line` begins each line at the value's level; without it there are no line breaks. `note` is
    called with each value before it is written, and with the text of a scalar.
    """
    if isinstance(value, js.CONTAINERS):
        note(value, "")
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        entries = _entries(value, ": " if line else ":")
        before = opening
        for key, member in entries:
            put(f"{before}{line}{indent}{key}")
            write_json(member, put, note, indent, line + indent)
            before = ","
        put(f"{line if entries else opening}{closing}")
        return
    scalar = text_literal(value) if isinstance(value, str) else js.to_string(value)
    scalar = "null" if scalar in _NOT_IN_JSON or type(value) is JavaScriptFunction else scalar
    note(value, scalar)
    put(scalar)


NOT_IN_JSON = (Missing, JavaScriptFunction)
"""What JSON has nothing for: members are left out, elements are null."""
_NOT_IN_JSON = frozenset({"undefined", "NaN", "Infinity", "-Infinity"})


def _entries(value: Collection[object], colon: str) -> list[tuple[str, object]]:
    if not isinstance(value, dict):
        return [("", element) for element in value]
    members = js.ordered_items(value)
    return [(text_literal(k) + colon, v) for k, v in members if type(v) not in NOT_IN_JSON]


def text_literal(text: str) -> str:
    """Return a string as a JSON literal, as JSON.stringify writes it."""
    if js.SURROGATE.search(text) is None:
        return encode_basestring(text)
    return js.SURROGATE.sub(lambda m: f"\\u{ord(m[0]):04x}", encode_basestring(js.from_units(text)))


def _is_kept(key: str, member: object) -> bool:
    return member is not MISSING and key != js.PROTOTYPE


def copied(
    value: object,
    leaf: Callable[[object], object] = lambda value: value,
    *,
    opened: tuple[type, ...] = js.CONTAINERS,
    keeps: Callable[[str, object], bool] = _is_kept,
) -> object:
    """Return a copy of the value, by default without undefined members.

    `leaf` converts each value that is not one of the types `opened`; `keeps` says which members of
    objects to copy.
    """
    todo: list[tuple[Any, dict[str, object] | list[object]]] = []

    def begun(source: object) -> object:
        if not isinstance(source, opened):
            return leaf(source)
        copy: dict[str, object] | list[object] = {} if isinstance(source, dict) else []
        todo.append((source, copy))
        return copy

    result = begun(value)
    while todo:  # no recursion: a value may be as deep as an event
        source, copy = todo.pop()
        if isinstance(copy, dict):
            copy.update((k, begun(v)) for k, v in js.ordered_items(source) if keeps(k, v))
        else:
            copy.extend(map(begun, source))
    return result


def to_json(value: object) -> Json | Missing:
    """Return the value as parsing its JSON would give it: without MISSING, NaN and infinities.

    A number keeps its Python type, and has the digits of its double; MISSING itself stays MISSING.
    """
    if isinstance(value, NOT_IN_JSON):
        return MISSING
    return cast("Json", copied(value, _to_json_leaf, keeps=_is_in_json))


def _is_in_json(key: str, member: object) -> bool:
    return _is_kept(key, member) and type(member) not in NOT_IN_JSON


def _to_json_leaf(value: object) -> object:
    if isinstance(value, str):
        return js.from_units(value)
    text = js.to_string(value)
    if type(value) is JavaScriptFunction or text in _NOT_IN_JSON:
        return None
    if type(value) is float:
        return value + 0.0  # the sign of -0.0 is not written
    return json.loads(text) if type(value) is int and abs(value) > js.MAX_SAFE else value


class InvalidJson(ValueError):
    """Raised for text that is not JSON; the message says what is wrong and where.

    `line` and `column` are 0 if the place is no character of the text.
    """

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        """Keep the message and the place."""
        self.line, self.column = line, column
        super().__init__(message)


def parse_json(
    text: str | bytes, *, max_depth: int = MAX_EVENT_DEPTH, finite: bool = False
) -> Json:
    """Return the value of a JSON text, as strict as JSON.parse: no NaN, UTF-8 only, no BOM.

    Of duplicate keys the last wins. `finite` refuses numbers beyond the largest double, which are
    otherwise infinite. Raises InvalidJson, with line and column, also above `max_depth` levels.
    """
    if isinstance(text, bytes):
        text = _decode(text)
    if (offset := too_deep_at(text, max_depth)) is not None:
        raise InvalidJson(f"nested more than {max_depth} levels deep at offset {offset}")
    try:
        return _loads(text, _finite if finite else float)
    except json.JSONDecodeError as error:
        raise _unreadable(error) from None


def json_or(
    text: str | bytes, other: T, *, max_depth: int = MAX_EVENT_DEPTH, finite: bool = False
) -> Json | T:
    """Return what `parse_json` returns, and `other` if the text is not JSON."""
    try:
        return parse_json(text, max_depth=max_depth, finite=finite)
    except InvalidJson:
        return other


def _unreadable(error: json.JSONDecodeError) -> InvalidJson:
    # our own message, because Python's differ between versions, and so does one place
    if error.msg.startswith("Illegal trailing comma"):  # from 3.13 on, the place is the comma
        after = error.doc[error.pos + 1 :].lstrip(" \t\n\r")
        error = json.JSONDecodeError("", error.doc, len(error.doc) - len(after))
    where = f"at line {error.lineno}, column {error.colno}"
    if error.msg.startswith("Unterminated string"):
        said = f"the string that starts {where} is not closed"
    elif found := _WORD.match(error.doc, error.pos):
        said = f"unexpected {text_literal(found[0])} {where}"
    else:
        said = f"it ends too early, {where}"
    return InvalidJson(f"not JSON: {said}", error.lineno, error.colno)


_WORD = re.compile(r"\w{1,20}|\S")


def _decode(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"byte 0x{text[error.start]:02x} at offset {error.start}"
        raise InvalidJson(f"not UTF-8: {found}; JSON must be UTF-8") from None


def _loads(text: str, numbers: Callable[[str], float]) -> Json:
    if text.startswith("\ufeff"):
        raise InvalidJson("not JSON: it starts with a byte order mark; leave that out")
    hook = None if len(text) < _LONG else _unchanged
    try:
        value: Json = _decoder(numbers, int, hook).decode(text)
    except (json.JSONDecodeError, InvalidJson):
        raise
    except ValueError:  # an integer with more digits than Python converts; read it as a double
        value = _decoder(numbers, numbers, hook).decode(text)
    return value


_LONG = 2**16


def _unchanged(value: Json) -> Json:
    return value  # calling Python code for each object lets other threads run


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidJson(f"not JSON: {name} is not a JSON value; write null or a number")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        shown = digits if len(digits) <= 30 else f"{digits[:30]}…"
        raise InvalidJson(f"not JSON that can be kept: {shown} is beyond the largest number")
    return number


@lru_cache
def _decoder(
    parse_float: Callable[[str], float],
    parse_int: Callable[[str], float],
    object_hook: Callable[[Json], Json] | None,
) -> json.JSONDecoder:
    return json.JSONDecoder(
        parse_float=parse_float,
        parse_int=parse_int,
        object_hook=object_hook,
        parse_constant=_refuse_constant,
    )


# possessive, as backtracking in a long string would fill the memory; an open one ends with the text
_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)


def too_deep_at(text: str, max_depth: int) -> int | None:
    """Return where JSON has more than `max_depth` levels of brackets, None if nowhere."""
    if _is_shallow(text, max_depth):
        return None
    depth = 0
    for token in _BRACKETS.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth > max_depth:
                return token.start()
        elif token[0] in "]}":
            depth -= 1
    return None


def _is_shallow(text: str, max_depth: int) -> bool:
    # a fast proof for usual JSON; if it fails, the brackets are counted one by one
    if text.count("[") + text.count("{") <= max_depth:
        return True  # it cannot be deeper than its number of brackets
    left = text.encode("utf-8", "surrogatepass").translate(_ONE_KIND, _NO_STRUCTURE)
    left = left.replace(b'""', b"")
    if b'"' in left or b"\\" in left:  # a string contains brackets or quotes
        return False
    levels = min(max_depth, _FAST_LEVELS)
    for _ in range(levels):
        left = left.replace(b"[]", b"")  # removes the innermost level
    return levels + max(accumulate(map(_STEPS.__getitem__, left)), default=0) <= max_depth


_NO_STRUCTURE = bytes(set(range(256)) - set(b'[]{}"\\'))
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_FAST_LEVELS = 20
_STEPS = {ord("["): 1, ord("]"): -1}
