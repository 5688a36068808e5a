"""Tallies: what is counted while events go by; any two of a kind add up, in any order, to the same.

That is why a replay gives equal numbers and equal examples however its work is split. Each kind is
bounded: what is listed is chosen by a hash of its place, never by who came first.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Hashable, Iterable
from hashlib import blake2b
from typing import Final, Generic, NamedTuple, TypeVar

MOST_EXAMPLES: Final = 5
MOST_KEYS: Final = 500
MOST_DISTINCT: Final = 100_000
MOST_LISTED: Final = 1_000
MOST_SHOWN: Final = 32 * 1024
"""The most bytes of an event that is kept as an example: Segment's own limit."""

_MASK: Final = (1 << 64) - 1

K = TypeVar("K", bound=Hashable)


class Place(NamedTuple):
    """Where an event stands: its source, its line, and its number in a line that holds several."""

    source: str
    line: int
    item: int = 0

    @property
    def order(self) -> int:
        """A number that is the same on every run and says nothing about the place."""
        mixed = zlib.crc32(self.source.encode("utf-8", "surrogatepass")) ^ (self.line << 32)
        mixed = (mixed + self.item) * 0x9E3779B97F4A7C15 & _MASK
        return (mixed ^ mixed >> 29) * 0xBF58476D1CE4E5B9 & _MASK


class Example(NamedTuple):
    """One event that shows what was counted; `before` and `after` are requests as JSON, or empty.

    `event` is empty where the event has more than MOST_SHOWN bytes.
    """

    order: int
    place: Place
    event: str
    before: str = ""
    after: str = ""


class Unread(NamedTuple):
    """What could not be read: the line of a source, or the source from there on where it is 0."""

    source: str
    line: int
    reason: str


class Tallied(Generic[K]):
    """Counts by key, each with a few examples; of very many keys those of the smallest hash."""

    __slots__ = ("kept", "total")

    def __init__(self) -> None:
        """Start empty."""
        self.kept: dict[K, tuple[int, list[Example]]] = {}
        self.total = 0

    def add(self, key: K, place: Place, example: Callable[[int], Example]) -> None:
        """Count one; `example` is called with the place's order where it is among the smallest."""
        self.total += 1
        count, examples = self.kept.get(key, (0, []))
        order = place.order
        if len(examples) < MOST_EXAMPLES or (order, place) < examples[-1][:2]:
            examples.append(example(order))
            examples.sort()
            del examples[MOST_EXAMPLES:]
        self.kept[key] = count + 1, examples
        if len(self.kept) > 2 * MOST_KEYS:
            self.kept = _fewest(self.kept)

    def __add__(self, other: Tallied[K]) -> Tallied[K]:
        """Return the counts of both."""
        both: Tallied[K] = Tallied()
        both.total = self.total + other.total
        both.kept = dict(self.kept)
        for key, (count, examples) in other.kept.items():
            mine, own = both.kept.get(key, (0, []))
            both.kept[key] = mine + count, sorted([*own, *examples])[:MOST_EXAMPLES]
        both.kept = _fewest(both.kept)
        return both

    def commonest(self) -> list[tuple[K, int, list[Example]]]:
        """Return keys, counts and examples, the commonest first."""
        kept = _fewest(self.kept).items()
        ordered = sorted(kept, key=lambda each: (-each[1][0], repr(each[0])))
        return [(key, count, examples) for key, (count, examples) in ordered]


def _fewest(kept: dict[K, tuple[int, list[Example]]]) -> dict[K, tuple[int, list[Example]]]:
    """Return MOST_KEYS of the keys.

    A key that is left out is never among the smallest of more keys, so nothing of one that stays
    is ever lost.
    """
    if len(kept) <= MOST_KEYS:
        return kept
    smallest = sorted(kept, key=lambda key: _digest(repr(key)))[:MOST_KEYS]
    return {key: kept[key] for key in smallest}


class Distinct:
    """How many different texts there are: exact up to MOST_DISTINCT, then "more than" that."""

    __slots__ = ("_fresh", "hashes", "is_more")

    def __init__(self, hashes: Iterable[bytes] = (), *, is_more: bool = False) -> None:
        """Start with the hashes of texts."""
        self.hashes = set() if is_more else set(hashes)
        self.is_more = is_more
        self._fresh: set[str] = set()
        self._bound()

    def add(self, text: str) -> None:
        """Count a text, unless it is known."""
        self._fresh.add(text)
        if len(self._fresh) > MOST_LISTED:
            self.settle()

    def settle(self) -> None:
        """Keep the hashes of what was added, and no text."""
        if not self.is_more:
            self.hashes |= {_digest(text) for text in self._fresh}
            self._bound()
        self._fresh.clear()

    def _bound(self) -> None:
        if len(self.hashes) > MOST_DISTINCT:
            self.hashes, self.is_more = set(), True

    def __add__(self, other: Distinct) -> Distinct:
        """Return the count of the texts of either."""
        self.settle()
        other.settle()
        return Distinct(self.hashes | other.hashes, is_more=self.is_more or other.is_more)

    def __getstate__(self) -> tuple[set[bytes], bool]:
        """Return what goes from one process to another."""
        self.settle()
        return self.hashes, self.is_more

    def __setstate__(self, state: tuple[set[bytes], bool]) -> None:
        """Take what came from another process."""
        self.hashes, self.is_more = state
        self._fresh = set()

    @property
    def count(self) -> int:
        """The number of texts; MOST_DISTINCT where there are more."""
        self.settle()
        return MOST_DISTINCT if self.is_more else len(self.hashes)

    def __str__(self) -> str:
        return f"more than {MOST_DISTINCT:,}" if self.is_more else f"{self.count:,}"


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


class Listed:
    """What could not be read: how much, and the first MOST_LISTED in the order of their places."""

    __slots__ = ("first", "lines", "sources")

    def __init__(self) -> None:
        """Start empty."""
        self.first: list[Unread] = []
        self.lines = self.sources = 0

    def add(self, unread: Unread) -> None:
        """Count and list one."""
        if unread.line:
            self.lines += 1
        else:
            self.sources += 1
        self.first.append(unread)
        if len(self.first) > 2 * MOST_LISTED:
            self._bound()

    def _bound(self) -> None:
        self.first = sorted(self.first)[:MOST_LISTED]

    def __add__(self, other: Listed) -> Listed:
        """Return what is in either."""
        both = Listed()
        both.first = [*self.first, *other.first]
        both.lines, both.sources = self.lines + other.lines, self.sources + other.sources
        both._bound()
        return both
