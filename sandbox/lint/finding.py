"""Findings: what lint has to say, and the rules that say it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from sandbox.lint.draft import Draft, Reading
from sandbox.segment.javascript import Json
from sandbox.values import Path, json_path
from sandbox.wire_types import FindingJson, RewriteJson

Event: TypeAlias = dict[str, Json]
OF_TRIGGER: Final[Path] = ("trigger",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """Another text for what is written.

    `same` tells whether it was proven to take the same events; `example` is an event on which it
    differs, where one was found. Where neither holds, it is what was probably meant, unproven.
    """

    text: str
    same: bool = False
    example: Event | None = None

    def to_json(self) -> RewriteJson:
        """Return the rewrite as a JSON object."""
        return {"text": self.text, "same": self.same, "example": self.example}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing lint found.

    `at` leads to the trigger or a place in the fields; `start` and `end` are indices in the
    trigger's text. `meaning` is what Segment takes the thing for.
    """

    code: str
    name: str
    mapping: str
    at: Path
    message: str
    start: int = 0
    end: int = 0
    meaning: str = ""
    rewrite: Rewrite | None = None

    @property
    def path(self) -> str:
        """Where it is, as JSONPath from the mapping."""
        return json_path(self.at)

    @property
    def is_of_trigger(self) -> bool:
        """Whether it is about the trigger's text, or a part of it."""
        return self.at == OF_TRIGGER

    def to_json(self) -> FindingJson:
        """Return the finding as a JSON object; only a trigger's has a start and an end."""
        start, end = (self.start, self.end) if self.is_of_trigger else (None, None)
        return {
            "mapping": self.mapping or None,
            "code": self.code,
            "name": self.name,
            "path": self.path,
            "start": start,
            "end": end,
            "message": self.message,
            "meaning": self.meaning or None,
            "rewrite": None if self.rewrite is None else self.rewrite.to_json(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a rule says of a place in a trigger or in the fields; the finding is made of it.

    `rewrite` is the whole trigger, or the field, in other words; None leaves a trigger to `meant`.
    """

    message: str
    start: int = 0
    end: int = 0
    at: Path = OF_TRIGGER
    meaning: str = ""
    rewrite: str | None = None
    mapping: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """An event that shows what Segment does where a rule speaks.

    `mappings` are (trigger, action, fields), `sent` the items of the uploads Segment makes of the
    event, in order: [] where it makes none.
    """

    event: Event
    trigger: str = 'type = "track"'
    fields: Json = field(default_factory=lambda: dict(PLAIN_FIELDS))
    action: str = "sendEvents"
    more: tuple[tuple[str, Json], ...] = ()
    sent: tuple[Json, ...]

    @property
    def mappings(self) -> tuple[tuple[str, Json], ...]:
        """Triggers and fields, of one mapping or more."""
        return ((self.trigger, self.fields), *self.more)


PLAIN_FIELDS: Json = {"userId": "u", "eventName": "E", "timestamp": 1612137600000}
"""Fields that are always sent, whatever the event."""
SENT: Json = {"userId": "u", "eventName": "E", "timestamp": 1612137600}
"""What becomes of them."""


@dataclass(frozen=True, slots=True)
class TriggerRule:
    """A rule about a trigger; it is silent at a place where one of a lower `rank` speaks."""

    code: str
    name: str
    summary: str
    check: Callable[[Reading], Iterator[Note]] = field(repr=False)
    witness: Witness = field(repr=False)
    rank: int = 0


@dataclass(frozen=True, slots=True)
class MappingRule:
    """A rule about mappings as a whole, their fields, and the events that are given."""

    code: str
    name: str
    summary: str
    check: Callable[[Sequence[Draft], Sequence[Event]], Iterator[Note]] = field(repr=False)
    witness: Witness = field(repr=False)


Rule: TypeAlias = TriggerRule | MappingRule
