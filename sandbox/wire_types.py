"""Wire types: the shapes of the JSON that the commands, the mock and its pages show.

What an upload holds is derived from the declaration, in `sandbox.upload_types`.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from sandbox.values import Json, ProblemJson


class SuspicionJson(TypedDict):
    """What is surely wrong with a request that is accepted."""

    code: str
    path: str
    message: str


class RequestJson(TypedDict):
    """One call of the destination's API."""

    method: str
    path: str
    json: Json


class RewriteJson(TypedDict):
    """Another text for what is written, and an event on which it differs, if one was found."""

    text: str
    same: bool
    example: dict[str, Json] | None


class FindingJson(TypedDict):
    """What lint found; only a trigger's finding has a start and an end in its text."""

    mapping: str | None
    code: str
    name: str
    path: str
    start: int | None
    end: int | None
    message: str
    meaning: str | None
    rewrite: RewriteJson | None


class ClauseJson(TypedDict):
    """A clause of a trigger and what the event makes of it; a group has clauses of its own.

    `actual` is left out where it has more than about 1,000 characters; `sentence` begins it.
    """

    written: str
    taken: str
    verdict: Literal["holds", "fails", "throws"]
    reached: bool
    operator: str
    subject: NotRequired[str]
    expected: NotRequired[str]
    expectedKind: NotRequired[str]
    actual: NotRequired[Json]
    actualKind: NotRequired[str]
    sentence: NotRequired[str]
    clauses: NotRequired[list[ClauseJson]]


class TriggerJson(TypedDict):
    """A trigger, what Segment takes it for, and what the event makes of it."""

    text: str
    taken: str
    asWritten: bool
    ignored: list[str]
    verdict: Literal["holds", "fails", "throws"]
    clause: ClauseJson


class FieldJson(TypedDict):
    """A field of a mapping: what it is made of, and what becomes of it."""

    key: str
    label: str
    type: str
    fate: Literal["sent", "left out", "refused", "dropped", "not mapped"]
    source: NotRequired[Json]
    raw: NotRequired[Json]
    value: NotRequired[Json]
    why: str
    problems: list[ProblemJson]


class EditJson(TypedDict):
    """One member of an event changed."""

    path: str
    before: NotRequired[Json]
    after: NotRequired[Json]


class ChangeJson(TypedDict):
    """The smallest changes found after which the mapping takes the event."""

    event: Json
    edits: list[EditJson]
    noEvent: str | None
    againstSpec: str | None
    trigger: str | None
    meant: str | None
    meantEdits: list[EditJson]


class ExplanationJson(TypedDict):
    """What became of an event at a mapping, and why."""

    mapping: str
    action: str
    enabled: bool
    outcome: Literal["mapped", "skipped", "rejected"]
    code: str | None
    reason: str | None
    trigger: TriggerJson
    fields: list[FieldJson]
    request: RequestJson | None
    problems: list[ProblemJson]
    suspicions: list[SuspicionJson]
    change: ChangeJson | None


class BodyJson(TypedDict):
    """A body: its text, or base64 where it is not a string."""

    text: NotRequired[str]
    base64: NotRequired[str]


class AnswerJson(BodyJson):
    """What was answered, and how it left: whole, or as a fault wanted it."""

    status: int
    headers: list[list[str]]
    wire: str


class EntryJson(TypedDict):
    """One request in the journal, as `/_sandbox/entries` shows it."""

    number: int
    at: str
    method: str
    path: str
    query: str
    headers: list[list[str]]
    status: int
    json: Json
    body: NotRequired[str]
    problems: list[ProblemJson]
    suspicions: list[SuspicionJson]
    tenant: str | None
    token: str | None
    items: int
    fault: str | None
    stored: bool
    answer: NotRequired[AnswerJson]


class AttemptJson(TypedDict):
    """One attempt to deliver a request: its time, and its answer."""

    at: str
    code: str
    status: int | None
    error: str | None
    entry: int | None
    answer: str


class DeliveryJson(TypedDict):
    """What one destination made of a message, through one mapping where one took it."""

    destination: str
    mapping: str | None
    action: str | None
    outcome: str
    code: str
    reason: str | None
    problems: list[ProblemJson]
    request: RequestJson | None
    suspicions: list[SuspicionJson]
    attempts: list[AttemptJson]
    entry: int | None


class MessageJson(TypedDict):
    """What became of one message of an SDK, as `/_sandbox/ledger` shows it."""

    number: int
    at: str
    tenant: str | None
    source: str | None
    messageId: str | None
    type: str | None
    event: str | None
    outcome: str
    code: str | None
    reason: str | None
    drop: bool
    batchCode: str | None
    remarks: list[str]
    message: Json
    deliveries: list[DeliveryJson]
