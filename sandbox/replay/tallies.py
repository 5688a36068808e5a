"""Tallies: the counts of a replay; two of a kind add up to one, in any order.

So a replay gives equal numbers and equal examples however its work is divided. Each kind is
bounded: a hash of its place decides what is listed, not the order of arrival. A ReplaySummary has
all counts.
"""

from __future__ import annotations

import zlib
from array import array
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from hashlib import blake2b
from itertools import chain
from typing import Final, Generic, NamedTuple, TypeVar

from sandbox.values import Path

MOST_EXAMPLES: Final = 5
"""The most examples of one thing that a report shows."""
MOST_KEYS: Final = 500
"""The most different things of one kind that a report lists."""
MOST_DISTINCT: Final = 100_000
"""The most different strings that are counted exactly."""
MOST_LISTED: Final = 1_000
"""The most unreadable places that are listed."""
MOST_SHOWN: Final = 32 * 1024
"""The most bytes of an event that is kept as an example: Segment's own limit."""

FATES: Final = ("mapped", "skipped", "rejected", "not_simulated")
"""What a mapping does with an event."""
KINDS: Final = ("same", "appeared", "vanished", "changed")
"""How a call compares with the call of the other mappings; `same` is never listed."""

_MOST_FRESH: Final = 10_000
_MOST_TEXT: Final = 256  # characters of a string that is kept as it is until it is digested
_MASK: Final = (1 << 64) - 1

K = TypeVar("K", bound=Hashable)


class EventPlace(NamedTuple):
    """The place of an event: its source, its line, and its number in a line with several events."""

    source: str
    line: int
    item: int = 0


def seed_of(source: str) -> int:
    """Return the seed of a source for `order_of`."""
    return zlib.crc32(source.encode("utf-8", "surrogatepass"))


def order_of(seed: int, line: int, item: int) -> int:
    """Return a hash of a place, the same on every run."""
    mixed = ((seed ^ line << 32) + item) * 0x9E3779B97F4A7C15 & _MASK
    return (mixed ^ mixed >> 29) * 0xBF58476D1CE4E5B9 & _MASK


class Example(NamedTuple):
    """One of the counted events; `before` and `after` are requests as JSON, or empty.

    `event` is empty if the event has more than MOST_SHOWN bytes.
    """

    order: int
    place: EventPlace
    event: str
    before: str = ""
    after: str = ""


class UnreadLine(NamedTuple):
    """What could not be read: a line of a source, or with line 0 the rest of the source."""

    source: str
    line: int
    reason: str


class Tallied(Generic[K]):
    """Counts by key, each with a few examples: the ones with the smallest order.

    If there are very many keys, those with the smallest hashes are kept. A dropped key can never be
    among the smallest again, so a kept key never loses a count.
    """

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        """Start empty."""
        self._kept: dict[K, tuple[int, list[Example]]] = {}

    def add(self, key: K, order: int, example: Callable[[int], Example]) -> None:
        """Count one; `example` is called if the order is among the smallest."""
        _, shown = self._kept.get(key, (0, ()))
        is_shown = len(shown) < MOST_EXAMPLES or order <= shown[-1].order
        self._put(key, 1, [example(order)] if is_shown else [])

    def _put(self, key: K, count: int, examples: list[Example]) -> None:
        if key in self._kept:
            before, shown = self._kept[key]
            count += before
            examples = sorted((*shown, *examples))[:MOST_EXAMPLES] if examples else shown
        elif len(self._kept) >= 2 * MOST_KEYS:
            self._kept = self._smallest()
        self._kept[key] = count, examples

    def _smallest(self) -> dict[K, tuple[int, list[Example]]]:
        if len(self._kept) <= MOST_KEYS:
            return self._kept
        smallest = sorted(self._kept, key=lambda key: _digest(repr(key)))[:MOST_KEYS]
        return {key: self._kept[key] for key in smallest}

    def __add__(self, other: Tallied[K]) -> Tallied[K]:
        """Return the counts of both."""
        both: Tallied[K] = Tallied()
        for each in (self, other):
            for key, (count, examples) in each._kept.items():
                both._put(key, count, examples)
        return both

    def commonest(self) -> list[tuple[K, int, list[Example]]]:
        """Return keys with counts and examples, the commonest first."""
        found = [(key, *kept) for key, kept in self._smallest().items()]
        return sorted(found, key=lambda each: (-each[1], repr(each[0])))


class Distinct:
    """Counts different strings: exactly up to MOST_DISTINCT, then as "more than" that.

    It keeps 8 bytes of a string, so at most a megabyte in all.
    """

    __slots__ = ("_digests", "_fresh", "is_more")

    def __init__(self, digests: Iterable[int] = (), *, is_more: bool = False) -> None:
        """Start with the digests of strings."""
        self._fresh: set[str] = set()
        self.is_more = is_more
        self._keep(digests)

    def _keep(self, digests: Iterable[int]) -> None:
        self._digests = array("Q", () if self.is_more else dict.fromkeys(sorted(digests)))
        if len(self._digests) > MOST_DISTINCT:
            self._digests, self.is_more = array("Q"), True

    def add(self, text: str) -> None:
        """Count a string, unless it is known or empty."""
        if not text:
            return
        self._fresh.add(text if len(text) <= _MOST_TEXT else _digest(text).hex())
        if len(self._fresh) > _MOST_FRESH:
            self.settle()

    def settle(self) -> Distinct:
        """Replace the added strings by their digests; return itself."""
        if self._fresh and not self.is_more:
            fresh = (int.from_bytes(_digest(text)) for text in self._fresh)
            self._keep(chain(self._digests, fresh))
        self._fresh.clear()
        return self

    def __add__(self, other: Distinct) -> Distinct:
        """Return the count of the strings in either."""
        digests = chain(self.settle()._digests, other.settle()._digests)
        return Distinct(digests, is_more=self.is_more or other.is_more)

    @property
    def count(self) -> int:
        """The number of strings, MOST_DISTINCT if there are more."""
        return MOST_DISTINCT if self.settle().is_more else len(self._digests)


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


class Listed:
    """What could not be read: the numbers, and the first MOST_LISTED by their places."""

    __slots__ = ("first", "lines", "sources")

    def __init__(self, first: Iterable[UnreadLine] = (), lines: int = 0, sources: int = 0) -> None:
        """Keep the first MOST_LISTED."""
        self.first = sorted(first)[:MOST_LISTED]
        self.lines, self.sources = lines, sources

    def add(self, unread: UnreadLine) -> None:
        """Count and list one."""
        self.lines += bool(unread.line)
        self.sources += not unread.line
        self.first.append(unread)
        if len(self.first) > 2 * MOST_LISTED:
            self.first = sorted(self.first)[:MOST_LISTED]

    def __add__(self, other: Listed) -> Listed:
        """Return the sum of both."""
        both = (*self.first, *other.first)
        return Listed(both, self.lines + other.lines, self.sources + other.sources)


class ReplaySummary:
    """The result of replaying some events; two summaries add up to the summary of both.

    Mappings and pairs of mappings are named by their index.
    """

    def __init__(self) -> None:
        """Start empty."""
        self.unread = Listed()
        self.is_interrupted = False
        self.shards: list[str] = []  # the names of the files of rows that the parts have written

        self.held_back = 0  # events whose integrations object turns the destination off
        self.dropped: Counter[str] = Counter()  # messages of SDK bodies, by the code of intake
        self.other_calls = 0  # recorded exchanges that are not calls of the Tracking API

        self.days: Counter[tuple[str, str]] = Counter()  # events by UTC day and type
        self.calls: Counter[str] = Counter()  # calls to Toplyne by day
        self.users, self.accounts = Distinct(), Distinct()
        self.fates: Counter[tuple[int, str]] = Counter()
        self.problems: Tallied[tuple[int, str, str]] = Tallied()
        self.suspicious: Counter[int] = Counter()  # calls with a suspicion
        self.suspicions: Tallied[tuple[int, str]] = Tallied()

        self.pairs: Counter[tuple[int, str]] = Counter()  # calls by pair of mappings and kind
        self.differences: Tallied[tuple[int, str]] = Tallied()
        self.difference_days: Counter[tuple[str, str]] = Counter()
        self.differing_users, self.differing_accounts = Distinct(), Distinct()
        self.paths: Tallied[tuple[int, Path]] = Tallied()  # where changed calls differ, by pair

    @property
    def events(self) -> int:
        """The number of events."""
        return self.days.total()

    def __add__(self, other: ReplaySummary) -> ReplaySummary:
        """Return the summary of the events of both."""
        both = ReplaySummary()
        for name, own in vars(self).items():
            setattr(both, name, own + getattr(other, name))
        return both
