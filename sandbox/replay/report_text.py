"""Report text: a replay's report for a terminal, and as Markdown for a pull request."""

from __future__ import annotations

from sandbox.replay.report import Report


def text_of(report: Report) -> str:
    """Return it."""
    return str(report.events)


def markdown_of(report: Report) -> str:
    """Return it."""
    return str(report.events)
