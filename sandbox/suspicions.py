"""Suspicions: what is surely wrong with a request that is accepted all the same.

    suspicious(request)                      # what the request alone shows
    suspicious(request, event, mapping)      # also days that moved on their way

A suspicion is no refusal: Segment sends such a request, and the API answers 202.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sandbox.segment.definition import DestinationDefinition, Field, Upload
from sandbox.segment.errors import Thrown
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.json_text import json_text, text_literal
from sandbox.suspicious_times import codes, odd_source, odd_time
from sandbox.toplyne import IDS, TOPLYNE
from sandbox.values import Path, json_path

if TYPE_CHECKING:
    from sandbox.segment.mapping import Mapping
    from sandbox.segment.pipeline import Request
    from sandbox.wire_types import SuspicionJson

NO_ID_TEXTS: Final = ("undefined", "null", "NaN", "None", "true", "false")
"""Strings that are ids only where something went wrong before."""

OBJECT_TEXT: Final = "[object Object]"
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One thing that is surely wrong: a code, where in the request's body, and a sentence."""

    code: str
    at: Path
    message: str

    def __str__(self) -> str:
        return f"{self.path} {self.message}"

    @property
    def path(self) -> str:
        """Where it is, as JSONPath."""
        return json_path(self.at)

    def to_json(self) -> SuspicionJson:
        """Return the suspicion as a JSON object."""
        return {"code": self.code, "path": self.path, "message": self.message}


class SuspiciousRequestError(AssertionError):
    """A request that is accepted and surely wrong; `suspicions` says why."""

    def __init__(self, suspicions: tuple[Suspicion, ...], where: str) -> None:
        """Keep the suspicions; the message lists every one."""
        self.suspicions = suspicions
        lines = "".join(f"\n  {each}" for each in suspicions)
        super().__init__(f"{where} is accepted and surely wrong:{lines}")


def suspicious(
    request: Request, event: object = MISSING, mapping: Mapping | None = None
) -> tuple[Suspicion, ...]:
    """Return what is surely wrong with a request.

    With the event and the mapping it was made of, times are also compared with what they were made
    of: days that do not exist, days that are another day in UTC.
    """
    found = list(suspicious_upload(request.path, request.json))
    if event is not MISSING and mapping is not None:
        found += _of_sources(event, mapping, {each.at for each in found})
    return tuple(found)


def suspicious_upload(
    path: str, body: Json, *, definition: DestinationDefinition = TOPLYNE
) -> tuple[Suspicion, ...]:
    """Return what is surely wrong with the body of an upload; nothing for other paths and bodies.

    `path` follows the base URL, as in `/upload/events`.
    """
    upload = definition.upload_at(path)
    items = body.get(upload.endpoint.envelope) if upload and isinstance(body, dict) else None
    if upload is None or not isinstance(items, list):
        return ()
    envelope = upload.endpoint.envelope
    found = []
    for number, item in enumerate(items):
        if isinstance(item, dict):
            found += list(_of_item(upload, item, (envelope, number)))
    return (*found, *_repeated(upload, items, (envelope,)))


def refuse_suspicious(
    request: Request, event: object = MISSING, mapping: Mapping | None = None
) -> None:
    """Raise SuspiciousRequestError, an AssertionError, where anything is surely wrong."""
    found = suspicious(request, event, mapping)
    if found:
        raise SuspiciousRequestError(found, f"{request.method} {request.path}")


def sent_before(request: Request, earlier: Iterable[Request]) -> tuple[Suspicion, ...]:
    """Return the suspicion that one of the earlier requests of the same event was the same."""
    for number, each in enumerate(earlier, 1):
        if (each.path, each.content) == (request.path, request.content):
            return (_found("sent-twice", (), first=f"request {number} of this event"),)
    return ()


def _found(code: str, at: Path, **shown: str) -> Suspicion:
    return Suspicion(code, at, codes()[code]["sent"].format_map(shown))


def _of_item(upload: Upload, item: dict[str, Json], path: Path) -> Iterator[Suspicion]:
    if not any(item.get(key) for key in upload.ids):
        yield _found("no-id", path, ids=" or ".join(upload.ids))
    for field in upload.fields:
        value = item.get(field.key, MISSING)
        if value is not MISSING:
            yield from _of_field(field, value, path)
    yield from _object_texts(item, path)


def _of_field(field: Field, value: Json, item_path: Path) -> Iterator[Suspicion]:
    path = (*item_path, field.key)
    if field.type == "datetime" and (oddity := odd_time(value)):
        yield Suspicion(oddity.code, path, oddity.sentence)
    elif field.type == "object" and value == {}:
        yield _found("empty-properties", path)
    elif field.type == "string" and value == "":
        yield _found("empty-text", path, label=field.label)
    elif field.is_id and value in NO_ID_TEXTS:
        yield _found("no-real-id", path, text=text_literal(value))


def _object_texts(item: dict[str, Json], path: Path) -> Iterator[Suspicion]:
    todo: list[tuple[Json, Path]] = [(item, path)]
    while todo:  # no recursion: properties may nest as deep as an event
        value, where = todo.pop()
        if isinstance(value, dict):
            todo += [(v, (*where, k)) for k, v in reversed(value.items())]
        elif isinstance(value, list):
            todo += [(v, (*where, i)) for i, v in reversed(list(enumerate(value)))]
        elif isinstance(value, str) and OBJECT_TEXT in value:
            yield _found("object-as-text", where, text=text_literal(value[:_SHOWN]))


def _repeated(upload: Upload, items: list[Json], path: Path) -> Iterator[Suspicion]:
    if len(items) < 2:
        return
    is_profile = upload.field("eventName") is None
    seen: dict[str, int] = {}
    for number, item in enumerate(items):
        key = _identity(item) if is_profile else json_text(item)
        first = seen.setdefault(key, number) if key else number
        if first != number:
            yield _found("sent-twice", (*path, number), first=json_path((*path, first)))


def _identity(item: Json) -> str:
    if not isinstance(item, dict):
        return ""
    return next((json_text([key, item[key]]) for key in IDS if item.get(key)), "")


def _of_sources(event: object, mapping: Mapping, known: set[Path]) -> Iterator[Suspicion]:
    """Look at what times were made of, where the time alone showed nothing."""
    action = mapping.action_definition
    try:
        resolved = mapping.resolve(event)
    except Thrown:
        return
    for field in action.fields if isinstance(resolved, dict) else ():
        if field.type != "datetime":
            continue
        oddity = odd_source(resolved.get(field.key))
        path = (action.endpoint.envelope, 0, field.key)
        if oddity is not None and path not in known:
            yield Suspicion(oddity.code, path, oddity.sentence)
