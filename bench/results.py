"""Results: what a measurement gives, and what it says of the figure that was wanted."""

import statistics
from collections import abc
from dataclasses import dataclass
from typing import Literal, TypeVar

Better = Literal["higher", "lower"]
Clock = Literal["wall", "cpu"]
Figure = TypeVar("Figure")
Pair = tuple[float, float]  # ours and the peer's, measured one right after the other
Points = tuple[tuple[float, float], ...]  # (x, y), by rising x


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: the same work done by ours and by a peer, pair after pair.

    `wanted` bounds the ratio ours / peer: from below where `better` is "higher" (things a second),
    from above where it is "lower" (seconds, megabytes). A row that could not be measured has no
    pairs, and `missing` says why.
    """

    name: str
    peer: str
    wanted: float
    better: Better
    unit: str
    pairs: tuple[Pair, ...]
    note: str = ""
    missing: str = ""

    @property
    def ratios(self) -> tuple[float, ...]:
        """Return the ratio of each pair, smallest first."""
        return tuple(sorted(ours / theirs for ours, theirs in self.pairs))

    @property
    def ratio(self) -> float:
        """Return the median ratio."""
        return statistics.median(self.ratios)

    @property
    def ours(self) -> float:
        """Return the median of our figures."""
        return statistics.median(ours for ours, _ in self.pairs)

    @property
    def theirs(self) -> float:
        """Return the median of the peer's figures."""
        return statistics.median(theirs for _, theirs in self.pairs)

    @property
    def holds(self) -> bool | None:
        """Return whether the median ratio is as wanted; None where nothing was measured."""
        if not self.pairs:
            return None
        if self.better == "higher":
            return self.ratio >= self.wanted
        return self.ratio <= self.wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """How a figure grows: one line of points for each of ours and the peers, by their names."""

    name: str
    x: str  # what grows, with its unit: "mappings", "KB an event"
    y: str  # what was measured, with its unit: "events a second"
    lines: abc.Mapping[str, Points]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What one section of the bench measured."""

    rows: tuple[Row, ...] = ()
    curves: tuple[Curve, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be measured, in how many pairs, by which clock.

    `only` is a part of a row's, a peer's or a curve's name. By the clock "cpu" rates are
    those of a second of processor time of the process that works: less exact for the user, and
    steady on a machine where others work too.
    """

    pairs: int = 5
    only: str = ""
    clock: Clock = "wall"

    def wants(self, *names: str) -> bool:
        """Return whether any of the names contains the text asked for, in capitals or not."""
        return any(self.only.lower() in name.lower() for name in names)


def paired(measures: abc.Sequence[abc.Callable[[], Figure]], pairs: int) -> list[list[Figure]]:
    """Measure each in turn, again and again; return the figures of each.

    Figures of the same round stand at the same place: they were taken one right after the other.
    """
    rounds = [[measure() for measure in measures] for _ in range(pairs)]
    return [list(figures) for figures in zip(*rounds, strict=True)]
