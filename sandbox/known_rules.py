"""Known rules: the rules of Toplyne's API and of Segment's service, each with its evidence.

`toplyne_rules.toml` and `service_rules.toml` declare them, one table a rule.
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
    """Return the word for the rules; raises ValueError if it is neither of the two."""
    for problem in problems_of_rules(rules):
        raise ValueError(f"rules {problem.message}")
    return rules  # type: ignore[return-value]  # checked in the line above


def problems_of_rules(rules: str) -> tuple[Problem, ...]:
    """Return the problem of the word for the rules, () if it is one of the two."""
    if rules in BOTH_RULES:
        return ()
    near = did_you_mean(str(rules), list(BOTH_RULES))
    return (Problem(("rules",), f"is {rules!r}. Expected documented or observed.{near}"),)


@cache
def toplyne_errors() -> tuple[ErrorAnswer, ...]:
    """Return the error answers of Toplyne's API, one for each status."""
    return tuple(
        ErrorAnswer(**_known(row)) for row in toml_table(__package__, "toplyne_rules")["errors"]
    )


@cache
def rules_in(package: str, name: str) -> tuple[Rule, ...]:
    """Return the rules of the file `name`.toml in the folder of a package."""
    return tuple(Rule(**_known(row)) for row in toml_table(package, name)["rules"])


@cache
def service_rules() -> tuple[Rule, ...]:
    """Return the rules of Segment's service: intake, time, integrations, delivery, codes."""
    areas = toml_table(__package__, "service_rules").items()
    return tuple(Rule(**_known(row), area=area) for area, rows in areas for row in rows)


def _known(row: dict[str, Any]) -> dict[str, Any]:
    """Return the members of a row as the arguments of its class."""
    found = {**row, "evidence": Evidence(*row["evidence"])}
    if "statement" in row:
        found["statement"] = row["statement"].format_map(_NUMBERS)
    if "under" in row:
        found["under"] = tuple(row["under"])
    if "against" in row:
        found["against"] = (Evidence(*row["against"]),)
    return found
