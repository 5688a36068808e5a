"""Pipeline: one event through mappings to requests, as Segment's runtime does it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, cast

from sandbox.segment.definition import MAX_DEPTH, ActionDefinition, Envelope
from sandbox.segment.errors import NotSimulated, Problem, Thrown
from sandbox.segment.javascript import MISSING, to_string
from sandbox.segment.json_text import json_text, parse_json, too_deep_at
from sandbox.segment.mapping import SegmentMapping
from sandbox.segment.not_simulated import NOT_SIMULATED, not_simulated
from sandbox.segment.payload import check_payload, to_upload
from sandbox.values import Json

if TYPE_CHECKING:
    from sandbox.wire_types import RequestJson

FILTERED_AT_MAPPING = "FILTERED_AT_MAPPING"
MAPPING_DISABLED = "MAPPING_DISABLED"
MESSAGE_REJECTED = "MESSAGE_REJECTED"

_MEMBERSHIP = {"identify": "traits", "track": "properties"}


class PayloadCheck(Protocol):
    """A check of the finished payload beyond Segment's own."""

    def __call__(self, action: ActionDefinition, payload: object) -> tuple[Problem, ...]:
        """Return the problems of the payload, () if there are none."""

    def accepts_of(self, action: ActionDefinition) -> Callable[[object], bool]:
        """Return a function that returns whether a payload of the action has no problems.

        For payloads with non-empty strings and whole times, the result depends only on the keys.
        """


class Request(NamedTuple):
    """One call of the destination's API: `path` follows the base URL, `content` is the body."""

    method: str
    path: str
    content: bytes

    @property
    def json(self) -> Envelope:
        """The parsed content: one list of payloads."""
        return cast("Envelope", parse_json(self.content, max_depth=MAX_DEPTH))

    def to_json(self) -> RequestJson:
        """Return the request as a JSON object."""
        return {"method": self.method, "path": self.path, "json": cast("Json", self.json)}


class Mapped(NamedTuple):
    """The mapping took the event and made a request."""

    mapping: SegmentMapping
    request: Request


class Skipped(NamedTuple):
    """The mapping did not take the event: `code` is the kind of reason, `reason` a sentence.

    Most mappings skip most events, so the sentence is made on first use.
    """

    mapping: SegmentMapping
    code: str
    event: object = None
    because: str = ""

    @property
    def reason(self) -> str:
        """The first clause of the trigger that decides against the event, or what is disabled."""
        return self.because or self.mapping.parsed_trigger.reason(self.event)


class Rejected(NamedTuple):
    """The mapping took the event, but no request can be made.

    `code` is Segment's, or NOT_SIMULATED if Segment may send something that the sandbox does not
    know.
    """

    mapping: SegmentMapping
    problems: tuple[Problem, ...]
    code: str = MESSAGE_REJECTED


Outcome: TypeAlias = Mapped | Skipped | Rejected
"""The result of an event for a mapping."""
OutcomeOf: TypeAlias = Callable[[object], Outcome]


def map_event(
    event: object, mappings: Iterable[SegmentMapping], *, check: PayloadCheck | None = None
) -> list[Outcome]:
    """Return one outcome per mapping, in order.

    `event` is a value parsed from JSON. `check` is called with each finished payload, after
    everything Segment does.
    """
    return [outcome_of(event, mapping, check) for mapping in mappings]


def outcome_of(event: object, mapping: SegmentMapping, check: PayloadCheck | None) -> Outcome:
    """Return the outcome of an event for one mapping, as `map_event` does."""
    if not mapping.enabled:
        return disabled(mapping)

    events = event if isinstance(event, list) else [event]  # Segment treats a list as a batch
    try:
        if not any(map(mapping.parsed_trigger.evaluate, events)):
            return Skipped(mapping, FILTERED_AT_MAPPING, event)
    except Thrown as thrown:
        return _rejected(mapping, thrown)
    return map_taken(event, mapping, check=check)


def disabled(mapping: SegmentMapping) -> Skipped:
    """Return the outcome of any event for a disabled mapping."""
    return Skipped(mapping, MAPPING_DISABLED, because="the mapping is disabled.")


def map_taken(
    event: object, mapping: SegmentMapping, *, check: PayloadCheck | None = None
) -> Mapped | Rejected:
    """Return the outcome of an event for the mapping, without asking its trigger."""
    try:
        return _execute(event, mapping, check)
    except RecursionError:
        return _rejected(mapping, not_simulated("deep event"))
    except Thrown as thrown:
        return _rejected(mapping, thrown)


def _rejected(mapping: SegmentMapping, thrown: Thrown) -> Rejected:
    code = NOT_SIMULATED if isinstance(thrown, NotSimulated) else MESSAGE_REJECTED
    return Rejected(mapping, (Problem((), thrown.message),), code)


def _execute(
    event: object, mapping: SegmentMapping, check: PayloadCheck | None
) -> Mapped | Rejected:
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
    if too_deep_at(text, MAX_DEPTH) is not None:  # whatever Python's recursion limit is
        raise not_simulated("deep event")
    content = text.encode()
    if check is not None and (problems := check(action, upload)):
        return Rejected(mapping, problems)
    return Mapped(mapping, Request(method="POST", path=action.endpoint.path, content=content))


def check_audience(event: object) -> None:
    """Raise Thrown, with the text of Segment's TypeError, if reading the event's audience fails.

    Segment reads the audience of every event after it checked the payload. The result reaches no
    destination here, but the reading throws for `context: null`, `context.personas: null`, and a
    computation key that cannot be converted to a string.
    """
    match event:
        case {"context": None}:
            message = "Cannot destructure property 'personas' of '{}' as it is null."
            raise Thrown(message, name="TypeError")
        case {"context": {"personas": None}}:
            message = "Cannot read properties of null (reading 'computation_class')"
            raise Thrown(message, name="TypeError")
        case {
            "type": "identify" | "track" as call,
            "context": {"personas": {"computation_class": "audience" | "journey_step"} as personas},
        } if isinstance(event, dict) and event.get(_MEMBERSHIP[call], MISSING) is not None:
            to_string(personas.get("computation_key", MISSING))


def has_no_audience(event: dict[str, object]) -> bool:
    """Return whether `check_audience` cannot throw: no context, or one without personas."""
    context = event.get("context", MISSING)
    return context is MISSING or (type(context) is dict and "personas" not in context)
