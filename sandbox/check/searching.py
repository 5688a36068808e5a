"""Searching: which rules generated examples break, with the smallest example for each.

Hypothesis generates and shrinks. Each round looks for one rule that is not yet known to be broken
and ignores examples that break only known ones, so that no fault hides another.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Generic, NamedTuple, TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import Flaky
from hypothesis.strategies import SearchStrategy

from sandbox.check.failures import MOST_FOUND

T = TypeVar("T")
B = TypeVar("B")

CHUNK: Final = 2000  # Hypothesis keeps a tree of all it tried; a new run keeps the tree small


class Shown(NamedTuple, Generic[T, B]):
    """The smallest example that breaks a rule, with what `judge` returned for it.

    `unstable` says that the example broke the rule once and then did not.
    """

    example: T
    broken: B
    unstable: bool = False


def search(  # noqa: PLR0913 - what a search depends on, each by name
    strategy: SearchStrategy[T],
    judge: Callable[[T], Mapping[str, B]],
    *,
    max_examples: int,
    seed: int,
    known: frozenset[str] = frozenset(),
    most: int = MOST_FOUND,
    tick: Callable[[], None] = lambda: None,
) -> Iterator[tuple[str, Shown[T, B]]]:
    """Yield the key of each broken rule as soon as it is found, with its smallest example.

    `judge` returns the rules an example breaks, by key; its exceptions end the search and are
    raised here. The search ignores the keys in `known` and stops after `most` others. `tick` is
    called for every generated example.
    """
    shown: set[str] = set()
    examples = rounds = 0
    while examples < max_examples and len(shown) < most:
        hunt = _Hunt(judge, known | shown, tick)
        hunt.run(strategy, min(CHUNK, max_examples - examples), seed * 1_000_003 + rounds)
        examples += max(1, hunt.generated)
        rounds += 1
        if hunt.last is not None:
            shown.add(hunt.target)
            yield hunt.target, hunt.last


def look_at_each(
    strategy: SearchStrategy[T], look: Callable[[T], None], count: int, seed: int
) -> None:
    """Call `look` with generated examples; if it raises, with ever smaller ones that raise too."""
    limits = settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
    )
    seeded(seed)(limits(given(strategy)(look)))()


class _Broken(Exception):
    """Raised for an example that breaks the rule searched for; Hypothesis then shrinks it."""


class _SearchEnded(BaseException):
    """Carries an exception of `judge` past Hypothesis, which shrinks for any plain Exception."""


class _Hunt(Generic[T, B]):
    """One round: from the first example that breaks an unknown rule to the smallest one."""

    def __init__(
        self, judge: Callable[[T], Mapping[str, B]], known: frozenset[str], tick: Callable[[], None]
    ) -> None:
        self.judge, self.known, self.tick = judge, known, tick
        self.generated, self.target = 0, ""
        self.last: Shown[T, B] | None = None

    def run(self, strategy: SearchStrategy[T], count: int, seed: int) -> None:
        """Set `last` to the smallest example, None if no unknown rule is broken."""
        try:
            # a function has a short repr; Hypothesis would print each mapping's whole definition
            look_at_each(strategy.map(lambda example: lambda: example), self._look, count, seed)
        except _Broken:
            pass
        except _SearchEnded as ended:
            raise (ended.__cause__ or ended) from None
        except Flaky:
            self.last = self.last and self.last._replace(unstable=True)

    def _look(self, veiled: Callable[[], T]) -> None:
        example = veiled()
        if not self.target:
            self.generated += 1
            self.tick()
        try:
            broken = self.judge(example)
        except Exception as error:
            raise _SearchEnded from error
        if not self.target:
            self.target = next((key for key in broken if key not in self.known), "")
        if self.target and self.target in broken:
            self.last = Shown(example, broken[self.target])
            raise _Broken
