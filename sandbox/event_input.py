"""Event input: read events from bytes in any of four forms.

One JSON object, a JSON array, an SDK body (`{"batch": […]}`) or NDJSON; each also gzipped or
compressed with zstandard. What cannot be read becomes a BadInput, and reading continues.

    is_lines, pieces = detect_lines(inflated(stream))
    for block in line_blocks(pieces): ...     # at most MAX_LINE bytes a line, in memory a block

Only a line feed ends a line; a byte order mark before the first line does not belong to it.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple, TypeAlias

import msgspec

from sandbox.inflating import (
    MAX_WHOLE,
    InputError,
    InputTooLarge,
    Readable,
    all_of,
    byte_pieces,
    gathered,
    inflated,
)
from sandbox.segment.json_text import InvalidJson, json_text, parse_json
from sandbox.values import Json, a_kind

MAX_LINE: Final = 1_000_000
"""The most bytes of a line, and of one event as compact JSON."""
MAX_UNQUOTED: Final = 15_000_000
"""The most bytes between two quotation marks of JSON that is read whole; enough for an upload in
base64."""
MAX_VALUES: Final = 3_000_000
"""The most values of JSON that is read whole."""
SEGMENT_EVENT_BYTES: Final = 32 * 1024

BOM: Final = b"\xef\xbb\xbf"
TOO_LONG: Final = None
"""Replaces, in a block, a line above MAX_LINE."""
LINE_TOO_LONG: Final = f"is a line of more than {MAX_LINE:,} bytes, the most an event may have."

_HEAD: Final = 64 * 1024
_LINES: Final = 1_000_000  # at the beginning, to recognise NDJSON
_MAX_DEPTH: Final = 502  # an event's own 500 levels inside {"batch": [ … ]}


@dataclass(frozen=True, slots=True)
class InputEvent:
    """One event: its index in the input (from 0), its value, and a warning or ""."""

    index: int
    value: dict[str, Json]
    warning: str = ""


@dataclass(frozen=True, slots=True)
class BadInput:
    """An input that is not an event: its place and the reason."""

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


class Lines(NamedTuple):
    """Consecutive lines: the number of the first, and their bytes without line feeds."""

    first: int
    lines: list[bytes | None]


InputItem: TypeAlias = InputEvent | BadInput


def read_events(content: bytes | Readable, *, name: str) -> Iterator[InputItem]:
    """Yield an InputEvent or a BadInput for each item of `content`, which is bytes or a stream.

    Messages use `name`. Gzip and zstandard are recognised by their first bytes. NDJSON is read line
    by line; any other form is read whole, up to MAX_WHOLE bytes and MAX_VALUES values.
    """
    index = 0
    try:
        for line, text in texts_of(content):
            for read in _items(text, f"{name}, line {line}" if line else name, index):
                yield read
                index += 1
    except InputError as error:
        yield BadInput(name, f"{error}.")


def texts_of(
    content: bytes | Readable, *, most: int = MAX_LINE
) -> Iterator[tuple[int, bytes | None]]:
    """Yield the lines that are not blank, each with its number; or all with 0, if it is not NDJSON.

    A line above `most` bytes is TOO_LONG. Raises InputError as `inflated` and `whole_of`.
    """
    is_lines, pieces = detect_lines(inflated(content))
    if not is_lines:
        yield 0, whole_of(pieces)
        return
    for first, lines in line_blocks(pieces, most=most):
        for number, line in enumerate(lines, first):
            if line is TOO_LONG or line.strip():
                yield number, line


def _items(content: bytes | None, name: str, first: int) -> Iterator[InputItem]:
    """Yield the items of a JSON value, of which the first has the index `first`."""
    if content is TOO_LONG:
        yield BadInput(name, LINE_TOO_LONG)
        return
    if not content.strip():
        yield BadInput(name, "is empty. Expected a JSON event, an array, or NDJSON.")
        return
    try:
        value = _parsed(content)
    except InvalidJson as error:
        yield BadInput(name, f"{error}.")
        return
    if isinstance(value, dict) and "batch" in value and "type" not in value:
        name, value = f"{name}: batch", value["batch"]
        if not isinstance(value, list):
            yield BadInput(name, f"is {a_kind(value)}. Expected an array of events.")
            return
    if not isinstance(value, list):
        yield _event(value, name, first, len(content))
        return
    if not value:
        yield BadInput(name, "is an empty array. Expected events.")
    for at, item in enumerate(value):
        yield _event(item, f"{name}[{at}]", first + at, len(json_text(item).encode()))


def _parsed(content: bytes) -> Json:
    """Return what parse_json returns; msgspec is faster, and accepts nothing JSON.parse refuses.

    parse_json reads what msgspec refuses and what may be deep.
    """
    if content.count(b"{") + content.count(b"[") <= _MAX_DEPTH:
        # parse_json says why, or accepts it: a lone surrogate, 1e400
        with suppress(msgspec.MsgspecError, UnicodeDecodeError):
            value: Json = msgspec.json.decode(content)
            return value
    return parse_json(content, max_depth=_MAX_DEPTH)


def _event(value: Json, where: str, index: int, size: int) -> InputItem:
    if not isinstance(value, dict):
        return BadInput(where, f"is {a_kind(value)}. Expected an event, which is a JSON object.")
    if reason := too_large(size):
        return BadInput(where, reason)
    warning = f"{where}: {size:,} bytes; Segment's limit is {SEGMENT_EVENT_BYTES:,}."
    return InputEvent(index, value, warning if size > SEGMENT_EVENT_BYTES else "")


def too_large(size: int) -> str:
    """Return why an event of that many bytes is refused, "" if it is not."""
    said = f"is an event of {size:,} bytes; the limit is {MAX_LINE:,} bytes."
    return said if size > MAX_LINE else ""


def detect_lines(pieces: Iterator[bytes]) -> tuple[bool, Iterator[bytes]]:
    """Return whether the content is NDJSON, and all of its pieces.

    It is NDJSON if its beginning has at least two lines, and at least half of them look like an
    object or an array, or the first does not look like JSON. A single line is not NDJSON, nor is a
    pretty-printed object or array. A long first line is read to its end, up to MAX_WHOLE bytes or
    until it cannot be JSON.
    """
    pieces, failure = _kept_failure(pieces)
    head, ended = gathered(b"", pieces, _HEAD)
    while not ended and b"\n" not in head.lstrip() and _may_be_json(head):
        head, ended = gathered(head, pieces, 2 * len(head))
    head = head.removeprefix(BOM)
    *lines, rest = head.split(b"\n", _LINES)
    lines = [*lines, rest] if ended and len(lines) < _LINES else lines or [rest]
    whole = [stripped for line in lines if (stripped := line.strip())]
    values = sum(line[:1] + line[-1:] in {b"{}", b"[]"} for line in whole)
    several = len(whole) > 1 or (len(whole) == 1 and not ended and b"\n" in head)
    opens = whole[0] if whole else b""
    like_lines = values * 2 >= len(whole) or len(opens) > MAX_LINE or opens[:1] not in b"{["
    is_lines = several and like_lines and opens not in {b"{", b"[", b"[{"}
    return is_lines, chain(byte_pieces(head), pieces, failure)


def _kept_failure(pieces: Iterator[bytes]) -> tuple[Iterator[bytes], Iterator[bytes]]:
    """Return the pieces up to an InputError, and an iterator that then raises it."""
    found: list[InputError] = []

    def before() -> Iterator[bytes]:
        try:
            yield from pieces
        except InputError as error:
            found.append(error)

    def after() -> Iterator[bytes]:
        if found:
            raise found[0]
        yield from ()

    return before(), after()


def _may_be_json(head: bytes) -> bool:
    is_quoted = len(head) <= MAX_UNQUOTED or b'"' in head[-MAX_UNQUOTED:]
    return is_quoted and len(head) <= MAX_WHOLE


def whole_of(pieces: Iterable[bytes]) -> bytes:
    """Return JSON that is read whole; raises InputTooLarge if it cannot be events.

    Otherwise a small file of one long string, or of millions of empty lists, could fill the memory.
    """
    return all_of(_events_alone(pieces))


def _events_alone(pieces: Iterable[bytes]) -> Iterator[bytes]:
    unquoted = values = 0
    for piece in pieces:
        quoted = piece.rfind(b'"')
        unquoted = len(piece) - quoted - 1 if quoted >= 0 else unquoted + len(piece)
        values += sum(map(piece.count, (b",", b"[", b"{")))
        if unquoted > MAX_UNQUOTED:
            raise InputTooLarge(
                f"has {MAX_UNQUOTED:,} bytes without a quotation mark, which events never have"
            )
        if values > MAX_VALUES:
            raise InputTooLarge(
                f"has more than {MAX_VALUES:,} values, the limit for a file that is read whole;"
                " NDJSON has no limit"
            )
        yield piece


def line_blocks(pieces: Iterable[bytes], first: int = 1, most: int = MAX_LINE) -> Iterator[Lines]:
    """Yield the lines in blocks; a line above `most` bytes is TOO_LONG."""
    begun: list[bytes] = []  # pieces of the current line; joined once, when it ends
    size = 0
    for piece in pieces:
        begin, *others = piece.split(b"\n")
        size += len(begin)
        begun = begun if size <= most else []
        begun.append(begin)
        if others:
            *ended, last = others
            lines = [b"".join(begun) if size <= most else TOO_LONG]
            lines += [each if len(each) <= most else TOO_LONG for each in ended]
            yield Lines(first, lines)
            first += len(lines)
            begun, size = [last], len(last)
    if size:
        yield Lines(first, [b"".join(begun) if size <= most else TOO_LONG])
