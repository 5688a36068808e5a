"""Trial: how a mapper or a server is checked, from its cases to a report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

from sandbox.check.failures import MOST_FOUND, Broken, CheckedRule, Failure, Kind, Report
from sandbox.values import Json, members

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from sandbox.check.failures import Reproduction

Case = TypeVar("Case")


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is tried: how many generated cases, their seed, how many failures are enough.

    `tick` is called for every generated case.
    """

    max_examples: int = 1000
    seed: int = 0
    most: int = MOST_FOUND
    tick: Callable[[], None] = lambda: None


class Subject(Protocol[Case]):
    """A mapper or a server under test, with the right answers.

    Each method may raise CheckError where the subject cannot be asked.
    """

    check: ClassVar[Kind]
    most_at_once: ClassVar[int | None] = None
    """How many rules one case that is not generated may show to be broken."""

    def broken(self, case: Case, known: Collection[str] = ()) -> dict[str, Broken]:
        """Return the rules a case breaks, by key; `known` are those that are broken anyway."""

    def failure(self, case: Case, found: Broken, *, unstable: bool) -> Failure:
        """Return the failure that a case which breaks a rule is reported as."""

    def generated(self) -> Iterable[tuple[SearchStrategy[Case], int]]:
        """Yield what generates cases, each with how many examples one of its cases counts."""

    def rules(self) -> tuple[CheckedRule, ...]:
        """Return the rules that are checked."""

    def read(self, case: dict[str, Json]) -> Case | None:
        """Return a saved case, None if it is for another subject; raises KeyError, TypeError or
        ValueError for an invalid one.
        """  # noqa: D205 - one sentence

    def reproduced(self, failure: Failure) -> Reproduction:
        """Return how to show a failure again."""

    def plain(self) -> Iterable[Case]:
        """Return the cases that are tried before any are generated."""
        return ()

    def smallest(self, _key: str, case: Case) -> Case:
        """Return a smaller case that breaks the same rule, where there is one."""
        return case

    def report(self, effort: Effort, first: Collection[Case] = ()) -> Report:
        """Check the subject, the cases in `first` before any others; of each rule one is kept."""
        from sandbox.check.searching import search  # noqa: PLC0415 - Hypothesis is slow to load

        failures: dict[str, Failure] = {}
        examples = 0
        for case in (*first, *self.plain()):
            examples += 1
            broken = self.broken(case, failures)
            for key in [key for key in broken if key not in failures][: self.most_at_once]:
                unstable = key not in self.broken(case, failures)
                failures[key] = self.failure(case, broken[key], unstable=unstable)
        for strategy, cost in self.generated():
            shown, tried = search(
                strategy,
                lambda case: self.broken(case, failures),
                max_examples=max(1, effort.max_examples // cost),
                known=frozenset(failures),
                **members(effort, "seed", "most", "tick"),
            )
            examples += tried
            for key, (example, found, unstable) in shown.items():
                case = example if unstable else self.smallest(key, example)
                broken = {} if unstable else self.broken(case)
                failures[key] = self.failure(case, broken.get(key, found), unstable=unstable)
        return Report(
            check=self.check,
            failures=tuple(failures.values()),
            rules=self.rules(),
            examples=examples,
        )
