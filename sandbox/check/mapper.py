"""Mapper: whether another mapper makes the requests that Segment makes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from sandbox.check.cases import (
    Case,
    MapperAnswer,
    read_answer,
    reduced_case,
    right_for,
    simpler_cases,
)
from sandbox.check.failures import (
    MOST_FOUND,
    Broken,
    CheckKind,
    CheckReport,
    Failure,
    Reproduction,
    Target,
    by_rule,
)
from sandbox.check.mapper_differences import broken_requests, segment_reason
from sandbox.check.reproducing import mapper_reproduced
from sandbox.check.segment_rules import OF_OTHER_MAPPINGS, RULES
from sandbox.check.trial import Effort, Subject
from sandbox.segment.definition import Rule, Rules
from sandbox.values import Json, members

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


class AnsweringMapper(Protocol):
    """A mapper under test."""

    def answer(self, case: Case) -> MapperAnswer:
        """Return its requests for a case; raises CheckError if it gives no answer."""


@dataclass(frozen=True, slots=True)
class FunctionMapper:
    """A function in this process: an event in, requests out; an exception counts as no request.

    With `workspaces=True` it is called as `function(event, workspace)`.
    """

    function: Callable[..., Any]
    workspaces: bool = False

    def answer(self, case: Case) -> MapperAnswer:
        """Return the function's answer to a case."""
        return read_answer(called(self.function, case.to_json(), workspaces=self.workspaces))


def called(function: Callable[..., Any], case: dict[str, Json], *, workspaces: bool) -> object:
    """Return what a function returns for a case in JSON, or `{"raised": …}`."""
    arguments = (case["event"], case["workspace"]) if workspaces else (case["event"],)
    try:
        made = function(*arguments)
        # a generator is a natural way to write a mapper
        return list(made) if isinstance(made, Iterator) else made
    except Exception as error:  # noqa: BLE001 - with any exception it made no request
        return {"raised": f"{type(error).__name__}: {error}"}


@dataclass(frozen=True)
class MapperSubject(Subject[Case]):
    """A mapper under test; with `workspaces` each case has its own mappings."""

    check: ClassVar[CheckKind] = "mapper"
    most_at_once: ClassVar[int | None] = 1  # the search finds a smaller case of other rules
    mapper: AnsweringMapper
    under: Rules
    workspaces: bool = False
    target: Target = field(default_factory=Target)

    def broken(self, case: Case, _known: Collection[str] = ()) -> dict[str, Broken]:
        """Return the rules an answer breaks, by key."""
        answer = self.mapper.answer(case)
        broken = broken_requests(case.event, right_for(case, self.under), answer)
        return by_rule(broken, found=answer.to_json())

    def renew(self) -> None:
        """Start a command anew; a function stays as it is."""
        getattr(self.mapper, "renew", lambda: None)()

    def smallest(self, found: Broken, case: Case) -> Case:
        """Return the case without the parts that the breach does not need."""
        return reduced_case(
            case, lambda simpler: found.rule.key in self.broken(simpler), simpler_cases
        )

    def failure(self, case: Case, found: Broken, *, unstable: bool) -> Failure:
        """Return the failure of a case, with the right requests."""
        right = right_for(case, self.under)
        sent = [each.request for each in right if each.request is not None]
        needed = [each.request for each in right if each.request and not each.optional]
        return Failure(
            check="mapper",
            case=case.to_json(),
            why=segment_reason(case.event, found.right, found.differences),
            right=[sent] if len(sent) == len(needed) else [sent, needed],
            unstable=unstable,
            **members(found, "rule", "sentence", "found", "differences"),
        )

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules of Segment's runtime, those of other mappings only with `workspaces`."""
        left_out = frozenset() if self.workspaces else OF_OTHER_MAPPINGS
        return tuple(rule for key, rule in RULES.items() if key not in left_out)

    def plain(self) -> Iterator[Case]:
        """Yield plain events with one odd value each, unless every event has its own mappings."""
        from sandbox.strategies.quirks import plain_events  # noqa: PLC0415 - slow to load

        return (Case(event) for event in ([] if self.workspaces else plain_events()))

    def generated(self) -> Iterator[tuple[SearchStrategy[Case], int]]:
        """Yield the strategy of cases on which mappers differ."""
        # Hypothesis is slow to load
        from sandbox.strategies import quirks  # noqa: PLC0415
        from sandbox.strategies.tape import Tape, taped  # noqa: PLC0415

        extra = quirks.MAPPINGS_BYTES if self.workspaces else 0

        def case(tape: Tape) -> Case:
            mappings = quirks.quirky_mappings(tape.stretch(extra)) if extra else None
            return Case(quirks.quirky_event(tape), mappings)

        yield taped(case, length=quirks.EVENT_BYTES + extra), 1

    def read(self, case: dict[str, Json]) -> Case | None:
        """Return a saved case, None if only one of the two has a workspace."""
        return Case.of(case) if ("workspace" in case) is self.workspaces else None

    def reproduced(self, failure: Failure) -> Reproduction:
        """Return how to reproduce a failure."""
        return mapper_reproduced(failure, self.target)


def check_mapper(  # noqa: PLR0913 - what a check depends on, each by name
    mapper: AnsweringMapper | Callable[..., Any],
    *,
    rules: Rules = "documented",
    max_examples: int = 1000,
    seed: int = 0,
    workspaces: bool = False,
    most: int = MOST_FOUND,
) -> CheckReport:
    """Compare a mapper with Segment's: generate events, compare the requests, shrink what differs.

    `mapper` is a function from an event to its requests, each `{"method", "path", "json"}`, or an
    object with a method `answer`. With `workspaces=True` every event has its own mappings. `rules`
    is as for `map_event`: under `documented` the mapper may leave out a request that Segment sends
    and the documentation refuses. The check stops after `most` failures. Raises CheckError if the
    mapper gives no answer, NoRequests if a function returns anything but requests.
    """
    asked = FunctionMapper(mapper, workspaces=workspaces) if callable(mapper) else mapper
    effort = Effort(max_examples=max_examples, seed=seed, most=most)
    return MapperSubject(asked, rules, workspaces).report(effort)
