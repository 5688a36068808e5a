"""Upload shape: whether a body is an upload; if not, what is wrong and which status answers it."""

import re
from typing import Final, NamedTuple

from mock_server.exchange import GZIP, coding, inflated_body, wrong
from sandbox.contract import check_upload
from sandbox.segment.definition import Rules, Upload
from sandbox.segment.javascript import MISSING
from sandbox.segment.json_text import InvalidJson, parse_json, text_literal
from sandbox.toplyne import TOPLYNE
from sandbox.values import Json, Missing, Problem, shortened

_OF_CONTENT: Final = ("content-type", "content-encoding")
_STATUS: Final = {**dict.fromkeys(_OF_CONTENT, 415), "body-size": 413, "malformed-500": 500}
"""The status for a broken rule, where it is not 400."""
_KNOWN: Final = GZIP | {"", "identity"}
_JSON_TYPE: Final = re.compile(r"application/json|[^/,]+/[^,]+\+json")
GZIP_MAGIC: Final = b"\x1f\x8b"


class UploadShape(NamedTuple):
    """The verdict on a body.

    `status` is 202 or that of the refusal; `problems` are all its reasons. `content` is the
    inflated body, as far as it could be inflated; `json` is its value, or MISSING.
    """

    content: bytes
    json: Json | Missing = MISSING
    problems: tuple[Problem, ...] = ()

    @property
    def status(self) -> int:
        """202, 400, 413, 415 or the recorded 500: the status of the gravest problem."""
        return max((_STATUS.get(each.rule, 400) for each in self.problems), default=202)

    @property
    def details(self) -> str:
        """The first problem as a sentence with its path, and the number of others."""
        if not self.problems:
            return ""
        first, *others = self.problems
        sentence = first.sentence("The body")
        return f"{sentence} ({len(others)} more.)" if others else sentence


def shape(
    upload: Upload,
    body: bytes,
    *,
    content_type: str,
    content_encoding: str,
    rules: Rules,
) -> UploadShape:
    """Return the verdict on a body sent to an upload's endpoint. Absent headers are "".

    The 500 of the `observed` rules is recorded; all other statuses are assumed.
    """
    refused = check_headers(content_type, content_encoding)
    if refused is not None:
        return UploadShape(content=body, problems=(refused,))

    content = inflated_body(body, content_encoding)
    if isinstance(content, Problem):
        return UploadShape(content=body, problems=(content,))

    try:
        value = parse_json(content, max_depth=TOPLYNE.max_depth, finite=True)
    except InvalidJson as error:
        return UploadShape(content=content, problems=(_not_json(content, error, upload),))

    problems = check_upload(upload, value, rules=rules)
    return UploadShape(content=content, json=value, problems=problems)


def check_headers(content_type: str, content_encoding: str) -> Problem | None:
    """Return why a body with these headers is refused, or None."""
    if not _JSON_TYPE.fullmatch(content_type.partition(";")[0].strip().lower()):
        shown = text_literal(shortened(content_type))
        found = f"has the content type {shown}" if content_type else "has no content type"
        return wrong("content-type", found, "application/json")
    if coding(content_encoding) not in _KNOWN:
        found = f"has the content encoding {text_literal(shortened(content_encoding))}"
        return wrong("content-encoding", found, "gzip or none")
    return None


def _not_json(content: bytes, error: InvalidJson, upload: Upload) -> Problem:
    right = f'JSON like {{"{upload.endpoint.envelope}": [...]}}'
    if not content:
        return wrong("body-json", "is empty", right)
    if content.startswith(GZIP_MAGIC):
        found, remedy = "gzip", "add the header content-encoding: gzip"
    else:
        found, _, remedy = str(error).partition("; ")
    return wrong("body-json", f"is {found}", right, remedy=remedy)
