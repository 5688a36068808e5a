"""Sections: the parts of the bench by name, each imported when it is measured.

A section measures the rows and curves that are asked for.
"""

from collections import abc
from typing import Final, TypeAlias

from bench import progress
from bench.results import Asked, Findings

Section: TypeAlias = abc.Callable[[Asked], Findings]


def _mapper(asked: Asked) -> Findings:
    from bench import mapper, segment_runtime  # noqa: PLC0415 - what is not measured is not imported

    if not asked.wants("mapper", segment_runtime.PEER, *mapper.WANTED):
        return Findings()
    progress.tell("the mapper, against Segment's runtime")
    rows = tuple(
        row
        for row in mapper.rows(asked.pairs, clock=asked.clock)
        if asked.wants("mapper", row.name, row.peer)
    )
    curves = mapper.curves(min(asked.pairs, 3), clock=asked.clock) if asked.wants("mapper") else ()
    return Findings(rows=rows, curves=tuple(curves))


def _replay(asked: Asked) -> Findings:
    from bench import replay  # noqa: PLC0415 - as above

    return replay.measure(asked)


def _uploads(asked: Asked) -> Findings:
    from bench import uploads  # noqa: PLC0415 - as above

    return uploads.measure(asked)


def _starting(asked: Asked) -> Findings:
    from bench import starting  # noqa: PLC0415 - as above

    return starting.measure(asked)


def _fixture(asked: Asked) -> Findings:
    from bench import fixture  # noqa: PLC0415 - as above

    return fixture.measure(asked)


def _memory(asked: Asked) -> Findings:
    from bench import memory  # noqa: PLC0415 - as above

    return memory.measure(asked)


def _answering(asked: Asked) -> Findings:
    from bench import answering  # noqa: PLC0415 - as above

    return answering.measure(asked)


def _reasoning(asked: Asked) -> Findings:
    from bench import reasoning  # noqa: PLC0415 - as above

    return reasoning.measure(asked)


SECTIONS: Final[abc.Mapping[str, Section]] = {
    "mapper": _mapper,
    "replay": _replay,
    "uploads": _uploads,
    "starting": _starting,
    "fixture": _fixture,
    "answering": _answering,
    "memory": _memory,
    "reasoning": _reasoning,
}
