"""Replacing: literal text for text, unit by unit, as JavaScript's `replace` does it."""

from __future__ import annotations

import re

from sandbox.segment.fields.limits import MAX_SIZE, too_large
from sandbox.segment.javascript import from_units, to_units, upper

_SPECIAL = re.compile(r"(\$[$&`'])")


def replace(text: str, old: str, new: str, *, ignore_case: bool, everywhere: bool) -> str:
    """Return `text` with `old` replaced by `new`, once or everywhere.

    `new` is a JavaScript replacement string: `$$` is a dollar, `$&` what was found, `` $` `` and
    `$'` the text before and after it. Units are compared, so half a surrogate pair can be replaced.
    """
    units, sought, parts = to_units(text), to_units(old), _SPECIAL.split(to_units(new))
    folded, folded_old = (fold(units), fold(sought)) if ignore_case else (units, sought)
    out: list[str] = []
    size = end = 0
    while (start := folded.find(folded_old, end)) >= 0:
        before = units[end:start]
        end = start + len(sought)
        put = "".join(_expanded(part, units, start, end) for part in parts)
        out += (before, put)
        size += len(before) + len(put)
        if size > MAX_SIZE:
            raise too_large("@replace")
        if not everywhere:
            break
    return from_units("".join(out) + units[end:])


def _expanded(part: str, units: str, start: int, end: int) -> str:
    match part:
        case "$$":
            return "$"
        case "$&":
            return units[start:end]
        case "$`":
            return units[:start]
        case "$'":
            return units[end:]
        case _:
            return part


def fold(units: str) -> str:
    """Return the units as a case-ignoring comparison sees them: each as its own upper case.

    A unit whose upper case is longer, or falls from outside ASCII into it, stays itself.
    """
    if units.isascii():
        return upper(units)
    return "".join(map(_fold_unit, units))


def _fold_unit(unit: str) -> str:
    raised = upper(unit)
    if len(raised) != 1 or (raised.isascii() and not unit.isascii()):
        return unit
    return raised
