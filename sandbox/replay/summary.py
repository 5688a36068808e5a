"""Summary: what is known of some events after their replay; two add up to that of both."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import NamedTuple, TypeAlias

from sandbox.replay.tallies import Distinct, Listed, Tallied
from sandbox.values import Path

Fate: TypeAlias = str
"""What a mapping did with an event: mapped, skipped, rejected, not_simulated."""

FATES = ("mapped", "skipped", "rejected", "not_simulated")
KINDS = ("same", "appeared", "vanished", "changed")
"""How a call compares with that of the other mappings; `same` is never listed."""


class Shard(NamedTuple):
    """A file of rows that a part has written: of which collection, its own order, and its name."""

    collection: str
    part: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Counts over some events; mappings and pairs of mappings are named by their index."""

    held_back: int = 0
    """Events whose integrations object turns the destination off."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Messages of SDK bodies that Segment drops on intake, by its code."""
    other_calls: int = 0
    """Recorded exchanges that are no calls of the Tracking API."""
    unread: Listed = field(default_factory=Listed)
    days: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Events by UTC day of their timestamp, and type."""
    calls: Counter[str] = field(default_factory=Counter)
    """Calls to Toplyne by day."""
    fates: Counter[tuple[int, Fate]] = field(default_factory=Counter)
    problems: Tallied[tuple[int, str, str]] = field(default_factory=Tallied)
    suspicions: Tallied[tuple[int, str]] = field(default_factory=Tallied)
    users: Distinct = field(default_factory=Distinct)
    accounts: Distinct = field(default_factory=Distinct)
    pairs: Counter[tuple[int, str]] = field(default_factory=Counter)
    """Calls by pair of mappings and kind."""
    differences: Tallied[tuple[int, str]] = field(default_factory=Tallied)
    difference_days: Counter[tuple[str, str]] = field(default_factory=Counter)
    paths: Tallied[tuple[int, Path]] = field(default_factory=Tallied)
    """Where changed calls differ, by pair and path."""
    differing_users: Distinct = field(default_factory=Distinct)
    differing_accounts: Distinct = field(default_factory=Distinct)
    shards: tuple[Shard, ...] = ()
    is_interrupted: bool = False

    @property
    def events(self) -> int:
        """How many events there were."""
        return self.days.total()

    def __add__(self, other: Summary) -> Summary:
        """Return the summary of the events of both."""
        return Summary(
            **{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        )
