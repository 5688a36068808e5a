"""Reference: what makes each derived part of the reference pages, by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from sandbox.known_rules import service_rules
from sandbox.lint import RULES
from sandbox.segment.not_simulated import unsimulated
from tools.api_reference import control_operations
from tools.bound_reference import intake_limits, kept_limits, named_bounds, socket_bounds
from tools.command_reference import commands_page, variables_table
from tools.markdown_tables import table
from tools.python_reference import fixtures_table, marker_table, pytest_options_table, python_page
from tools.workspace_reference import directives_table


def _not_simulated() -> str:
    rows = ((each.what, each.why) for each in unsimulated().values())
    return table(("Not simulated", "Because"), rows)


def _service_rules() -> str:
    rows = (
        (
            rule.area,
            rule.statement,
            "ours" if rule.ours else rule.evidence.mark,
            "; against it: ".join((rule.evidence.where, *(e.where for e in rule.against))),
        )
        for rule in service_rules()
    )
    return table(("Part", "Rule", "Known from", "Where"), rows)


def _lint() -> str:
    rows = ((rule.code, rule.name, rule.summary) for rule in RULES)
    return table(("Code", "Name", "What it finds"), rows)


PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "commands": commands_page,
    "variables": variables_table,
    "control-api": control_operations,
    "python-api": python_page,
    "fixtures": fixtures_table,
    "marker": marker_table,
    "pytest-options": pytest_options_table,
    "socket-bounds": socket_bounds,
    "kept-limits": kept_limits,
    "intake-limits": intake_limits,
    "named-bounds": named_bounds,
    "directives": directives_table,
    "not-simulated": _not_simulated,
    "service-rules": _service_rules,
    "lint": _lint,
}
