"""Cases: what is put to a mapper, one event with the presets or with mappings of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sandbox.destination import PRESETS, Mapping, map_event
from sandbox.segment.definition import Rules
from sandbox.segment.javascript import Json
from sandbox.segment.mapping import Mapping as SegmentMapping
from sandbox.segment.pipeline import Mapped, Outcome
from sandbox.workspace import parse_workspace
from sandbox.workspace.file_writing import mapping_value


@dataclass(frozen=True, slots=True)
class Case:
    """An event, and the mappings it goes through; None for the presets."""

    event: Json
    mappings: tuple[Mapping, ...] | None = None

    def to_json(self) -> dict[str, Json]:
        """Return the case as JSON, as it is saved."""
        if self.mappings is None:
            return {"event": self.event}
        return {"workspace": workspace_of(self.mappings), "event": self.event}

    @property
    def line(self) -> str:
        """The line a command is given: the event, or the object of workspace and event."""
        return json.dumps(self.event if self.mappings is None else self.to_json())


def read_case(saved: dict[str, Json]) -> Case:
    """Return a case from its JSON; raises ValueError or KeyError if it is not valid."""
    if "workspace" not in saved:
        return Case(saved["event"])
    workspace = parse_workspace(json.dumps(saved["workspace"]), "json")
    return Case(saved["event"], workspace.destinations[0].mappings)


def workspace_of(mappings: tuple[Mapping, ...]) -> dict[str, Json]:
    """Return the mappings as the JSON of a workspace file: one source, one destination."""
    return {
        "sources": [{"name": "My app", "write_key": "my-write-key"}],
        "destinations": [
            {
                "name": "Toplyne",
                "source": "My app",
                "api_key": "my-api-token",
                "mappings": [mapping_value(mapping) for mapping in mappings],
            }
        ],
    }


@dataclass(frozen=True, slots=True)
class Right:
    """What is right for one mapping: what Segment does, and whether sending nothing is too."""

    outcome: Outcome
    optional: bool = False

    @property
    def mapping(self) -> SegmentMapping:
        """The mapping."""
        return self.outcome.mapping

    @property
    def request(self) -> dict[str, Json] | None:
        """The request, None if no request is right."""
        return dict(self.outcome.request.to_json()) if isinstance(self.outcome, Mapped) else None


def right_for(case: Case, rules: Rules) -> tuple[Right, ...]:
    """Return what is right, one for each mapping.

    Under `observed` rules that is what Segment does. Under `documented` ones a request that Segment
    sends and the documentation refuses may be left out as well.
    """
    mappings = PRESETS if case.mappings is None else case.mappings
    segment = map_event(case.event, mappings, "observed")
    if rules == "observed" or not any(isinstance(outcome, Mapped) for outcome in segment):
        return tuple(map(Right, segment))
    documented = map_event(case.event, mappings, "documented")
    return tuple(
        Right(shipped, optional=isinstance(shipped, Mapped) and not isinstance(written, Mapped))
        for shipped, written in zip(segment, documented, strict=True)
    )
