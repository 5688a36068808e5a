"""Query: the parameters of `/_sandbox/…`, read strictly, as a filter nobody knows must not pass."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from mock_server.control.type_schemas import Schema
from mock_server.store.database import Page
from mock_server.store.journal_entry import Filter
from mock_server.store.waiting import COUNTED
from sandbox.segment.errors import did_you_mean

MOST_SECONDS: Final = 300.0
"""The longest `timeout` of a wait."""
_NUMBER = re.compile(r"[0-9]{1,15}\Z")
_SECONDS = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?\Z")
_STATUS = re.compile(r"[1-5](?:[0-9]{2}|xx)\Z")


class BadQuery(ValueError):
    """A request that cannot be answered, and why; `status` is that of the refusal."""

    def __init__(self, message: str, status: int = 400) -> None:
        """Refuse with the message."""
        super().__init__(message)
        self.status = status


class Parameter(NamedTuple):
    """What a parameter may be: its schema, and its value of the text.

    `read` raises ValueError with what would be right.
    """

    schema: Schema
    read: Callable[[str], Any] = str


def one_of(*words: str) -> Parameter:
    """Return a parameter that is one of the words."""
    known = f"one of {', '.join(words)}" if len(words) > 2 else " or ".join(words)

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(known, did_you_mean(text, list(words)))
        return text

    return Parameter({"type": "string", "enum": list(words)}, read)


def whole(most: int, right: str) -> Parameter:
    """Return a parameter that is a number from 0 to `most`."""

    def read(text: str) -> int:
        if _NUMBER.match(text) is None or int(text) > most:
            raise ValueError(right if text.isdecimal() else right.partition(" and of")[0])
        return int(text)

    return Parameter({"type": "integer", "minimum": 0, "maximum": most}, read)


def _truth(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError("true or false")
    return text == "true"


def _status(text: str) -> str:
    if _STATUS.match(text) is None:
        raise ValueError("a number such as 202 or a class such as 4xx")
    return text


def _seconds(text: str) -> float:
    if _SECONDS.match(text) is None or float(text) > MOST_SECONDS:
        raise ValueError(f"a number of seconds from 0 to {MOST_SECONDS:g}")
    return float(text)


TEXT: Final = Parameter({"type": "string"})
NUMBER: Final = whole(10**15 - 1, "a whole number from 0 on and of 15 digits at most")
TRUTH: Final = Parameter({"type": "boolean"}, _truth)
SECONDS: Final = Parameter(
    {"type": "number", "minimum": 0, "maximum": MOST_SECONDS, "multipleOf": 0.001}, _seconds
)
PAGING: Final = {
    "order": one_of("asc", "desc"),
    **dict.fromkeys(("limit", "offset", "after"), NUMBER),
}
FILTERS: Final = {
    "method": TEXT,
    "path": TEXT,
    "status": Parameter({"type": "string", "pattern": "^[1-5]([0-9]{2}|xx)$"}, _status),
    "body": TEXT,
}
COUNTS: Final = dict.fromkeys(COUNTED, NUMBER)


def read_query(query: str, known: Mapping[str, Parameter]) -> dict[str, Any]:
    """Return the values of the parameters.

    Raises BadQuery for a parameter that is not known, is given twice, or has a wrong value.
    """
    found: dict[str, Any] = {}
    for name, text in parse_qsl(query, keep_blank_values=True):
        if name not in known:
            there = f"there are {', '.join(known)}" if known else "there are none here"
            near = did_you_mean(name, list(known))
            raise BadQuery(f"No parameter is called {name[:50]!r}; {there}.{near}")
        if name in found:
            raise BadQuery(f"The parameter {name} is given twice. Give it once.")
        found[name] = value_of(name, text, known[name])
    return found


def value_of(name: str, text: str, parameter: Parameter) -> Any:
    """Return the value of a parameter; raises BadQuery."""
    try:
        return parameter.read(text)
    except ValueError as error:
        right, near = (*error.args, "")[:2]
        raise BadQuery(f"{name} is {right}, not {text[:50]!r}.{near}") from None


def page_of(query: Mapping[str, Any]) -> Page:
    """Return which part of a list is asked for: `order`, `limit`, `offset`, `after`."""
    numbers = {name: query[name] for name in ("limit", "offset", "after") if name in query}
    return Page(**numbers, descending=query.get("order") == "desc")


def filter_of(query: Mapping[str, Any]) -> Filter:
    """Return which entries are asked for: `method`, `path`, `status`, `body`."""
    return Filter(**{name: query[name] for name in FILTERS if name in query})


def number_of(part: str) -> int:
    """Return the number in a part of a path, or 0."""
    return int(part) if _NUMBER.match(part) else 0
