"""Plain text: the JSON text of what JSON parsers make, written member by member.

It is shorter than `json_text` because it may give up: on keys that JavaScript puts elsewhere or
loses, on values no parser makes, and on great depth. What `json` of the standard library spends on
pieces, and the checks that its numbers and keys would need, cost more than this.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from json import encoder
from typing import Final

from sandbox.segment.fields.tidying import PROTOTYPE
from sandbox.segment.javascript import MAX_SAFE, Json, is_index, number_text, to_double

MAX_LEVELS: Final = 30
"""How deep a value nests at most; far less than the limits of events and uploads."""

MOST_KEYS: Final = 4096

quoted: Final[Callable[[str], str]] = encoder.encode_basestring
"""Return a text as a JSON string; lone surrogates stay in it, and no UTF-8 can hold them."""

_LEAST, _MOST = -MAX_SAFE, MAX_SAFE


def plain_object(value: dict[str, Json], levels: int = MAX_LEVELS) -> str | None:
    """Return the JSON text of an object as JSON.stringify writes it; None if anything is odd.

    Lone surrogates are left in the text as they are.
    """
    text = ""
    for key, member in value.items():
        kind = type(member)
        if kind is str:
            written: str | None = quoted(member)
        elif kind is int and _LEAST <= member <= _MOST:
            written = str(member)
        else:
            written = _written(member, kind, levels)
        start = _starts[key]
        if start is None or written is None:
            return None
        text += f"{start}{written}"
    return f"{{{text[1:]}}}"


def _plain_array(value: list[Json], levels: int) -> str | None:
    texts = []
    for element in value:
        kind = type(element)
        written = quoted(element) if kind is str else _written(element, kind, levels)
        if written is None:
            return None
        texts.append(written)
    return f"[{','.join(texts)}]"


class _Starts(dict[Json, str | None]):
    """What a member begins with behind another, by its key; None for an odd key.

    The keys of a stream's events come again and again, so they are kept.
    """

    def __missing__(self, key: Json) -> str | None:
        if len(self) >= MOST_KEYS:
            self.clear()
        is_odd = type(key) is not str or key == PROTOTYPE or is_index(key)
        self[key] = start = None if is_odd else f",{quoted(key)}:"
        return start


_starts = _Starts()


def _written(value: Json, kind: type, levels: int) -> str | None:
    if kind is float:
        # mostly neither side writes an exponent, and there is a fraction to write
        return repr(value) if value % 1 and 1e-4 <= abs(value) < 1e16 else _number(value)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return _number(to_double(value))
    if kind is dict and levels:
        return plain_object(value, levels - 1)
    if kind is list and levels:
        return _plain_array(value, levels - 1)
    return None


def _number(number: float) -> str:
    return number_text(number) if math.isfinite(number) else "null"
