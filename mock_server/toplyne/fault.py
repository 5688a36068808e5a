"""Fault: one failure of the network or the server, or an answer in place of the API's own.

The types of the members are used to check a fault, in JSON and in Python, and to describe
`/_sandbox/faults`.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, Final, TypeAlias, get_args

from mock_server.bounds import ANSWER_BYTES, ANSWER_HEADERS
from mock_server.exchange import Headers, HttpAnswer, Wire
from mock_server.routes import ROUTES
from mock_server.store.journal_entry import body_json
from mock_server.toplyne import answers
from sandbox.segment.errors import InvalidMapping, Problem
from sandbox.type_reading import in_words, problems_of
from sandbox.type_schemas import BytesJson, Positive, Whole, With, bytes_of
from sandbox.values import Json, members

__tracebackhide__ = True
WIRES: Final[tuple[str, ...]] = get_args(Wire)
MOST_SECONDS: Final = 300
"""The longest delay of an answer."""
FaultPath: TypeAlias = Annotated[str, With(enum=[*ROUTES])]
Seconds: TypeAlias = Annotated[float, With(minimum=0, maximum=MOST_SECONDS)]
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_OURS: Final = {"connection", "content-length", "transfer-encoding", "x-sandbox-entry"}


class InvalidFault(InvalidMapping):
    """An invalid fault. `problems` has everything that is wrong with it."""

    def __init__(self, *problems: Problem) -> None:
        """Keep the problems; the message lists every one."""
        super().__init__(problems, subject="the fault")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A failure of `times` calls (None: until removed) to `path`, or to any path.

    `status` is sent with the recorded ERROR body, and `retry_after` as Retry-After, in seconds. The
    answer is sent after `delay` seconds, in the way `wire` says. `stored` is whether the call is
    processed first: by default not if there is a status, and yes if the answer is only delayed or
    lost. `probability` is the share of the calls that fail; only `seed` decides which. With
    `most_delay` the seed also draws the delay, between `delay` and `most_delay` seconds.
    `bytes_per_second` slows down the body. Raises InvalidFault.
    """

    status: Annotated[int, With(minimum=400, maximum=599)] | None = None
    path: FaultPath | None = None
    times: Positive | None = 1
    probability: Annotated[float, With(exclusiveMinimum=0, maximum=1)] = 1.0
    seed: Whole = 0
    retry_after: Annotated[int, With(minimum=0, maximum=10**9)] | None = None
    delay: Seconds = 0.0
    wire: Wire = "whole"
    stored: bool | None = None
    most_delay: Seconds | None = None
    bytes_per_second: Positive | None = None

    def __post_init__(self) -> None:
        """Check the members."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        if problems := problems_of(type(self), given):
            raise InvalidFault(*problems)

    @property
    def does_work(self) -> bool:
        """Whether the call is processed, and its items are stored, before the answer fails."""
        if self.stored is not None:
            return self.stored
        return self.status is None or 200 <= self.status < 300

    @property
    def name(self) -> str:
        """The fault as the journal shows it."""
        parts = [str(self.status)] if self.status is not None else []
        parts += [f"retry after {self.retry_after} s"] if self.retry_after is not None else []
        parts += [self.wire] if self.wire != "whole" else []
        most = "" if self.most_delay is None else f" to {self.most_delay:g}"
        parts += [f"delay {self.delay:g}{most} s"] if self.delay or most else []
        parts += [f"{self.bytes_per_second} bytes a second"] if self.bytes_per_second else []
        return ", ".join(parts)

    def applied_to(self, answer: HttpAnswer) -> HttpAnswer:
        """Return the answer that a call with this fault gets instead of `answer`."""
        if self.status is not None:
            details = f"A fault of the sandbox asked for {self.status}."
            seconds = self.retry_after
            headers = () if seconds is None else (("Retry-After", str(seconds)),)
            answer = answers.refusal(self.status, details, entry=answer.entry, headers=headers)
        return self._sent(answer)

    def _sent(self, answer: HttpAnswer) -> HttpAnswer:
        return answer._replace(delay=self.delay, wire=self.wire, pace=self.bytes_per_second or 0)

    def to_json(self) -> dict[str, Json]:
        """Return the fault as `/_sandbox/faults` takes and shows it."""
        names = [field.name for field in fields(Fault)]
        return members(self, *names) | {"stored": self.does_work}

    @classmethod
    def problems_between(cls, given: dict[str, Any], right: dict[str, Any]) -> Iterator[Problem]:
        """Yield the problems between members; `right` has those that are valid on their own."""
        usual = {field.name: field.default for field in fields(cls)}
        given, right = {**usual, **given}, {**usual, **right}
        is_whole, pace = given["wire"] == "whole", right["bytes_per_second"]
        if given["status"] is None:
            if given["retry_after"] is not None:
                yield Problem(("retry_after",), "needs a status, such as 429.")
            if is_whole and not any(map(given.get, ("delay", "most_delay", "bytes_per_second"))):
                yield Problem((), "does nothing. Give a status, a delay or a wire.")
        if pace and not is_whole:
            yield Problem(("bytes_per_second",), "needs the wire `whole`.")
        least, most = right["delay"], right["most_delay"]
        if most is not None and most < least:
            message = f"must be at least the delay, {least} seconds, not {most}."
            yield Problem(("most_delay",), message)
        yield from _wrong_headers(_headers(right.get("headers", ())))
        body = _bytes(right.get("body", b""))
        seconds = len(body) / (pace or math.inf)
        if seconds > MOST_SECONDS:
            message = f"would take {seconds:g} seconds for this body, more than {MOST_SECONDS}."
            yield Problem(("bytes_per_second",), message)
        if body and right["status"] in {204, 304}:
            yield Problem(("body",), f"must be empty: a {right['status']} has no body.")


def _headers(given: Any) -> Headers:
    """Return headers, given as an object or pairs, as pairs. Raises ValueError."""
    pairs = tuple(map(tuple, given.items() if isinstance(given, Mapping) else given))
    if len(pairs) > ANSWER_HEADERS or not all(isinstance(name, str) for name, _ in pairs):
        raise ValueError("too many, or without a name")
    return pairs


def _wrong_headers(pairs: Headers) -> Iterator[Problem]:
    for name, value in pairs:
        if name.lower() in _OURS:
            yield Problem(("headers", name), "is what the mock sets itself.")
        elif not _TOKEN.fullmatch(name):
            yield Problem(("headers", name), "is not the name of a header.")
        elif not isinstance(value, str) or not _VALUE.fullmatch(value):
            yield Problem(("headers", name), f"must be one line of Latin-1, not {in_words(value)}.")


def _bytes(given: Any) -> bytes:
    body = bytes_of(given)
    if len(body) > ANSWER_BYTES:
        raise ValueError("too long")
    return body


_RIGHT_HEADERS: Final = (
    f"an object of header names and values, or pairs of them, at most {ANSWER_HEADERS}"
    f" (answer_headers), without {', '.join(sorted(_OURS))}"
)
_RIGHT_BODY: Final = (
    f'bytes, a string, or {{"base64": …}}, at most {ANSWER_BYTES} bytes (answer_bytes)'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerToGive(Fault):
    """An answer of any status from 200 on, with these headers and this body.

    The call is stored if the status is 2xx. Headers may be an object, and the body a string.
    """

    status: Annotated[int, With(minimum=200, maximum=599)]
    headers: Annotated[Headers, With(_RIGHT_HEADERS, _headers, dict[str, str])] = ()
    body: Annotated[bytes, With(_RIGHT_BODY, _bytes, BytesJson)] = b""

    def __post_init__(self) -> None:
        """Check the members, and keep headers and body as they are sent."""
        Fault.__post_init__(self)
        object.__setattr__(self, "headers", _headers(self.headers))
        object.__setattr__(self, "body", _bytes(self.body))

    @property
    def name(self) -> str:
        """The answer as the journal shows it."""
        return f"answer {Fault.name.__get__(self)}"

    def applied_to(self, answer: HttpAnswer) -> HttpAnswer:
        """Return this answer, with the number of the call's entry."""
        return self._sent(HttpAnswer(self.status, self.headers, self.body, answer.entry))

    def to_json(self) -> dict[str, Json]:
        """Return the answer as `/_sandbox/faults` shows it."""
        headers: list[Json] = [[name, value] for name, value in self.headers]
        body = body_json(self.body)
        text: Json = body["text"] if "text" in body else {"base64": body["base64"]}
        return {**Fault.to_json(self), "headers": headers, "body": text}


def fault_of(given: Mapping[str, Any]) -> Fault:
    """Return the fault of these members, an answer if they have headers or a body.

    Raises InvalidFault with everything that is wrong.
    """
    kind = AnswerToGive if given.keys() & {"headers", "body"} else Fault
    if problems := problems_of(kind, given):
        raise InvalidFault(*problems)
    return kind(**given)
