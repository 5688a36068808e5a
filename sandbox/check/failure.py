"""Failure: a rule that somebody's mapper or server breaks, and the smallest case to show it."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from sandbox.segment.javascript import Json
from sandbox.values import Difference, Evidence, members

Kind: TypeAlias = Literal["mapper", "server"]

MOST_FOUND: Final = 20
"""How many broken rules are looked for, unless it is said otherwise."""


@dataclass(frozen=True, slots=True)
class CheckedRule:
    """A rule something is held against: its key, what it says, and how it is known."""

    key: str
    statement: str
    evidence: Evidence

    @property
    def assumed(self) -> bool:
        """Whether nobody outside knows that it holds."""
        return self.evidence.mark == "assumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A broken rule and the smallest case that shows it.

    `case` is what was put to the mapper or the server, `right` the answers that would be right,
    `found` the one that came; all as JSON. `sentence` says what differs, `why` what the rule means
    for this case. `unstable` tells that the same case was also answered rightly.
    """

    check: Kind
    rule: CheckedRule
    case: dict[str, Json]
    sentence: str
    why: str = ""
    right: Json = None
    found: Json = None
    differences: tuple[Difference, ...] = ()
    unstable: bool = False

    def to_json(self) -> dict[str, Json]:
        """Return the failure as a JSON object."""
        return {
            "check": self.check,
            "rule": self.rule.key,
            **members(self.rule, "statement", "assumed"),
            "evidence": self.rule.evidence.to_json(),
            **members(self, "sentence", "why", "case", "right", "found", "unstable"),
            "differences": [difference.to_json() for difference in self.differences],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a check came to: the failures, every rule it looked at, and how many cases it tried."""

    check: Kind
    failures: tuple[Failure, ...]
    rules: tuple[CheckedRule, ...]
    examples: int

    @property
    def known(self) -> tuple[Failure, ...]:
        """The failures of rules that are recorded, documented or in Segment's source."""
        return tuple(failure for failure in self.failures if not failure.rule.assumed)

    @property
    def assumed(self) -> tuple[Failure, ...]:
        """The failures of rules nobody outside knows to hold."""
        return tuple(failure for failure in self.failures if failure.rule.assumed)


class CheckError(Exception):
    """What keeps a check from being made: a command that does not start, a key that is refused.

    The message is one sentence for the person who asked for the check.
    """
