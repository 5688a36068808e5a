"""Observed: what was seen of one mapping, as it travels between the processes of a test run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from sandbox.destination import Mapping
from sandbox.rule_coverage.goals import ACCEPTED, Goal
from sandbox.segment.definition import Rules
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import json_text
from sandbox.values import members

_PARTS: Final = ("name", "action", "trigger", "fields")


@dataclass(frozen=True, kw_only=True)
class Observed:
    """A mapping of a destination, what was seen of it, and how often which status was answered.

    `rules` are those the mock checked by; a mapping seen under both counts as two.
    """

    destination: str
    mapping: Mapping
    rules: Rules = "documented"
    seen: frozenset[Goal] = frozenset()
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def identity(self) -> str:
        """A string that is the same for the same mapping, in whatever process."""
        return json_text(
            [
                self.destination,
                self.rules,
                members(self.mapping, *_PARTS),
            ]
        )

    def answered(self, statuses: Iterable[int]) -> Observed:
        """Return it after these answers."""
        counted = Counter(statuses)
        accepted = any(200 <= status < 300 for status in counted)
        return replace(
            self,
            statuses=self.statuses + counted,
            seen=self.seen | {ACCEPTED} if accepted else self.seen,
        )

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON."""
        return {
            "destination": self.destination,
            "mapping": members(self.mapping, *_PARTS),
            "rules": self.rules,
            "seen": [list(goal) for goal in sorted(self.seen)],
            "statuses": {str(status): times for status, times in sorted(self.statuses.items())},
        }

    @classmethod
    def from_json(cls, value: dict[str, Json]) -> Observed:
        """Return what `to_json` was made of."""
        return cls(
            destination=value["destination"],
            mapping=Mapping(**value["mapping"]),
            rules=value["rules"],
            seen=frozenset(Goal(*each) for each in value["seen"]),
            statuses=Counter({int(status): n for status, n in value["statuses"].items()}),
        )


def merged(observed: Iterable[Observed]) -> list[Observed]:
    """Return one for each mapping, with all that was seen of it, in order of destination."""
    found: dict[str, Observed] = {}
    for each in observed:
        first = found.setdefault(each.identity, each)
        if first is not each:
            seen, statuses = first.seen | each.seen, first.statuses + each.statuses
            found[each.identity] = replace(first, seen=seen, statuses=statuses)
    return sorted(found.values(), key=lambda each: each.destination)
