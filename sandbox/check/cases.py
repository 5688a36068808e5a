"""Cases: the input of a mapper under test, the expected requests, and the mapper's answer."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, NamedTuple, Self, TypeVar

from sandbox.contract.wording import describe
from sandbox.destination import PRESETS, Mapping, map_event
from sandbox.segment.definition import Rules
from sandbox.segment.mapping import SegmentMapping
from sandbox.segment.pipeline import Mapped, Outcome
from sandbox.values import Json, difference
from sandbox.wire_types import RequestJson
from sandbox.workspace import parse_workspace
from sandbox.workspace.file_writing import mapping_value

T = TypeVar("T")

_KEYS: Final = ("method", "path", "json")
_LONG: Final = 20
_TRIED_INSIDE: Final = 5
"""How many members of a container are tried in place of it."""


@dataclass(frozen=True, slots=True)
class Case:
    """An event and the mappings it goes through. `mappings` is None for the presets."""

    event: Json
    mappings: tuple[Mapping, ...] | None = None

    def to_json(self) -> dict[str, Json]:
        """Return the case as JSON, as it is saved: the mappings as in a workspace file."""
        if self.mappings is None:
            return {"event": self.event}
        destination: dict[str, Json] = {
            "name": "Toplyne",
            "source": "My app",
            "api_key": "my-api-token",
            "mappings": [mapping_value(mapping) for mapping in self.mappings],
        }
        source: Json = {"name": "My app", "write_key": "my-write-key"}
        workspace: Json = {"sources": [source], "destinations": [destination]}
        return {"workspace": workspace, "event": self.event}

    @property
    def line(self) -> str:
        """The line a command reads: the event, or an object with workspace and event."""
        return json.dumps(self.event if self.mappings is None else self.to_json())

    @classmethod
    def of(cls, saved: dict[str, Json]) -> Self:
        """Return a case from its JSON; raises ValueError or KeyError if it is not valid."""
        if "workspace" not in saved:
            return cls(saved["event"])
        workspace = parse_workspace(json.dumps(saved["workspace"]), "json")
        return cls(saved["event"], workspace.destinations[0].mappings)


class Right(NamedTuple):
    """The right result of one mapping: Segment's outcome, and its request or None.

    `optional` says that sending nothing is also right.
    """

    outcome: Outcome
    request: RequestJson | None
    optional: bool = False

    @property
    def mapping(self) -> SegmentMapping:
        """The mapping."""
        return self.outcome.mapping


def right_for(case: Case, rules: Rules) -> tuple[Right, ...]:
    """Return the right result of each mapping.

    Under `observed` rules it is what Segment does. Under `documented` rules the mapper may also
    leave out a request that Segment sends and the documentation refuses.
    """
    mappings = PRESETS if case.mappings is None else case.mappings
    segment = map_event(case.event, mappings, "observed")
    documented = segment
    if rules == "documented" and any(isinstance(outcome, Mapped) for outcome in segment):
        documented = map_event(case.event, mappings, "documented")
    return tuple(
        Right(shipped, shipped.request.to_json(), not isinstance(written, Mapped))
        if isinstance(shipped, Mapped)
        else Right(shipped, None)
        for shipped, written in zip(segment, documented, strict=True)
    )


class MapperAnswer(NamedTuple):
    """A mapper's answer to one event: its requests, or the exception its function raised."""

    requests: tuple[dict[str, Json], ...]
    raised: str = ""

    def to_json(self) -> object:
        """Return the answer as JSON."""
        return {"raised": self.raised} if self.raised else list(self.requests)


class NoRequests(ValueError):
    """Raised for a value that is not a list of requests; the message says what it is."""


def read_answer(value: object) -> MapperAnswer:
    """Return the answer a mapper gave as JSON; raises NoRequests if it is not valid."""
    if isinstance(value, dict) and set(value) == {"raised"}:
        return MapperAnswer((), str(value["raised"]))
    if not isinstance(value, list | tuple):
        raise NoRequests(f"{describe(value)} is not a list of requests")
    for number, request in enumerate(value):
        if not isinstance(request, dict):
            raise NoRequests(f"item {number} is {describe(request)}, not a request")
        if lacking := [key for key in _KEYS if key not in request]:
            raise NoRequests(f"item {number} has no {' and no '.join(lacking)}")
    return MapperAnswer(tuple({key: request[key] for key in _KEYS} for request in value))


def same(right: object, found: object) -> bool:
    """Return whether two JSON values are equal to JavaScript, whatever the order of keys."""
    return next(difference(right, found), None) is None


def reduced_case(case: T, still: Callable[[T], bool], simpler: Callable[[T], Iterator[T]]) -> T:
    """Return the case without the parts that `still` does not need.

    Hypothesis shrinks the bytes that a case is generated from. It may stop where one step in the
    case takes two steps in the bytes; these last steps are done on the case itself.
    """
    while (found := next(filter(still, simpler(case)), None)) is not None:
        case = found
    return case


def simpler_cases(case: Case) -> Iterator[Case]:
    """Yield the case with one member, level of nesting or mapping less."""
    mappings = case.mappings or ()
    for number in range(len(mappings) if len(mappings) > 1 else 0):
        yield replace(case, mappings=mappings[:number] + mappings[number + 1 :])
    for number, mapping in enumerate(mappings):
        defaults = mapping.action_definition.default_fields
        if mapping.fields != defaults:
            plain = (*mappings[:number], replace(mapping, fields=defaults), *mappings[number + 1 :])
            yield replace(case, mappings=plain)
    for event in simpler_values(case.event):
        yield replace(case, event=event)


def simpler_values(value: Json) -> Iterator[Json]:
    """Yield the value with one part less: a member removed, or put in place of its container.

    A long string or array is first cut in half.
    """
    if isinstance(value, str | list) and len(value) > _LONG:
        yield value[: len(value) // 2]
    if isinstance(value, dict):
        for key, member in value.items():
            yield {name: other for name, other in value.items() if name != key}
            if isinstance(member, dict | list):
                inner = member.values() if isinstance(member, dict) else member
                yield from ({**value, key: each} for each in islice(inner, _TRIED_INSIDE))
            for simpler in simpler_values(member):
                yield {**value, key: simpler}
    elif isinstance(value, list):
        for number, element in enumerate(value):
            yield [*value[:number], *value[number + 1 :]]
            for simpler in simpler_values(element):
                yield [*value[:number], simpler, *value[number + 1 :]]
