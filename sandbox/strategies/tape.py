"""Tape: read choices from a byte string, so that one Hypothesis draw becomes a whole case.

A case has dozens of choices, and a Hypothesis draw for each would cost ten times as much as the
check itself. Each part of a case reads its own stretch, so that simplifying one part does not
change the others. For shrinking, byte 0 always means the first and plainest choice, and all bytes
past the end are 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


class Tape:
    """A reading position in a string of bytes."""

    __slots__ = ("_at", "_bytes")

    def __init__(self, content: bytes) -> None:
        """Start at the first byte."""
        self._bytes = content
        self._at = 0

    def byte(self) -> int:
        """Return the next byte, 0 past the end."""
        at = self._at
        self._at = at + 1
        return self._bytes[at] if at < len(self._bytes) else 0

    def stretch(self, length: int) -> Tape:
        """Return a tape of the next `length` bytes, and skip them all here."""
        self._at += length
        return Tape(self._bytes[self._at - length : self._at])

    def below(self, limit: int) -> int:
        """Choose a number from 0 to limit - 1, about uniformly."""
        if limit <= 256:
            return self.byte() * limit >> 8
        number, reach = 0, 1
        while reach < limit:
            number, reach = number << 8 | self.byte(), reach << 8
        return number * limit // reach

    def between(self, low: int, high: int) -> int:
        """Choose a number from low to high, both included, about uniformly."""
        return low + self.below(high - low + 1)

    def pick(self, options: Sequence[T]) -> T:
        """Choose one of the options."""
        return options[self.below(len(options))]

    def chance(self, percent: float) -> bool:
        """Return True in this percentage of cases; byte 0 gives False."""
        return self.byte() * 100 >= 25600 - percent * 256


def taped(build: Callable[[Tape], T], *, length: int) -> st.SearchStrategy[T]:
    """Return a strategy of the values that `build` reads from tapes of `length` bytes."""
    # one length for all: Hypothesis draws a varying one byte by byte
    return st.binary(min_size=length, max_size=length).map(lambda content: build(Tape(content)))
