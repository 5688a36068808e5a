"""Fault questions: what `/_sandbox/faults` answers: faults set, listed and cleared."""

from __future__ import annotations

from collections.abc import Iterable

from mock_server.exchange import Answer
from mock_server.query import BadQuery
from mock_server.questions import Asked, shown
from mock_server.toplyne.fault import InvalidFault
from mock_server.toplyne.fault_reading import read_faults
from mock_server.toplyne.faults import Waiting
from sandbox.segment.javascript import Json


def faults(asked: Asked) -> Answer:
    """Answer the faults that wait, each with how many calls it saw and met."""
    asked.parameters()
    waiting = asked.mock.faults.waiting(asked.view.tenant)
    return shown({"faults": _shown(waiting), "total": len(waiting)})


def new_faults(asked: Asked) -> Answer:
    """Let faults happen to the tenant's next calls, all of them or none."""
    try:
        new = read_faults(asked.body())
        asked.mock.faults.add(asked.view.tenant, *new)
    except InvalidFault as error:
        raise BadQuery(" ".join(f"{p.path} {p.message}" for p in error.problems)) from None
    return shown({"faults": _shown(Waiting(fault) for fault in new), "total": len(new)}, 201)


def no_faults(asked: Asked) -> Answer:
    """Forget the tenant's faults."""
    asked.parameters()
    return shown({"cleared": asked.mock.faults.reset(asked.view.tenant)})


def _shown(waiting: Iterable[Waiting]) -> list[Json]:
    return [one.to_json() for one in waiting]
