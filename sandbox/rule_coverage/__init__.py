"""Rule coverage: which parts of a mapping's trigger and fields the events of a test run exercised.

    seen = seen_by(mapping, event, "documented")
    coverage = coverage_of(mapping, seen, "documented")
    coverage.gaps  # each with an event that closes it

A clause counts if Segment evaluates it: after a clause that decides the trigger, it evaluates no
other. Only goals that an event can reach are counted; every gap has an event that was tried and
closes it.
"""

from sandbox.rule_coverage.coverage_goals import Coverage, Gap, Goal, coverage_of, seen_by
from sandbox.rule_coverage.observed import Measured, Observed, merged, report_lines, share, to_json

__all__ = [
    "Coverage",
    "Gap",
    "Goal",
    "Measured",
    "Observed",
    "coverage_of",
    "merged",
    "report_lines",
    "seen_by",
    "share",
    "to_json",
]
