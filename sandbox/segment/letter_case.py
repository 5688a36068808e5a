"""Letter case: upper and lower case of every letter Segment's runtime knows."""

from __future__ import annotations

from typing import Final

# The letters that Unicode 16 and 17 paired, after the tables of Python 3.11; newer Pythons agree.
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
