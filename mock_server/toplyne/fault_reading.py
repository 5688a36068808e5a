"""Fault reading: faults from JSON, from the header X-Sandbox-Fault, and a whole bad day."""

import re
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from mock_server.bounds import FAULT_CHARACTERS
from mock_server.exchange import Received
from mock_server.toplyne.fault import (
    WIRES,
    Fault,
    InvalidFault,
    check_number,
    checked_fault,
    fault_problems,
)
from sandbox.segment.errors import Problem
from sandbox.segment.javascript import Json

HEADER: Final = "x-sandbox-fault"
_IN_HEADER: Final = ("status", "retry-after", "delay", "wire", "stored")
_MOST_TOLD: Final = 100
_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?\Z")
_WORDS: Final[dict[str, Json]] = {"true": True, "false": False}
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
"""The faults of a bad day: every kind, before and after the call is worked on."""


def read_fault(given: Json) -> Fault:
    """Return the fault of a JSON object. Raises InvalidFault with everything that is wrong.

    Without `times` it happens once, or until it is removed if it has a `probability`.
    `{"answer": {…}}` is an answer instead, without headers unless it names some.
    """
    if not isinstance(given, dict):
        example = "A fault is, for example, {'status': 503}."
        raise InvalidFault(Problem((), f"is not an object. {example}"))
    if given.keys() == {"answer"} and isinstance(given["answer"], dict):
        given = {"headers": [], **given["answer"]}
    if "probability" in given and "times" not in given:
        given = {**given, "times": None}
    return checked_fault(given)


def read_faults(given: Mapping[str, Json]) -> tuple[Fault, ...]:
    """Return one fault, those of `{"faults": […]}`, or those of `{"bad_day": {"seed": 1}}`.

    Raises InvalidFault with everything that is wrong with any of them.
    """
    match given:
        case {"bad_day": dict(day), **others} if not others:
            return _read_bad_day(day)
        case {"faults": list(listed), **others} if not others:
            pass
        case _:
            return (read_fault(dict(given)),)

    check_number(len(listed))
    read: list[Fault] = []
    problems: list[Problem] = []
    for index, one in enumerate(listed):
        try:
            read.append(read_fault(one))
        except InvalidFault as error:
            problems += [problem.under("faults", index) for problem in error.problems]
            if len(problems) >= _MOST_TOLD:
                break
    if problems:
        raise InvalidFault(*problems)
    return tuple(read)


def _read_bad_day(given: dict[str, Json]) -> tuple[Fault, ...]:
    usual = {"probability": 0.3, "seed": 0, "path": None}
    said = f"is not a member of a bad day. The members are {', '.join(usual)}."
    named = islice((name for name in given if name not in usual), _MOST_TOLD)
    unknown = [Problem((name[:_MOST_TOLD],), said) for name in named]
    wanted: dict[str, Any] = {name: given.get(name, value) for name, value in usual.items()}
    if problems := (*unknown, *fault_problems({**wanted, "status": 503})):
        raise InvalidFault(*problems)
    return bad_day(**wanted)


def bad_day(
    *, probability: float = 0.3, seed: int = 0, path: str | None = None
) -> tuple[Fault, ...]:
    """Return faults of every kind, equally likely, that together hit that share of the calls."""
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
    given: dict[str, Json] = {}
    problems: list[Problem] = []
    for part in text.split(";"):
        name, value = _part(part.strip())
        if name not in _IN_HEADER:
            right = f"reset, 503, or NAME=VALUE with one of {', '.join(_IN_HEADER)}"
            message = f"{part.strip()[:50]!r} is not a part of {HEADER}; it is like {right}."
            problems.append(Problem((), message))
            continue
        key = name.replace("-", "_")
        if key in given:
            problems.append(Problem((key,), "is given twice. Give it once."))
        given[key] = value
    if given or not problems:
        problems += fault_problems(given)
    if problems:
        raise InvalidFault(*problems)
    return Fault(**given)


def _part(text: str) -> tuple[str, Json]:
    name, equals, value = (piece.strip().lower() for piece in text.partition("="))
    if equals and _NUMBER.match(value):
        return name, float(value) if "." in value else int(value)
    if equals:
        return name, _WORDS.get(value, value)
    if name in WIRES:
        return "wire", name
    return ("status", int(name)) if _NUMBER.match(name) and "." not in name else (name, None)
