"""Choices from a string of bytes: how one Hypothesis draw becomes a whole case.

A case takes dozens of choices, and a Hypothesis draw for each would cost more than everything else
together. So each case is one draw of bytes, and every choice reads the next of them. Byte 0 always
means the first and plainest choice, and past the end all bytes are 0: smaller bytes make a plainer
case, which is what shrinking needs.
"""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")
_INHERITED_NAMES = """
    anchor apply at big bind blink bold call charAt charCodeAt codePointAt concat constructor
    copyWithin endsWith entries every fill filter find findIndex findLast findLastIndex fixed
    flat flatMap fontcolor fontsize forEach hasOwnProperty includes indexOf isPrototypeOf
    isWellFormed italics join keys lastIndexOf link localeCompare map match matchAll normalize
    padEnd padStart pop propertyIsEnumerable push reduce reduceRight repeat replace replaceAll
    reverse search shift slice small some sort splice split startsWith strike sub substr
    substring sup toExponential toFixed toLocaleLowerCase toLocaleString toLocaleUpperCase
    toLowerCase toPrecision toReversed toSorted toSpliced toString toUpperCase toWellFormed trim
    trimEnd trimLeft trimRight trimStart unshift valueOf values with __proto__
"""
INHERITED = frozenset(_INHERITED_NAMES.split())
"""The names objects, arrays, strings, numbers and functions inherit."""

_NO_NAME = re.compile(r"[^A-Za-z_]+")
_UNQUOTED = str.maketrans("", "", "\\'\"")  # what paths and identifiers may hold and lose


class Tape:
    """A reading position in a string of bytes."""

    __slots__ = ("_at", "_bytes")

    def __init__(self, content: bytes) -> None:
        self._bytes = content
        self._at = 0

    def byte(self) -> int:
        at = self._at
        self._at = at + 1
        return self._bytes[at] if at < len(self._bytes) else 0

    def below(self, limit: int) -> int:
        """Choose 0 to limit - 1, each about equally often."""
        if limit <= 256:
            return self.byte() * limit >> 8
        number, reach = 0, 1
        while reach < limit:
            number, reach = number << 8 | self.byte(), reach << 8
        return number * limit // reach

    def between(self, low: int, high: int) -> int:
        return low + self.below(high - low + 1)

    def pick(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def chance(self, percent: float) -> bool:
        """Say yes in so many of a hundred cases; byte 0 says no."""
        return self.byte() * 100 >= 25600 - percent * 256

    def text(self, alphabet: Sequence[str], low: int, high: int) -> str:
        return "".join(self.pick(alphabet) for _ in range(self.between(low, high)))


def weighted(*options: tuple[T, int]) -> tuple[T, ...]:
    """Repeat each option by its weight, so that `pick` finds it that much more often."""
    return tuple(option for option, weight in options for _ in range(weight))


def cases(build: Callable[[Tape], T], *, length: int) -> st.SearchStrategy[T]:
    """Make the strategy of the cases `build` reads from tapes of `length` bytes.

    All tapes are of one length, for Hypothesis draws a varying length byte by byte.
    """
    tapes = st.binary(min_size=length, max_size=length)
    return tapes.map(lambda content: build(Tape(content)))


def mutated(tape: Tape, text: str, alphabet: Sequence[str], *, most: int = 2) -> str:
    """Delete, insert, replace or double one character of `text`, up to `most` times.

    A change that makes a name JavaScript's values inherit is not made: those are functions there,
    and nothing here.
    """
    original = text
    for _ in range(tape.between(1, most)):
        at = tape.below(len(text) + 1)
        how = tape.below(4)
        put = "" if how == 0 else tape.pick(alphabet) if how < 3 else text[at : at + 1] * 2
        skip = 1 if how != 1 else 0
        text = text[:at] + put + text[at + skip :]
    return original if _names(text) & INHERITED - _names(original) else text


def _names(text: str) -> set[str]:
    return set(_NO_NAME.split(text.translate(_UNQUOTED)))
