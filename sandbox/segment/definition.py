"""Definition: what a destination declares of itself, its settings, actions, fields and presets.

Everything here is a plain value. What is derived from it (schemas, OpenAPI, tables, strategies,
the page) never repeats a fact that stands in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from sandbox.segment.javascript import Json

FieldType: TypeAlias = Literal["string", "datetime", "object"]
EvidenceMark: TypeAlias = Literal["recorded", "source", "docs", "assumed"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """How a rule is known, and where from.

    `recorded`: real traffic of the real API. `source`: the open source of Segment's side, or its
    unit tests. `docs`: public documentation. `assumed`: nobody outside knows.
    """

    mark: EvidenceMark
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One of a destination's settings, as asked for when it is configured."""

    key: str
    label: str
    description: str
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of an action: its key on the wire, its label on the page, its type and default.

    `default` is the directive a new mapping starts with. `required_unless` names the field that may
    stand in for this one; Segment only says so in its descriptions and does not enforce it.
    """

    key: str
    label: str
    type: FieldType
    description: str
    default: Json
    required: bool = False
    required_unless: str | None = None
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One call of the destination's API: where a list of payloads goes and what it answers.

    `path` follows the base URL, `envelope` is the only key of the body, `accepted` the message of
    a success.
    """

    path: str
    envelope: str
    accepted: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionDefinition:
    """One action: its key and name, its fields in order, and the endpoint it calls."""

    key: str
    name: str
    description: str
    fields: tuple[Field, ...]
    endpoint: Endpoint

    @property
    def default_fields(self) -> dict[str, Json]:
        """The fields a new mapping starts with: every default, in definition order."""
        return {f.key: f.default for f in self.fields}

    def field(self, key: str) -> Field | None:
        """Return the field of that key, or None."""
        return next((f for f in self.fields if f.key == key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A ready-made mapping: a name, a trigger, and an action with its default fields."""

    name: str
    trigger: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of the API beyond the fields, with how it is known."""

    key: str
    statement: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationDefinition:
    """A destination as its vendor declares it.

    `base_url` is what the vendor declared and is never called by default; `max_items` bounds each
    list of an upload, `max_mappings` the mappings of one destination, `max_body` an upload body in
    bytes after inflating.
    """

    name: str
    slug: str
    base_url: str
    auth_path: str
    settings: tuple[Setting, ...]
    actions: tuple[ActionDefinition, ...]
    presets: tuple[Preset, ...]
    max_mappings: int = 50
    max_items: int = 500
    max_body: int = 10 * 1024 * 1024
    rules: tuple[Rule, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)

    def action(self, key: str) -> ActionDefinition | None:
        """Return the action of that key, or None."""
        return next((a for a in self.actions if a.key == key), None)
