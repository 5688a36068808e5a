"""Known rules: what is known of Toplyne's API and of Segment's service, and by which reading.

They stand in `toplyne_rules.toml` and `service_rules.toml`, one table a rule, each with its
evidence and where from.
"""

from functools import cache
from typing import Any

from sandbox.segment.definition import (
    BOTH_RULES,
    MAX_BODY,
    MAX_DEPTH,
    MAX_ITEMS,
    ErrorAnswer,
    Evidence,
    Rule,
    Rules,
)
from sandbox.segment.errors import Problem, did_you_mean
from sandbox.segment.toml_tables import toml_table

_NUMBERS = {"max_mib": MAX_BODY // 2**20, "max_depth": MAX_DEPTH, "max_items": MAX_ITEMS}


def check_rules(rules: str) -> Rules:
    """Return the word for the rules; raises ValueError where it is neither of the two."""
    for problem in problems_of_rules(rules):
        raise ValueError(f"rules {problem.message}")
    return rules  # type: ignore[return-value]  # checked in the line above


def problems_of_rules(rules: str) -> tuple[Problem, ...]:
    """Return what is wrong with the word for the rules; nothing where it is one of the two."""
    if rules in BOTH_RULES:
        return ()
    near = did_you_mean(str(rules), list(BOTH_RULES))
    return (Problem(("rules",), f"must be documented or observed, but it was {rules!r}.{near}"),)


@cache
def toplyne_errors() -> tuple[ErrorAnswer, ...]:
    """Return what Toplyne's API answers when it refuses, by status."""
    return tuple(
        ErrorAnswer(**_known(row)) for row in toml_table(__package__, "toplyne_rules")["errors"]
    )


@cache
def toplyne_rules() -> tuple[Rule, ...]:
    """Return the rules of Toplyne's API beyond its fields."""
    return tuple(Rule(**_known(row)) for row in toml_table(__package__, "toplyne_rules")["rules"])


@cache
def service_rules() -> tuple[Rule, ...]:
    """Return the rules of Segment's service: intake, time, integrations, delivery, codes."""
    areas = toml_table(__package__, "service_rules").items()
    return tuple(Rule(**_known(row), area=area) for area, rows in areas for row in rows)


def _known(row: dict[str, Any]) -> dict[str, Any]:
    """Return the members of a row as the declaration has them."""
    found = {**row, "evidence": Evidence(*row["evidence"])}
    if "statement" in row:
        found["statement"] = row["statement"].format_map(_NUMBERS)
    if "under" in row:
        found["under"] = tuple(row["under"])
    if "against" in row:
        found["against"] = (Evidence(*row["against"]),)
    return found
