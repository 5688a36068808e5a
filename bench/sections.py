"""Sections: the parts of the bench by name, each imported when it is measured.

A section measures the rows and curves whose name or peer contains a text, in so many pairs.
"""

from collections import abc
from typing import Final, TypeAlias

from bench import progress
from bench.results import Findings, chosen

Section: TypeAlias = abc.Callable[[int, str], Findings]


def _mapper(pairs: int, only: str) -> Findings:
    from bench import mapper  # noqa: PLC0415 - what is not measured is not imported

    progress.tell("the mapper, against Segment's runtime")
    rows = tuple(row for row in mapper.rows(pairs) if chosen(only, "mapper", row.name, row.peer))
    curves = mapper.curves(min(pairs, 3)) if chosen(only, "mapper") else ()
    return Findings(rows=rows, curves=tuple(curves))


def _uploads(pairs: int, only: str) -> Findings:
    from bench import uploads  # noqa: PLC0415 - as above

    return uploads.measure(pairs, only)


def _starting(pairs: int, only: str) -> Findings:
    from bench import starting  # noqa: PLC0415 - as above

    return starting.measure(pairs, only)


def _fixture(pairs: int, only: str) -> Findings:
    from bench import fixture  # noqa: PLC0415 - as above

    return fixture.measure(pairs, only)


def _memory(pairs: int, only: str) -> Findings:
    from bench import memory  # noqa: PLC0415 - as above

    return memory.measure(pairs, only)


SECTIONS: Final[abc.Mapping[str, Section]] = {
    "mapper": _mapper,
    "uploads": _uploads,
    "starting": _starting,
    "fixture": _fixture,
    "memory": _memory,
}
