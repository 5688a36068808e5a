"""Characters: what liquidjs takes for white space, for part of a word, for a quote or a sign."""

from __future__ import annotations

from typing import Final

BLANKS: Final = frozenset(
    "\t\n\v\f\r \u00a0\u1680\u180e"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""White space between the parts of a tag; not quite what JavaScript itself trims."""

QUOTES: Final = frozenset("\"'")
SIGNS: Final = frozenset("+-")
DIGITS: Final = frozenset("0123456789")
_ASCII_WORD: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-?")
_NO_WORD: Final = BLANKS | frozenset("\u201c\u201d")


def is_word(unit: str) -> bool:
    """Return whether a unit can stand in a name: a letter, a digit, `_-?`, most others."""
    if unit < "\x80":
        return unit in _ASCII_WORD
    return unit not in _NO_WORD
