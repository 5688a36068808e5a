"""Resource: how a path of `/_sandbox` is declared, and the request that its function gets.

A new path is a function in any module `mock_server/control/*_resource.py`:

    @resource("GET", "/greeting", query={"name": str})
    def greeting(asked: Asked) -> Free:
        return {"hello": asked.query.get("name", "you")}

A part in angle brackets, as in `/entries/<number>`, is passed as an argument of that name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, TypeVar
from urllib.parse import parse_qsl

from mock_server.bounds import ASKED_VALUES, PAGE_BYTES, REASONING_SECONDS
from mock_server.exchange import HttpAnswer, Received, holds_more_values
from mock_server.later import Answered
from mock_server.real_clock import up_after
from mock_server.store.database import Span
from mock_server.store.journal_entry import EntryFilter
from mock_server.store.waiting import COUNTED
from mock_server.toplyne import answers
from sandbox.segment.errors import did_you_mean
from sandbox.segment.json_text import InvalidJson, packed, parse_json
from sandbox.toplyne import TOPLYNE
from sandbox.type_reading import from_text, problems_of
from sandbox.type_schemas import With

if TYPE_CHECKING:
    from mock_server.mock import Mock
    from mock_server.store.journal import View
    from mock_server.store.tokens import Bearer
    from mock_server.tenant_view import TenantView

_Item = TypeVar("_Item")
Parameters: TypeAlias = Mapping[str, Any]
"""The type of each parameter of a query."""
MOST_SECONDS: Final = 300
"""The longest `timeout` of a wait."""


class BadQuery(ValueError):
    """A request is refused. The message says why, and `status` is the answer's."""

    def __init__(self, message: str, status: int = 400) -> None:
        """Keep the message and the status."""
        super().__init__(message)
        self.status = status


NUMBER: TypeAlias = Annotated[int, With(minimum=0, maximum=10**15 - 1)]
SECONDS: TypeAlias = Annotated[float, With(minimum=0, maximum=MOST_SECONDS, multipleOf=0.001)]
STATUS: TypeAlias = Annotated[
    str, With("a number such as 202 or a class such as 4xx", pattern="^[1-5]([0-9]{2}|xx)$")
]
_NUMBERS: Final = dict.fromkeys(("limit", "offset", "after"), NUMBER)
PAGING: Final[Parameters] = {"order": Literal["asc", "desc"], **_NUMBERS}
FILTERS: Final[Parameters] = {"method": str, "path": str, "status": STATUS, "body": str}
COUNTS: Final[Parameters] = dict.fromkeys(COUNTED, NUMBER)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: its mock, its tenant's view, and its parameters in `query`.

    `is_left` returns whether the client has hung up.
    """

    mock: Mock
    view: TenantView
    received: Received
    query: dict[str, Any]
    is_left: Callable[[], bool]

    @property
    def cancelled(self) -> Callable[[], bool]:
        """A function that returns whether to stop: the client is gone, or it takes too long."""
        return self.until(REASONING_SECONDS)

    def until(self, seconds: float) -> Callable[[], bool]:
        """Return a function that returns whether the client is gone or the time is up."""
        is_late, is_left = up_after(seconds), self.is_left
        return lambda: is_left() or is_late()

    @property
    def api_key(self) -> str:
        """The token of the request, or else that of the default tenant."""
        token = (self.received.header("authorization") or "").partition(" ")[2].strip()
        return token if self.bearer.token else self.mock.secrets[self.mock.default]

    @property
    def bearer(self) -> Bearer:
        """The verdict of now on the token that the question came with."""
        mock = self.mock
        return mock.tokens.check(self.received.header_values("authorization"), mock.clock())

    def bearer_of(self, api_key: str) -> Bearer:
        """Return the verdict on an API key, with its token if this mock has it."""
        return self.mock.tokens.check((f"Bearer {api_key}",), self.mock.clock())

    def read(self, known: Parameters) -> Asked:
        """Return the request with the values of these parameters.

        Raises BadQuery for a parameter that is unknown, is given twice, or has a wrong value.
        """
        found: dict[str, Any] = {}
        for name, text in parse_qsl(self.received.query, keep_blank_values=True):
            if name not in known:
                listed = f"The parameters are {', '.join(known)}" if known else "It takes none"
                near = did_you_mean(name, list(known))
                raise BadQuery(f"There is no parameter {name[:50]!r}.{near} {listed}.")
            if name in found:
                raise BadQuery(f"The parameter {name} is given twice. Give it once.")
            found[name] = from_text(known[name], text)
            for problem in problems_of(known[name], found[name]):
                raise BadQuery(f"{name} {problem.message}")
        return replace(self, query=found)

    @property
    def page(self) -> Span:
        """The wanted part of a list, by `order`, `limit`, `offset` and `after`."""
        numbers = {name: n for name, n in self.query.items() if name in _NUMBERS}
        return Span(**numbers, descending=self.query.get("order") == "desc")

    @property
    def filter(self) -> EntryFilter:
        """The filter of entries, by `method`, `path`, `status` and `body`."""
        return EntryFilter(**{name: self.query[name] for name in FILTERS if name in self.query})

    def body(self, kind: Any, most: int) -> Any:
        """Return the body, an object of that type. Raises BadQuery for any other."""
        if len(self.received.body) > most:
            raise BadQuery(f"The body is longer than {most} bytes (asked_bytes).", 413)
        check_values(self.received.body)
        try:
            value = parse_json(self.received.body, max_depth=TOPLYNE.max_depth)
        except InvalidJson as error:
            raise BadQuery(f"The body is {error}") from None
        if not isinstance(value, dict):
            raise BadQuery("The body must be a JSON object.")
        if problems := problems_of(kind, value):
            raise BadQuery(" ".join(f"{each.path} {each.message}" for each in problems))
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One path with one method: the function that answers it, and the types of its parameters.

    `query` has the parameters; with `more_query` the function reads them itself, because it takes
    further ones. `takes` and `gives` are the types of the body and of the answer, by default those
    of the function's parameter `body`, which gets the checked body, and of its return value. A body
    longer than `most` bytes is refused. With `is_open` neither token nor parameters are checked;
    with `is_admins` only the admin token is accepted, if there is one.
    """

    method: str
    path: str
    function: Callable[..., Any]
    query: Parameters = field(default_factory=dict)
    more_query: bool = False
    takes: Any = None
    most: int = TOPLYNE.max_body
    gives: Any = None
    status: int = 200
    content_types: tuple[str, ...] = ("application/json",)
    is_open: bool = False
    is_admins: bool = False

    def __call__(self, asked: Asked, **parts: Any) -> Answered:
        """Return the function's answer. Raises BadQuery and StoreUnavailable."""
        if self.takes is not None and "body" in self.function.__annotations__:
            is_empty = self.method == "DELETE" and not asked.received.body
            parts["body"] = None if is_empty else asked.body(self.takes, self.most)
        answered = self.function(asked, **parts)
        if isinstance(answered, bytes):
            return HttpAnswer(self.status, answers.HEADERS, answered)
        return answered if isinstance(answered, Answered) else json_answer(answered, self.status)


def resource(method: str, path: str, **declared: Any) -> Callable[[Callable[..., Any]], Resource]:
    """Declare that a function answers a method of a path below `/_sandbox`.

    The function returns a JSON value, its bytes, or an HttpAnswer. The other arguments are members
    of Resource.
    """

    def declare(function: Callable[..., Any]) -> Resource:
        takes = {"takes": function.__annotations__.get("body"), **declared}
        return Resource(method=method, path=path, function=function, **takes)

    return declare


def resources() -> list[Resource]:
    """Return all declared resources, found in the modules of this folder."""
    package = import_module(__package__ or "")
    found = []
    for module in sorted(iter_modules(package.__path__), key=lambda each: each.name):
        if module.name.endswith("_resource"):
            loaded = import_module(f"{package.__name__}.{module.name}")
            found += [each for each in vars(loaded).values() if isinstance(each, Resource)]
    return found


def existing(find: Callable[[View, int], _Item | None], view: View, part: str, kind: str) -> _Item:
    """Return the item of a view whose number is a part of a path. Raises BadQuery."""
    found = find(view, int(part) if re.fullmatch("[0-9]{1,15}", part) else 0)
    if found is None:
        raise BadQuery(f"{kind} {part[:50]} does not exist, or was dropped or reset.", 404)
    return found


def check_values(body: bytes) -> None:
    """Raise BadQuery if a body, read as JSON, has more than ASKED_VALUES values."""
    if holds_more_values(body, ASKED_VALUES):
        raise BadQuery(f"The body has more than {ASKED_VALUES} values (asked_values).", 413)


def json_answer(value: object, status: int = 200) -> HttpAnswer:
    """Return a value as a JSON answer."""
    return HttpAnswer(status, answers.HEADERS, packed(value))


def json_page(
    name: str,
    items: Iterable[bytes],
    *,
    total: Callable[[], int],
    dropped: int,
    is_cut: bool = False,
) -> bytes:
    """Return a page of a list, whose items are JSON. `total` is called after the last of them."""
    # item by item, so that other threads get their turn
    texts, more = up_to_size(items, PAGE_BYTES, len)
    cut = b',"cut":"page_bytes"' if more or is_cut else b""
    told = (name.encode(), b",".join(texts), total(), dropped, cut)
    return b'{"%b":[%b],"total":%d,"dropped":%d%b}' % told


def up_to_size(
    items: Iterable[_Item], most: int, size_of: Callable[[_Item], int]
) -> tuple[list[_Item], bool]:
    """Return the first items, until they are longer than `most` in all, and if there are more."""
    found, size = list[_Item](), 0
    for item in items:
        if size > most:
            return found, True
        found.append(item)
        size += size_of(item)
    return found, False


def typed(body: bytes, content_type: str) -> HttpAnswer:
    """Return an answer with another content type than JSON."""
    return HttpAnswer(200, (("Content-Type", content_type), *answers.HEADERS[1:]), body)
