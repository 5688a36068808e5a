"""Places: where in an event a condition looks, and how another value is put there."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from sandbox.segment.javascript import MISSING, Json, is_falsy, is_index
from sandbox.segment.triggers.parser import INHERITED
from sandbox.segment.triggers.tree import Condition

LONGEST_FILLED: Final = 1000
"""How long a text or list may be that is made only to have a length."""

_SEPARATOR = re.compile(r"[\[.\]]")


class Place(NamedTuple):
    """A member of an event, and the names that lead on from there."""

    head: str
    pieces: tuple[str, ...] = ()


def place_of(condition: Condition) -> Place | None:
    """Return where the condition looks; None where nothing an event holds can be found.

    That is a name made of dots alone, and names every JavaScript object inherits.
    """
    if condition.path is None:
        return Place(condition.head)
    pieces = tuple(piece for piece in _SEPARATOR.split(condition.path) if piece)
    if not pieces or not INHERITED.isdisjoint(pieces):
        return None
    return Place(condition.head, pieces)


def put(event: dict[str, Json], place: Place, value: Json) -> dict[str, Json]:
    """Return the event with the value at the place; MISSING takes what is there away.

    What stands in the way and holds no members is replaced by an object.
    """
    return _members_with(event, (place.head, *place.pieces), value)


def _with(outer: Json, pieces: tuple[str, ...], value: Json) -> Json:
    if not pieces:
        return value
    if pieces == ("length",) and not isinstance(outer, dict) and _is_length(value):
        return _of_length(outer, int(value))
    if isinstance(outer, list) and is_index(pieces[0]) and int(pieces[0]) <= len(outer):
        at = int(pieces[0])
        inner = _with(outer[at] if at < len(outer) else MISSING, pieces[1:], value)
        return [*outer[:at], None if inner is MISSING else inner, *outer[at + 1 :]]
    if value is MISSING and not isinstance(outer, dict):
        # a falsy value on the way is what the names behind it find, so it goes as well
        return MISSING if is_falsy(outer) or isinstance(outer, str | list) else outer
    return _members_with(outer if isinstance(outer, dict) else {}, pieces, value)


def _members_with(outer: dict[str, Json], pieces: tuple[str, ...], value: Json) -> dict[str, Json]:
    inner = _with(outer.get(pieces[0], MISSING), pieces[1:], value)
    if inner is MISSING:
        return {key: member for key, member in outer.items() if key != pieces[0]}
    return {**outer, pieces[0]: inner}


def _is_length(value: Json) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value <= LONGEST_FILLED and value == int(value)


def _of_length(outer: Json, length: int) -> Json:
    if isinstance(outer, list):
        return (outer + [None] * length)[:length]
    text = outer if isinstance(outer, str) else ""
    return text[:length].ljust(length, "x")
