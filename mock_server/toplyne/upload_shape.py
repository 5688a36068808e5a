"""Upload shape: whether a body is an upload; if not, what is wrong and which status answers it."""

from typing import Final, NamedTuple

from mock_server.content_coding import GZIP, coding, inflated, wrong
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
_PLAIN: Final = frozenset({"", "identity"})
_KNOWN: Final = GZIP | _PLAIN
_GZIP_MAGIC: Final = b"\x1f\x8b"


class Shape(NamedTuple):
    """The verdict on a body.

    `status` is 202 or that of the refusal; `problems` are all its reasons. `content` is the
    inflated body, as far as it could be inflated; `json` is its value, or MISSING.
    """

    content: bytes
    json: Json = MISSING
    problems: tuple[Problem, ...] = ()

    @property
    def status(self) -> int:
        """202, 400, 413, 415 or the recorded 500: the status of the gravest problem."""
        if not self.problems:
            return ACCEPTED
        return max(_STATUS.get(v.rule, _BAD_REQUEST) for v in self.problems)

    @property
    def details(self) -> str:
        """The first problem as a sentence with its path, and the number of others."""
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
    """Return the verdict on a body sent to an upload's endpoint. Absent headers are "".

    The 500 of the `observed` rules is recorded; all other statuses are assumed.
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
    """Return why a body with these headers is refused, or None."""
    if not _is_json_type(content_type):
        found = f"the content type {_quoted(content_type)}" if content_type else "no content type"
        return wrong("content-type", f"has {found}", "application/json", definition)
    if coding(content_encoding) not in _KNOWN:
        found = f"has the content encoding {_quoted(content_encoding)}"
        return wrong("content-encoding", found, "gzip or none", definition)
    return None


def _quoted(header: str) -> str:
    return text_literal(shortened(header))


def _is_json_type(content_type: str) -> bool:
    media = content_type.partition(";")[0].strip().lower()
    kind, _, name = media.partition("/")
    if media == "application/json":
        return True
    return bool(kind) and name.endswith("+json") and len(name) > len("+json") and "," not in media


def _not_json(
    content: bytes, error: InvalidJson, upload: Upload, definition: DestinationDefinition
) -> Problem:
    right = f'JSON like {{"{upload.endpoint.envelope}": [...]}}'
    if not content:
        return wrong("body-json", "is empty", right, definition)
    if content.startswith(_GZIP_MAGIC):
        found, remedy = "gzip", "add the header content-encoding: gzip"
    else:
        found, _, remedy = str(error).partition("; ")
    return wrong("body-json", f"is {found}", right, definition, remedy=remedy)
