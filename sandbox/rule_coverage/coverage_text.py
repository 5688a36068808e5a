"""Text: the rule coverage of a test run, in lines for people and as JSON for machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from sandbox.rule_coverage.goals import Goal, clause_text, sentence
from sandbox.rule_coverage.measuring import Coverage
from sandbox.rule_coverage.observed import Observed
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import json_text

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
        "destination": observed.destination,
        "mapping": mapping.name,
        "action": mapping.action,
        "trigger": mapping.trigger,
        "rules": observed.rules,
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
