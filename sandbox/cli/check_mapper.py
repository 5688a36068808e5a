"""`check mapper` at work: the mapper started, asked, ended, and the report made."""

from __future__ import annotations

from collections.abc import Iterator

import click

from sandbox.check.cases import Case, read_case
from sandbox.check.commands import CommandMapper, python_mapper
from sandbox.check.failure import CheckError, Failure
from sandbox.check.failures import Reproduction, Saved, drop
from sandbox.check.mapper import check_mapper, passes
from sandbox.check.reproducing import MapperTarget, mapper_curl, mapper_pytest, shell_line
from sandbox.cli.checking import ended_by_signals, finish, progress, saved_failures
from sandbox.cli.output import complain
from sandbox.segment.definition import Rules
from sandbox.workspace import InvalidWorkspace


def run(
    program: tuple[str, ...],
    *,
    python: str,
    workspaces: bool,
    timeout: float,
    max_examples: int,
    seed: int,
    replay: bool,
    rules: Rules,
    as_json: bool,
    junit: str | None,
    allow_assumed: bool,
) -> None:
    """Check a mapper and end the command; raises UsageError where it cannot be checked."""
    target = MapperTarget(command=program, python=python)
    with ended_by_signals(), opened(target, workspaces=workspaces, timeout=timeout) as mapper:
        try:
            failures = saved_failures("mapper") if replay else []
            first = list(still_failing(mapper, failures, rules, workspaces=workspaces))
            with progress(max_examples) as tick:
                report = check_mapper(
                    mapper,
                    rules=rules,
                    max_examples=max_examples,
                    seed=seed,
                    workspaces=workspaces,
                    first=first,
                    tick=tick,
                )
        except CheckError as error:
            raise click.UsageError(str(error)) from None
        if mapper.restarts:
            complain(f"The mapper ended and was started anew {mapper.restarts} times.")
    finish(
        report,
        lambda failure: reproduced(failure, target),
        rules=rules,
        as_json=as_json,
        junit=junit,
        allow_assumed=allow_assumed,
    )


def opened(target: MapperTarget, *, workspaces: bool, timeout: float) -> CommandMapper:
    """Return the mapper of a target, to be entered and left."""
    if target.python:
        return python_mapper(target.python, workspaces=workspaces, timeout=timeout)
    return CommandMapper(target.command, timeout=timeout)


def still_failing(
    mapper: CommandMapper, failures: list[Saved], rules: Rules, *, workspaces: bool
) -> Iterator[Case]:
    """Yield the saved cases that still fail, and drop those that pass now."""
    for failure in failures:
        if ("workspace" in failure.case) is not workspaces:
            continue
        try:
            case = read_case(failure.case)
        except (KeyError, InvalidWorkspace):
            complain(f"{failure.path} holds no case; delete it.")
            continue
        if passes(mapper, case, rules):
            drop(failure)
            complain(f"{failure.path} passes now, and was dropped.")
        else:
            yield case


def reproduced(failure: Failure, target: MapperTarget) -> Reproduction:
    """Return how a failure is shown again."""
    return Reproduction(
        target=target.to_json(),
        pytest=mapper_pytest(failure, target),
        lines=(shell_line(failure, target), mapper_curl(failure)),
    )
