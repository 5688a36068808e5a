"""Tallies: what is counted while events go by; any two of a kind add up, in any order, to the same.

That is why a replay gives equal numbers and equal examples however its work is split. Each kind is
bounded: what is listed is chosen by a hash of its place, never by who came first.
"""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable
from hashlib import blake2b
from typing import Final, Generic, NamedTuple, TypeVar

MOST_EXAMPLES: Final = 5
"""How many examples of one thing a report shows."""
MOST_KEYS: Final = 500
"""How many different things of one kind a report lists."""
MOST_DISTINCT: Final = 100_000
"""How many different strings are counted exactly."""
MOST_LISTED: Final = 1_000
"""How many places that cannot be read are listed."""
MOST_SHOWN: Final = 32 * 1024
"""The most bytes of an event that is kept as an example: Segment's own limit."""

_MASK: Final = (1 << 64) - 1

K = TypeVar("K", bound=Hashable)


class Place(NamedTuple):
    """Where an event stands: its source, its line, and its number in a line that holds several."""

    source: str
    line: int
    item: int = 0


def seed_of(source: str) -> int:
    """Return the number of a source for `order_of`."""
    return zlib.crc32(source.encode("utf-8", "surrogatepass"))


def order_of(seed: int, line: int, item: int) -> int:
    """Return a number that is the same on every run and says nothing about the place."""
    mixed = ((seed ^ line << 32) + item) * 0x9E3779B97F4A7C15 & _MASK
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


class Tally:
    """A count with a few examples, those of the smallest order."""

    __slots__ = ("_bar", "count", "examples")

    def __init__(self, count: int = 0, examples: Iterable[Example] = ()) -> None:
        """Keep the smallest of the examples."""
        self.count = count
        self._keep(examples)

    def _keep(self, examples: Iterable[Example]) -> None:
        self.examples = sorted(examples)[:MOST_EXAMPLES]
        is_full = len(self.examples) == MOST_EXAMPLES
        self._bar = self.examples[-1].order if is_full else _MASK

    def add(self, order: int, example: Callable[[int], Example]) -> None:
        """Count one; `example` is called where the order is among the smallest."""
        self.count += 1
        if order <= self._bar:
            self._keep((*self.examples, example(order)))

    def __add__(self, other: Tally) -> Tally:
        """Return the tally of both."""
        return Tally(self.count + other.count, (*self.examples, *other.examples))


class Tallied(Generic[K]):
    """Tallies by key; of very many keys those of the smallest hash."""

    __slots__ = ("kept",)

    def __init__(self, kept: dict[K, Tally] | None = None) -> None:
        """Start with what is kept."""
        self.kept = _fewest(kept or {})

    def add(self, key: K, order: int, example: Callable[[int], Example]) -> None:
        """Count one, as a tally does."""
        tally = self.kept.get(key)
        if tally is None:
            if len(self.kept) >= 2 * MOST_KEYS:
                self.kept = _fewest(self.kept)
            tally = self.kept[key] = Tally()
        tally.add(order, example)

    def put(self, key: K, tally: Tally) -> None:
        """Add a tally to that of the key."""
        self.kept[key] = self.kept.get(key, Tally()) + tally
        if len(self.kept) > 2 * MOST_KEYS:
            self.kept = _fewest(self.kept)

    def __add__(self, other: Tallied[K]) -> Tallied[K]:
        """Return the tallies of both."""
        both = dict(self.kept)
        for key, tally in other.kept.items():
            both[key] = both[key] + tally if key in both else tally
        return Tallied(both)

    def commonest(self) -> list[tuple[K, int, list[Example]]]:
        """Return keys, counts and examples, the commonest first."""
        kept = _fewest(self.kept).items()
        ordered = sorted(kept, key=lambda each: (-each[1].count, repr(each[0])))
        return [(key, tally.count, tally.examples) for key, tally in ordered]


def _fewest(kept: dict[K, Tally]) -> dict[K, Tally]:
    """Return MOST_KEYS of the keys.

    A key that is left out is never among the smallest of more keys, so nothing of one that stays
    is ever lost.
    """
    if len(kept) <= MOST_KEYS:
        return kept
    smallest = sorted(kept, key=lambda key: _digest(repr(key)))[:MOST_KEYS]
    return {key: kept[key] for key in smallest}


class Distinct:
    """How many different strings there are: exact up to MOST_DISTINCT, then "more than" that.

    Of a string 8 bytes are kept, sorted, by the first of them: at most a megabyte in all.
    """

    __slots__ = ("_fresh", "_kept", "is_more")

    def __init__(self, kept: Iterable[array[int]] = (), *, is_more: bool = False) -> None:
        """Start with the digests of strings."""
        self._kept = tuple(kept) or tuple(array("Q") for _ in range(256))
        self._fresh: set[str] = set()
        self.is_more = is_more

    def add(self, text: str) -> None:
        """Count a string, unless it is known."""
        self._fresh.add(text)
        if len(self._fresh) > MOST_LISTED:
            self.settle()

    def settle(self) -> Distinct:
        """Keep the digests of what was added, and no string; return itself."""
        if not self.is_more:
            for text in self._fresh:
                digest = int.from_bytes(_digest(text))
                kept = self._kept[digest >> 56]
                at = bisect_left(kept, digest)
                if at == len(kept) or kept[at] != digest:
                    kept.insert(at, digest)
        self._fresh.clear()
        if sum(map(len, self._kept)) > MOST_DISTINCT:
            self._kept, self.is_more = (), True
        return self

    def __add__(self, other: Distinct) -> Distinct:
        """Return the count of the strings of either."""
        if self.settle().is_more or other.settle().is_more:
            return Distinct(is_more=True)
        pairs = zip(self._kept, other._kept, strict=True)
        return Distinct(
            array("Q", sorted({*one, *more})) if one and more else one + more for one, more in pairs
        ).settle()

    @property
    def count(self) -> int:
        """The number of strings; MOST_DISTINCT where there are more."""
        self.settle()
        return MOST_DISTINCT if self.is_more else sum(map(len, self._kept))

    def __str__(self) -> str:
        return f"{'more than ' if self.is_more else ''}{self.count:,}"


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


class Listed:
    """What could not be read: how much, and the first MOST_LISTED in the order of their places."""

    __slots__ = ("first", "lines", "sources")

    def __init__(self, first: Iterable[Unread] = (), lines: int = 0, sources: int = 0) -> None:
        """Keep the first of what is listed."""
        self.first = sorted(first)[:MOST_LISTED]
        self.lines, self.sources = lines, sources

    def add(self, unread: Unread) -> None:
        """Count and list one."""
        self.lines += bool(unread.line)
        self.sources += not unread.line
        self.first.append(unread)
        if len(self.first) > 2 * MOST_LISTED:
            self.first = sorted(self.first)[:MOST_LISTED]

    def __add__(self, other: Listed) -> Listed:
        """Return what is in either."""
        both = (*self.first, *other.first)
        return Listed(both, self.lines + other.lines, self.sources + other.sources)
