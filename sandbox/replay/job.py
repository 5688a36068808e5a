"""Job: what is asked of every part of a replay, as plain values that travel to workers."""

from dataclasses import dataclass
from typing import Final

from sandbox.replay.mapping_lists import MappingList, Pair
from sandbox.segment.definition import Rules

PACKAGE: Final = "toplyne-sandbox"
DIFFERENCES: Final = "differences"
REJECTED: Final = "rejected"
REQUESTS: Final = "requests"


class ReplayError(Exception):
    """A replay that cannot go on; the message says why, and what would help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A source, or what it holds from byte `start` up to byte `stop`, which are lines.

    `content` is what the source holds, where it is not read from anywhere.
    """

    name: str
    url: str
    size: int
    start: int = 0
    stop: int | None = None
    first_line: int = 1
    content: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Slices that are worked on in one go, by their place in the plan."""

    number: int
    slices: tuple[Slice, ...]

    def __str__(self) -> str:
        more = len(self.slices) - 1
        return f"{self.slices[0].name}{f' and {more} more' if more else ''}"

    @property
    def size(self) -> int:
        """How many bytes are read for it."""
        return sum(each.size for each in self.slices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The mappings of both sides, which are compared, the rules, and which rows go where."""

    new: MappingList
    old: MappingList | None
    pairs: tuple[Pair, ...]
    rules: Rules
    version: str
    shards: str | None = None
    collected: tuple[str, ...] = ()
