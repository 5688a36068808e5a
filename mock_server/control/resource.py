"""Resource: how a path of `/_sandbox` is declared, its parameters, and what its function is asked.

A new path is a function in any module `mock_server/control/*_resource.py`:

    @resource("GET", "/greeting", query=["name"])
    def greeting(asked: Asked) -> Free:
        return {"hello": asked.query.get("name", "you")}

What stands in angle brackets, as in `/entries/<number>`, comes as an argument of that name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, TypeVar
from urllib.parse import parse_qsl

from mock_server.bounds import ASKED_VALUES, PAGE_BYTES, REASONING_SECONDS
from mock_server.exchange import Answer, Received, holds_more_values
from mock_server.later import Later, Stream
from mock_server.real_clock import up_after
from mock_server.store.database import Page
from mock_server.store.journal_entry import Filter
from mock_server.store.waiting import COUNTED
from mock_server.toplyne import answers
from sandbox.segment.errors import did_you_mean
from sandbox.segment.json_text import InvalidJson, packed, parse_json
from sandbox.toplyne import TOPLYNE
from sandbox.type_reading import from_text, problems_of
from sandbox.type_schemas import With

if TYPE_CHECKING:
    from mock_server.parts import Parts
    from mock_server.store.tokens import Bearer
    from mock_server.tenant_view import TenantView

_Item = TypeVar("_Item")
Answered: TypeAlias = Answer | Later | Stream
Parameters: TypeAlias = Mapping[str, Any]
"""The parameters of a query: the type of each."""
MOST_SECONDS: Final = 300
"""The longest `timeout` of a wait."""


class BadQuery(ValueError):
    """A request that cannot be answered, and why; `status` is that of the refusal."""

    def __init__(self, message: str, status: int = 400) -> None:
        """Refuse with the message."""
        super().__init__(message)
        self.status = status


NUMBER: TypeAlias = Annotated[int, With(minimum=0, maximum=10**15 - 1)]
SECONDS: TypeAlias = Annotated[float, With(minimum=0, maximum=MOST_SECONDS, multipleOf=0.001)]
STATUS: TypeAlias = Annotated[
    str,
    With("a number such as 202 or a class such as 4xx", pattern="^[1-5]([0-9]{2}|xx)$"),
]
_NUMBERS: Final = dict.fromkeys(("limit", "offset", "after"), NUMBER)
PAGING: Final[Parameters] = {"order": Literal["asc", "desc"], **_NUMBERS}
FILTERS: Final[Parameters] = {"method": str, "path": str, "status": STATUS, "body": str}
COUNTS: Final[Parameters] = dict.fromkeys(COUNTED, NUMBER)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: to which mock, as which tenant, with what; `query` holds its parameters.

    `is_left` tells whether its client has hung up.
    """

    mock: Parts
    view: TenantView
    received: Received
    query: dict[str, Any]
    is_left: Callable[[], bool]

    @property
    def cancelled(self) -> Callable[[], bool]:
        """What tells that no more is to be thought: the client is gone, or it takes too long."""
        return self.until(REASONING_SECONDS)

    def until(self, seconds: float) -> Callable[[], bool]:
        """Return what tells that the client is gone, or that the time is up."""
        is_late, is_left = up_after(seconds), self.is_left
        return lambda: is_left() or is_late()

    @property
    def api_key(self) -> str:
        """The token of the tenant that asks: the one it came with, else the default one's."""
        token = (self.received.header("authorization") or "").partition(" ")[2].strip()
        is_good = self.bearer_of(token).token is not None
        return token if is_good else self.mock.secrets[self.mock.default]

    def bearer_of(self, api_key: str) -> Bearer:
        """Return whom an API key belongs to here."""
        return self.mock.tokens.check((f"Bearer {api_key}",), self.mock.clock())

    def read(self, known: Parameters) -> Asked:
        """Return the question with the values of these parameters.

        Raises BadQuery for a parameter that is not known, is given twice, or has a wrong value.
        """
        found: dict[str, Any] = {}
        for name, text in parse_qsl(self.received.query, keep_blank_values=True):
            if name not in known:
                there = f"there are {', '.join(known)}" if known else "there are none here"
                near = did_you_mean(name, list(known))
                raise BadQuery(f"No parameter is called {name[:50]!r}; {there}.{near}")
            if name in found:
                raise BadQuery(f"The parameter {name} is given twice. Give it once.")
            found[name] = from_text(known[name], text)
            for problem in problems_of(known[name], found[name]):
                raise BadQuery(f"{name} {problem.message}")
        return replace(self, query=found)

    @property
    def page(self) -> Page:
        """Which part of a list is asked for: `order`, `limit`, `offset`, `after`."""
        numbers = {name: n for name, n in self.query.items() if name in _NUMBERS}
        return Page(**numbers, descending=self.query.get("order") == "desc")

    @property
    def filter(self) -> Filter:
        """Which entries are asked for: `method`, `path`, `status`, `body`."""
        return Filter(**{name: self.query[name] for name in FILTERS if name in self.query})

    def body(self, kind: Any, most: int) -> Any:
        """Return the body, an object of that type; raises BadQuery for any other."""
        if len(self.received.body) > most:
            raise BadQuery(f"The body is longer than {most} bytes (asked_bytes).", 413)
        check_values(self.received.body)
        try:
            value = parse_json(self.received.body, max_depth=TOPLYNE.max_depth)
        except InvalidJson as error:
            raise BadQuery(f"The body is {error}") from None
        if not isinstance(value, dict):
            raise BadQuery("The body must be a JSON object.")
        problems = problems_of(kind, value)
        if problems:
            raise BadQuery(" ".join(f"{each.path} {each.message}" for each in problems))
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One path with one method: what answers it, and what it takes and gives.

    `query` are its parameters, None where they are not looked at; `more_query` says that the
    function reads them, as it has others too. `takes` and `gives` are the types of the body and of
    the answer, by default that of the function's parameter `body`, which gets the body when it is
    right, and what the function returns. A body longer than `most` bytes is refused. `is_open` says
    that no token is looked at, `is_admins` that only the admin token is good, where there is one.
    """

    method: str
    path: str
    function: Callable[..., Any]
    query: Parameters | None
    more_query: bool = False
    takes: Any = None
    most: int = TOPLYNE.max_body
    gives: Any = None
    status: int = 200
    content_types: tuple[str, ...] = ("application/json",)
    is_open: bool = False
    is_admins: bool = False

    def __call__(self, asked: Asked, **parts: Any) -> Answered:
        """Return what the function answers; raises BadQuery and StoreUnavailable."""
        if self.takes is not None and "body" in self.function.__annotations__:
            is_empty = self.method == "DELETE" and not asked.received.body
            parts["body"] = None if is_empty else asked.body(self.takes, self.most)
        answered = self.function(asked, **parts)
        if isinstance(answered, bytes):
            return Answer(self.status, answers.HEADERS, answered)
        return answered if isinstance(answered, Answered) else shown(answered, self.status)


def resource(
    method: str,
    path: str,
    *,
    query: Iterable[str] | Parameters | None = (),
    **declared: Any,
) -> Callable[[Callable[..., Any]], Resource]:
    """Declare that a function answers a method of a path below `/_sandbox`.

    What it returns is a JSON value, its bytes, or an Answer; what else is declared are members of
    Resource.
    """
    if query is not None and not isinstance(query, Mapping):
        query = dict.fromkeys(query, str)

    def declare(function: Callable[..., Any]) -> Resource:
        takes = {"takes": function.__annotations__.get("body"), **declared}
        return Resource(method=method, path=path, function=function, query=query, **takes)

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


def number_of(part: str) -> int:
    """Return the number in a part of a path, or 0."""
    return int(part) if re.fullmatch("[0-9]{1,15}", part) else 0


def check_values(body: bytes) -> None:
    """Raise BadQuery where a body, if it is JSON, has more values than fit in memory."""
    if holds_more_values(body, ASKED_VALUES):
        raise BadQuery(f"The body holds more than {ASKED_VALUES} values (asked_values).", 413)


def shown(value: object, status: int = 200) -> Answer:
    """Return a value as a JSON answer."""
    return Answer(status, answers.HEADERS, packed(value))


def listed(name: str, items: Iterable[object], *, total: int, dropped: int) -> bytes:
    """Return a page of a list as JSON."""
    # one item after the other, so that other threads get their turn
    texts, more = until_too_long(map(packed, items), PAGE_BYTES, len)
    return page_of(name, texts, total=total, dropped=dropped, is_cut=more)


def page_of(name: str, texts: list[bytes], *, total: int, dropped: int, is_cut: bool) -> bytes:
    """Return a page of a list whose items are JSON already."""
    cut = b',"cut":"page_bytes"' if is_cut else b""
    told = (name.encode(), b",".join(texts), total, dropped, cut)
    return b'{"%b":[%b],"total":%d,"dropped":%d%b}' % told


def until_too_long(
    items: Iterable[_Item], most: int, size_of: Callable[[_Item], int]
) -> tuple[list[_Item], bool]:
    """Return items, none after those that are too long together, and if there are more."""
    found, size = list[_Item](), 0
    for item in items:
        if size > most:
            return found, True
        found.append(item)
        size += size_of(item)
    return found, False


def lines(items: Iterable[object]) -> Answer:
    """Return values as JSON, one a line."""
    return typed(b"".join([b"%b\n" % packed(item) for item in items]), "application/x-ndjson")


def typed(body: bytes, content_type: str) -> Answer:
    """Return an answer of another type than JSON."""
    return Answer(200, (("Content-Type", content_type), *answers.HEADERS[1:]), body)
