"""Suspicions: what is surely wrong with a request although it is accepted.

    suspicious(request)                      # what the request alone shows
    suspicious(request, event, mapping)      # also days that changed in conversion
    odd_source(value)                        # what is wrong with the source value of a time

A suspicion does not refuse anything: Segment sends such a request, and the API answers 202.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from sandbox.segment.dates import milliseconds
from sandbox.segment.definition import Field, Upload
from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import CONTAINERS, MISSING, is_number, number_text, to_double
from sandbox.segment.json_text import json_text, text_literal
from sandbox.segment.toml_tables import toml_table
from sandbox.toplyne import IDS, TOPLYNE
from sandbox.values import Json, Path, Placed, json_path

if TYPE_CHECKING:
    from sandbox.segment.mapping import SegmentMapping
    from sandbox.segment.pipeline import Request
    from sandbox.wire_types import SuspicionJson

NO_ID_TEXTS: Final = ("undefined", "null", "NaN", "None", "true", "false")
"""Strings that are never real ids, but a sign of an earlier mistake."""

OBJECT_TEXT: Final = "[object Object]"
MAX_SUSPICIONS: Final = 1000
"""The most suspicions of one upload that are listed; one more says that there are others."""
FIRST_LIKELY: Final = 315_532_800
"""Unix seconds from which a time is likely: the year 1980."""
END_OF_LIKELY: Final = 4_102_444_800
"""Unix seconds up to which a time is likely: the year 2100."""

_SHOWN: Final = 60
_DIGITS: Final = re.compile(r"(?:[0-9]{1,3}|[0-9]{5}|[0-9]{7}|[0-9]{9,17}(?:\.[0-9]+)?)\Z")
"""Digits that are neither a year, nor a year with a month, nor a whole date."""
_WRITTEN: Final = re.compile(
    r"\s*([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})(?:[Tt ]([0-9:.]+))?\s*([+-][0-9]{2}:?[0-9]{2})?"
)
_MIDNIGHT: Final = re.compile(r"0{1,2}:00(?::00(?:[.:]0*)?)?\Z")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Suspicion(Placed):
    """One thing that is surely wrong: a code, the path in the request's body, and a sentence."""

    code: str
    at: Path
    message: str

    def __str__(self) -> str:
        return f"{self.path} {self.message}"

    def to_json(self) -> SuspicionJson:
        """Return the suspicion as a JSON object."""
        return {"code": self.code, "path": self.path, "message": self.message}


class SuspiciousRequestError(AssertionError):
    """Raised for a request that is accepted but surely wrong; `suspicions` says why."""

    def __init__(self, suspicions: tuple[Suspicion, ...], where: str) -> None:
        """Keep the suspicions; the message lists every one."""
        self.suspicions = suspicions
        lines = "".join(f"\n  {each}" for each in suspicions)
        super().__init__(f"{where} is accepted but surely wrong:{lines}")


def suspicious(
    request: Request, event: object = MISSING, mapping: SegmentMapping | None = None
) -> tuple[Suspicion, ...]:
    """Return what is surely wrong with a request.

    With the event and the mapping it was made from, times are also compared with their source
    values: days that do not exist, days that are another day in UTC.
    """
    found = list(suspicious_upload(request.path, request.json))
    if event is not MISSING and mapping is not None:
        found += _of_sources(event, mapping, {each.at for each in found})
    return tuple(found)


def suspicious_upload(path: str, body: object) -> tuple[Suspicion, ...]:
    """Return what is surely wrong with the body of an upload, () for other paths and bodies.

    `path` follows the base URL, as in `/upload/events`.
    """
    upload = TOPLYNE.upload_at(path)
    found = [*islice(_of_items(upload, body), MAX_SUSPICIONS + 1)] if upload else []
    if len(found) > MAX_SUSPICIONS:
        found[-1] = _found("too-many", (), most=f"{MAX_SUSPICIONS:,}")
    return tuple(found)


def _of_items(upload: Upload, body: object) -> Iterator[Suspicion]:
    at, items = (upload.endpoint.envelope,), upload.items_in(body)
    for number, item in enumerate(items):
        if isinstance(item, dict):
            yield from _of_item(upload, item, (*at, number))
    if len(items) > 1:
        yield from _repeated(upload, items, at)


def refuse_suspicious(
    request: Request, event: object = MISSING, mapping: SegmentMapping | None = None
) -> None:
    """Raise SuspiciousRequestError, an AssertionError, if anything is surely wrong."""
    if found := suspicious(request, event, mapping):
        raise SuspiciousRequestError(found, f"{request.method} {request.path}")


def sent_before(request: Request, earlier: Iterable[Request]) -> tuple[Suspicion, ...]:
    """Return the suspicion that an earlier request of the same event was identical, if so."""
    for number, each in enumerate(earlier, 1):
        if (each.path, each.content) == (request.path, request.content):
            return (_found("sent-twice", (), first=f"request {number} of this event"),)
    return ()


def codes() -> dict[str, dict[str, str]]:
    """Return the codes of all suspicions with their messages: see suspicions.toml."""
    return toml_table(__package__, "suspicions")


def _found(code: str, at: Path, *, said_of: str = "sent", **shown: str) -> Suspicion:
    return Suspicion(code, at, codes()[code][said_of].format_map(shown))


def _of_item(upload: Upload, item: dict[str, Json], path: Path) -> Iterator[Suspicion]:
    if not any(map(item.get, upload.ids)):
        yield _found("no-id", path, ids=" or ".join(upload.ids))
    for field in upload.fields:
        if field.key in item and (odd := _of_field(field, item[field.key], (*path, field.key))):
            yield odd
    yield from _object_texts(item, path)


def _of_field(field: Field, value: Json, path: Path) -> Suspicion | None:
    if field.type == "datetime":
        return odd_time(value, path)
    if field.type == "object" and value == {}:
        return _found("empty-properties", path)
    if field.type == "string" and value == "":
        return _found("empty-text", path, label=field.label)
    if field.is_id and value in NO_ID_TEXTS:
        return _found("no-real-id", path, text=text_literal(value))
    return None


def _object_texts(item: dict[str, Json], path: Path) -> Iterator[Suspicion]:
    """Check every string, iteratively: an item may be 700 levels deep."""
    keys, open_ = list(path), [_members(item)]
    while open_:
        for key, value in open_[-1]:
            if isinstance(value, CONTAINERS):
                keys.append(key)
                open_.append(_members(value))
                break
            if isinstance(value, str) and OBJECT_TEXT in value:
                yield _found("object-as-text", (*keys, key), text=text_literal(value[:_SHOWN]))
        else:
            open_.pop()
            del keys[len(path) + max(0, len(open_) - 1) :]


def _members(value: dict[str, Json] | list[Json]) -> Iterator[tuple[str | int, Json]]:
    return iter(value.items() if isinstance(value, dict) else enumerate(value))


def _repeated(upload: Upload, items: list[Json], path: Path) -> Iterator[Suspicion]:
    identity = json_text if upload.field("eventName") else _person
    seen: dict[str, int] = {}
    for number, item in enumerate(items):
        key = identity(item)
        first = seen.setdefault(key, number) if key else number
        if first != number:
            yield _found("sent-twice", (*path, number), first=json_path((*path, first)))


def _person(item: Json) -> str:
    if not isinstance(item, dict):
        return ""
    return next((json_text([key, item[key]]) for key in IDS if item.get(key)), "")


def _of_sources(event: object, mapping: SegmentMapping, known: set[Path]) -> Iterator[Suspicion]:
    """Check the source values of times that are not suspicious by themselves."""
    action = mapping.action_definition
    try:
        resolved = mapping.resolve(event)
    except Thrown:
        return
    for field in action.fields if isinstance(resolved, dict) else ():
        path = (action.endpoint.envelope, 0, field.key)
        if field.type == "datetime" and path not in known:
            odd = odd_source(resolved.get(field.key), path)
            yield from [odd] if odd else []


def odd_time(seconds: Json, at: Path = ()) -> Suspicion | None:
    """Return what is wrong with a time in a request, in Unix seconds, None if nothing is.

    Segment sends `null` for a value that is not a time.
    """
    if seconds is None:
        return _found("null-time", at)
    if not is_number(seconds) or FIRST_LIKELY <= seconds < END_OF_LIKELY:
        return None
    if seconds >= END_OF_LIKELY:
        return _found("time-too-late", at, when=time_text(seconds))
    code = "seconds-for-milliseconds" if seconds >= 0 else "digits-as-date"
    return _found(code, at, when=time_text(seconds))


def odd_source(value: object, at: Path = ()) -> Suspicion | None:
    """Return what is wrong with the source value of a time, which the time may not show."""
    if isinstance(value, str):
        code, milli, text = _odd_text(value), milliseconds(value), text_literal(value)
    elif is_number(value) and FIRST_LIKELY <= value < END_OF_LIKELY:
        code, milli, text = "seconds-for-milliseconds", to_double(value), number_text(value)
    else:
        return None
    if not code:
        return None
    when = "nothing" if math.isnan(milli) else time_text(math.floor(milli / 1000))
    return _found(code, at, said_of="given", text=text, when=when)


def time_text(seconds: float) -> str:
    """Return the time for a message: `2021-02-01T00:00:00Z`."""
    try:
        when = _EPOCH + timedelta(seconds=math.floor(seconds))
    except OverflowError:
        return f"{number_text(seconds)} seconds since 1970"
    return f"{when:%Y-%m-%dT%H:%M:%SZ}".rjust(len("2021-02-01T00:00:00Z"), "0")


def _odd_text(text: str) -> str:
    """Return the code of what is wrong with a string, "" if nothing is.

    Segment moves a day that does not exist into the next month, and midnight in a zone may be
    another day in UTC.
    """
    if _DIGITS.match(text):
        return "digits-as-date"
    written = _WRITTEN.match(text)
    if written is None:
        return ""
    year, month, day, time, zone = written.groups()
    try:
        datetime(int(year), int(month), int(day), tzinfo=UTC)
    except ValueError:
        return "rolled-over-day"
    if not zone or not _MIDNIGHT.match(time or ""):
        return ""
    milli = milliseconds(text)
    is_same = not math.isnan(milli) and time_text(milli / 1000).startswith(f"{year}-{month}-{day}")
    return "" if is_same else "moved-by-zone"
