"""String literals: the value of a string in quotes, with escapes as liquidjs reads them."""

from __future__ import annotations

from typing import Final

from sandbox.segment.errors import Thrown

_ESCAPES: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_HEX: Final = frozenset("0123456789abcdefABCDEF")
_OCTAL: Final = frozenset("01234567")


def unquoted(literal: str) -> str:
    """Return the text of a literal without its first and last unit, which are its quotes.

    A backslash gives the control character of JavaScript's letters, up to four hexadecimal digits
    after `u`, up to three octal ones, and else the unit that follows.
    """
    if "\\" not in literal:
        return literal[1:-1]
    out: list[str] = []
    at = 1
    while at < len(literal) - 1:
        if literal[at] != "\\":
            out.append(literal[at])
            at += 1
            continue
        unit, at = _escaped(literal, at + 1)
        out.append(unit)
    return "".join(out)


def _escaped(literal: str, at: int) -> tuple[str, int]:
    """Return the value of an escape and where it ends; `at` is after the backslash."""
    letter = literal[at]
    if letter in _ESCAPES:
        return _ESCAPES[letter], at + 1
    if letter == "u":
        digits = _run(literal, at + 1, _HEX, 4)
        if len(digits) < 4 and at + 1 + len(digits) == len(literal):
            raise Thrown(
                "Cannot read properties of undefined (reading 'charCodeAt')", name="TypeError"
            )
        return chr(int(digits or "0", 16)), at + 1 + len(digits)
    if letter not in _OCTAL:
        return letter, at + 1
    digits = _run(literal, at, _OCTAL, 3)
    return chr(int(digits, 8)), at + len(digits)


def _run(literal: str, at: int, allowed: frozenset[str], most: int) -> str:
    end = at
    while end < min(at + most, len(literal)) and literal[end] in allowed:
        end += 1
    return literal[at:end]
