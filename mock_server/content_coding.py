"""Content coding: a body without its content encoding, within the largest size that is taken."""

import zlib
from typing import Final

from sandbox.toplyne import TOPLYNE
from sandbox.values import Problem

GZIP: Final = frozenset({"gzip", "x-gzip"})
_GZIP_FORMAT: Final = 31  # zlib's word for: gzip header and trailer, no other


def coding(content_encoding: str) -> str:
    """Return the name of a content coding as it is compared."""
    return content_encoding.strip().lower()


def inflated(body: bytes, content_encoding: str) -> bytes | Problem:
    """Return the body without its content encoding, or why that cannot be; within its limit."""
    content: bytes | Problem = body
    if coding(content_encoding) in GZIP and len(body) <= TOPLYNE.max_body:
        content = _gunzip(body)
    if isinstance(content, bytes) and len(content) > TOPLYNE.max_body:
        most = f"{TOPLYNE.max_body} bytes"
        return wrong("body-size", f"is longer than {most}", f"at most {most}")
    return content


def _gunzip(body: bytes) -> bytes | Problem:
    stream = zlib.decompressobj(_GZIP_FORMAT)
    try:
        content = stream.decompress(body, TOPLYNE.max_body + 1)
    except zlib.error as error:
        reason = str(error).rpartition(": ")[2]
        return _bad_gzip(f"is not gzip ({reason})")
    if len(content) > TOPLYNE.max_body:
        return content
    if not stream.eof:
        return _bad_gzip("is a gzip stream cut short")
    if stream.unused_data:
        more = len(stream.unused_data)
        return _bad_gzip(f"is a gzip stream and {more} more bytes")
    return content


def _bad_gzip(found: str) -> Problem:
    return wrong("body-gzip", found, "one whole gzip stream")


def wrong(rule: str, found: str, right: str, *, remedy: str = "") -> Problem:
    """Return a problem of a whole body, with the evidence of the rule it breaks."""
    advice = f"{remedy[:1].upper()}{remedy[1:]}" if remedy else f"Expected {right}"
    message = f"{found}. {advice}."
    return Problem((), message, found, right, rule, TOPLYNE.rule(rule).evidence)
