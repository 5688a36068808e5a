"""Plain text: the JSON text of what JSON parsers make, written member by member.

It is shorter than `json_text` because it may give up: on keys that JavaScript puts elsewhere or
loses, on values no parser makes, and on great depth. What `json` of the standard library spends on
checks and pieces, and on telling Python's numbers from JavaScript's, costs more than this.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from json import encoder
from typing import Final

from sandbox.segment.fields.tidying import PROTOTYPE
from sandbox.segment.javascript import MAX_SAFE, Json, is_index, number_text, to_double

MAX_LEVELS: Final = 30
"""How deep a value nests at most; far less than the limits of events and uploads."""

quoted: Final[Callable[[str], str]] = encoder.encode_basestring
"""Return a text as a JSON string; lone surrogates stay in it, and no UTF-8 can hold them."""


def plain_text(value: Json, levels: int = MAX_LEVELS) -> str | None:
    """Return the JSON text of an object or array, as JSON.stringify writes it; None if it is odd.

    Lone surrogates are left in the text as they are.
    """
    if type(value) is dict:
        text = ""
        for key, member in value.items():
            start = _start_of(key)
            if start is None:
                return None
            written = quoted(member) if type(member) is str else _written(member, levels)
            if written is None:
                return None
            text += start + written
        return f"{{{text[1:]}}}"

    texts = []
    for element in value:
        written = quoted(element) if type(element) is str else _written(element, levels)
        if written is None:
            return None
        texts.append(written)
    return f"[{','.join(texts)}]"


# the keys of a stream's events come again and again
@lru_cache(maxsize=4096)
def _start_of(key: Json) -> str | None:
    """Return what a member of this key begins with, behind another; None for an odd key."""
    if type(key) is not str or key == PROTOTYPE or is_index(key):
        return None
    return f",{quoted(key)}:"


def _written(value: Json, levels: int) -> str | None:
    kind = type(value)
    if kind is int:
        return str(value) if -MAX_SAFE <= value <= MAX_SAFE else _number(to_double(value))
    if kind is float:
        return repr(value) if _is_alike(value) else _number(value)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if (kind is dict or kind is list) and levels:
        return plain_text(value, levels - 1)
    return None


def _is_alike(number: float) -> bool:
    # neither side writes an exponent, and JavaScript writes a whole number without a point
    return 1e-4 <= abs(number) < 1e16 and number % 1 != 0


def _number(number: float) -> str:
    return number_text(number) if math.isfinite(number) else "null"
