"""Shape: whether a body is an upload, and what is wrong with it and how it is answered if not."""

from __future__ import annotations

import zlib
from typing import Final, NamedTuple

from sandbox.contract import check_upload
from sandbox.segment.definition import DestinationDefinition, Rules, Upload
from sandbox.segment.javascript import MISSING, Json
from sandbox.segment.json_text import InvalidJson, parse_json, text_literal
from sandbox.toplyne import TOPLYNE
from sandbox.values import Problem, shortened

ACCEPTED: Final = 202
_STATUS: Final = {
    "content-type": 415,
    "content-encoding": 415,
    "body-size": 413,
    "malformed-500": 500,
}
_BAD_REQUEST: Final = 400
_GZIP: Final = frozenset({"gzip", "x-gzip"})
_PLAIN: Final = frozenset({"", "identity"})
_KNOWN: Final = _GZIP | _PLAIN
_GZIP_MAGIC: Final = b"\x1f\x8b"
_GZIP_FORMAT: Final = 31  # zlib's word for: gzip header and trailer, no other


class Shape(NamedTuple):
    """What a body turned out to be.

    `status` is 202 or what the refusal is answered with; `violations` says why, all at once.
    `content` is the body inflated, as far as it could be; `json` its value, MISSING if it has none.
    """

    content: bytes
    json: Json = MISSING
    violations: tuple[Problem, ...] = ()

    @property
    def status(self) -> int:
        """202, 400, 413, 415 or the recorded 500; the gravest violation decides."""
        if not self.violations:
            return ACCEPTED
        return max(_STATUS.get(v.rule, _BAD_REQUEST) for v in self.violations)

    @property
    def details(self) -> str:
        """The first violation as a sentence that names its place, and how many more there are."""
        if not self.violations:
            return ""
        first, *others = self.violations
        sentence = f"{first.path}: {first.message}" if first.at else first.message
        return f"{sentence} ({len(others)} more.)" if others else sentence


def shape(  # noqa: PLR0913 - the parts of a request that matter, each by name
    upload: Upload,
    body: bytes,
    *,
    content_type: str,
    content_encoding: str,
    rules: Rules,
    definition: DestinationDefinition = TOPLYNE,
) -> Shape:
    """Return what a body sent to an upload's endpoint is; headers that are absent are "".

    Everything about statuses is assumed but the 500 of `observed` rules, which is recorded.
    """
    refused = check_headers(content_type, content_encoding, definition)
    if refused is not None:
        return Shape(content=body, violations=(refused,))

    content = inflated(body, content_encoding, definition)
    if isinstance(content, Problem):
        return Shape(content=body, violations=(content,))

    try:
        value = parse_json(content, max_depth=definition.max_depth, finite=True)
    except InvalidJson as error:
        return Shape(content=content, violations=(_not_json(content, error, upload, definition),))

    violations = check_upload(upload, value, rules=rules, definition=definition)
    return Shape(content=content, json=value, violations=violations)


def check_headers(
    content_type: str, content_encoding: str, definition: DestinationDefinition = TOPLYNE
) -> Problem | None:
    """Return why no body with these headers is taken, None where one may be."""
    if not _is_json_type(content_type):
        found = _quoted(content_type) if content_type else "missing"
        return _violation(
            "content-type", "The content type is", found, "application/json", definition
        )
    if _coding(content_encoding) not in _KNOWN:
        found = _quoted(content_encoding)
        return _violation(
            "content-encoding", "The content encoding is", found, "gzip or none", definition
        )
    return None


def _quoted(header: str) -> str:
    return text_literal(shortened(header))


def _is_json_type(content_type: str) -> bool:
    media = content_type.partition(";")[0].strip().lower()
    kind, _, name = media.partition("/")
    if media == "application/json":
        return True
    return bool(kind) and name.endswith("+json") and len(name) > len("+json") and "," not in media


def _coding(content_encoding: str) -> str:
    return content_encoding.strip().lower()


def inflated(
    body: bytes, content_encoding: str, definition: DestinationDefinition = TOPLYNE
) -> bytes | Problem:
    """Return the body without its content encoding, or why that cannot be; within its limit."""
    content: bytes | Problem = body
    if _coding(content_encoding) in _GZIP and len(body) <= definition.max_body:
        content = _gunzip(body, definition)
    if isinstance(content, bytes) and len(content) > definition.max_body:
        return _violation(
            "body-size",
            "The body is",
            f"more than {definition.max_body} bytes long",
            f"at most {definition.max_body} bytes",
            definition,
        )
    return content


def _gunzip(body: bytes, definition: DestinationDefinition) -> bytes | Problem:
    stream = zlib.decompressobj(_GZIP_FORMAT)
    try:
        content = stream.decompress(body, definition.max_body + 1)
    except zlib.error as error:
        reason = str(error).rpartition(": ")[2]
        return _bad_gzip(f"no gzip ({reason})", definition)
    if len(content) > definition.max_body:
        return content
    if not stream.eof:
        return _bad_gzip("a gzip stream cut short", definition)
    if stream.unused_data:
        return _bad_gzip(f"gzip and then {len(stream.unused_data)} bytes more", definition)
    return content


def _bad_gzip(found: str, definition: DestinationDefinition) -> Problem:
    return _violation("body-gzip", "The body is", found, "one whole gzip stream", definition)


def _not_json(
    content: bytes, error: InvalidJson, upload: Upload, definition: DestinationDefinition
) -> Problem:
    right = f'JSON like {{"{upload.endpoint.envelope}": [...]}}'
    if not content:
        return _violation("body-json", "The body is", "empty", right, definition)
    if content.startswith(_GZIP_MAGIC):
        found, remedy = "gzip", "the header content-encoding: gzip would say so"
    else:
        found, _, remedy = str(error).partition("; ")
    return _violation("body-json", "The body is", found, right, definition, remedy=remedy)


def _violation(  # noqa: PLR0913 - the parts of one sentence
    rule: str,
    subject: str,
    found: str,
    right: str,
    definition: DestinationDefinition,
    *,
    remedy: str = "",
) -> Problem:
    return Problem(
        at=(),
        message=f"{subject} {found}; {remedy or f'{right} would be right'}.",
        found=found,
        expected=right,
        rule=rule,
        evidence=definition.rule(rule).evidence,
    )
