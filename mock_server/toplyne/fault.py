"""Fault: one failure of the network or the server, and the checks of its definition.

An answer that replaces the API's own is a fault too, one with `headers`.
"""

import math
import re
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any, Final, TypeAlias, get_args

from mock_server.bounds import ANSWER_BYTES, ANSWER_HEADERS, FAULTS_WAITING
from mock_server.exchange import Answer, Headers, Wire
from mock_server.routes import ROUTES
from mock_server.store.journal_entry import body_json
from mock_server.toplyne import answers
from sandbox.segment.errors import InvalidMapping, Problem, did_you_mean
from sandbox.segment.javascript import Json
from sandbox.values import shortened

WIRES: Final[tuple[str, ...]] = get_args(Wire)
MOST_SECONDS: Final = 300
"""The longest delay of an answer."""
_LOOKED_AT: Final = 50
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_OURS: Final = {"connection", "content-length", "transfer-encoding", "x-sandbox-entry"}


class InvalidFault(InvalidMapping):
    """An impossible fault. `problems` holds everything that is wrong with it."""

    def __init__(self, *problems: Problem) -> None:
        """Keep the problems; the message lists every one."""
        super().__init__(problems, subject="the fault")


def check_number(number: int) -> None:
    """Raise InvalidFault if that number of faults is more than may wait at once."""
    if number > FAULTS_WAITING:
        said = f"are {number}, and {FAULTS_WAITING} at most may wait (faults_waiting)."
        raise InvalidFault(Problem(("faults",), said))


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
        is_answer = self.headers is not None or bool(self.body)
        names = _ANSWER if is_answer else _FAULT
        problems = fault_problems({name: getattr(self, name) for name in names})
        if problems:
            raise InvalidFault(*problems)
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
            seconds = self.retry_after
            headers = () if seconds is None else (("Retry-After", str(seconds)),)
            answer = answers.refusal(self.status, details, entry=answer.entry, headers=headers)
        return answer._replace(delay=self.delay, wire=self.wire, pace=self.bytes_per_second or 0)

    def to_json(self) -> dict[str, Json]:
        """Return the fault as `/_sandbox/faults` takes and shows it."""
        shown = {name: getattr(self, name) for name in _FAULT}
        if self.headers is not None:
            body = body_json(self.body)
            shown["headers"] = [list(pair) for pair in self.headers]
            shown["body"] = body.get("text", body)
        return shown | {"stored": self.does_work}


_Check: TypeAlias = Callable[[Any], bool]


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _whole(least: int, most: float = math.inf) -> _Check:
    return lambda v: isinstance(v, int) and not _is_bool(v) and least <= v <= most


def _number(least: float, most: float) -> _Check:
    return lambda v: isinstance(v, int | float) and not _is_bool(v) and least <= v <= most


def _or_none(check: _Check) -> _Check:
    return lambda value: value is None or check(value)


def _are_headers(value: Any) -> bool:
    pairs = _pairs(value)
    return len(pairs) <= ANSWER_HEADERS and all(
        len(pair) == 2
        and _TOKEN.fullmatch(pair[0]) is not None
        and _VALUE.fullmatch(pair[1]) is not None
        and pair[0].lower() not in _OURS
        for pair in pairs
    )


def _pairs(headers: Any) -> list[Any]:
    return list(headers.items() if isinstance(headers, dict) else headers)


def _bytes(body: Any) -> bytes:
    """Return a body; in JSON it is a string, or `{"base64": …}`. Raises ValueError, TypeError."""
    if isinstance(body, dict):
        return b64decode(body["base64"], validate=True)
    return body.encode() if isinstance(body, str) else bytes(memoryview(body))


_RIGHT_HEADERS: Final = (
    f"an object of header names and values, or pairs of them, at most {ANSWER_HEADERS}"
    f" (answer_headers), without {', '.join(sorted(_OURS))}"
)
_SECONDS: Final = _number(0, MOST_SECONDS), f"seconds from 0 to {MOST_SECONDS}"
_FAULT: Final[dict[str, tuple[_Check, str]]] = {
    "status": (_or_none(_whole(400, 599)), "a whole number from 400 to 599, or nothing"),
    "path": (
        _or_none(ROUTES.__contains__),
        f"one of {', '.join(ROUTES)}, or nothing for all of them",
    ),
    "times": (_or_none(_whole(1)), "a whole number from 1 on, or nothing for ever"),
    "probability": (_number(math.ulp(0), 1), "a number above 0 and up to 1"),
    "seed": (_whole(0), "a whole number from 0 on"),
    "retry_after": (_or_none(_whole(0, 10**9)), "whole seconds from 0 on, or nothing"),
    "delay": _SECONDS,
    "wire": (WIRES.__contains__, f"one of {', '.join(WIRES)}"),
    "stored": (_or_none(_is_bool), "true, false, or nothing"),
    "most_delay": (_or_none(_SECONDS[0]), f"{_SECONDS[1]}, or nothing"),
    "bytes_per_second": (_or_none(_whole(1)), "a whole number from 1 on, or nothing"),
}
"""For each member of a fault: a check, and what it may be in words."""
_ANSWER: Final = _FAULT | {
    "status": (_whole(200, 599), "a whole number from 200 to 599"),
    "headers": (_are_headers, _RIGHT_HEADERS),
    "body": (
        lambda value: len(_bytes(value)) <= ANSWER_BYTES,
        f'bytes, a string, or {{"base64": …}}, at most {ANSWER_BYTES} bytes (answer_bytes)',
    ),
}
"""The same for an answer."""
_NOT_GIVEN: Final = {field.name: field.default for field in fields(Fault)}


def checked_fault(given: Mapping[str, Any]) -> Fault:
    """Return the fault of these members. Raises InvalidFault with everything that is wrong."""
    if problems := fault_problems(given):
        raise InvalidFault(*problems)
    return Fault(**given)


def fault_problems(given: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Return everything that is wrong with the members of a fault. Absent ones are right."""
    given = dict(islice(given.items(), _LOOKED_AT))  # no fault has that many members
    is_answer = "headers" in given or "body" in given
    members = _ANSWER if is_answer else _FAULT
    said = {name: _wrong(name, value, members) for name, value in given.items()}
    wrong = [Problem((name,), message) for name, message in said.items() if message]
    right = {name: value for name, value in given.items() if not said[name]}
    if is_answer and "status" not in given:
        wrong.append(Problem(("status",), "is missing. An answer needs one, such as 502."))
    return (*wrong, *_senseless(_NOT_GIVEN | dict(given), _NOT_GIVEN | right))


def _wrong(name: str, value: Any, members: dict[str, tuple[_Check, str]]) -> str:
    """Return what is wrong with one member, or ""."""
    if name not in members:
        known, near = ", ".join(members), did_you_mean(name, list(members))
        return f"is not a member of a fault. The members are {known}.{near}"
    check, right = members[name]
    with suppress(TypeError, ValueError, KeyError, AttributeError):  # of another type altogether
        if check(value):
            return ""
    near = did_you_mean(value, list(ROUTES)) if name == "path" and isinstance(value, str) else ""
    return f"must be {right}, not {shortened(repr(value))}.{near}"


def _senseless(given: dict[str, Any], right: dict[str, Any]) -> Iterator[Problem]:
    """Yield what makes no sense together, of all members and of those that are right."""
    is_whole, pace = given["wire"] == "whole", right["bytes_per_second"]
    if given["status"] is None:
        if given["retry_after"] is not None:
            yield Problem(("retry_after",), "needs a status, such as 429.")
        if is_whole and not (given["delay"] or given["most_delay"] or given["bytes_per_second"]):
            yield Problem((), "does nothing: give it a status, a delay or a wire.")
    if pace and not is_whole:
        yield Problem(("bytes_per_second",), "needs an answer that leaves whole.")
    least, most = right["delay"], right["most_delay"]
    if most is not None and most < least:
        message = f"must be {least} seconds at least, as delay is, not {most}."
        yield Problem(("most_delay",), message)
    seconds = len(_bytes(right["body"])) / (pace or math.inf)
    if seconds > MOST_SECONDS:
        message = f"would take {seconds:g} seconds for this body, {MOST_SECONDS} at most."
        yield Problem(("bytes_per_second",), message)
    if right["body"] and right["status"] in {204, 304}:
        yield Problem(("body",), f"must be empty: a {right['status']} has none.")
