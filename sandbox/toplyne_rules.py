"""What is known of Toplyne's answers: its headers, its errors and its rules, each with evidence.

A part of the declaration in `sandbox.toplyne`; the evidence marks are explained at
`sandbox.segment.definition.Evidence`.
"""

from __future__ import annotations

from typing import Final

from sandbox.segment.definition import (
    BOTH_RULES,
    MAX_BODY,
    MAX_DEPTH,
    MAX_ITEMS,
    ErrorAnswer,
    Evidence,
    Rule,
    Rules,
)

DEFINITION: Final = Evidence("source", "Segment's open-source definition of the destination")
PAGE: Final = Evidence("docs", "Segment's page of the destination")
CODE_TESTS: Final = Evidence("source", "unit tests of the destination, by Toplyne's engineer")
RECORDING: Final = Evidence("recorded", "one recorded answer of the real API")
UPLOAD_DOCS: Final = Evidence("docs", "Toplyne's documentation of POST /upload/accounts/events")
RUNTIME: Final = Evidence("source", "what Segment's runtime sends")
UNKNOWN: Final = Evidence("assumed", "no documentation and no recording tells")
_BY_ANALOGY = Evidence("docs", "said of /upload/accounts/events; by analogy for the others")
_ONLY_JSON = Evidence("assumed", "Segment sends application/json and nothing else")
_REMOVED = Evidence("assumed", "Segment removes empty texts before it sends")
_FLOAT = Evidence("recorded", "a fraction was accepted; null is what Segment can send")
_HINT = Evidence("assumed", "only a negative test of Segment's hints at it")
_OURS = Evidence("assumed", "the sandbox's own rule, against web pages that reach for it")
_OUR_FAULTS = Evidence("assumed", "the sandbox's own rule, against faults that are misspelt")
_OUR_BOUNDS = Evidence("assumed", "the sandbox's own rule; what the real server says is unknown")
_SAMPLE_ANSWER = Evidence(
    "docs", 'the sample answer {"MsgCode":"100","Msg":"Events uploaded","status":"success"}'
)
_SAMPLE_KEY = Evidence("docs", "the sample writes timeStamp where the recording has timestamp")
_FRACTION = Evidence("recorded", "timestamp 1670242516.143688 was answered 202")
_SAID_INT = Evidence("docs", "the documentation says int")
_NOT_ENFORCED = Evidence("source", "the shipped code sends profiles and events without either")
_PERHAPS_401 = Evidence("assumed", "401 is as likely; that test stubs a path the code never calls")
_PERHAPS_403 = Evidence("assumed", "403 is as likely; no recording lacks a key")
_ANSWERED_500 = Evidence("recorded", "a list in a list was answered 500, not 400")
_DRAFTS = Evidence("source", "drafts of the destination sent 100 profiles or accounts a call")
_OWN_TIMES = Evidence("source", "every call sends its own timestamp as the creation time")
_WRITTEN: tuple[Rules, ...] = ("documented",)
_SEEN: tuple[Rules, ...] = ("observed",)
_NOT_JSON = "The content type is not JSON, or the content encoding is not gzip."

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
        (400, "BAD_REQUEST", "Bad request", "The body breaks a rule.", UNKNOWN),
        (401, "UNAUTHORIZED", "Unauthorized", "The token is missing or malformed.", UNKNOWN),
        (403, "FORBIDDEN", "Forbidden", "The token is unknown, expired or revoked.", _HINT),
        (404, "NOT_FOUND", "Not found", "There is nothing at the path.", UNKNOWN),
        (405, "METHOD_NOT_ALLOWED", "Method not allowed", "The path has other methods.", UNKNOWN),
        (413, "PAYLOAD_TOO_LARGE", "Payload too large", "The body is too large.", UNKNOWN),
        (415, "UNSUPPORTED_MEDIA_TYPE", "Unsupported media type", _NOT_JSON, UNKNOWN),
        (429, "TOO_MANY_REQUESTS", "Too many requests", "A fault asked for it.", UNKNOWN),
        (500, "UNKNOWN", "Internal server error", "The body has a wrong structure.", RECORDING),
        (503, "SERVICE_UNAVAILABLE", "Service unavailable", "Nothing can be stored.", UNKNOWN),
    )
)


def _rule(
    key: str,
    statement: str,
    evidence: Evidence,
    under: tuple[Rules, ...] = BOTH_RULES,
    *,
    against: Evidence | None = None,
) -> Rule:
    return Rule(
        key=key,
        statement=statement,
        evidence=evidence,
        under=under,
        against=() if against is None else (against,),
        ours=evidence in {_OURS, _OUR_FAULTS, _OUR_BOUNDS},
    )


RULES: Final = (
    _rule(
        "request-readable",
        "A request is HTTP/1.1 as RFC 9112 has it, and not above a bound of the server; else 400,"
        " 408, 413, 414, 431, 501 or 505.",
        _OUR_BOUNDS,
    ),
    _rule("path-known", "Nothing is at any other path: 404.", UNKNOWN),
    _rule("method-allowed", "A path has the methods that are documented; else 405.", UNKNOWN),
    _rule("own-host", "Requests for a foreign Host or from a foreign Origin: 403.", _OURS),
    _rule(
        "token-missing",
        "A missing or malformed Authorization header: 401.",
        UNKNOWN,
        against=_PERHAPS_403,
    ),
    _rule(
        "token-unknown", "An unknown, expired or revoked token: 403.", _HINT, against=_PERHAPS_401
    ),
    _rule("fault-header", "A header X-Sandbox-Fault names a fault; else 400.", _OUR_FAULTS),
    _rule("no-rate-limit", "No call is refused for coming too soon.", UNKNOWN),
    _rule("content-type", "A body is application/json or any +json; else 415.", _ONLY_JSON),
    _rule("content-encoding", "A body comes as it is or as gzip; else 415.", UNKNOWN),
    _rule("body-complete", "A body is as long as was announced; else 400.", UNKNOWN),
    _rule("body-size", f"A body is {MAX_BODY // 2**20} MiB at most, inflated; else 413.", UNKNOWN),
    _rule("body-gzip", "A gzip body is one whole gzip stream; else 400.", UNKNOWN),
    _rule(
        "body-json", f"A body is strict JSON in UTF-8, {MAX_DEPTH} levels deep at most.", UNKNOWN
    ),
    _rule(
        "body-structure",
        "A body is an object with one list of objects.",
        RUNTIME,
        _WRITTEN,
        against=_ANSWERED_500,
    ),
    _rule("malformed-500", "A body of another structure is answered 500.", RECORDING, _SEEN),
    _rule("list-size", f"A list holds 1 to {MAX_ITEMS} items.", _BY_ANALOGY, against=_DRAFTS),
    _rule("all-or-nothing", "One bad item refuses the whole request: 400.", UNKNOWN),
    _rule("unknown-key", "Keys that are no field are refused.", UNKNOWN, against=_SAMPLE_KEY),
    _rule("field-required", "Required fields are there.", DEFINITION),
    _rule(
        "id-required",
        "A User ID or an Anonymous ID is there.",
        PAGE,
        _WRITTEN,
        against=_NOT_ENFORCED,
    ),
    _rule("field-type", "Values have the type of their field; null has none.", DEFINITION),
    _rule("text-empty", "Texts are not empty.", _REMOVED, _WRITTEN),
    _rule(
        "time-integer",
        "Times are Unix seconds without a fraction.",
        UPLOAD_DOCS,
        _WRITTEN,
        against=_FRACTION,
    ),
    _rule("time-number", "Times may have a fraction or be null.", _FLOAT, _SEEN, against=_SAID_INT),
    _rule("time-range", "Times fit into 64 bits.", UNKNOWN),
    _rule(
        "accepted-answer",
        "An upload is answered 202, SUCCESS, with the message of its endpoint.",
        RECORDING,
        against=_SAMPLE_ANSWER,
    ),
    _rule("auth-answer", "A good token is answered 200, SUCCESS, with its name.", CODE_TESTS),
    _rule("error-body", "A refusal is an ERROR with code, message, details.", RECORDING),
    _rule("error-words", "The code and the message of a refusal follow its status.", UNKNOWN),
    _rule("answer-headers", "Every answer has the recorded headers.", RECORDING),
    _rule("profile-identity", "A user is known by User ID, else by Anonymous ID.", UNKNOWN),
    _rule("users-not-joined", "An Anonymous ID is never joined to a User ID.", UNKNOWN),
    _rule("merge-properties", "Properties merge key by key; the later call wins.", UNKNOWN),
    _rule(
        "creation-time-user",
        "A user is as old as the first call that names them.",
        PAGE,
        against=_OWN_TIMES,
    ),
    _rule(
        "creation-time-account",
        "An account is as old as the first call that names it.",
        PAGE,
        against=_OWN_TIMES,
    ),
    _rule("event-no-profile", "An event makes no profile; it moves a creation time.", UNKNOWN),
)
