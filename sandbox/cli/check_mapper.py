"""`check mapper`: the mapper under test, asked in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.check.commands import CommandMapper, python_mapper
from sandbox.check.mapper import MapperSubject
from sandbox.check.reproducing import MapperTarget
from sandbox.cli.output import complain
from sandbox.segment.definition import Rules


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
        yield MapperSubject(mapper, rules, workspaces, target)
        if mapper.restarts:
            complain(f"The mapper ended and was restarted {mapper.restarts} times.")
