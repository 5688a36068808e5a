"""Fault: one accident of the network or the server, and what is wrong with a definition of one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Final, get_args

from mock_server.exchange import Answer, Headers, Wire
from mock_server.routes import ROUTES
from mock_server.toplyne import answers
from sandbox.segment.errors import InvalidMapping, Problem, did_you_mean
from sandbox.segment.javascript import Json

WIRES: Final[tuple[str, ...]] = get_args(Wire)
MOST_SECONDS: Final = 300


class InvalidFault(InvalidMapping):
    """A fault that cannot be; `problems` holds all that is wrong with it, at once."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Keep the problems; the message lists every one."""
        super().__init__(problems, subject="the fault")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One accident for `times` calls, or for ever where that is None, to `path` or to any path.

    `status` is answered in the recorded ERROR body, with `retry_after` seconds in Retry-After;
    the answer waits `delay` seconds and leaves as `wire` says. `stored` tells whether the call's
    work is done before: by default not where there is a status, and done where only the answer is
    delayed or lost. Of the calls it could meet it meets a share, `probability`; which ones follows
    from `seed` alone. Raises InvalidFault.
    """

    status: int | None = None
    path: str | None = None
    times: int | None = 1
    probability: float = 1.0
    seed: int = 0
    retry_after: int | None = None
    delay: float = 0.0
    wire: Wire = "whole"
    stored: bool | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be a fault."""
        problems = fault_problems({name: getattr(self, name) for name in FIELDS})
        if problems:
            raise InvalidFault(problems)

    @property
    def does_work(self) -> bool:
        """Whether the call is worked on, and what it brings is stored, before the answer fails."""
        return self.status is None if self.stored is None else self.stored

    @property
    def name(self) -> str:
        """What the journal notes."""
        parts = [str(self.status)] if self.status is not None else []
        parts += [f"retry after {self.retry_after} s"] if self.retry_after is not None else []
        parts += [self.wire] if self.wire != "whole" else []
        parts += [f"delay {self.delay:g} s"] if self.delay else []
        return ", ".join(parts)

    def upon(self, answer: Answer) -> Answer:
        """Return what becomes of the answer to a call this fault meets."""
        if self.status is not None:
            details = f"A fault of the sandbox asked for {self.status}."
            headers: Headers = ()
            if self.retry_after is not None:
                headers = (("Retry-After", str(self.retry_after)),)
            answer = answers.refusal(self.status, details, entry=answer.entry, headers=headers)
        return answer._replace(delay=self.delay, wire=self.wire)

    def to_json(self) -> dict[str, Json]:
        """Return the fault as `/_sandbox/faults` takes and shows it."""
        shown = {name: getattr(self, name) for name in FIELDS}
        return shown | {"stored": self.does_work}


FIELDS: Final = tuple(field.name for field in fields(Fault))


def _is_whole(value: Json, least: int, most: float = math.inf) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_number(value: Json, least: float, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


_CHECKS: Final[dict[str, tuple[Callable[[Json], bool], str]]] = {
    "status": (
        lambda v: v is None or _is_whole(v, 400, 599),
        "a whole number from 400 to 599, or nothing",
    ),
    "path": (
        lambda v: v is None or v in ROUTES,
        f"one of {', '.join(ROUTES)}, or nothing for all of them",
    ),
    "times": (
        lambda v: v is None or _is_whole(v, 1),
        "a whole number from 1 on, or nothing for ever",
    ),
    "probability": (
        lambda v: _is_number(v, 0, 1) and v > 0,
        "a number above 0 and up to 1",
    ),
    "seed": (lambda v: _is_whole(v, 0), "a whole number from 0 on"),
    "retry_after": (
        lambda v: v is None or _is_whole(v, 0, 10**9),
        "whole seconds from 0 on, or nothing",
    ),
    "delay": (lambda v: _is_number(v, 0, MOST_SECONDS), f"seconds from 0 to {MOST_SECONDS}"),
    "wire": (lambda v: v in WIRES, f"one of {', '.join(WIRES)}"),
    "stored": (lambda v: v is None or isinstance(v, bool), "true, false, or nothing"),
}
"""For each part of a fault: what it may be, and that in words."""


def fault_problems(given: Mapping[str, Json]) -> tuple[Problem, ...]:
    """Return all that is wrong with the parts of a fault; parts that are not given are right."""
    problems = []
    for name, value in given.items():
        if name not in _CHECKS:
            near = did_you_mean(name, list(_CHECKS))
            known = ", ".join(_CHECKS)
            problems.append(Problem((name,), f"is no part of a fault; there are {known}.{near}"))
        elif not _is_right(name, value):
            near = did_you_mean(value, list(ROUTES)) if name == "path" and _is_text(value) else ""
            right = _CHECKS[name][1]
            problems.append(Problem((name,), f"must be {right}, not {_shown(value)}.{near}"))
    return (*problems, *_senseless(given))


def _is_right(name: str, value: Json) -> bool:
    try:
        return _CHECKS[name][0](value)
    except TypeError:  # a list or an object is in no table
        return False


def _is_text(value: Json) -> bool:
    return isinstance(value, str)


def _shown(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _senseless(given: Mapping[str, Json]) -> list[Problem]:
    problems = []
    if given.get("retry_after") is not None and given.get("status") is None:
        problems.append(Problem(("retry_after",), "needs a status, such as 429."))
    does = (given.get("status") is not None, given.get("wire", "whole") != "whole")
    if not any(does) and not given.get("delay"):
        problems.append(Problem((), "does nothing: give it a status, a delay or a wire."))
    return problems
