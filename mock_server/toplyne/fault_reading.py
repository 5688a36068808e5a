"""Fault reading: faults from JSON and from the header X-Sandbox-Fault, and all kinds at once."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, NotRequired, TypeAlias, TypedDict

from mock_server.bounds import FAULT_CHARACTERS, FAULTS_WAITING
from mock_server.exchange import Received
from mock_server.toplyne.fault import WIRES, AnswerToGive, Fault, FaultPath, InvalidFault, fault_of
from sandbox.segment.errors import Problem
from sandbox.type_reading import from_text, problems_of
from sandbox.type_schemas import Positive, Whole, With

__tracebackhide__ = True
HEADER: Final = "x-sandbox-fault"
_IN_HEADER: Final = {"status": int, "retry-after": int, "delay": float, "wire": str, "stored": bool}
_KINDS: Final[tuple[dict[str, Any], ...]] = (
    {"status": 429, "retry_after": 1},
    {"status": 500},
    {"status": 503},
    {"status": 503, "stored": True},
    {"delay": 0.05},
    {"wire": "reset"},
    {"wire": "reset", "stored": False},
    {"wire": "empty"},
    {"wire": "half"},
    {"wire": "garbage"},
)
"""The faults of a bad day: every kind, before and after the call is processed."""


class Answer(TypedDict):
    """An answer that the next calls get instead of the API's own.

    `times`, `path` and `stored` may be given beside the answer or in it.
    """

    answer: AnswerToGive
    times: NotRequired[Positive | None]
    path: NotRequired[FaultPath | None]
    stored: NotRequired[bool | None]


_SEVERAL: Final = f"a list of at most {FAULTS_WAITING} faults (faults_waiting)"


class Faults(TypedDict):
    """Several faults at once. If one is invalid, none is added."""

    faults: Annotated[list[Fault | Answer], With(_SEVERAL, maxItems=FAULTS_WAITING)]


class _BadDay(TypedDict):
    probability: NotRequired[Annotated[float, With(minimum=1e-6, maximum=1)]]
    seed: NotRequired[Whole]
    path: NotRequired[FaultPath | None]


class BadDay(TypedDict):
    """Faults of every kind, by chance."""

    bad_day: _BadDay


AskedFaults: TypeAlias = Fault | Answer | Faults | BadDay


def faults_of(given: Mapping[str, Any]) -> tuple[Fault, ...]:
    """Return the faults of a value that is one of AskedFaults.

    Without `times` a fault happens once, or until it is removed if it has a `probability`.
    """
    match given:
        case {"bad_day": day}:
            return bad_day(**day)
        case {"faults": listed}:
            return tuple(fault for each in listed for fault in faults_of(each))
        case {"answer": answer, **beside}:
            if twice := answer.keys() & beside.keys():
                said = "is given beside the answer and in it. Give it once."
                raise InvalidFault(*(Problem((name,), said) for name in sorted(twice)))
            given = {"headers": (), **answer, **beside}
    return (fault_of({**({"times": None} if "probability" in given else {}), **given}),)


def bad_day(
    *, probability: float = 0.3, seed: int = 0, path: str | None = None
) -> tuple[Fault, ...]:
    """Return faults of every kind, equally likely, that together hit `probability` of the calls.

    Raises InvalidFault.
    """
    if problems := problems_of(_BadDay, {"probability": probability, "seed": seed, "path": path}):
        raise InvalidFault(*problems)
    share = probability / len(_KINDS)
    # a fault only sees the calls that those before it let pass
    return tuple(
        Fault(
            **kind,
            path=path,
            times=None,
            probability=round(share / (1 - number * share), 12),
            seed=seed * len(_KINDS) + number,
        )
        for number, kind in enumerate(_KINDS)
    )


def fault_of_header(received: Received) -> Fault | None:
    """Return the fault that a request asks for: `503`, `429; retry-after=2`, `reset`.

    None if it asks for none. Raises InvalidFault for a header that is not a fault.
    """
    headers = received.headers.by_name.get(HEADER)
    if headers is None:
        return None
    text = ";".join(headers)
    if len(text) > FAULT_CHARACTERS:
        message = f"is longer than {FAULT_CHARACTERS} characters (fault_characters)."
        raise InvalidFault(Problem((), message))
    given: dict[str, object] = {}
    problems: list[Problem] = []
    for part in text.split(";"):
        name, value = _part(part.strip())
        if name not in _IN_HEADER:
            right = f"reset, 503, or NAME=VALUE with one of {', '.join(_IN_HEADER)}"
            message = f"{part.strip()[:50]!r} is not a part of {HEADER}. Expected {right}."
            problems.append(Problem((), message))
            continue
        key = name.replace("-", "_")
        if key in given:
            problems.append(Problem((key,), "is given twice. Give it once."))
        given[key] = value
    if given or not problems:
        problems += problems_of(Fault, given)
    if problems:
        raise InvalidFault(*problems)
    return fault_of(given)


def _part(text: str) -> tuple[str, object]:
    name, equals, value = (piece.strip().lower() for piece in text.partition("="))
    if equals:
        return name, from_text(_IN_HEADER.get(name, str), value)
    if name in WIRES:
        return "wire", name
    status = from_text(int, name)
    return ("status", status) if isinstance(status, int) else (name, None)
