"""Definition: a destination's declaration: its settings, actions, fields and presets.

Everything here is a plain value. Everything derived from it (schemas, OpenAPI, tables, strategies,
the page) reads the facts from here and never repeats them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from sandbox.values import Evidence as Evidence  # noqa: PLC0414 - the declaration is made with it
from sandbox.values import Json

Rules: TypeAlias = Literal["documented", "observed"]
"""Which description of the API applies: its documentation, or what was observed."""

BOTH_RULES: Final[tuple[Rules, ...]] = ("documented", "observed")

FieldType: TypeAlias = Literal["string", "datetime", "object"]

MAX_ITEMS: Final = 500
"""The most items of one upload; else 400."""
MAX_BODY: Final = 10 * 1024 * 1024
"""The most bytes of an upload, inflated; else 413."""
MAX_DEPTH: Final = 700
"""The most levels of an upload: an event's 500 inside a mapping's 100, and some room."""

PASSTHROUGH: Final = ("dynamicAuthSettings",)
"""Keys that are not fields, but that Segment's runtime lets through."""


Headers: TypeAlias = tuple[tuple[str, str], ...]
"""Header fields in wire order; a name may occur more than once."""

Envelope: TypeAlias = dict[str, list[dict[str, Json]]]
"""The body of a request: one list of payloads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """The common part of fields and settings: key on the wire, label on the page, type."""

    key: str
    label: str
    type: FieldType
    description: str
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Declared):
    """One of a destination's settings, entered when it is configured: always a string."""

    type: FieldType = "string"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Declared):
    """One field of an action.

    `default` is the directive of a new mapping. `required_unless` names the field that can replace
    this one; Segment says so in its descriptions and does not enforce it. `is_id` marks a key that
    identifies the user or account of an item. `example` is a value in an upload, by default one of
    the type.
    """

    default: Json
    required_unless: str | None = None
    is_id: bool = False
    example: Json = None
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One call of the destination's API: where a list of payloads is sent, and the answer.

    `path` follows the base URL, `envelope` is the only key of the body, `accepted` the message of
    a success.
    """

    path: str
    envelope: str
    accepted: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One kind of upload: an endpoint, and the fields of its items in order."""

    name: str
    description: str
    fields: tuple[Field, ...]
    endpoint: Endpoint

    @property
    def ids(self) -> tuple[str, ...]:
        """The keys that identify the user or account of an item; the first one present decides."""
        return tuple(f.key for f in self.fields if f.is_id)

    def items_in(self, body: object) -> list[Json]:
        """Return the list of a body, [] if it has none."""
        items = body.get(self.endpoint.envelope) if isinstance(body, dict) else None
        return items if isinstance(items, list) else []

    def field(self, key: str) -> Field | None:
        """Return the field of that key, or None."""
        return next((f for f in self.fields if f.key == key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionDefinition(Upload):
    """One action: an upload that Segment makes, with its key."""

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
    """One rule of the API beyond the fields, with its evidence.

    `under` has the rules words it applies to; `against` is evidence that contradicts it; `ours`
    marks a rule of the mock that is not the API's; `area` is the part of Segment's service it
    belongs to.
    """

    key: str
    statement: str
    evidence: Evidence
    under: tuple[Rules, ...] = BOTH_RULES
    against: tuple[Evidence, ...] = ()
    ours: bool = False
    area: str = ""

    @property
    def assumed(self) -> bool:
        """Whether no document and no recording shows it."""
        return self.evidence.mark == "assumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorAnswer:
    """The API's answer to a refused request: a status and the members of its error body.

    `details` is the text if it is always the same, empty if each refusal has its own.
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
    bytes after inflating, `max_depth` its levels. `unused_uploads` are documented by the vendor,
    but no action makes them. Every answer of the API has the `answer_headers`.
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
    answer_headers: Headers = ()
    rules: tuple[Rule, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)

    def action(self, key: str) -> ActionDefinition | None:
        """Return the action of that key, or None."""
        return next((a for a in self.actions if a.key == key), None)

    @property
    def uploads(self) -> tuple[Upload, ...]:
        """Every upload that the API accepts: those of actions, then those that no action makes."""
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
        """Return the error answer with that status; raises KeyError if none is declared."""
        for error in self.errors:
            if error.status == status:
                return error
        raise KeyError(f"no answer {status} is declared, only {[e.status for e in self.errors]}")
