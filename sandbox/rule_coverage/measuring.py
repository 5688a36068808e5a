"""Measuring: how much of a mapping was seen, and what is left, with events that close it."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from sandbox.rule_coverage.closing import closing_events
from sandbox.rule_coverage.goals import Goal, clause_goals, in_order
from sandbox.segment.definition import Rules
from sandbox.segment.javascript import Json
from sandbox.segment.mapping import Mapping


@dataclass(frozen=True, slots=True)
class Gap:
    """What was not seen, and an event that shows it when it is sent; the event was tried."""

    goal: Goal
    event: dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What was seen of a mapping and what was not.

    `not_found` are states of clauses for which no event was found; they are not counted.
    """

    mapping: Mapping
    seen: tuple[Goal, ...]
    gaps: tuple[Gap, ...]
    not_found: tuple[Goal, ...]

    @property
    def total(self) -> int:
        """How much there is to be seen."""
        return len(self.seen) + len(self.gaps)


def coverage_of(mapping: Mapping, seen: AbstractSet[Goal], rules: Rules = "documented") -> Coverage:
    """Return how much of the mapping was seen; a goal counts if it was, or if an event can."""
    known = closing_events(mapping, rules)
    left = sorted(known.keys() - seen, key=lambda goal: in_order(mapping, goal))
    return Coverage(
        mapping=mapping,
        seen=tuple(sorted(seen, key=lambda goal: in_order(mapping, goal))),
        gaps=tuple(Gap(goal, known[goal]) for goal in left),
        not_found=tuple(g for g in clause_goals(mapping) if g not in seen and g not in known),
    )
