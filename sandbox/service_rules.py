"""Service rules: what is known of Segment's intake, times, integrations and deliveries, and how.

The table stands in `service_rules.toml`, one row a rule, each with its evidence and where from.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sandbox.segment.definition import Rule
from sandbox.values import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRule(Rule):
    """A rule of Segment's service, and which part of it the rule belongs to."""

    area: str


@cache
def service_rules() -> tuple[ServiceRule, ...]:
    """Return the rules: intake, time, integrations, delivery, codes."""
    text = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    return tuple(
        ServiceRule(
            area=area,
            key=row["key"],
            statement=row["statement"],
            evidence=Evidence(row["evidence"], row["where"]),
            against=(Evidence("assumed", row["against"]),) if "against" in row else (),
            ours=row.get("ours", False),
        )
        for area, rows in tomllib.loads(text).items()
        for row in rows
    )
