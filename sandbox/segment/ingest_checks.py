"""Ingest checks: the limits of Segment's Tracking API, and the messages it drops with a 200.

The codes are Segment's (docs, "Delivery Overview", Failed on Ingest). Where the docs leave a case
open, the choice is assumed, and a comment at the check says so. The limits are from the docs: "HTTP
API source", sections on sizes and batches; "Product limits" for the properties.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from sandbox.segment.calls import TYPES
from sandbox.segment.errors import did_you_mean
from sandbox.segment.javascript import kind, length
from sandbox.values import Json, a_kind

IDS: Final = ("userId", "anonymousId")

_TRACK: Final = ("track",)
_VIEWS: Final = ("page", "screen")
_FILLED: Final = "a non-empty string"
_PROFILES: Final = ("identify", "group")


class IngestCheck(NamedTuple):
    """One check: Segment's code, the event types it applies to, and a function for the reason.

    The reason is "" if nothing is wrong. Null counts as missing, as clients send it for no value.
    """

    code: str
    types: tuple[str, ...]
    reason: Callable[[dict[str, Json]], str]


def first_failure(message: dict[str, Json]) -> tuple[str, str]:
    """Return the code and the reason of the first check that fails; ("", "") if all pass.

    The order of the checks is assumed; a message fails with one code.
    """
    if wrong_type := _type(message):
        return "bad_request", wrong_type
    for check in CHECKS:
        if message["type"] in check.types and (reason := check.reason(message)):
            return check.code, reason
    return "", ""


def _type(message: dict[str, Json]) -> str:
    found = message.get("type")
    known = ", ".join(TYPES)
    if found is None:
        return f"type is missing; each event in a batch needs one of {known}."
    if found in TYPES:
        return ""
    near = did_you_mean(found, list(TYPES)) if isinstance(found, str) else ""
    return f"type is {found!r:.60}. Expected one of {known}.{near}"


def _no_id(message: dict[str, Json]) -> str:
    given = any(message.get(key) is not None for key in IDS)
    return "" if given else "there is neither a userId nor an anonymousId."


def _id_of_wrong_type(message: dict[str, Json]) -> str:
    # assumed: numbers pass, as Segment's own libraries send them
    for key in (*IDS, "groupId", "previousId"):
        if kind(message.get(key)) in {"boolean", "object", "array"}:
            return f"{key} must be a string, but it was {a_kind(message[key])}."
    return ""


def _only_empty_ids(message: dict[str, Json]) -> str:
    # assumed: Segment's page gives id_required the same meaning as no_user_anon_id
    empty = all(message.get(key) in (None, "") for key in IDS)
    return "userId and anonymousId must not both be empty." if empty else ""


def _event_missing(message: dict[str, Json]) -> str:
    missing = message.get("event") in (None, "")
    return "a track call needs the name of its event, in event." if missing else ""


def _unless(key: str, needed: str, accepted: type) -> Callable[[dict[str, Json]], str]:
    """Return a function for the reason why a member, if present, is not what is needed."""

    def reason(message: dict[str, Json]) -> str:
        value = message.get(key)
        is_empty = value == "" and accepted is str
        if value is None or (isinstance(value, accepted) and not is_empty):
            return ""
        return f"{key} must be {needed}, but it was {'empty' if is_empty else a_kind(value)}."

    return reason


CHECKS: Final = (
    IngestCheck("no_user_anon_id", TYPES, _no_id),
    IngestCheck("id_not_string", TYPES, _id_of_wrong_type),
    IngestCheck("id_required", TYPES, _only_empty_ids),
    IngestCheck("event_not_defined", _TRACK, _event_missing),
    IngestCheck("event_not_string", _TRACK, _unless("event", "a string", str)),
    IngestCheck(
        "properties_not_object", (*_TRACK, *_VIEWS), _unless("properties", "an object", dict)
    ),
    IngestCheck("traits_not_object", _PROFILES, _unless("traits", "an object", dict)),
    IngestCheck("name_not_string", _VIEWS, _unless("name", _FILLED, str)),
    IngestCheck("category_not_string", _VIEWS, _unless("category", _FILLED, str)),
)


def wrong_message_id(message: dict[str, Json], *, longest: int) -> str:
    """Return what is wrong with the messageId, or "".

    Segment documents the length without a code: `bad_request` is assumed.
    """
    found = message.get("messageId")
    if not isinstance(found, str):
        return f"messageId must be a string, but it was {a_kind(found)}."
    over = length(found) > longest
    return f"messageId has {length(found)} characters; the limit is {longest}." if over else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestLimits:
    """The limits of one request and one event; sizes in bytes of JSON."""

    event_bytes: int = 32 * 1024
    """One event; a larger one is dropped (`bad_request`)."""
    batch_bytes: int = 500 * 1024
    """The body of one request; else 400."""
    batch_events: int = 2_500
    """The events of one batch; those after them are dropped (`bad_request`)."""
    message_id_length: int = 100
    """The characters of a messageId; an event with a longer one is dropped."""
    large_event: Literal["event", "batch"] = "event"
    """If an event of a batch is too large, drop that event or refuse the batch. The documentation
    can be read both ways (service rule `event-32-kb-in-batch`).
    """


LIMITS: Final = IngestLimits()


def size_of(value: Json) -> int:
    """Return the bytes the value takes as compact JSON."""
    # not json_text: it only writes numbers differently, and this is 4 times as fast
    return len(_COMPACT.encode(value).encode("utf-8", "surrogatepass"))


_COMPACT: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
