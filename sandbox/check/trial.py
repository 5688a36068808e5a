"""Trial: how a mapper or a server is checked, from its cases to a report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

from sandbox.check.failures import MOST_FOUND, Broken, CheckedRule, CheckKind, CheckReport, Failure
from sandbox.values import Json, members

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from sandbox.check.failures import Reproduction

SubjectCase = TypeVar("SubjectCase")


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much to try: the number of generated cases, their seed, the most failures to find.

    `tick` is called for every generated case.
    """

    max_examples: int = 1000
    seed: int = 0
    most: int = MOST_FOUND
    tick: Callable[[], None] = lambda: None


class Subject(Protocol[SubjectCase]):
    """A mapper or a server under test, with the right answers.

    Each method may raise CheckError if the subject gives no answer.
    """

    check: ClassVar[CheckKind]
    most_at_once: ClassVar[int | None] = None
    """How many broken rules one case that was not generated may report; None for all."""

    def broken(self, case: SubjectCase, known: Collection[str] = ()) -> dict[str, Broken]:
        """Return the rules a case breaks, by key; `known` are those already reported."""

    def failure(self, case: SubjectCase, found: Broken, *, unstable: bool) -> Failure:
        """Return the failure that reports a case which breaks a rule."""

    def generated(self) -> Iterable[tuple[SearchStrategy[SubjectCase], int]]:
        """Yield strategies of cases, each with the number of examples that one case counts as."""

    def rules(self) -> tuple[CheckedRule, ...]:
        """Return the rules that are checked."""

    def read(self, case: dict[str, Json]) -> SubjectCase | None:
        """Return a saved case, None if it is for another subject; raises KeyError, TypeError or
        ValueError for an invalid one.
        """  # noqa: D205 - one sentence

    def reproduced(self, failure: Failure) -> Reproduction:
        """Return how to reproduce a failure."""

    def plain(self) -> Iterable[SubjectCase]:
        """Return the cases that are tried before any are generated."""
        return ()

    def renew(self) -> None:
        """Start the subject anew, so that it knows nothing of earlier cases."""

    def smallest(self, _found: Broken, case: SubjectCase) -> SubjectCase:
        """Return a smaller case that breaks the same rule, if there is one."""
        return case

    def report(self, effort: Effort, first: Collection[SubjectCase] = ()) -> CheckReport:
        """Check the subject with the cases in `first`, then others; keep one failure a rule."""
        from sandbox.check.searching import search  # noqa: PLC0415 - Hypothesis is slow to load

        failures: dict[str, Failure] = {}
        examples = 0
        for case in (*first, *self.plain()):
            if len(failures) >= effort.most:
                break
            examples += 1
            broken = self.broken(case, failures)
            for key in [key for key in broken if key not in failures][: self.most_at_once]:
                failures[key] = self._smallest(key, case, broken[key])
        for strategy, cost in self.generated():
            shown, tried = search(
                strategy,
                lambda case: self.broken(case, failures),
                max_examples=max(1, effort.max_examples // cost),
                most=effort.most - len(failures),
                known=frozenset(failures),
                **members(effort, "seed", "tick"),
            )
            examples += tried
            for key, (example, found, unstable) in shown.items():
                failures[key] = self._smallest(key, example, found, unstable=unstable)
        failed, rules = tuple(failures.values()), self.rules()
        return CheckReport(check=self.check, failures=failed, rules=rules, examples=examples)

    def _smallest(
        self, key: str, case: SubjectCase, found: Broken, *, unstable: bool = False
    ) -> Failure:
        """Return the failure of a case, made smaller, and asked about again after a new start."""
        case = case if unstable else self.smallest(found, case)
        self.renew()
        again = self.broken(case)
        unstable = unstable or key not in again
        return self.failure(case, again.get(key, found), unstable=unstable)
