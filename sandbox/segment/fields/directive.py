"""Directive: what each of the mapping's `@` keys is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from sandbox.segment.javascript import Json
from sandbox.values import Path, Problem

Step: TypeAlias = Callable[[Json], Json]
"""A compiled piece of a mapping: the data in, the value out; throws where Segment does."""

Table: TypeAlias = "Mapping[str, Directive]"
Check: TypeAlias = "Callable[[Table, Json, Path], Found]"
Resolve: TypeAlias = "Callable[[Table, Json], Step]"


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found wrong, in Segment's order.

    `gathered` tells whether Segment throws them as one AggregateError (also when there is but
    one), or the only one by itself as a ValidationError.
    """

    problems: tuple[Problem, ...] = ()
    gathered: bool = False

    def __bool__(self) -> bool:
        return bool(self.problems)

    @property
    def error_name(self) -> str:
        """The name of the JavaScript error Segment throws."""
        return "AggregateError" if self.gathered else "ValidationError"


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive: its name, a line about it, how its operand is checked and how it resolves.

    `example` is an operand that works, to begin with where the directive is chosen.

    `check` takes the table of all directives, the operand and the operand's path; `resolve` takes
    the table and the operand, and returns the function that runs for each event.
    """

    name: str
    summary: str
    example: Json = field(repr=False)
    check: Check = field(repr=False)
    resolve: Resolve = field(repr=False)


def at_keys(value: Json) -> list[str]:
    """Return the keys of an object that begin with `@`; none for everything else."""
    return [key for key in value if key[:1] == "@"] if isinstance(value, dict) else []
