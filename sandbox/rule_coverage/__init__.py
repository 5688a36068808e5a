"""Rule coverage: what of a mapping's trigger and fields the events of a test run have exercised.

    seen = seen_by(mapping, event, "documented")
    coverage = coverage_of(mapping, seen, "documented")
    coverage.gaps  # each with an event that closes it

A clause counts as asked where Segment comes to it: after one that decides it comes to no other.
Only what an event can bring about is counted; every gap has an event that was tried and closes it.
"""

from sandbox.rule_coverage.closing import Coverage, Gap, Goal, coverage_of, seen_by
from sandbox.rule_coverage.observed import (
    Measured,
    Observed,
    merged,
    report_lines,
    share,
    to_json,
)

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
