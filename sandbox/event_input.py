"""Reading: bytes of a file or of standard input to events, whatever of the four forms they have.

One JSON object, a JSON array, an SDK body (`{"batch": […]}`) or NDJSON; each also
gzipped or compressed with zstandard. What
cannot be read is a value with its reason, and the rest goes on.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from sandbox.inflating import InputError, Readable, all_of, inflated
from sandbox.line_blocks import (
    LINE_TOO_LONG,
    MAX_LINE,
    TOO_LONG,
    Block,
    events_alone,
    line_blocks,
    told_apart,
)
from sandbox.segment.javascript import Json, kind
from sandbox.segment.json_text import InvalidJson, json_text, parse_json

MAX_EVENT_BYTES = MAX_LINE
"""The most bytes of one event, as compact JSON."""
SEGMENT_EVENT_BYTES = 32 * 1024
_MAX_DEPTH = 502  # an event's own 500 levels inside {"batch": [ … ]}


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its index in the input (from 0), its value, and what is worth a warning."""

    index: int
    value: dict[str, Json]
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that is no event: where it stands and a sentence that says why and what to do."""

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


Read: TypeAlias = Event | Unreadable


def read_events(content: bytes | Readable, *, name: str) -> Iterator[Read]:
    """Yield an Event or an Unreadable for each thing that stands in `content`, or in a stream.

    `name` is used in the sentences. Gzip and zstandard are recognised by their first bytes. NDJSON
    is read line by line; everything else whole, up to MAX_WHOLE bytes and MAX_VALUES values.
    """
    try:
        is_lines, pieces = told_apart(inflated(content))
        if is_lines:
            yield from _read_lines(line_blocks(pieces), name)
            return
        whole = all_of(events_alone(pieces))
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
            yield Unreadable(name, f"is {_a(kind(value))}, not an array of events.")
            return
    if not isinstance(value, list):
        yield _event(value, name, 0, size=len(content))
        return
    if not value:
        yield Unreadable(name, "is an empty array; it should hold events.")
    for index, item in enumerate(value):
        yield _event(item, f"{name}[{index}]", index)


def _parsed(content: bytes) -> Json:
    """Return what parse_json returns; msgspec is faster, and takes nothing that JSON.parse refuses.

    Whatever it refuses itself, and what may be deep, is left to parse_json.
    """
    if content.count(b"{") + content.count(b"[") <= _MAX_DEPTH:
        try:
            return msgspec.json.decode(content)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            pass  # parse_json says why, or takes it: a lone surrogate, 1e400
    return parse_json(content, max_depth=_MAX_DEPTH)


def _read_lines(blocks: Iterator[Block], name: str) -> Iterator[Read]:
    index = 0
    for first, lines in blocks:
        for number, line in enumerate(lines, first):
            where = f"{name}, line {number}"
            if line is TOO_LONG:
                reads: Iterable[Read] = [Unreadable(where, LINE_TOO_LONG)]
            elif line.strip():
                reads = _read_whole(line, where)
            else:
                continue
            for read in reads:
                yield Event(index, read.value, read.warning) if isinstance(read, Event) else read
                index += 1


def _event(value: Json, where: str, index: int, *, size: int | None = None) -> Read:
    if not isinstance(value, dict):
        return Unreadable(where, f"is {_a(kind(value))}; an event is a JSON object.")
    size = len(json_text(value).encode()) if size is None else size
    if size > MAX_EVENT_BYTES:
        limit = f"{MAX_EVENT_BYTES:,} bytes"
        return Unreadable(where, f"is an event of {size:,} bytes; the limit is {limit}.")
    if size > SEGMENT_EVENT_BYTES:
        warning = f"{where}: {size:,} bytes; Segment's limit is {SEGMENT_EVENT_BYTES:,}."
        return Event(index, value, warning)
    return Event(index, value)


def _a(name: str) -> str:
    return name if name == "null" else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
