"""Faults: `/_sandbox/faults`, to set, list and clear them."""

from collections.abc import Sequence
from typing import Annotated, NotRequired, TypedDict, get_type_hints

from mock_server.control.resource import Asked, resource
from mock_server.toplyne.fault import Fault
from mock_server.toplyne.fault_reading import AskedFaults, faults_of
from mock_server.toplyne.faults import CountedFault
from sandbox.type_schemas import BytesJson, Free, Whole, With

_SHOWN = get_type_hints(Fault, include_extras=True) | {
    "status": Annotated[int, With(minimum=200, maximum=599)] | None,
    "seen": Whole,
    "met": Whole,
    "headers": NotRequired[list[Annotated[list[str], With(minItems=2, maxItems=2)]]],
    "body": NotRequired[BytesJson],
}
WaitingFault = TypedDict("WaitingFault", _SHOWN)  # type: ignore[misc]


class _Waiting(TypedDict):
    faults: list[WaitingFault]
    total: Whole


class _Cleared(TypedDict):
    cleared: Whole


@resource("GET", "/faults", gives=_Waiting)
def faults(asked: Asked) -> Free:
    """Return the waiting faults, each with the number of calls it has seen and of those it hit."""
    return _shown(asked.mock.faults.waiting(asked.view.number))


@resource("POST", "/faults", takes=AskedFaults, gives=_Waiting, status=201)
def new_faults(asked: Asked, body: Free) -> Free:
    """Add faults for the tenant's next calls. If one is invalid, none is added."""
    new = faults_of(body)
    asked.mock.faults.add(asked.view.number, *new)
    return _shown([CountedFault(fault) for fault in new])


@resource("DELETE", "/faults", takes=AskedFaults)
def no_faults(asked: Asked, body: Free | None) -> _Cleared:
    """Remove the tenant's faults. With a body like that of POST, remove only those in it."""
    unwanted = None if body is None else faults_of(body)
    return {"cleared": asked.mock.faults.reset(asked.view.number, unwanted)}


def _shown(waiting: Sequence[CountedFault]) -> Free:
    return {"faults": [one.to_json() for one in waiting], "total": len(waiting)}
