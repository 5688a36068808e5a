"""Query: the parameters of `/_sandbox/…`, read strictly, as a filter nobody knows must not pass."""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl

from mock_server.store.database import Page
from mock_server.store.journal_entry import Filter
from mock_server.store.waiting import COUNTED, Counts
from sandbox.segment.errors import did_you_mean

PAGING: Final = ("order", "limit", "offset", "after")
FILTERS: Final = ("method", "path", "status", "body")
MOST_SECONDS: Final = 300.0
"""The longest `timeout` of a wait."""
_NUMBER = re.compile(r"[0-9]{1,15}\Z")
_SECONDS = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?\Z")
_STATUS = re.compile(r"[1-5](?:[0-9]{2}|xx)\Z")


class BadQuery(ValueError):
    """An unknown parameter, or one with a wrong value; `status` is that of the answer."""

    status = 400


class TooLarge(BadQuery):
    """A body beyond a bound, which the message names."""

    status = 413


class NoSuch(BadQuery):
    """What a path names is not there."""

    status = 404


def read_query(query: str, known: Iterable[str]) -> dict[str, str]:
    """Return the parameters; raises BadQuery for one that is not known or stands twice."""
    names = list(known)
    found: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in names:
            there = f"there are {', '.join(names)}" if names else "there are none here"
            near = did_you_mean(name, names)
            raise BadQuery(f"No parameter is called {name[:50]!r}; {there}.{near}")
        if name in found:
            raise BadQuery(f"The parameter {name} is given twice. Give it once.")
        found[name] = value
    return found


def page_of(parameters: dict[str, str]) -> Page:
    """Return which part of a list is asked for: `order`, `limit`, `offset`, `after`."""
    order = parameters.get("order", "asc")
    if order not in {"asc", "desc"}:
        raise BadQuery(f"order is asc or desc, not {order[:50]!r}.")
    return Page(
        limit=_number(parameters, "limit", Page().limit),
        offset=_number(parameters, "offset", 0),
        descending=order == "desc",
        after=_number(parameters, "after", 0),
    )


def filter_of(parameters: dict[str, str]) -> Filter:
    """Return which entries are asked for: `method`, `path`, `status`, `body`."""
    status = parameters.get("status")
    if status is not None and _STATUS.match(status) is None:
        raise BadQuery(f"status is a number such as 202 or a class such as 4xx, not {status!r}.")
    return Filter(
        method=parameters.get("method"),
        path=parameters.get("path"),
        status=status,
        body=parameters.get("body"),
    )


def counts_of(parameters: dict[str, str]) -> Counts:
    """Return how many of what are waited for."""
    wanted: Counts = {name: _number(parameters, name, 0) for name in COUNTED if name in parameters}
    if not wanted:
        raise BadQuery(f"Say what to wait for: at least one of {', '.join(COUNTED)}.")
    return wanted


def seconds_of(parameters: dict[str, str], name: str, default: float) -> float:
    """Return a number of seconds, 300 at most."""
    text = parameters.get(name)
    if text is None:
        return default
    if _SECONDS.match(text) is None or float(text) > MOST_SECONDS:
        raise BadQuery(f"{name} is a number of seconds from 0 to {MOST_SECONDS:g}, not {text!r}.")
    return float(text)


def _number(parameters: dict[str, str], name: str, default: int) -> int:
    text = parameters.get(name)
    if text is None:
        return default
    if _NUMBER.match(text) is None:
        raise BadQuery(f"{name} is a whole number from 0 on{_bound(text)}, not {text[:50]!r}.")
    return int(text)


def _bound(text: str) -> str:
    return " and of 15 digits at most" if text.isdecimal() else ""


def number_of(part: str) -> int:
    """Return the number in a part of a path, or 0."""
    return int(part) if _NUMBER.match(part) else 0
