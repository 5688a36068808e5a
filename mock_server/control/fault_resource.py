"""Faults: `/_sandbox/faults`, set, listed and cleared."""

from collections.abc import Iterable

from mock_server.control.query import BadQuery
from mock_server.control.resource import Asked, resource, shown
from mock_server.exchange import Answer
from mock_server.toplyne.fault import InvalidFault
from mock_server.toplyne.fault_reading import read_faults
from mock_server.toplyne.faults import Waiting
from sandbox.segment.javascript import Json


@resource("GET", "/faults")
def faults(asked: Asked) -> Answer:
    """Answer the faults that wait, each with how many calls it saw and met."""
    waiting = asked.mock.faults.waiting(asked.view.number)
    return shown({"faults": _shown(waiting), "total": len(waiting)})


@resource("POST", "/faults")
def new_faults(asked: Asked) -> Answer:
    """Let faults happen to the tenant's next calls, all of them or none."""
    try:
        new = read_faults(asked.body())
        asked.mock.faults.add(asked.view.number, *new)
    except InvalidFault as error:
        raise _bad(error) from None
    return shown({"faults": _shown(Waiting(fault) for fault in new), "total": len(new)}, 201)


@resource("DELETE", "/faults")
def no_faults(asked: Asked) -> Answer:
    """Forget the tenant's faults; with a body like that of POST, those that are one of these."""
    faults, tenant = asked.mock.faults, asked.view.number
    if not asked.received.body:
        return shown({"cleared": faults.reset(tenant)})
    try:
        unwanted = read_faults(asked.body())
    except InvalidFault as error:
        raise _bad(error) from None
    return shown({"cleared": faults.remove(tenant, *unwanted)})


def _bad(error: InvalidFault) -> BadQuery:
    return BadQuery(" ".join(f"{p.path} {p.message}" for p in error.problems))


def _shown(waiting: Iterable[Waiting]) -> list[Json]:
    return [one.to_json() for one in waiting]
