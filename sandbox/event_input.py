"""Event input: bytes to events, whatever of the four forms they have.

One JSON object, a JSON array, an SDK body (`{"batch": […]}`) or NDJSON; each also gzipped or
compressed with zstandard. What cannot be read is a value with its reason, and the rest goes on.

    is_lines, pieces = detect_lines(inflated(stream))
    for block in line_blocks(pieces): ...     # at most MAX_LINE bytes a line, in memory a block

Only a line feed ends a line; a byte order mark before the first line does not belong to it.
"""

from collections.abc import Iterable, Iterator
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
    gathered,
    inflated,
    pieces_of,
)
from sandbox.segment.json_text import InvalidJson, json_text, parse_json
from sandbox.values import Json, a_kind

MAX_LINE: Final = 1_000_000
"""The most bytes of a line."""
MAX_EVENT_BYTES: Final = MAX_LINE
"""The most bytes of one event, as compact JSON."""
MAX_UNQUOTED: Final = 15_000_000
"""The most bytes between two quotation marks of JSON that is read whole: an upload in base64."""
MAX_VALUES: Final = 3_000_000
"""The most values of JSON that is read whole."""
SEGMENT_EVENT_BYTES: Final = 32 * 1024

BOM: Final = b"\xef\xbb\xbf"
TOO_LONG: Final = None
"""What stands in a block for a line above MAX_LINE."""
LINE_TOO_LONG: Final = f"is a line of more than {MAX_LINE:,} bytes, the most an event may have."

_HEAD: Final = 64 * 1024
_LINES: Final = 1_000_000  # at the beginning, by which NDJSON is recognised
_MAX_DEPTH: Final = 502  # an event's own 500 levels inside {"batch": [ … ]}


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its index in the input (from 0), its value, and what is worth a warning."""

    index: int
    value: dict[str, Json]
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that is not an event: where it stands, why, and what to do about it."""

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


class Block(NamedTuple):
    """Lines that follow each other: the number of the first, and their bytes without the end."""

    first: int
    lines: list[bytes | None]


Read: TypeAlias = Event | Unreadable


def read_events(content: bytes | Readable, *, name: str) -> Iterator[Read]:
    """Yield an Event or an Unreadable for each thing that stands in `content`, or in a stream.

    `name` is used in the sentences. Gzip and zstandard are recognised by their first bytes. NDJSON
    is read line by line; everything else whole, up to MAX_WHOLE bytes and MAX_VALUES values.
    """
    try:
        is_lines, pieces = detect_lines(inflated(content))
        if is_lines:
            yield from _read_lines(pieces, name)
            return
        whole = whole_of(pieces)
    except InputError as error:
        yield Unreadable(name, f"{error}.")
        return
    if not whole.strip():
        yield Unreadable(name, "is empty; it should hold a JSON event, an array, or NDJSON.")
    else:
        yield from _read_whole(whole, name)


def _read_whole(content: bytes, name: str) -> Iterator[Read]:
    try:
        value = _parsed(content)
    except InvalidJson as error:
        yield Unreadable(name, f"{error}.")
        return
    if isinstance(value, dict) and "batch" in value and "type" not in value:
        name, value = f"{name}: batch", value["batch"]
        if not isinstance(value, list):
            yield Unreadable(name, f"is {a_kind(value)}, not an array of events.")
            return
    if not isinstance(value, list):
        yield _event(value, name, 0, len(content))
        return
    if not value:
        yield Unreadable(name, "is an empty array; it should hold events.")
    for index, item in enumerate(value):
        yield _event(item, f"{name}[{index}]", index, len(json_text(item).encode()))


def _parsed(content: bytes) -> Json:
    """Return what parse_json returns; msgspec is faster, and takes nothing that JSON.parse refuses.

    Whatever it refuses itself, and what may be deep, is left to parse_json.
    """
    if content.count(b"{") + content.count(b"[") <= _MAX_DEPTH:
        try:
            value: Json = msgspec.json.decode(content)
            return value  # noqa: TRY300
        except (msgspec.MsgspecError, UnicodeDecodeError):
            pass  # parse_json says why, or takes it: a lone surrogate, 1e400
    return parse_json(content, max_depth=_MAX_DEPTH)


def _read_lines(pieces: Iterator[bytes], name: str) -> Iterator[Read]:
    index = 0
    for first, lines in line_blocks(pieces):
        for number, line in enumerate(lines, first):
            where = f"{name}, line {number}"
            if line is TOO_LONG:
                reads: Iterable[Read] = [Unreadable(where, LINE_TOO_LONG)]
            else:
                reads = _read_whole(line, where) if line.strip() else ()
            for read in reads:
                yield Event(index, read.value, read.warning) if isinstance(read, Event) else read
                index += 1


def _event(value: Json, where: str, index: int, size: int) -> Read:
    if not isinstance(value, dict):
        return Unreadable(where, f"is {a_kind(value)}; an event is a JSON object.")
    if size > MAX_EVENT_BYTES:
        limit = f"{MAX_EVENT_BYTES:,} bytes"
        return Unreadable(where, f"is an event of {size:,} bytes; the limit is {limit}.")
    if size > SEGMENT_EVENT_BYTES:
        warning = f"{where}: {size:,} bytes; Segment's limit is {SEGMENT_EVENT_BYTES:,}."
        return Event(index, value, warning)
    return Event(index, value)


def detect_lines(pieces: Iterator[bytes]) -> tuple[bool, Iterator[bytes]]:
    """Return whether the content is NDJSON, and its pieces, none of them lost.

    It is NDJSON where its beginning has two lines, of which at least half look like an object or
    the first like no JSON at all. A single line is not NDJSON, and neither is a pretty-printed
    object or array. A first line longer than a line may be is read to its end, to MAX_WHOLE, or
    as far as it can be one of JSON.
    """
    head, ended = gathered(b"", pieces, _HEAD)
    while not ended and b"\n" not in head and len(head) <= MAX_WHOLE and _may_be_json(head):
        head, ended = gathered(head, pieces, 2 * len(head))
    head = head.removeprefix(BOM)
    *lines, rest = head.split(b"\n", _LINES)
    lines = [*lines, rest] if ended and len(lines) < _LINES else lines or [rest]
    whole = [stripped for line in lines if (stripped := line.strip())]
    objects = sum(line.startswith(b"{") and line.endswith(b"}") for line in whole)
    several = len(whole) > 1 or (len(whole) == 1 and not ended and b"\n" in head)
    opens = whole[0] if whole else b""
    like_lines = objects * 2 >= len(whole) or len(opens) > MAX_LINE or opens[:1] not in b"{["
    is_lines = several and like_lines and opens not in {b"{", b"[", b"[{"}
    return is_lines, chain(pieces_of(head), pieces)


def _may_be_json(head: bytes) -> bool:
    return len(head) <= MAX_UNQUOTED or b'"' in head[-MAX_UNQUOTED:]


def whole_of(pieces: Iterable[bytes]) -> bytes:
    """Return JSON that is read whole; raises InputTooLarge for what cannot be events.

    A small file of one long string, or of a million empty lists, would fill the memory.
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
                f"has more than {MAX_VALUES:,} values, the most that are read whole; of one event"
                " a line any number is read"
            )
        yield piece


def line_blocks(
    pieces: Iterable[bytes], *, first: int = 1, most: int = MAX_LINE
) -> Iterator[Block]:
    """Yield the lines in blocks; a line above `most` bytes is TOO_LONG, and is not kept."""
    begun: list[bytes] = []  # of the line that has not ended; joined once, when it ends
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
            yield Block(first, lines)
            first += len(lines)
            begun, size = [last], len(last)
    if size:
        yield Block(first, [b"".join(begun) if size <= most else TOO_LONG])
