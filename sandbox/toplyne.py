"""The declaration: everything that Segment and the mock know about Toplyne, with its evidence.

Schemas, OpenAPI, tables, commands and strategies are derived from this module. The API's error
answers and rules are in `toplyne_rules.toml`, which is a part of it.
"""

from dataclasses import replace
from typing import Final

from sandbox.known_rules import rules_in, toplyne_errors
from sandbox.segment.definition import (
    ActionDefinition,
    DestinationDefinition,
    Endpoint,
    Evidence,
    Field,
    Preset,
    Setting,
    Upload,
)

DEFINITION: Final = Evidence("source", "Segment's open-source definition of the destination")
PAGE: Final = Evidence("docs", "Segment's page of the destination")
CODE_TESTS: Final = Evidence("source", "unit tests of the destination, by Toplyne's engineer")
RECORDING: Final = Evidence("recorded", "one recorded answer of the real API")
UPLOAD_DOCS: Final = Evidence("docs", "Toplyne's documentation of POST /upload/accounts/events")

USER_ID: Final = Field(
    key="userId",
    label="User ID",
    type="string",
    description="The ID of a known user. Needed when there is no Anonymous ID.",
    default={"@path": "$.userId"},
    required_unless="anonymousId",
    is_id=True,
    example="user-1042",
    evidence=PAGE,
)
ANONYMOUS_ID: Final = Field(
    key="anonymousId",
    label="Anonymous ID",
    type="string",
    description="The ID of a visitor who is not identified yet. Needed when there is no User ID.",
    default={"@path": "$.anonymousId"},
    required_unless="userId",
    is_id=True,
    example="3f2b8c1e-visitor",
    evidence=PAGE,
)
ACCOUNT_ID: Final = Field(
    key="accountId",
    label="Account ID",
    type="string",
    description="The ID of the account, the company or team a user belongs to.",
    default={"@path": "$.groupId"},
    required=True,
    is_id=True,
    example="account-7",
    evidence=DEFINITION,
)


def _time(key: str, label: str, description: str) -> Field:
    return Field(
        key=key,
        label=label,
        type="datetime",
        description=f"{description} A date string or milliseconds are converted to Unix seconds.",
        default={"@path": "$.timestamp"},
        required=True,
        example=1612137600,
        evidence=DEFINITION,
    )


CREATION_TIME: Final = _time("creationTime", "Creation time", "When the profile was created.")
EVENT_NAME: Final = Field(
    key="eventName",
    label="Event Name",
    type="string",
    description="What the user did.",
    default={"@path": "$.event"},
    required=True,
    example="Order Completed",
    evidence=DEFINITION,
)
TIMESTAMP: Final = _time("timestamp", "Timestamp", "When it happened.")


def _properties(key: str, label: str, default: str, of: str) -> Field:
    return Field(
        key=key,
        label=label,
        type="object",
        description=f"Everything known about the {of}, sent unchanged.",
        default={"@path": default},
        example={"plan": "pro", "seats": 3},
        evidence=DEFINITION,
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
        evidence=CODE_TESTS,
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
        evidence=CODE_TESTS,
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
        evidence=RECORDING,
    ),
)

ACCOUNT_EVENTS: Final = Upload(
    name="Account events",
    description="Send what an account did. No action of Segment's uses it.",
    fields=(
        replace(ACCOUNT_ID, evidence=UPLOAD_DOCS),
        replace(EVENT_NAME, description="What the account did.", evidence=UPLOAD_DOCS),
        replace(TIMESTAMP, evidence=UPLOAD_DOCS),
        replace(SEND_EVENTS.fields[-1], evidence=UPLOAD_DOCS),
    ),
    endpoint=Endpoint(
        path="/upload/accounts/events",
        envelope="events",
        accepted="Events uploaded.",
        evidence=RECORDING,
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
"""The headers of both recorded answers, without chunking."""

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
    errors=toplyne_errors(),
    answer_headers=ANSWER_HEADERS,
    rules=rules_in(__package__, "toplyne_rules"),
    versions={
        "@segment/actions-core": "3.170.0",
        "@segment/action-destinations": "3.497.0",
        "@segment/destination-subscriptions": "3.37.0",
        "liquidjs": "10.27.2",
    },
)
"""The declaration of Toplyne's destination: settings, actions, fields, presets, rules."""

IDS: Final = tuple(dict.fromkeys(key for upload in TOPLYNE.uploads for key in upload.ids))
"""The keys of all uploads that identify a user or account."""
