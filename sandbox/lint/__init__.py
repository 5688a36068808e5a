"""Lint: traps in triggers and fields, each with its place, its meaning and a rewording.

    lint_trigger("type = 'track'")
    lint(mappings, events)

For every rule a test has an event that shows what Segment does.
"""

from sandbox.lint.draft import Draft
from sandbox.lint.linting import lint, lint_trigger, selected
from sandbox.lint.registry import Finding, LintRule, Rewrite
from sandbox.lint.rules import RULES

__all__ = [
    "RULES",
    "Draft",
    "Finding",
    "LintRule",
    "Rewrite",
    "lint",
    "lint_trigger",
    "selected",
]
