"""The declaration: everything Segment and the mock know of Toplyne, once, each with its evidence.

Schemas, OpenAPI, tables, commands and strategies are derived from this module. The evidence marks
are explained at `sandbox.segment.definition.Evidence`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sandbox.segment.definition import (
    ActionDefinition,
    DestinationDefinition,
    Endpoint,
    Evidence,
    Field,
    Preset,
    Rule,
    Setting,
)

_DEFINITION = Evidence("source", "Segment's open-source definition of the destination")
_PAGE = Evidence("docs", "Segment's page of the destination")
_CODE_TESTS = Evidence("source", "unit tests of the destination, written by Toplyne's engineer")
_RECORDING = Evidence("recorded", "one recorded answer of the real API")
_UPLOAD_DOCS = Evidence("docs", "Toplyne's documentation of POST /upload/accounts/events")
_UNKNOWN = Evidence("assumed", "no documentation and no recording tells")

USER_ID: Final = Field(
    key="userId",
    label="User ID",
    type="string",
    description="The ID of a known user. Needed when there is no Anonymous ID.",
    default={"@path": "$.userId"},
    required_unless="anonymousId",
    evidence=_PAGE,
)
ANONYMOUS_ID: Final = Field(
    key="anonymousId",
    label="Anonymous ID",
    type="string",
    description="The ID of a visitor who is not identified yet. Needed when there is no User ID.",
    default={"@path": "$.anonymousId"},
    required_unless="userId",
    evidence=_PAGE,
)
ACCOUNT_ID: Final = Field(
    key="accountId",
    label="Account ID",
    type="string",
    description="The ID of the account, the company or team a user belongs to.",
    default={"@path": "$.groupId"},
    required=True,
    evidence=_DEFINITION,
)
CREATION_TIME: Final = Field(
    key="creationTime",
    label="Creation time",
    type="datetime",
    description="When the profile came to be: a date text or milliseconds; sent as Unix seconds.",
    default={"@path": "$.timestamp"},
    required=True,
    evidence=_DEFINITION,
)
EVENT_NAME: Final = Field(
    key="eventName",
    label="Event Name",
    type="string",
    description="What the user did.",
    default={"@path": "$.event"},
    required=True,
    evidence=_DEFINITION,
)
TIMESTAMP: Final = Field(
    key="timestamp",
    label="Timestamp",
    type="datetime",
    description="When it happened: a date text or milliseconds; sent as Unix seconds.",
    default={"@path": "$.timestamp"},
    required=True,
    evidence=_DEFINITION,
)


def _properties(key: str, label: str, default: str, of: str) -> Field:
    return Field(
        key=key,
        label=label,
        type="object",
        description=f"All that is known about the {of}, taken over as it is.",
        default={"@path": default},
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
    rules=(
        Rule(
            key="token-missing",
            statement="A missing or malformed Authorization header is answered 401.",
            evidence=_UNKNOWN,
        ),
        Rule(
            key="token-unknown",
            statement="An unknown, expired or revoked token is answered 403.",
            evidence=Evidence("assumed", "only a negative test of Segment's hints at it"),
        ),
        Rule(
            key="id-required",
            statement="A user profile or event needs a User ID or an Anonymous ID.",
            evidence=_PAGE,
        ),
        Rule(
            key="time-integer",
            statement="Times are Unix seconds without a fraction.",
            evidence=_UPLOAD_DOCS,
        ),
        Rule(
            key="unknown-key",
            statement="Keys that are no field are refused.",
            evidence=_UNKNOWN,
        ),
        Rule(
            key="list-size",
            statement="A list holds 1 to 500 items.",
            evidence=Evidence("docs", "said of /upload/accounts/events; by analogy for the others"),
        ),
        Rule(
            key="all-or-nothing",
            statement="One bad item refuses the whole request and nothing is stored.",
            evidence=_UNKNOWN,
        ),
        Rule(
            key="malformed-500",
            statement="A body of the wrong structure is answered 500 (rules: observed).",
            evidence=_RECORDING,
        ),
    ),
    versions={
        "@segment/actions-core": "3.170.0",
        "@segment/action-destinations": "3.497.0",
        "@segment/destination-subscriptions": "3.37.0",
    },
)
