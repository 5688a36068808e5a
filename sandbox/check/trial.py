"""Trial: how a mapper or a server is checked, from its cases to a report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

from sandbox.check.failures import (
    MOST_FOUND,
    Broken,
    CheckError,
    CheckKind,
    CheckReport,
    Failure,
    Reproduction,
)
from sandbox.segment.definition import Rule
from sandbox.values import Json

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from sandbox.check.searching import Shown

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

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules that are checked."""

    def read(self, case: dict[str, Json]) -> SubjectCase | None:
        """Return a saved case, None if it is for another subject; raises KeyError, TypeError or
        ValueError for an invalid one.
        """  # noqa: D205 - one sentence

    def reproduced(self, failure: Failure) -> Reproduction:
        """Return how to reproduce a failure."""

    def plain(self) -> Iterable[SubjectCase]:
        """Return the cases that are tried before any are generated."""

    def renew(self) -> None:
        """Start the subject anew, so that it knows nothing of earlier cases."""

    def smallest(self, found: Broken, case: SubjectCase) -> SubjectCase:
        """Return a smaller case that breaks the same rule, if there is one."""

    def report(self, effort: Effort, first: Collection[SubjectCase] = ()) -> CheckReport:
        """Check the subject with the cases in `first`, then others; keep one failure a rule.

        A subject that gives no answer any more ends the check; what was found until then is
        reported. Raises CheckError if that is nothing.
        """
        rules = self.rules()
        failures: dict[str, Failure] = {}
        examples = count()
        ended = ""
        try:
            for key, shown in self._found(effort, first, failures, examples):
                # it stays if the subject gives no answer to what follows
                failures[key] = self.failure(shown.example, shown.broken, unstable=shown.unstable)
                failures[key] = self._smallest(key, shown)
        except CheckError as error:
            if not failures:
                raise
            ended = str(error)
        return CheckReport(
            check=self.check,
            failures=tuple(failures.values()),
            rules=rules,
            examples=next(examples),
            ended=ended,
        )

    def _found(
        self,
        effort: Effort,
        first: Iterable[SubjectCase],
        failures: Collection[str],
        examples: Iterator[int],
    ) -> Iterator[tuple[str, Shown[SubjectCase, Broken]]]:
        """Yield each broken rule that is not in `failures` yet, and count the examples."""
        from sandbox.check.searching import Shown, search  # noqa: PLC0415 - Hypothesis is slow

        for case in (*first, *self.plain()):
            if len(failures) >= effort.most:
                break
            next(examples)
            broken = self.broken(case, failures)
            for key in [key for key in broken if key not in failures][: self.most_at_once]:
                yield key, Shown(case, broken[key])

        def tick() -> None:
            next(examples)
            effort.tick()

        for strategy, cost in self.generated():
            yield from search(
                strategy,
                lambda case: self.broken(case, failures),
                max_examples=max(1, effort.max_examples // cost),
                most=effort.most - len(failures),
                known=frozenset(failures),
                seed=effort.seed,
                tick=tick,
            )

    def _smallest(self, key: str, shown: Shown[SubjectCase, Broken]) -> Failure:
        """Return the failure of a case, made smaller, and asked about again after a new start."""
        case, found, unstable = shown
        case = case if unstable else self.smallest(found, case)
        self.renew()
        again = self.broken(case)
        unstable = unstable or key not in again
        return self.failure(case, again.get(key, found), unstable=unstable)
