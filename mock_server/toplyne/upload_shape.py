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

    `status` is 202 or what the refusal is answered with; `problems` says why, all at once.
    `content` is the body inflated, as far as it could be; `json` its value, MISSING if it has none.
    """

    content: bytes
    json: Json = MISSING
    problems: tuple[Problem, ...] = ()

    @property
    def status(self) -> int:
        """202, 400, 413, 415 or the recorded 500; the gravest problem decides."""
        if not self.problems:
            return ACCEPTED
        return max(_STATUS.get(v.rule, _BAD_REQUEST) for v in self.problems)

    @property
    def details(self) -> str:
        """The first problem as a sentence that names its place, and how many more there are."""
        if not self.problems:
            return ""
        first, *others = self.problems
        sentence = first.sentence("The body")
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
        return Shape(content=body, problems=(refused,))

    content = inflated(body, content_encoding, definition)
    if isinstance(content, Problem):
        return Shape(content=body, problems=(content,))

    try:
        value = parse_json(content, max_depth=definition.max_depth, finite=True)
    except InvalidJson as error:
        return Shape(content=content, problems=(_not_json(content, error, upload, definition),))

    problems = check_upload(upload, value, rules=rules, definition=definition)
    return Shape(content=content, json=value, problems=problems)


def check_headers(
    content_type: str, content_encoding: str, definition: DestinationDefinition = TOPLYNE
) -> Problem | None:
    """Return why no body with these headers is taken, None where one may be."""
    if not _is_json_type(content_type):
        found = f"the content type {_quoted(content_type)}" if content_type else "no content type"
        return _wrong("content-type", f"has {found}", "application/json", definition)
    if _coding(content_encoding) not in _KNOWN:
        found = f"has the content encoding {_quoted(content_encoding)}"
        return _wrong("content-encoding", found, "gzip or none", definition)
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
        most = f"{definition.max_body} bytes"
        return _wrong("body-size", f"is longer than {most}", f"at most {most}", definition)
    return content


def _gunzip(body: bytes, definition: DestinationDefinition) -> bytes | Problem:
    stream = zlib.decompressobj(_GZIP_FORMAT)
    try:
        content = stream.decompress(body, definition.max_body + 1)
    except zlib.error as error:
        reason = str(error).rpartition(": ")[2]
        return _bad_gzip(f"is not gzip ({reason})", definition)
    if len(content) > definition.max_body:
        return content
    if not stream.eof:
        return _bad_gzip("is a gzip stream cut short", definition)
    if stream.unused_data:
        more = len(stream.unused_data)
        return _bad_gzip(f"is a gzip stream and {more} more bytes", definition)
    return content


def _bad_gzip(found: str, definition: DestinationDefinition) -> Problem:
    return _wrong("body-gzip", found, "one whole gzip stream", definition)


def _not_json(
    content: bytes, error: InvalidJson, upload: Upload, definition: DestinationDefinition
) -> Problem:
    right = f'JSON like {{"{upload.endpoint.envelope}": [...]}}'
    if not content:
        return _wrong("body-json", "is empty", right, definition)
    if content.startswith(_GZIP_MAGIC):
        found, remedy = "gzip", "add the header content-encoding: gzip"
    else:
        found, _, remedy = str(error).partition("; ")
    return _wrong("body-json", f"is {found}", right, definition, remedy=remedy)


def _wrong(
    rule: str, found: str, right: str, definition: DestinationDefinition, *, remedy: str = ""
) -> Problem:
    advice = f"{remedy[:1].upper()}{remedy[1:]}" if remedy else f"Expected {right}"
    message = f"{found}. {advice}."
    return Problem((), message, found, right, rule, definition.rule(rule).evidence)
