"""Calls: requests to a server under test and its answers, as values."""

import gzip
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, NamedTuple, Protocol, Self, TypeAlias, cast

import msgspec

from sandbox.segment.definition import Headers, Rules
from sandbox.segment.json_text import json_or
from sandbox.values import MISSING, Json, Missing, ProblemJson, members

JSON_TYPE: Final = ("Content-Type", "application/json")
CHUNKED: Final = ("Transfer-Encoding", "chunked")
KEY: Final = "KEY"
"""Stands for the API key in an Authorization header, so that no case ever holds one."""

AUTHORIZED: Final = f"Bearer {KEY}"
STATE: Final = "/_sandbox/state"
Way: TypeAlias = Literal["kept", "state", "together"]
KINDS: Final = ("profiles", "accounts", "events")
OWN: Final = "OWN"
"""Stands, in the ids of a sequence of calls, for the string that only this sequence uses."""

_MAX_DEPTH: Final = 800
LARGE: Final = 4000


class _CallJson(msgspec.Struct, omit_defaults=True, kw_only=True):
    """A call as it is saved; the body is in one of three members."""

    method: str
    path: str
    headers: Headers
    authorization: str | None
    body: str | None = None
    base64: bytes = b""
    gzip: bytes = b""
    shows: str = ""


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One request to a server: `path` follows the base URL.

    `authorization` is the header's value, in which KEY stands for the API key; None leaves the
    header out. `shows` is the key of the rule that the call tests, if the reference cannot name
    it: for instance the rule that a server breaks by refusing a right call.
    """

    method: str
    path: str
    body: bytes = b""
    headers: Headers = (JSON_TYPE,)
    authorization: str | None = AUTHORIZED
    shows: str = field(default="", compare=False)

    def to_json(self) -> dict[str, Json]:
        """Return the call as JSON: a body that is not UTF-8 in base64, a large one gzipped."""
        body: dict[str, Any] = {"base64": self.body}
        with suppress(UnicodeDecodeError):
            body = {"body": self.body.decode()}
        if len(self.body) > LARGE:
            body = {"gzip": gzip.compress(self.body, mtime=0)}
        told = members(self, "method", "path", "headers", "authorization", "shows")
        return cast("dict[str, Json]", msgspec.to_builtins(_CallJson(**told, **body)))

    @classmethod
    def several(cls, saved: Json) -> Iterator[Self]:
        """Yield calls from their JSON; raises ValueError for anything but a list of calls."""
        for each in msgspec.convert(saved, list[_CallJson]):
            inflated = gzip.decompress(each.gzip) if each.gzip else each.base64
            same = members(each, "method", "path", "headers", "authorization", "shows")
            yield cls(body=inflated or (each.body or "").encode(), **same)

    @property
    def shown(self) -> str:
        """The call in a few words."""
        called = f"{self.method} {self.path}"
        if self.body and self.headers != (JSON_TYPE,):
            fields = ", ".join(f"{name}: {text}" for name, text in self.headers)
            called += f" ({fields or 'no Content-Type'})"
        if not self.body:
            return called
        text = self.body.decode("utf-8", "replace")
        if not text.isprintable() or "\ufffd" in text:
            return f"{called} with {len(self.body)} bytes that are not plain text"
        cut = text if len(text) <= 120 else f"{text[:119]}… ({len(self.body)} bytes)"
        return f"{called} with {cut}"


class Calls(NamedTuple):
    """The calls of one case, and how they are sent.

    `kept`: one after another on a new connection, and the answer to the last is compared. `state`:
    one after another, and the state is compared. `together`: all at once, each on a connection of
    its own.
    """

    calls: tuple[HttpCall, ...]
    way: Way = "kept"

    def to_json(self) -> dict[str, Json]:
        """Return the calls as JSON."""
        return {"calls": [call.to_json() for call in self.calls], "way": self.way}

    @classmethod
    def of(cls, saved: dict[str, Json]) -> Self:
        """Return the calls of a saved case; raises KeyError or ValueError for an invalid one."""
        way = msgspec.convert(saved["way"], Way)
        return cls(tuple(HttpCall.several(saved["calls"])), way)

    def owned(self, own: str) -> Iterator[HttpCall]:
        """Yield the calls with `own` in place of OWN."""
        for call in self.calls:
            yield replace(call, body=call.body.replace(OWN.encode(), own.encode()))


def body_of(value: Json) -> bytes:
    """Return a value as a body: compact JSON."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def json_in(body: bytes) -> Json | Missing:
    """Return the value of a body, MISSING if it is not JSON."""
    return json_or(body, MISSING, max_depth=_MAX_DEPTH)


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer: its status, its headers with names in lower case, and its body.

    Where there was none, the status is 0, and the body says why.
    """

    status: int
    headers: Headers
    body: bytes

    @property
    def json(self) -> Json | Missing:
        """The body's value, MISSING if it is not JSON."""
        return json_in(self.body)

    @property
    def shown(self) -> str:
        """The body as messages show it: shortened to 200 characters."""
        text = self.body.decode("utf-8", "replace")
        return text if len(text) <= 200 else f"{text[:199]}…"

    def to_json(self) -> dict[str, object]:
        """Return the answer as JSON; a body that is not JSON is a string."""
        value = self.json
        body = ("text", self.shown) if value is MISSING else ("json", value)
        return dict([("status", self.status), body])


class Expected(NamedTuple):
    """The right answer to a call, and the problems for which the call is refused.

    `stricter` is the rule by which the documentation refuses what the API was observed to accept.
    """

    answer: Reply
    broken: tuple[ProblemJson, ...] = ()
    stricter: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the call is accepted."""
        return self.answer.status < 300


class Reference(Protocol):
    """Gives the right answers. The mock implements it, and is passed in by the caller."""

    rules: Rules

    def expect(self, call: HttpCall) -> Expected:
        """Return the right answer to the call under the rules that are checked."""

    def state(self, kind: str) -> list[dict[str, Json]]:
        """Return the profiles, accounts or events that the calls so far have stored."""

    def forget(self) -> None:
        """Forget the calls so far."""
