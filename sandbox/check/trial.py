"""Trial: one check under way, of a mapper or a server, case by case."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

from sandbox.check.failure import MOST_FOUND, CheckedRule, Failure, Kind, Report
from sandbox.segment.javascript import Json

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from sandbox.check.failures import Reproduction

Case = TypeVar("Case")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is tried: generated cases, their seed, and how many failures are enough.

    `tick` is called for every generated case.
    """

    max_examples: int = 1000
    seed: int = 0
    most: int = MOST_FOUND
    tick: Callable[[], None] = lambda: None


class Subject(Protocol[Case, Found]):
    """A mapper or a server under test, and what is right for it.

    Each method may raise CheckError where the subject cannot be asked.
    """

    check: ClassVar[Kind]

    def broken(self, case: Case, known: Collection[str] = ()) -> dict[str, Found]:
        """Return the rules a case breaks, by key; `known` are those that are broken anyway."""

    def smallest(self, key: str, case: Case) -> Case:
        """Return a smaller case that breaks the same rule, where there is one."""

    def failure(self, case: Case, found: Found, *, unstable: bool) -> Failure:
        """Return what is told of a case that breaks a rule."""

    def report(self, effort: Effort, first: Collection[Case] = ()) -> Report:
        """Check the subject, the cases in `first` before any others."""

    def read(self, case: dict[str, Json]) -> Case | None:
        """Return a saved case, None if it is for another subject; raises KeyError, TypeError or
        ValueError for an invalid one.
        """  # noqa: D205 - one sentence

    def reproduced(self, failure: Failure) -> Reproduction:
        """Return how to show a failure again."""


class Trial(Generic[Case, Found]):
    """What was found so far; of each rule one failure is kept."""

    def __init__(self, subject: Subject[Case, Found], effort: Effort) -> None:
        """Try nothing yet."""
        self.failures: dict[str, Failure] = {}
        self.examples = 0
        self._subject, self._effort = subject, effort

    def try_one(self, case: Case, *, most: int | None = None) -> None:
        """Put one case to the subject and keep what it breaks, at most `most` rules."""
        self.examples += 1
        broken = self._subject.broken(case, self.failures)
        for key in [key for key in broken if key not in self.failures][:most]:
            unstable = key not in self._subject.broken(case, self.failures)
            self.failures[key] = self._subject.failure(case, broken[key], unstable=unstable)

    def search(self, strategy: SearchStrategy[Case], max_examples: int) -> None:
        """Generate cases, and keep the smallest for each rule that they break."""
        from sandbox.check.searching import search  # noqa: PLC0415 - Hypothesis is slow to load

        searched = search(
            strategy,
            lambda case: self._subject.broken(case, self.failures),
            max_examples=max_examples,
            seed=self._effort.seed,
            known=frozenset(self.failures),
            most=self._effort.most,
            tick=self._effort.tick,
        )
        self.examples += searched.examples
        for key, shown in searched.shown.items():
            case, found = shown.example, shown.broken
            if not shown.unstable:
                case = self._subject.smallest(key, case)
                found = self._subject.broken(case).get(key, found)
            self.failures[key] = self._subject.failure(case, found, unstable=shown.unstable)

    def report(self, rules: tuple[CheckedRule, ...]) -> Report:
        """Return what the trial came to; `rules` are those it looked at."""
        return Report(
            check=self._subject.check,
            failures=tuple(self.failures.values()),
            rules=rules,
            examples=self.examples,
        )
