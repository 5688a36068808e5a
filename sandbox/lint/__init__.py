"""Lint: traps in triggers and fields, each with its place, its meaning and other words for it.

    lint_trigger("type = 'track'")
    lint(mappings, events)

Every rule has a witness, an event that shows what Segment does there.
"""

from sandbox.lint.draft import Draft
from sandbox.lint.finding import Finding, Rewrite, Rule, Witness
from sandbox.lint.linting import RULES, lint, lint_trigger, selected

__all__ = [
    "RULES",
    "Draft",
    "Finding",
    "Rewrite",
    "Rule",
    "Witness",
    "lint",
    "lint_trigger",
    "selected",
]
