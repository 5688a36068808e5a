"""Mapper: whether somebody else's mapper makes the requests Segment makes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.check.cases import Case, right_for
from sandbox.check.failure import Failure, Report
from sandbox.check.last_shrinking import tidied
from sandbox.check.mapper_differences import Broken, compare, why
from sandbox.check.requests import Answer, read_answer
from sandbox.check.segment_rules import RULES
from sandbox.segment.definition import Rules
from sandbox.segment.javascript import Json

if TYPE_CHECKING:
    from sandbox.check.searching import Shown


class AnsweringMapper(Protocol):
    """A mapper under test."""

    def answer(self, case: Case) -> Answer:
        """Return what it makes of a case; raises CheckError where nothing can be told."""


@dataclass(frozen=True, slots=True)
class FunctionMapper:
    """A function in this process: an event in, requests out; an exception counts as no request.

    With `workspaces=True` it is called as `function(event, workspace)`.
    """

    function: Callable[..., Any]
    workspaces: bool = False

    def answer(self, case: Case) -> Answer:
        """Return what the function makes of a case."""
        return read_answer(called(self.function, case.to_json(), workspaces=self.workspaces))


def called(function: Callable[..., Any], case: dict[str, Json], *, workspaces: bool) -> Json:
    """Return what a function makes of a case as JSON, or `{"raised": …}`."""
    arguments = (case["event"], case["workspace"]) if workspaces else (case["event"],)
    try:
        made = function(*arguments)
        # a generator is a natural way to write a mapper
        return list(made) if isinstance(made, Iterator) else made
    except Exception as error:  # noqa: BLE001 - whatever it raises, it made no request
        return {"raised": f"{type(error).__name__}: {error}"}


def check_mapper(  # noqa: PLR0913 - what a check depends on, each by name
    mapper: AnsweringMapper | Callable[..., Any],
    *,
    rules: Rules = "documented",
    max_examples: int = 1000,
    seed: int = 0,
    workspaces: bool = False,
    first: Iterable[Case] = (),
    most: int = 20,
    tick: Callable[[], None] = lambda: None,
) -> Report:
    """Hold a mapper against Segment's: generate events, compare the requests, shrink what differs.

    `mapper` is a function from an event to its requests, each `{"method", "path", "json"}`, or an
    object with a method `answer`. With `workspaces=True` every event comes with mappings of its
    own. `rules` are those of `map_event`: under `documented` a request that Segment sends and the
    documentation refuses may be left out. `first` are
    cases to try before, `most` is how many failures are enough. Raises CheckError where
    the mapper cannot be asked, NoRequests where a function returns something else.
    """
    # Hypothesis is slow to load
    from sandbox.check.quirky_cases import QUIRKY_CASES, QUIRKY_EVENTS  # noqa: PLC0415
    from sandbox.check.searching import Shown, search  # noqa: PLC0415 - as above

    asked: AnsweringMapper = (
        FunctionMapper(mapper, workspaces=workspaces) if callable(mapper) else mapper
    )

    def broken(case: Case) -> dict[str, Broken]:
        return _broken(asked, case, rules)

    failures: dict[str, Failure] = {}
    for case in first:  # each was saved for one rule; the search finds a smaller case of others
        new = ((key, each) for key, each in broken(case).items() if key not in failures)
        for key, each in islice(new, 1):
            failures[key] = _failure(asked, Shown(case, each), rules)
    searched = search(
        QUIRKY_CASES if workspaces else QUIRKY_EVENTS,
        broken,
        max_examples=max_examples,
        seed=seed,
        known=frozenset(failures),
        most=most,
        tick=tick,
    )
    for key, shown in searched.shown.items():
        failures[key] = _failure(asked, _smallest(key, shown, broken), rules)
    found = tuple(failures.values())
    return Report(check="mapper", failures=found, rules=RULES, examples=searched.examples)


def _smallest(
    key: str, shown: Shown[Case, Broken], broken: Callable[[Case], dict[str, Broken]]
) -> Shown[Case, Broken]:
    if shown.unstable:
        return shown
    case = tidied(shown.example, lambda simpler: key in broken(simpler))
    return replace(shown, example=case, broken=broken(case).get(key, shown.broken))


def passes(mapper: AnsweringMapper, case: Case, rules: Rules) -> bool:
    """Return whether a mapper's answer to a case is right."""
    return not _broken(mapper, case, rules)


def _broken(mapper: AnsweringMapper, case: Case, rules: Rules) -> dict[str, Broken]:
    return compare(case.event, right_for(case, rules), mapper.answer(case))


def _failure(mapper: AnsweringMapper, shown: Shown[Case, Broken], rules: Rules) -> Failure:
    case, broken = shown.example, shown.broken
    right = right_for(case, rules)
    sent = [each.request for each in right if each.request is not None]
    needed = [each.request for each in right if each.request is not None and not each.optional]
    return Failure(
        check="mapper",
        rule=broken.rule,
        case=case.to_json(),
        sentence=broken.sentence,
        why=why(case.event, broken.right, broken.differences),
        right=[sent] if len(sent) == len(needed) else [sent, needed],
        found=_told(mapper.answer(case)),
        differences=broken.differences,
        unstable=shown.unstable,
    )


def _told(answer: Answer) -> Json:
    return {"raised": answer.raised} if answer.raised else list(answer.requests)
