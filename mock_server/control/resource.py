"""Resource: how a path of `/_sandbox` is declared, and what its function is asked.

A new path is a function in any module `mock_server/control/*_resource.py`:

    @resource("GET", "/greeting", query=["name"])
    def greeting(asked: Asked) -> Answer:
        return shown({"hello": asked.query.get("name", "you")})

What stands in angle brackets, as in `/entries/<number>`, comes as an argument of that name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Final, TypeAlias

from mock_server.bounds import ASKED_VALUES, REASONING_SECONDS
from mock_server.control.query import BadQuery, TooLarge, read_query
from mock_server.exchange import Answer, Headers, Received
from mock_server.later import Later, Stream
from mock_server.real_clock import up_after
from mock_server.toplyne import answers
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import InvalidJson, parse_json
from sandbox.toplyne import TOPLYNE

if TYPE_CHECKING:
    from mock_server.parts import Parts
    from mock_server.tenant_view import TenantView

_encode: Final = json.JSONEncoder(separators=(",", ":")).encode
_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
Handler: TypeAlias = Callable[..., Answer | Later | Stream]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: to which mock, as which tenant, with what; `query` holds its parameters.

    `is_left` tells whether its client has hung up.
    """

    mock: Parts
    view: TenantView
    received: Received
    query: dict[str, str]
    is_left: Callable[[], bool]

    @property
    def cancelled(self) -> Callable[[], bool]:
        """What tells that no more is to be thought: the client is gone, or it takes too long."""
        is_late, is_left = up_after(REASONING_SECONDS), self.is_left
        return lambda: is_left() or is_late()

    def body(self, most: int = TOPLYNE.max_body) -> dict[str, Json]:
        """Return the body, an object; raises BadQuery for any other, and TooLarge."""
        if len(self.received.body) > most:
            raise TooLarge(f"The body is longer than {most} bytes (asked_bytes).")
        check_values(self.received.body)
        try:
            value = parse_json(self.received.body, max_depth=TOPLYNE.max_depth)
        except InvalidJson as error:
            raise BadQuery(f"The body is {error}") from None
        if not isinstance(value, dict):
            raise BadQuery("The body must be a JSON object.")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One path with one method: what answers it, and which parameters it has.

    `query` is None where parameters are not looked at; `is_open` says that no token is looked at,
    `is_admins` that only the admin token is good, where there is one.
    """

    method: str
    path: str
    function: Handler
    query: tuple[str, ...] | None = ()
    is_open: bool = False
    is_admins: bool = False

    def __call__(self, asked: Asked, **parts: str) -> Answer | Later | Stream:
        """Return what the function answers; raises BadQuery and StoreUnavailable."""
        return self.function(asked, **parts)

    def parameters(self, received: Received) -> dict[str, str]:
        """Return the request's parameters; raises BadQuery for others than the known ones."""
        return {} if self.query is None else read_query(received.query, self.query)


def resource(
    method: str,
    path: str,
    *,
    query: Iterable[str] | None = (),
    is_open: bool = False,
    is_admins: bool = False,
) -> Callable[[Handler], Resource]:
    """Declare that a function answers a method of a path below `/_sandbox`."""

    def declare(function: Handler) -> Resource:
        return Resource(
            method=method,
            path=path,
            function=function,
            query=None if query is None else tuple(query),
            is_open=is_open,
            is_admins=is_admins,
        )

    return declare


def resources() -> list[Resource]:
    """Return everything that is declared, found by reading the modules of this folder."""
    package = import_module(__package__ or "")
    found = []
    for module in sorted(iter_modules(package.__path__), key=lambda each: each.name):
        if module.name.endswith("_resource"):
            loaded = import_module(f"{package.__name__}.{module.name}")
            found += [each for each in vars(loaded).values() if isinstance(each, Resource)]
    return found


def check_values(body: bytes) -> None:
    """Raise TooLarge where a body, if it is JSON, has more values than fit in memory."""
    if _values(body) > ASKED_VALUES and _values(_STRING.sub(b"", body)) > ASKED_VALUES:
        raise TooLarge(f"The body holds more than {ASKED_VALUES} values (asked_values).")


def _values(body: bytes) -> int:
    return sum(map(body.count, (b",", b"[", b"{")))


def shown(value: Json, status: int = 200) -> Answer:
    """Return a value as a JSON answer."""
    return Answer(status, answers.HEADERS, compact(value).encode())


def listed(name: str, items: Iterable[Json], *, total: int, dropped: int) -> Answer:
    """Return a page of a list as a JSON answer."""
    # one item after the other, so that other threads get their turn
    texts = ",".join([compact(item) for item in items])
    text = f'{{"{name}":[{texts}],"total":{total},"dropped":{dropped}}}'
    return Answer(200, answers.HEADERS, text.encode())


def lines(items: Iterable[Json]) -> Answer:
    """Return values as JSON, one a line."""
    headers: Headers = (("Content-Type", "application/x-ndjson"), *answers.HEADERS[1:])
    return Answer(200, headers, b"".join([f"{compact(item)}\n".encode() for item in items]))


def compact(value: Json) -> str:
    """Return a value as JSON without blanks."""
    return _encode(value)
