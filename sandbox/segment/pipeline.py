"""Pipeline: the way of one event through mappings to requests, as Segment's runtime walks it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

from sandbox.segment.audience import check_audience
from sandbox.segment.compiled import DemandsOf, takers_of
from sandbox.segment.definition import MAX_DEPTH, ActionDefinition
from sandbox.segment.errors import Problem, Thrown
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import (
    MAX_EVENT_DEPTH,
    InvalidJson,
    depth_of,
    json_text,
    parse_json,
)
from sandbox.segment.mapping import Mapping
from sandbox.segment.payload import check_payload, to_upload

FILTERED_AT_MAPPING = "FILTERED_AT_MAPPING"
MAPPING_DISABLED = "MAPPING_DISABLED"
MESSAGE_REJECTED = "MESSAGE_REJECTED"

PayloadCheck: TypeAlias = Callable[[ActionDefinition, Json], tuple[Problem, ...]]
"""A check of the finished payload beyond Segment's own: the problems found, or none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call of the destination's API: `path` follows the base URL, `content` is the body."""

    method: str
    path: str
    content: bytes

    @property
    def json(self) -> Json:
        """What parsing the content gives."""
        return parse_json(self.content, max_depth=MAX_DEPTH)

    def to_json(self) -> dict[str, Json]:
        """Return the request as a JSON object."""
        return {"method": self.method, "path": self.path, "json": self.json}


@dataclass(frozen=True, slots=True)
class Mapped:
    """The mapping took the event and made a request of it."""

    mapping: Mapping
    request: Request


@dataclass(frozen=True, slots=True)
class Skipped:
    """The mapping did not take the event; `code` says which kind of why, `reason` the sentence.

    Most events are skipped by most mappings, so the sentence is made when it is asked for.
    """

    mapping: Mapping
    code: str
    event: Json = field(default=None, repr=False, compare=False)
    because: str = field(default="", repr=False)

    @property
    def reason(self) -> str:
        """Why: the first clause of the trigger that decides against the event, or what is off."""
        return self.because or self.mapping.parsed_trigger.reason(self.event)


@dataclass(frozen=True, slots=True)
class Rejected:
    """The mapping took the event but no request can be made of it."""

    mapping: Mapping
    problems: tuple[Problem, ...]
    code: str = MESSAGE_REJECTED


Outcome: TypeAlias = Mapped | Skipped | Rejected


def map_event(
    event: Json,
    mappings: Iterable[Mapping],
    *,
    check: PayloadCheck | None = None,
    demands_of: DemandsOf | None = None,
) -> list[Outcome]:
    """Return one outcome per mapping, in order.

    `event` is a value as parsed from JSON. `check` is asked about each finished payload, after
    everything Segment does; None asks nothing more. `demands_of` tells in short what `check` asks
    of plain payloads, for the short ways; without it each event goes the long one.
    """
    if type(event) is not dict or (check is not None and demands_of is None):
        return [_outcome(event, mapping, check) for mapping in mappings]

    takers = takers_of(mappings)
    try:
        verdicts = takers.take(event)
    except (Thrown, RecursionError):
        verdicts = (None,) * len(takers.mappings)

    outcomes: list[Outcome] = []
    for mapping, takes in zip(takers.mappings, verdicts, strict=True):
        if takes:
            outcomes.append(_taken(event, mapping, check, demands_of))
        elif takes is None:
            outcomes.append(_outcome(event, mapping, check))
        else:  # what most mappings say to most events, so without another call
            skipped = _SKIPPED_DRAFT()
            skipped.mapping, skipped.code = mapping, FILTERED_AT_MAPPING
            skipped.event, skipped.because = event, ""
            skipped.__class__ = Skipped
            outcomes.append(skipped)
    return outcomes


def _taken(
    event: Json, mapping: Mapping, check: PayloadCheck | None, demands_of: DemandsOf | None
) -> Outcome:
    try:
        content = mapping.ways[demands_of](event)
    except (Thrown, RecursionError):
        content = None
    return _outcome(event, mapping, check) if content is None else _mapped(mapping, content)


def _mapped(mapping: Mapping, content: bytes) -> Mapped:
    request: Any = _REQUEST_DRAFT()
    request.method, request.content = "POST", content
    request.path = mapping.action_definition.endpoint.path
    request.__class__ = Request
    draft = _MAPPED_DRAFT()
    draft.mapping, draft.request = mapping, request
    draft.__class__ = Mapped
    return cast("Mapped", draft)


def _draft_of(value: type) -> Any:
    """Return a class with a frozen value's members that can be set one by one.

    A frozen dataclass takes three times as long to make itself.
    """
    return type("Draft", (), {"__slots__": value.__slots__})  # type: ignore[attr-defined]


_REQUEST_DRAFT, _MAPPED_DRAFT, _SKIPPED_DRAFT = map(_draft_of, (Request, Mapped, Skipped))


def _outcome(event: Json, mapping: Mapping, check: PayloadCheck | None) -> Outcome:
    if not mapping.enabled:
        return Skipped(mapping, MAPPING_DISABLED, because="the mapping is disabled.")

    try:
        if not _takes(mapping, event):
            return Skipped(mapping, FILTERED_AT_MAPPING, event)
        return _execute(event, mapping, check)
    except Thrown as thrown:
        return Rejected(mapping, (Problem((), thrown.message),))
    except (RecursionError, _TooDeepError):
        deep = f"is nested more than {MAX_EVENT_DEPTH} levels deep; flatten it."
        return Rejected(mapping, (Problem((), deep),))


class _TooDeepError(Exception):
    """A request no server would read: how deep Python recurses must not decide that."""


def _takes(mapping: Mapping, event: Json) -> bool:
    if isinstance(event, list):  # Segment takes a list for a batch
        return any(mapping.parsed_trigger.evaluate(item) for item in event)
    return mapping.parsed_trigger.evaluate(event)


def _execute(event: Json, mapping: Mapping, check: PayloadCheck | None) -> Outcome:
    action = mapping.action_definition
    if event is None:
        raise Thrown("Cannot read properties of null (reading 'context')", name="TypeError")
    if isinstance(event, list):
        raise Thrown("This action does not support batched requests.", name="IntegrationError")

    payload, problems = check_payload(action.fields, mapping.resolve(event))
    if problems:
        return Rejected(mapping, problems)

    check_audience(event)
    upload = to_upload(action.fields, payload)

    text = json_text({action.endpoint.envelope: [upload]})
    try:
        depth_of(text, max_depth=MAX_DEPTH)
    except InvalidJson as error:
        raise _TooDeepError from error
    content = text.encode()
    if check is not None and (problems := check(action, upload)):
        return Rejected(mapping, problems)
    return Mapped(mapping, Request(method="POST", path=action.endpoint.path, content=content))
