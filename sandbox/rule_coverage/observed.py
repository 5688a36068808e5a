"""Observed: what a test run saw of mappings, merged from processes, and the report at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from sandbox.destination import Mapping
from sandbox.rule_coverage.coverage_goals import ACCEPTED, Coverage, Goal, clause_text, sentence
from sandbox.segment.definition import Rules
from sandbox.segment.json_text import json_text
from sandbox.values import Json, members

_PARTS: Final = ("name", "action", "trigger", "fields")


@dataclass(frozen=True, kw_only=True)
class Observed:
    """A mapping of a destination, the goals that were seen, and the number of answers by status.

    `rules` are those the mock used; a mapping seen under both counts as two.
    """

    destination: str
    mapping: Mapping
    rules: Rules = "documented"
    seen: frozenset[Goal] = frozenset()
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def identity(self) -> str:
        """A string that is the same for the same mapping in every process."""
        return json_text([self.destination, self.rules, members(self.mapping, *_PARTS)])

    def answered(self, statuses: Iterable[int]) -> Observed:
        """Return a copy with these answers added."""
        counted = Counter(statuses)
        accepted = {ACCEPTED} if any(200 <= status < 300 for status in counted) else frozenset()
        return replace(self, seen=self.seen | accepted, statuses=self.statuses + counted)

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON."""
        return {
            **members(self, "destination", "rules"),
            "mapping": members(self.mapping, *_PARTS),
            "seen": sorted(self.seen),
            "statuses": _statuses(self),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Observed:
        """Return the Observed for the result of its `to_json`."""
        read = {
            "mapping": Mapping(**value["mapping"]),
            "seen": frozenset(Goal(*each) for each in value["seen"]),
            "statuses": Counter({int(status): n for status, n in value["statuses"].items()}),
        }
        return cls(**value | read)


def merged(observed: Iterable[Observed]) -> list[Observed]:
    """Return one Observed for each mapping, with all its goals, sorted by destination."""
    found: dict[str, Observed] = {}
    for each in observed:
        known = found.get(each.identity, replace(each, seen=frozenset(), statuses=Counter()))
        seen, statuses = known.seen | each.seen, known.statuses + each.statuses
        found[each.identity] = replace(known, seen=seen, statuses=statuses)
    return sorted(found.values(), key=lambda each: each.destination)


Measured: TypeAlias = tuple[Observed, Coverage]
"""What tests showed of a mapping, and the coverage of that."""


def share(measured: Sequence[Measured]) -> float:
    """Return the share of goals that were seen, in percent; 0 if no mapping was under test."""
    total = sum(coverage.total for _, coverage in measured)
    return 100 * sum(len(coverage.seen) for _, coverage in measured) / total if total else 0.0


def report_lines(measured: Sequence[Measured]) -> Iterator[str]:
    """Yield the lines of the report: each mapping's share, answers and gaps, then the total."""
    if not measured:
        yield "No mapping was under test: no test sent anything through the fixture `segment`."
        return
    for observed, coverage in measured:
        mapping, statuses = observed.mapping, _statuses(observed)
        answers = ", ".join(f"{times} × {status}" for status, times in statuses.items())
        yield (
            f"{observed.destination} / {mapping.name}: {len(coverage.seen)} of {coverage.total} "
            f"({_percent([(observed, coverage)])}), "
            f"{f'answered {answers}' if answers else 'no answers'}"
        )
        for gap in coverage.gaps:
            yield f"  {sentence(mapping, gap.goal)}; send {json_text(gap.event)}"
        for goal in coverage.not_found:
            yield f"  {sentence(mapping, goal)}, and no event was found that would do that"
    yield f"rule coverage: {_percent(measured)}"


def to_json(measured: Sequence[Measured]) -> dict[str, Json]:
    """Return the report as JSON, with every gap's event."""
    return {
        "percent": round(share(measured), 2),
        "mappings": [
            {
                "mapping": observed.mapping.name,
                **members(observed.mapping, "action", "trigger"),
                **members(observed, "destination", "rules"),
                "percent": round(share([(observed, coverage)]), 2),
                "seen": [_goal(observed, goal) for goal in coverage.seen],
                "gaps": [_goal(observed, goal) | {"event": event} for goal, event in coverage.gaps],
                "notFound": [_goal(observed, goal) for goal in coverage.not_found],
                "statuses": _statuses(observed),
            }
            for observed, coverage in measured
        ],
    }


def _goal(observed: Observed, goal: Goal) -> dict[str, Json]:
    if goal.part != "clause":
        return goal._asdict()
    text = clause_text(observed.mapping, goal)
    return {**goal._asdict(), "number": int(goal.subject), "subject": text}


def _statuses(observed: Observed) -> dict[str, Json]:
    return {str(status): times for status, times in sorted(observed.statuses.items())}


def _percent(measured: Sequence[Measured]) -> str:
    """Return the share in whole percent, rounded down, so that 100 % means all."""
    return f"{int(share(measured))} %"
