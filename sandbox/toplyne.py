"""The declaration: everything Segment and the mock know of Toplyne, once, each with its evidence.

Schemas, OpenAPI, tables, commands and strategies are derived from this module. The evidence marks
are explained at `sandbox.segment.definition.Evidence`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sandbox.segment.definition import (
    MAX_BODY,
    MAX_DEPTH,
    MAX_ITEMS,
    ActionDefinition,
    DestinationDefinition,
    Endpoint,
    ErrorAnswer,
    Evidence,
    Field,
    Preset,
    Rule,
    Setting,
    Upload,
)

_DEFINITION = Evidence("source", "Segment's open-source definition of the destination")
_PAGE = Evidence("docs", "Segment's page of the destination")
_CODE_TESTS = Evidence("source", "unit tests of the destination, written by Toplyne's engineer")
_RECORDING = Evidence("recorded", "one recorded answer of the real API")
_UPLOAD_DOCS = Evidence("docs", "Toplyne's documentation of POST /upload/accounts/events")
_RUNTIME = Evidence("source", "what Segment's runtime sends")
_UNKNOWN = Evidence("assumed", "no documentation and no recording tells")
_REMOVED = Evidence("assumed", "Segment removes empty texts before it sends")
_HINT = Evidence("assumed", "only a negative test of Segment's hints at it")
_NOT_JSON = "The content type is not JSON, or the content encoding is not gzip."

USER_ID: Final = Field(
    key="userId",
    label="User ID",
    type="string",
    description="The ID of a known user. Needed when there is no Anonymous ID.",
    default={"@path": "$.userId"},
    required_unless="anonymousId",
    example="user-1042",
    evidence=_PAGE,
)
ANONYMOUS_ID: Final = Field(
    key="anonymousId",
    label="Anonymous ID",
    type="string",
    description="The ID of a visitor who is not identified yet. Needed when there is no User ID.",
    default={"@path": "$.anonymousId"},
    required_unless="userId",
    example="3f2b8c1e-visitor",
    evidence=_PAGE,
)
ACCOUNT_ID: Final = Field(
    key="accountId",
    label="Account ID",
    type="string",
    description="The ID of the account, the company or team a user belongs to.",
    default={"@path": "$.groupId"},
    required=True,
    example="account-7",
    evidence=_DEFINITION,
)
CREATION_TIME: Final = Field(
    key="creationTime",
    label="Creation time",
    type="datetime",
    description="When the profile came to be: a date text or milliseconds; sent as Unix seconds.",
    default={"@path": "$.timestamp"},
    required=True,
    example=1612137600,
    evidence=_DEFINITION,
)
EVENT_NAME: Final = Field(
    key="eventName",
    label="Event Name",
    type="string",
    description="What the user did.",
    default={"@path": "$.event"},
    required=True,
    example="Order Completed",
    evidence=_DEFINITION,
)
TIMESTAMP: Final = Field(
    key="timestamp",
    label="Timestamp",
    type="datetime",
    description="When it happened: a date text or milliseconds; sent as Unix seconds.",
    default={"@path": "$.timestamp"},
    required=True,
    example=1612137600,
    evidence=_DEFINITION,
)


def _properties(key: str, label: str, default: str, of: str) -> Field:
    return Field(
        key=key,
        label=label,
        type="object",
        description=f"All that is known about the {of}, taken over as it is.",
        default={"@path": default},
        example={"plan": "pro", "seats": 3},
        evidence=_DEFINITION,
    )


SEND_USER_PROFILES: Final = ActionDefinition(
    key="sendUserProfiles",
    name="Send user profiles",
    description="Create or update the profile of a user.",
    fields=(
        USER_ID,
        ANONYMOUS_ID,
        CREATION_TIME,
        _properties("userProperties", "User Properties", "$.traits", "user"),
    ),
    endpoint=Endpoint(
        path="/upload/users/profiles",
        envelope="profiles",
        accepted="User profiles uploaded.",
        evidence=_CODE_TESTS,
    ),
)
SEND_ACCOUNT_PROFILES: Final = ActionDefinition(
    key="sendAccountProfiles",
    name="Send Account Profiles",
    description="Create or update the profile of an account.",
    fields=(
        ACCOUNT_ID,
        CREATION_TIME,
        _properties("accountProperties", "Account Properties", "$.traits", "account"),
    ),
    endpoint=Endpoint(
        path="/upload/accounts/profiles",
        envelope="accounts",
        accepted="Account profiles uploaded.",
        evidence=_CODE_TESTS,
    ),
)
SEND_EVENTS: Final = ActionDefinition(
    key="sendEvents",
    name="Send events",
    description="Send what a user did.",
    fields=(
        USER_ID,
        ANONYMOUS_ID,
        replace(ACCOUNT_ID, default={"@path": "$.context.groupId"}, required=False),
        EVENT_NAME,
        TIMESTAMP,
        _properties("eventProperties", "Event Properties", "$.properties", "event"),
    ),
    endpoint=Endpoint(
        path="/upload/events",
        envelope="events",
        accepted="Events uploaded.",
        evidence=_RECORDING,
    ),
)

ACCOUNT_EVENTS: Final = Upload(
    name="Account events",
    description="Send what an account did. No action of Segment's uses it.",
    fields=(
        replace(ACCOUNT_ID, evidence=_UPLOAD_DOCS),
        replace(EVENT_NAME, description="What the account did.", evidence=_UPLOAD_DOCS),
        replace(TIMESTAMP, evidence=_UPLOAD_DOCS),
        replace(SEND_EVENTS.fields[-1], evidence=_UPLOAD_DOCS),
    ),
    endpoint=Endpoint(
        path="/upload/accounts/events",
        envelope="events",
        accepted="Events uploaded.",
        evidence=_RECORDING,
    ),
)

ANSWER_HEADERS: Final = (
    ("Content-Type", "application/json"),
    ("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"),
    ("Pragma", "no-cache"),
    ("Expires", "0"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("X-XSS-Protection", "1; mode=block"),
)
"""The header names and values of both recorded answers; chunking is left out."""

SERVER_ERROR_DETAILS: Final = (
    "Unable to process request at our end. Contact Admin or retry after some time."
)
ERRORS: Final = tuple(
    ErrorAnswer(
        status=status,
        code=code,
        message=message,
        when=when,
        details=SERVER_ERROR_DETAILS if status == 500 else "",
        evidence=evidence,
    )
    for status, code, message, when, evidence in (
        (400, "BAD_REQUEST", "Bad request", "The body breaks a rule.", _UNKNOWN),
        (401, "UNAUTHORIZED", "Unauthorized", "The token is missing or malformed.", _UNKNOWN),
        (403, "FORBIDDEN", "Forbidden", "The token is unknown, expired or revoked.", _HINT),
        (404, "NOT_FOUND", "Not found", "There is nothing at the path.", _UNKNOWN),
        (405, "METHOD_NOT_ALLOWED", "Method not allowed", "The path has other methods.", _UNKNOWN),
        (413, "PAYLOAD_TOO_LARGE", "Payload too large", "The body is too large.", _UNKNOWN),
        (415, "UNSUPPORTED_MEDIA_TYPE", "Unsupported media type", _NOT_JSON, _UNKNOWN),
        (429, "TOO_MANY_REQUESTS", "Too many requests", "A fault asked for it.", _UNKNOWN),
        (500, "UNKNOWN", "Internal server error", "The body has a wrong structure.", _RECORDING),
        (503, "SERVICE_UNAVAILABLE", "Service unavailable", "Nothing can be stored.", _UNKNOWN),
    )
)

RULES: Final = tuple(
    Rule(key=key, statement=statement, evidence=evidence)
    for key, statement, evidence in (
        ("route", "Another path is answered 404, another method 405.", _UNKNOWN),
        ("body-complete", "A body is as long as was announced; else 400.", _UNKNOWN),
        ("token-missing", "A missing or malformed Authorization header: 401.", _UNKNOWN),
        ("token-unknown", "An unknown, expired or revoked token: 403.", _HINT),
        (
            "content-type",
            "A body is application/json or any +json; else 415.",
            Evidence("assumed", "Segment sends application/json and nothing else"),
        ),
        ("body-gzip", "A gzip body is one whole gzip stream.", _UNKNOWN),
        ("content-encoding", "A body comes as it is or as gzip; else 415.", _UNKNOWN),
        (
            "body-size",
            f"A body holds at most {MAX_BODY // 2**20} MiB, once inflated; else 413.",
            _UNKNOWN,
        ),
        (
            "body-json",
            f"A body is strict JSON in UTF-8, at most {MAX_DEPTH} levels deep.",
            _UNKNOWN,
        ),
        ("body-structure", "A body is an object with one list of objects.", _RUNTIME),
        ("malformed-500", "Another structure is answered 500 (rules: observed).", _RECORDING),
        (
            "list-size",
            f"A list holds 1 to {MAX_ITEMS} items.",
            Evidence("docs", "said of /upload/accounts/events; by analogy for the others"),
        ),
        ("field-required", "Required fields are there.", _DEFINITION),
        ("id-required", "A user profile or event needs a User ID or an Anonymous ID.", _PAGE),
        ("field-type", "Values have the type of their field; null has none.", _DEFINITION),
        ("text-empty", "Texts are not empty.", _REMOVED),
        ("time-integer", "Times are Unix seconds without a fraction.", _UPLOAD_DOCS),
        (
            "time-number",
            "Times may have a fraction or be null (rules: observed).",
            Evidence("recorded", "a fraction was accepted; null is what Segment can send"),
        ),
        ("time-range", "Times fit into 64 bits.", _UNKNOWN),
        ("unknown-key", "Keys that are no field are refused.", _UNKNOWN),
        ("all-or-nothing", "One bad item refuses the whole request.", _UNKNOWN),
    )
)

TOPLYNE: Final = DestinationDefinition(
    name="Toplyne Cloud Mode (Actions)",
    slug="actions-toplyne-cloud",
    base_url="https://api.toplyne.io/v1",
    auth_path="/auth/me",
    settings=(
        Setting(
            key="apiKey",
            label="API Key",
            description='A token of Toplyne: Settings > API Settings > "+ Generate new token".',
            required=True,
        ),
    ),
    actions=(SEND_USER_PROFILES, SEND_ACCOUNT_PROFILES, SEND_EVENTS),
    presets=(
        Preset(
            name="Send User Profiles", trigger='type = "identify"', action=SEND_USER_PROFILES.key
        ),
        Preset(
            name="Send Account Profiles", trigger='type = "group"', action=SEND_ACCOUNT_PROFILES.key
        ),
        Preset(name="Send Events", trigger='type = "track"', action=SEND_EVENTS.key),
    ),
    unused_uploads=(ACCOUNT_EVENTS,),
    errors=ERRORS,
    answer_headers=ANSWER_HEADERS,
    rules=RULES,
    versions={
        "@segment/actions-core": "3.170.0",
        "@segment/action-destinations": "3.497.0",
        "@segment/destination-subscriptions": "3.37.0",
    },
)
