"""Known rules: what is known of Toplyne's API and of Segment's service, and how.

They stand in `toplyne_rules.toml` and `service_rules.toml`, one table a rule, each with its
evidence and where from.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.segment.definition import (
    BOTH_RULES,
    MAX_BODY,
    MAX_DEPTH,
    MAX_ITEMS,
    ErrorAnswer,
    Evidence,
    Rule,
)

_NUMBERS = {"max_mib": MAX_BODY // 2**20, "max_depth": MAX_DEPTH, "max_items": MAX_ITEMS}


@cache
def toplyne_errors() -> tuple[ErrorAnswer, ...]:
    """Return what Toplyne's API answers when it refuses, by status."""
    return tuple(
        ErrorAnswer(**row | {"evidence": Evidence(*row["evidence"])})
        for row in _tables("toplyne_rules")["errors"]
    )


@cache
def toplyne_rules() -> tuple[Rule, ...]:
    """Return the rules of Toplyne's API beyond its fields."""
    return tuple(_rule("", row) for row in _tables("toplyne_rules")["rules"])


@cache
def service_rules() -> tuple[Rule, ...]:
    """Return the rules of Segment's service: intake, time, integrations, delivery, codes."""
    return tuple(
        _rule(area, row) for area, rows in _tables("service_rules").items() for row in rows
    )


@cache
def _tables(name: str) -> dict[str, list[dict[str, Any]]]:
    text = Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _rule(area: str, row: dict[str, Any]) -> Rule:
    return Rule(
        key=row["key"],
        statement=row["statement"].format_map(_NUMBERS),
        evidence=Evidence(*row["evidence"]),
        under=tuple(row.get("under", BOTH_RULES)),
        against=(Evidence(*row["against"]),) if "against" in row else (),
        ours=row.get("ours", False),
        area=area,
    )
