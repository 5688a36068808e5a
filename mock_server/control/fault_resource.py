"""Faults: `/_sandbox/faults`, set, listed and cleared."""

from collections.abc import Sequence
from typing import Annotated, NotRequired, TypeAlias, TypedDict

from mock_server.control.resource import Asked, resource
from mock_server.control.type_schemas import Body, Free, Positive, Whole, With
from mock_server.exchange import Wire
from mock_server.routes import ROUTES
from mock_server.toplyne.fault import MOST_SECONDS
from mock_server.toplyne.fault_reading import read_faults
from mock_server.toplyne.faults import Waiting

_Route: TypeAlias = Annotated[str, With(enum=list(ROUTES))] | None
_Status: TypeAlias = Annotated[int, With(minimum=200, maximum=599)]
_Seconds: TypeAlias = Annotated[float, With(minimum=0, maximum=MOST_SECONDS)]


class _Parts(TypedDict):
    path: _Route
    times: Positive | None
    probability: Annotated[float, With(exclusiveMinimum=0, maximum=1)]
    seed: Whole
    retry_after: Annotated[int, With(minimum=0, maximum=10**9)] | None
    delay: _Seconds
    most_delay: _Seconds | None
    bytes_per_second: Positive | None
    wire: Wire
    stored: bool | None


class _Fault(_Parts):
    status: Annotated[int, With(minimum=400, maximum=599)] | None


class _AnswerToGive(_Parts):
    status: _Status
    headers: dict[str, str]
    body: Body


class WaitingFault(_Parts):
    """A fault that waits, and how many calls it saw and met."""

    status: _Status | None
    seen: Whole
    met: Whole
    headers: NotRequired[list[Annotated[list[str], With(minItems=2, maxItems=2)]]]
    body: NotRequired[Body]


_AFault: TypeAlias = Annotated[_Fault, With(title="Fault", required=[])]


class Answer(TypedDict):
    """An answer that the next calls are given instead of the API's own."""

    answer: Annotated[_AnswerToGive, With(title="AnswerToGive", required=["status"])]


class Faults(TypedDict):
    """Several at once, all of them or none."""

    faults: list[_AFault | Answer]


class _BadDay(TypedDict, total=False):
    probability: Annotated[float, With(minimum=1e-6, maximum=1)]
    seed: Whole
    path: _Route


class BadDay(TypedDict):
    """Faults of every kind, by chance."""

    bad_day: _BadDay


class _Waiting(TypedDict):
    faults: list[WaitingFault]
    total: Whole


class _Cleared(TypedDict):
    cleared: Whole


_Asked: TypeAlias = _AFault | Answer | Faults | BadDay


@resource("GET", "/faults", gives=_Waiting)
def faults(asked: Asked) -> Free:
    """Answer the faults that wait, each with how many calls it saw and met."""
    return _shown(asked.mock.faults.waiting(asked.view.number))


@resource("POST", "/faults", takes=_Asked, gives=_Waiting, status=201)
def new_faults(asked: Asked) -> Free:
    """Let faults happen to the tenant's next calls, all of them or none."""
    new = read_faults(asked.body())
    asked.mock.faults.add(asked.view.number, *new)
    return _shown([Waiting(fault) for fault in new])


@resource("DELETE", "/faults", takes=_Asked)
def no_faults(asked: Asked) -> _Cleared:
    """Forget the tenant's faults; with a body like that of POST, those that are one of these."""
    unwanted = read_faults(asked.body()) if asked.received.body else None
    return {"cleared": asked.mock.faults.reset(asked.view.number, unwanted)}


def _shown(waiting: Sequence[Waiting]) -> Free:
    return {"faults": [one.to_json() for one in waiting], "total": len(waiting)}
