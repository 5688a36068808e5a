"""Assertions: checks of what was received. A failure shows the nearest item.

An expected value is compared member by member. An object may have members that are not expected,
at any depth. A list or a tuple must have the same number of items, in the same order. Anything that
is not a JSON value is a matcher: a `re.Pattern` is searched for in a string, and everything else is
compared with `==`, such as `unittest.mock.ANY`, `pytest.approx` and dirty-equals. A matcher never
matches a missing member; `MISSING` matches only a missing member. A field that no item has, and a
value that equals no JSON value, such as a function, are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import starmap
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias
from urllib.parse import parse_qsl

from mock_server import masking
from mock_server.argument_checks import check_values
from mock_server.routes import PREFIX
from mock_server.tenant_view import TenantView, listed
from sandbox.masked_keys import CUT, masked
from sandbox.segment.errors import did_you_mean
from sandbox.segment.javascript import MISSING
from sandbox.segment.json_text import json_text
from sandbox.toplyne import TOPLYNE
from sandbox.type_reading import in_words
from sandbox.values import JSON, Difference, difference

if TYPE_CHECKING:
    from mock_server.store.journal_entry import Entry

__tracebackhide__ = True
__unittest = True  # it leaves out the lines below from the traceback of a failure
_SHOWN: Final = 5
_FIELDS: Final[dict[str, dict[str, None]]] = {
    "request": dict.fromkeys(("method", "path", "query", "headers", "status", "json", "body"))
}
"""The fields of a request, and of the items of each kind of upload."""
for _upload in TOPLYNE.uploads:
    _fields = _FIELDS.setdefault(_upload.endpoint.envelope.removesuffix("s"), {})
    _fields |= dict.fromkeys(field.key for field in _upload.fields)


class _Received(NamedTuple):
    """One item of an accepted upload, numbered from 1, or a whole call, with the number 0."""

    kind: str
    entry: int
    number: int
    value: object

    @property
    def place(self) -> tuple[int, int]:
        return self.entry, self.number


_Compared: TypeAlias = tuple[_Received, list[Difference]]
"""What was received, and how it differs from what was expected."""


class Assertions(TenantView):
    """The view of one tenant, with assertions about it."""

    _named: frozenset[tuple[int, int]] = frozenset()
    """The places of the items and calls that an assertion has matched."""

    def assert_received(
        self,
        *,
        event: Any = MISSING,
        profile: Any = MISSING,
        account: Any = MISSING,
        request: Any = MISSING,
        times: int | None = None,
    ) -> None:
        """Assert that something like this was received: at least once, or exactly `times` times.

        >>> toplyne.assert_received(event={"eventName": "Signed Up"}, times=1)
        >>> toplyne.assert_received(request={"headers": {"User-Agent": re.compile("my-app")}})

        Give exactly one of the four. `event`, `profile` and `account` are items of accepted
        uploads; `request` is a call with its method, path, query, headers, status, json and body.
        The failure shows the nearest one and where it differs. Raises ValueError if none or
        several are given.
        """
        __tracebackhide__ = True  # for pytest --pdb too
        kind, wanted = _one_of(event=event, profile=profile, account=account, request=request)
        if times is not None:
            check_values(times=times)
        found = [(each, list(_differing(wanted, each.value))) for each in self._received(kind)]
        like = [each for each, differences in found if not differences]
        self._named |= {each.place for each in like}
        if times is not None and like and len(like) != times:
            entries = ", ".join(map(str, dict.fromkeys(each.entry for each in like)))
            raise AssertionError(
                f"expected {kind} like {_written(wanted)} {times} times, received {len(like)}:"
                f" in entries {entries}."
            )
        if not like and times != 0:
            raise AssertionError(self._missing(kind, wanted, found))

    def assert_not_received(
        self,
        *,
        event: Any = MISSING,
        profile: Any = MISSING,
        account: Any = MISSING,
        request: Any = MISSING,
    ) -> None:
        """Assert that nothing like this was received. Takes the arguments of `assert_received`."""
        __tracebackhide__ = True
        kind, unwanted = _one_of(event=event, profile=profile, account=account, request=request)
        for each in self._received(kind):
            if not any(_differing(unwanted, each.value)):
                raise AssertionError(
                    f"expected no {kind} like {_written(unwanted)}, but it was received in"
                    f" entry {each.entry}: {_written(each.value)}"
                )

    def assert_nothing_else(self) -> None:
        """Assert that everything received was matched by an earlier `assert_received`.

        Everything is: each item of an accepted upload, and each other call that got no fault. To
        match a call by `request` matches its items too.
        """
        __tracebackhide__ = True
        rest = [
            f"entry {each.entry}, {each.kind}: {_written(each.value)}"
            for each in self._received()
            if self._named.isdisjoint({each.place, (each.entry, 0)})
        ]
        if rest:
            raise AssertionError(
                f"received, but matched by no assertion:{listed(rest, most=_SHOWN)}"
            )

    def _received(self, kind: str = "") -> Iterator[_Received]:
        """Yield the items of a kind, or the calls; without a kind all items and other calls."""
        for entry in self.kept_after(self.since):
            if kind == "request":
                yield _Received("request", entry.number, 0, _request_of(entry))
            elif entry.items and (upload := TOPLYNE.upload_at(entry.path.removeprefix(PREFIX))):
                name = upload.endpoint.envelope.removesuffix("s")
                if kind in {"", name}:
                    for number, item in enumerate(upload.items_in(entry.json), 1):
                        yield _Received(name, entry.number, number, item)
            elif not kind and entry.fault is None:
                shown = {"method": entry.method, "path": entry.path, "status": entry.status}
                yield _Received("request", entry.number, 0, shown)

    def _missing(self, kind: str, wanted: object, found: list[_Compared]) -> str:
        text = f"no {kind} like {_written(wanted)} was received.\n"
        if not found:
            return f"{text}No {kind} was received at all.{self._undelivered()}{self.last_refused()}"
        nearest, differences = min(found, key=lambda each: len(each[1]))
        lines = [
            f"{each.path}: expected {_written(each.expected)}, found {_written(each.found)}"
            for each in differences
        ]
        text += f"The nearest of {len(found)}: {_written(nearest.value)}"
        return text + listed(lines, most=_SHOWN) + self.last_refused()

    def _undelivered(self) -> str:
        """Return a line about what may still be on its way, or an empty string."""
        made = self.mock.made_segment
        if made and (waiting := made.ledger.waiting(self.view)):
            return f"\nMessages not delivered yet: {waiting}. Call flush() first."
        is_reached = made and any(made.ledger.counts(self.view).values())
        if is_reached or self.mock.journal.next_number > self.since + 1:
            return ""
        return "\nNo other call was received either. Check the client's URL, and flush its SDK."


def _one_of(**given: Any) -> tuple[str, object]:
    asked = {kind: wanted for kind, wanted in given.items() if wanted is not MISSING}
    if len(asked) != 1:
        found = ", ".join(asked) or "none"
        raise ValueError(f"expected exactly one of {', '.join(given)}, found {found}")
    ((kind, wanted),) = asked.items()
    wanted = _plain(wanted)
    if not isinstance(wanted, dict):
        if any(isinstance(wanted, each) for each in (*JSON, re.Pattern)):
            raise ValueError(
                f"{kind} must be an object, or a matcher of one, not {in_words(wanted)}"
            )
        return kind, wanted
    for name in wanted.keys() - _FIELDS[kind]:
        near, known = did_you_mean(name, [*_FIELDS[kind]]), ", ".join(_FIELDS[kind])
        raise ValueError(f"{kind} has {known}, not {name}.{near}")
    for name, kept in (("headers", masking.kept_header), ("query", masking.kept_parameter)):
        if isinstance(pairs := wanted.get(name), dict):
            wanted[name] = dict(starmap(kept, pairs.items()))
    if isinstance(path := wanted.get("path"), str) and CUT not in path:
        wanted["path"] = masking.masked_path(path)
    return kind, wanted


def _plain(expected: Any) -> Any:
    """Return an expected value as dicts and lists. Raises ValueError if nothing can be like it."""
    if isinstance(expected, Mapping):
        if wrong := [name for name in expected if not isinstance(name, str)]:
            raise ValueError(f"the name of a member must be a string, not {in_words(wrong[0])}")
        values = map(_plain, map(_secret, expected, expected.values()))
        return dict(zip(expected, values, strict=True))
    if isinstance(expected, list | tuple):
        return [*map(_plain, expected)]
    bases = type(expected).__mro__[:-1]
    if not isinstance(expected, JSON) and not any("__eq__" in vars(base) for base in bases):
        right = "a JSON value, re.Pattern, or a matcher with `==` such as unittest.mock.ANY"
        raise ValueError(f"{in_words(expected)} equals no JSON value. Expected {right}.")
    return expected


@dataclass(frozen=True, slots=True, eq=False)
class _Secret:
    """An expected key. The journal shows it as it is in accepted uploads, else its last part."""

    key: str

    def __eq__(self, found: object) -> bool:
        return isinstance(found, str) and found in {self.key, masked(self.key)}

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return json_text(masked(self.key))


def _secret(name: str, value: Any) -> Any:
    is_key = name in masking.KEY_NAMES and isinstance(value, str) and CUT not in value
    return _Secret(value) if is_key else value


def _request_of(entry: Entry) -> dict[str, object]:
    """Return a call in the form of `request=`. Repeated headers and query parameters are joined."""
    told = entry.to_json()
    return {
        "method": entry.method,
        "path": entry.path,
        "query": _joined(parse_qsl(entry.query, keep_blank_values=True)),
        "headers": _joined((name, value) for name, value in told["headers"]),
        "status": entry.status,
        "json": told["json"],
        "body": entry.content,
    }


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _differing(expected: Any, found: Any) -> Iterator[Difference]:
    """Yield where a value differs from the expected one; the module's docstring has the rules."""
    return difference(expected, found, partial=True, matches=_matches)


def _matches(matcher: Any, found: Any) -> bool:
    if isinstance(matcher, re.Pattern):
        return isinstance(found, type(matcher.pattern)) and bool(matcher.search(found))
    return found is not MISSING and bool(matcher == found)


def _written(value: Any) -> str:
    """Return a value as JSON, with the `repr` of its matchers."""
    if value is MISSING:
        return "nothing"
    if isinstance(value, bytes):
        return repr(masking.without_keys(value))
    if isinstance(value, dict):
        texts = [*map(_written, value.values())]  # one frame a level: values nest 700 deep
        return "{" + ",".join(map(":".join, zip(map(json_text, value), texts, strict=True))) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_written, value)) + "]"
    return json_text(value) if isinstance(value, JSON) else repr(value)
