"""Observed: what a test run saw of mappings, between processes, and how it is told at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from sandbox.destination import Mapping
from sandbox.rule_coverage.closing import Coverage
from sandbox.rule_coverage.goals import ACCEPTED, Goal, clause_text, sentence
from sandbox.segment.definition import Rules
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import json_text
from sandbox.values import members

_PARTS: Final = ("name", "action", "trigger", "fields")


@dataclass(frozen=True, kw_only=True)
class Observed:
    """A mapping of a destination, what was seen of it, and how often which status was answered.

    `rules` are those the mock checked by; a mapping seen under both counts as two.
    """

    destination: str
    mapping: Mapping
    rules: Rules = "documented"
    seen: frozenset[Goal] = frozenset()
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def identity(self) -> str:
        """A string that is the same for the same mapping, in whatever process."""
        return json_text([self.destination, self.rules, members(self.mapping, *_PARTS)])

    def answered(self, statuses: Iterable[int]) -> Observed:
        """Return it after these answers."""
        counted = Counter(statuses)
        accepted = any(200 <= status < 300 for status in counted)
        return replace(
            self,
            statuses=self.statuses + counted,
            seen=self.seen | {ACCEPTED} if accepted else self.seen,
        )

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON."""
        return {
            "destination": self.destination,
            "mapping": members(self.mapping, *_PARTS),
            "rules": self.rules,
            "seen": [list(goal) for goal in sorted(self.seen)],
            "statuses": {str(status): times for status, times in sorted(self.statuses.items())},
        }

    @classmethod
    def from_json(cls, value: dict[str, Json]) -> Observed:
        """Return what `to_json` was made of."""
        return cls(
            destination=value["destination"],
            mapping=Mapping(**value["mapping"]),
            rules=value["rules"],
            seen=frozenset(Goal(*each) for each in value["seen"]),
            statuses=Counter({int(status): n for status, n in value["statuses"].items()}),
        )


def merged(observed: Iterable[Observed]) -> list[Observed]:
    """Return one for each mapping, with all that was seen of it, in order of destination."""
    found: dict[str, Observed] = {}
    for each in observed:
        first = found.setdefault(each.identity, each)
        if first is not each:
            seen, statuses = first.seen | each.seen, first.statuses + each.statuses
            found[each.identity] = replace(first, seen=seen, statuses=statuses)
    return sorted(found.values(), key=lambda each: each.destination)


Measured: TypeAlias = tuple[Observed, Coverage]
"""What tests showed of a workspace, and how much of it that covers."""


def share(measured: Sequence[Measured]) -> float:
    """Return how much was seen of all there is, in percent; 0 where nothing was under test."""
    total = sum(coverage.total for _, coverage in measured)
    return 100 * sum(len(coverage.seen) for _, coverage in measured) / total if total else 0.0


def report_lines(measured: Sequence[Measured]) -> Iterator[str]:
    """Yield the report: for each mapping its share, its answers and its gaps, then the whole."""
    if not measured:
        yield "No mapping was under test: no test sent anything through the fixture `segment`."
        return
    for observed, coverage in measured:
        yield (
            f"{observed.destination} / {observed.mapping.name}: {len(coverage.seen)} of "
            f"{coverage.total} ({_percent(share([(observed, coverage)]))}){_answers(observed)}"
        )
        for gap in coverage.gaps:
            yield f"  {sentence(observed.mapping, gap.goal)}; send {json_text(gap.event)}"
        for goal in coverage.not_found:
            yield f"  {sentence(observed.mapping, goal)}, and no event was found that makes it so"
    yield f"rule coverage: {_percent(share(measured))}"


def to_json(measured: Sequence[Measured]) -> dict[str, Json]:
    """Return the report as JSON, with every gap's event."""
    return {
        "percent": round(share(measured), 2),
        "mappings": [_of_one(observed, coverage) for observed, coverage in measured],
    }


def _of_one(observed: Observed, coverage: Coverage) -> dict[str, Json]:
    mapping = observed.mapping
    return {
        "mapping": mapping.name,
        **members(mapping, "action", "trigger"),
        **members(observed, "destination", "rules"),
        "percent": round(share([(observed, coverage)]), 2),
        "seen": [_goal(observed, goal) for goal in coverage.seen],
        "gaps": [_goal(observed, gap.goal) | {"event": gap.event} for gap in coverage.gaps],
        "notFound": [_goal(observed, goal) for goal in coverage.not_found],
        "statuses": {str(status): times for status, times in sorted(observed.statuses.items())},
    }


def _goal(observed: Observed, goal: Goal) -> dict[str, Json]:
    if goal.part != "clause":
        return goal._asdict()
    text = clause_text(observed.mapping, goal)
    return {**goal._asdict(), "number": int(goal.subject), "subject": text}


def _answers(observed: Observed) -> str:
    counted = ", ".join(f"{n} × {status}" for status, n in sorted(observed.statuses.items()))
    return f", answered {counted}" if counted else ", no answers"


def _percent(value: float) -> str:
    """Return a share in whole percent, rounded down: 100 % is all."""
    return f"{int(value)} %"
