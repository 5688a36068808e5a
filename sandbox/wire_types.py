"""Wire types: the shapes of the JSON that the commands, the mock and its pages show.

The items of uploads are derived from the declaration, in `sandbox.upload_types`.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias, TypedDict

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
    """A rewording, and an event on which it differs, if one was found."""

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
    """A clause of a trigger with its verdict; a group has clauses itself.

    `actual` is left out if it has more than about 1,000 characters; `sentence` has its beginning.
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
    """A trigger, the trigger as Segment reads it (`taken`), and its verdict on the event."""

    text: str
    taken: str
    asWritten: bool
    ignored: list[str]
    verdict: Literal["holds", "fails", "throws"]
    clause: ClauseJson


FateName: TypeAlias = Literal[
    "sent", "left out", "refused", "dropped", "not mapped", "not simulated"
]


class FieldJson(TypedDict):
    """A field of a mapping: its source, its value, and whether it is sent."""

    key: str
    label: str
    type: str
    fate: FateName
    source: NotRequired[Json]
    raw: NotRequired[Json]
    value: NotRequired[Json]
    why: str
    problems: list[ProblemJson]


class EditJson(TypedDict):
    """One changed member of an event."""

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
    """What a mapping does with an event, and why."""

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
    """A body: its text, or base64 if it is not UTF-8."""

    text: NotRequired[str]
    base64: NotRequired[str]


class AnswerJson(BodyJson):
    """The answer, and how it was sent: whole, or as a fault required."""

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
    """The result of a message at one destination, and of the mapping that took it, if any."""

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
    """The result of one message of an SDK, as `/_sandbox/ledger` shows it."""

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
