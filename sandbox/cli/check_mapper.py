"""`check mapper`: the mapper under test, asked in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from sandbox.check.cases import Case, read_case
from sandbox.check.commands import CommandMapper, python_mapper
from sandbox.check.failure import Failure, Kind, Report
from sandbox.check.failures import Reproduction
from sandbox.check.mapper import check_mapper, passes
from sandbox.check.reproducing import MapperTarget, mapper_curl, mapper_pytest, shell_line
from sandbox.cli.check_runs import CheckOptions
from sandbox.cli.output import complain
from sandbox.segment.definition import Rules
from sandbox.segment.javascript import Json


@contextmanager
def mapper_under_test(
    target: MapperTarget, rules: Rules, *, workspaces: bool, timeout: float
) -> Iterator[MapperSubject]:
    """Yield the mapper, which ends with the block."""
    if target.python:
        opened = python_mapper(target.python, workspaces=workspaces, timeout=timeout)
    else:
        opened = CommandMapper(target.command, timeout=timeout)
    with opened as mapper:
        yield MapperSubject(mapper, target, rules, workspaces)
        if mapper.restarts:
            complain(f"The mapper ended and was restarted {mapper.restarts} times.")


@dataclass(frozen=True)
class MapperSubject:
    """A mapper under test; with `workspaces` each of its cases has mappings of its own."""

    check: ClassVar[Kind] = "mapper"
    mapper: CommandMapper
    target: MapperTarget
    rules: Rules
    workspaces: bool

    def read(self, case: dict[str, Json]) -> Case | None:
        """Return a saved case, None if only one of the two has a workspace."""
        return read_case(case) if ("workspace" in case) is self.workspaces else None

    def passes(self, case: Case) -> bool:
        """Return whether the mapper gets the case right."""
        return passes(self.mapper, case, self.rules)

    def report(self, options: CheckOptions, first: list[Case], tick: Callable[[], None]) -> Report:
        """Check the mapper."""
        return check_mapper(
            self.mapper,
            rules=self.rules,
            max_examples=options.max_examples,
            seed=options.seed,
            workspaces=self.workspaces,
            first=first,
            tick=tick,
        )

    def reproduced(self, failure: Failure) -> Reproduction:
        """Return how to show a failure again."""
        return Reproduction(
            target=self.target.to_json(),
            pytest=mapper_pytest(failure, self.target),
            lines=(shell_line(failure, self.target), mapper_curl(failure)),
        )
