"""Plain text: the JSON text of values that Python and JavaScript write alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from json import encoder
from typing import Final

from sandbox.segment.fields.tidying import PROTOTYPE
from sandbox.segment.javascript import MAX_SAFE, Json, is_index

MAX_LEVELS: Final = 30
"""How deep a plain value nests at most; far less than the limits of events and uploads."""

quoted: Final[Callable[[str], str]] = encoder.encode_basestring
"""Return a text as a JSON string; lone surrogates stay in it, and no UTF-8 can hold them."""

_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _chunks(value: Json, level: int) -> Iterable[str]:
    del level
    return _json.iterencode(value)


if encoder.c_make_encoder is not None:  # made once: `encode` would make one for every value
    _chunks = encoder.c_make_encoder(
        None, _json.default, quoted, None, ":", ",", False, False, False
    )


def plain_text(value: dict[str, Json]) -> str | None:
    """Return the JSON text of an object as JSON.stringify writes it; None if anything is odd.

    Odd are keys that are no text, an index or `__proto__`, numbers that JavaScript writes in
    another way or has not, deep nesting, and whatever is no JSON. Lone surrogates are left in the
    text.
    """
    return "".join(_chunks(value, 0)) if _is_plain(value, MAX_LEVELS) else None


def _is_plain(value: Json, levels: int) -> bool:
    members = value
    if type(value) is dict:
        if not _has_plain_keys(value):
            return False
        members = value.values()
    for member in members:
        kind = type(member)
        if kind is str or kind is bool or member is None:
            continue
        if kind is int:
            if not -MAX_SAFE <= member <= MAX_SAFE:
                return False
        elif kind is float:
            if not _is_plain_fraction(member):
                return False
        elif (kind is not dict and kind is not list) or not levels:
            return False
        elif not _is_plain(member, levels - 1):
            return False
    return True


def _is_plain_fraction(number: float) -> bool:
    # neither side writes an exponent, and JavaScript writes a whole number without a point
    return 1e-4 <= abs(number) < 1e16 and number % 1 != 0


def _has_plain_keys(value: dict[str, Json]) -> bool:
    if not value:
        return True
    try:
        if min(value) >= ":":  # the sign after 9: no key begins with a digit, and all are texts
            return PROTOTYPE not in value
    except TypeError:
        return False
    return PROTOTYPE not in value and not any(map(is_index, value))
