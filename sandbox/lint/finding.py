"""Findings: what lint has to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sandbox.segment.triggers.evaluation import Event
from sandbox.values import Path, json_path

if TYPE_CHECKING:
    from sandbox.wire_types import FindingJson, RewriteJson

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

    `mapping` is a name, and `number` which of the mappings it is, for names may repeat. `at` leads
    to the trigger or a place in the fields; `start` and `end` are indices in the trigger's text.
    `meaning` is what Segment takes the thing for.
    """

    code: str
    name: str
    mapping: str = ""
    number: int = 0
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
