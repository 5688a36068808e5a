"""Definition: what a destination declares of itself, its settings, actions, fields and presets.

Everything here is a plain value. What is derived from it (schemas, OpenAPI, tables, strategies,
the page) never repeats a fact that stands in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from sandbox.values import Evidence as Evidence  # noqa: PLC0414 - the declaration is made with it
from sandbox.values import Json

Rules: TypeAlias = Literal["documented", "observed"]
"""Which of the two readings of the API holds: what is written of it, or what was seen of it."""

BOTH_RULES: Final[tuple[Rules, ...]] = ("documented", "observed")

FieldType: TypeAlias = Literal["string", "datetime", "object"]

MAX_ITEMS: Final = 500
"""How many items one upload may hold; else 400."""
MAX_BODY: Final = 10 * 1024 * 1024
"""The most bytes of an upload, inflated; else 413."""
MAX_DEPTH: Final = 700
"""How deep an upload may nest: an event's 500 levels within a mapping's 100, and room."""

PASSTHROUGH: Final = ("dynamicAuthSettings",)
"""Keys that are not fields and that Segment's runtime lets through all the same."""


Body: TypeAlias = dict[str, list[dict[str, Json]]]
"""What a request holds: one list of payloads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What fields and settings have in common: key on the wire, label on the page, type."""

    key: str
    label: str
    type: FieldType
    description: str
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Declared):
    """One of a destination's settings, as asked for when it is configured: always a string."""

    type: FieldType = "string"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Declared):
    """One field of an action.

    `default` is the directive a new mapping starts with. `required_unless` names the field that may
    stand in for this one; Segment only says so in its descriptions and does not enforce it.
    `is_id` marks a key that tells whom an item is about. `example` is a value as it stands in an
    upload; None lets the type choose one.
    """

    default: Json
    required_unless: str | None = None
    is_id: bool = False
    example: Json = None
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
class Upload:
    """One kind of upload: what a list at an endpoint is made of, its fields in order."""

    name: str
    description: str
    fields: tuple[Field, ...]
    endpoint: Endpoint

    @property
    def ids(self) -> tuple[str, ...]:
        """The keys that tell whom an item is about, in order: the first that is there decides."""
        return tuple(f.key for f in self.fields if f.is_id)

    def items_in(self, body: object) -> list[Json]:
        """Return the list of a body, an empty one where it has none."""
        items = body.get(self.endpoint.envelope) if isinstance(body, dict) else None
        return items if isinstance(items, list) else []

    def field(self, key: str) -> Field | None:
        """Return the field of that key, or None."""
        return next((f for f in self.fields if f.key == key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionDefinition(Upload):
    """One action: an upload Segment makes, under its key."""

    key: str

    @property
    def default_fields(self) -> dict[str, Json]:
        """The fields a new mapping starts with: every default, in definition order."""
        return {f.key: f.default for f in self.fields}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A ready-made mapping: a name, a trigger, and an action with its default fields."""

    name: str
    trigger: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of the API beyond the fields, with how it is known.

    `under` names the readings of the API it holds in; `against` is the evidence that contradicts
    it; `ours` marks a rule of the mock that is not the API's; `area` is the part of Segment's
    service it belongs to.
    """

    key: str
    statement: str
    evidence: Evidence
    under: tuple[Rules, ...] = BOTH_RULES
    against: tuple[Evidence, ...] = ()
    ours: bool = False
    area: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorAnswer:
    """What the API answers when it refuses: a status and the words of its error body.

    `details` is the whole text where it never changes; empty where each refusal has its own.
    """

    status: int
    code: str
    message: str
    when: str
    evidence: Evidence
    details: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationDefinition:
    """A destination as its vendor declares it.

    `base_url` is what the vendor declared and is never called by default; `max_items` bounds each
    list of an upload, `max_mappings` the mappings of one destination, `max_body` an upload body in
    bytes after inflating, `max_depth` how deep it nests. `unused_uploads` are documented by the
    vendor and made by no action. `answer_headers` stand on every answer of the API.
    """

    name: str
    slug: str
    base_url: str
    auth_path: str
    settings: tuple[Setting, ...]
    actions: tuple[ActionDefinition, ...]
    presets: tuple[Preset, ...]
    max_mappings: int = 50
    max_items: int = MAX_ITEMS
    max_body: int = MAX_BODY
    max_depth: int = MAX_DEPTH
    unused_uploads: tuple[Upload, ...] = ()
    errors: tuple[ErrorAnswer, ...] = ()
    answer_headers: tuple[tuple[str, str], ...] = ()
    rules: tuple[Rule, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)

    def action(self, key: str) -> ActionDefinition | None:
        """Return the action of that key, or None."""
        return next((a for a in self.actions if a.key == key), None)

    @property
    def uploads(self) -> tuple[Upload, ...]:
        """Every upload the API takes: the actions' own, then those no action makes."""
        return (*self.actions, *self.unused_uploads)

    def upload_at(self, path: str) -> Upload | None:
        """Return the upload whose endpoint has that path, or None."""
        return next((u for u in self.uploads if u.endpoint.path == path), None)

    def rule(self, key: str) -> Rule:
        """Return the rule of that key; raises KeyError when none is declared."""
        for rule in self.rules:
            if rule.key == key:
                return rule
        raise KeyError(f"no rule {key!r} is declared, only {[rule.key for rule in self.rules]}")

    def error(self, status: int) -> ErrorAnswer:
        """Return what is answered with that status; raises KeyError when none is declared."""
        for error in self.errors:
            if error.status == status:
                return error
        raise KeyError(f"no answer {status} is declared, only {[e.status for e in self.errors]}")
