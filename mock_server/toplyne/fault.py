"""Fault: one failure of the network or the server, and the checks of its definition.

An answer that replaces the API's own is a fault too, one with `headers`.
"""

import math
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, get_args

from mock_server.bounds import ANSWER_BYTES, ANSWER_HEADERS
from mock_server.exchange import Answer, Headers, Wire
from mock_server.routes import ROUTES
from mock_server.toplyne import answers
from sandbox.segment.errors import InvalidMapping, Problem, did_you_mean
from sandbox.segment.javascript import Json

WIRES: Final[tuple[str, ...]] = get_args(Wire)
MOST_SECONDS: Final = 300
"""The longest delay of an answer."""
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_OURS: Final = {"connection", "content-length", "transfer-encoding", "x-sandbox-entry"}
_RIGHT_HEADERS: Final = (
    f"an object of header names and values, or pairs of them, at most {ANSWER_HEADERS}"
    f" (answer_headers), without {', '.join(sorted(_OURS))}"
)


class InvalidFault(InvalidMapping):
    """An impossible fault. `problems` holds everything that is wrong with it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Keep the problems; the message lists every one."""
        super().__init__(problems, subject="the fault")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A failure of `times` calls (None: until removed) to `path`, or to any path.

    `status` is answered with the recorded ERROR body, and `retry_after` seconds in Retry-After. The
    answer waits `delay` seconds and leaves as `wire` says. `stored` is whether the call is worked
    on first: by default not if there is a status, and yes if the answer is only delayed or lost.
    `probability` is the share of the calls that fail; `seed` alone decides which. With `most_delay`
    the answer waits between `delay` and that many seconds, by the seed too. `bytes_per_second`
    slows the body.

    With `headers` it is an answer of any status from 200 on, with these headers and this body, and
    stored if the status is 2xx. Raises InvalidFault.
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
    most_delay: float | None = None
    bytes_per_second: int | None = None
    headers: Headers | None = None
    body: bytes = b""

    def __post_init__(self) -> None:
        """Check the members. Headers may be an object, and the body a string."""
        given = {name: getattr(self, name) for name in FIELDS}
        if self.headers is None and not self.body:
            given = {name: value for name, value in given.items() if name not in ANSWERS_OWN}
        problems = fault_problems(given)
        if problems:
            raise InvalidFault(problems)
        if self.headers is not None:
            object.__setattr__(self, "headers", tuple(map(tuple, _pairs(self.headers))))
        object.__setattr__(self, "body", _bytes(self.body))

    @property
    def does_work(self) -> bool:
        """Whether the call is worked on, and its items are stored, before the answer fails."""
        if self.stored is not None:
            return self.stored
        return self.status is None or 200 <= self.status < 300

    @property
    def name(self) -> str:
        """The fault as the journal shows it."""
        kind = "" if self.headers is None else "answer "
        parts = [f"{kind}{self.status}"] if self.status is not None else []
        parts += [f"retry after {self.retry_after} s"] if self.retry_after is not None else []
        parts += [self.wire] if self.wire != "whole" else []
        parts += [f"delay {self.delay:g} s"] if self.delay else []
        parts += [f"{self.bytes_per_second} bytes a second"] if self.bytes_per_second else []
        return ", ".join(parts)

    def upon(self, answer: Answer) -> Answer:
        """Return how the answer to a call with this fault is sent."""
        if self.headers is not None and self.status is not None:
            answer = Answer(self.status, self.headers, self.body, answer.entry)
        elif self.status is not None:
            details = f"A fault of the sandbox asked for {self.status}."
            headers: Headers = ()
            if self.retry_after is not None:
                headers = (("Retry-After", str(self.retry_after)),)
            answer = answers.refusal(self.status, details, entry=answer.entry, headers=headers)
        return answer._replace(delay=self.delay, wire=self.wire, pace=self.bytes_per_second or 0)

    def to_json(self) -> dict[str, Json]:
        """Return the fault as `/_sandbox/faults` takes and shows it."""
        shown = {name: getattr(self, name) for name in FIELDS if name not in ANSWERS_OWN}
        if self.headers is not None:
            shown |= {"headers": [list(pair) for pair in self.headers], "body": _told(self.body)}
        return shown | {"stored": self.does_work}


FIELDS: Final = tuple(field.name for field in fields(Fault))
ANSWERS_OWN: Final = ("headers", "body")
"""The members that only an answer has."""


def _pairs(headers: Any) -> list[Any]:
    return list(headers.items() if isinstance(headers, dict) else headers)


def _are_headers(value: Any) -> bool:
    pairs = _pairs(value)
    return len(pairs) <= ANSWER_HEADERS and all(
        len(pair) == 2
        and _TOKEN.fullmatch(pair[0]) is not None
        and _VALUE.fullmatch(pair[1]) is not None
        and pair[0].lower() not in _OURS
        for pair in pairs
    )


def _bytes(body: Any) -> bytes:
    """Return a body; in JSON it is a string, or `{"base64": …}`. Raises ValueError, TypeError."""
    if isinstance(body, dict):
        return b64decode(body["base64"], validate=True)
    return body.encode() if isinstance(body, str) else bytes(memoryview(body))


def _told(body: bytes) -> Json:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(body).decode()}


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
    "most_delay": (
        lambda v: v is None or _is_number(v, 0, MOST_SECONDS),
        f"seconds from 0 to {MOST_SECONDS}, or nothing",
    ),
    "bytes_per_second": (
        lambda v: v is None or _is_whole(v, 1),
        "a whole number from 1 on, or nothing",
    ),
    "headers": (
        _are_headers,
        _RIGHT_HEADERS,
    ),
    "body": (
        lambda v: len(_bytes(v)) <= ANSWER_BYTES,
        f'bytes, a string, or {{"base64": …}}, at most {ANSWER_BYTES} bytes (answer_bytes)',
    ),
}
"""For each member of a fault: a check, and what it may be in words."""


def fault_problems(given: Mapping[str, Json]) -> tuple[Problem, ...]:
    """Return everything that is wrong with the members of a fault. Absent ones are right."""
    problems = []
    is_answer = not given.keys().isdisjoint(ANSWERS_OWN)
    known_parts = [name for name in _CHECKS if is_answer or name not in ANSWERS_OWN]
    for name, value in given.items():
        if name not in known_parts:
            near = did_you_mean(name, known_parts)
            known = ", ".join(known_parts)
            problems.append(
                Problem((name,), f"is not a member of a fault. The members are {known}.{near}")
            )
        elif name == "status" and is_answer:
            if not _is_whole(value, 200, 599):
                message = f"must be a whole number from 200 to 599, not {_shown(value)}."
                problems.append(Problem((name,), message))
        elif not _is_right(name, value):
            near = did_you_mean(value, list(ROUTES)) if name == "path" and _is_text(value) else ""
            right = _CHECKS[name][1]
            problems.append(Problem((name,), f"must be {right}, not {_shown(value)}.{near}"))
    return (*problems, *_senseless(given))


def _is_right(name: str, value: Json) -> bool:
    try:
        return _CHECKS[name][0](value)
    except (TypeError, ValueError, KeyError, AttributeError):  # of another type altogether
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
    is_whole = given.get("wire", "whole") == "whole"
    waits = any(map(given.get, ("delay", "most_delay", "bytes_per_second")))
    if is_whole and not waits and given.get("status") is None:
        problems.append(Problem((), "does nothing: give it a status, a delay or a wire."))
    if given.get("bytes_per_second") and not is_whole:
        problems.append(Problem(("bytes_per_second",), "needs an answer that leaves whole."))
    if not given.keys().isdisjoint(ANSWERS_OWN) and "status" not in given:
        problems.append(Problem(("status",), "is missing. An answer needs one, such as 502."))
    if given.get("most_delay") is not None and _is_number(given.get("delay", 0), 0, math.inf):
        least = given.get("delay", 0)
        if _is_number(given["most_delay"], 0, least) and given["most_delay"] < least:
            message = f"must be {least} seconds at least, as delay is, not {given['most_delay']}."
            problems.append(Problem(("most_delay",), message))
    pace, body = given.get("bytes_per_second"), given.get("body")
    if body and isinstance(pace, int) and pace > 0 and _is_right("body", body):
        seconds = len(_bytes(body)) / pace
        if seconds > MOST_SECONDS:
            message = f"would take {seconds:g} seconds for this body, {MOST_SECONDS} at most."
            problems.append(Problem(("bytes_per_second",), message))
    if given.get("body") and given.get("status") in {204, 304}:
        problems.append(Problem(("body",), f"must be empty: a {given['status']} has none."))
    return problems
