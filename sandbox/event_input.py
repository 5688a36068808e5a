"""Reading: bytes of a file or of standard input to events, whatever of the four forms they have.

One JSON object, a JSON array, an SDK body (`{"batch": […]}`) or NDJSON; each also gzipped. What
cannot be read is a value with its reason, and the rest goes on.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from sandbox.segment.javascript import Json, kind
from sandbox.segment.json_text import InvalidJson, json_text, parse_json

MAX_EVENT_BYTES = 1_000_000
SEGMENT_EVENT_BYTES = 32 * 1024
_BOM = b"\xef\xbb\xbf"
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


def read_events(content: bytes, *, name: str) -> Iterator[Read]:
    """Yield an Event or an Unreadable for each thing that stands in `content`.

    `name` is used in the sentences. Gzip is recognised by its first two bytes.
    """
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            yield Unreadable(name, f"is not readable as gzip: {error}.")
            return
    content = content.removeprefix(_BOM)
    if not content.strip():
        yield Unreadable(name, "is empty; it should hold a JSON event, an array, or NDJSON.")
        return

    lines = _ndjson_lines(content)
    if lines is None:
        yield from _read_whole(content, name)
    else:
        yield from _read_lines(lines, name)


def _ndjson_lines(content: bytes) -> list[tuple[int, bytes]] | None:
    """Return the numbered lines where the content is NDJSON: two lines at least, each like {…}."""
    lines = [(number, line) for number, line in enumerate(content.split(b"\n"), 1) if line.strip()]
    if len(lines) < 2:
        return None
    whole = [line for _, line in lines if _looks_like_object(line.strip())]
    return lines if whole and len(whole) * 2 >= len(lines) and _is_first_whole(lines) else None


def _looks_like_object(line: bytes) -> bool:
    return line.startswith(b"{") and line.endswith(b"}")


def _is_first_whole(lines: list[tuple[int, bytes]]) -> bool:
    # a pretty-printed object or array opens with a line that is no value of its own
    return lines[0][1].strip() not in {b"{", b"[", b"[{"}


def _read_whole(content: bytes, name: str) -> Iterator[Read]:
    try:
        value = parse_json(content, max_depth=_MAX_DEPTH)
    except InvalidJson as error:
        yield Unreadable(name, f"{error}.")
        return
    if isinstance(value, dict) and "batch" in value and "type" not in value:
        batch = value["batch"]
        if not isinstance(batch, list):
            yield Unreadable(f"{name}: batch", f"is {_a(kind(batch))}, not an array of events.")
            return
        if not batch:
            yield Unreadable(f"{name}: batch", "is an empty array; it should hold events.")
        yield from _events(batch, f"{name}: batch", 0)
    elif isinstance(value, list):
        if not value:
            yield Unreadable(name, "is an empty array; it should hold events.")
        yield from _events(value, name, 0)
    else:
        yield _event(value, name, 0, size=len(content))


def _read_lines(lines: list[tuple[int, bytes]], name: str) -> Iterator[Read]:
    index = 0
    for number, line in lines:
        for read in _read_whole(line, f"{name}, line {number}"):
            yield Event(index, read.value, read.warning) if isinstance(read, Event) else read
            index += 1


def _events(values: list[Json], where: str, start: int) -> Iterator[Read]:
    for offset, value in enumerate(values):
        yield _event(value, f"{where}[{offset}]", start + offset)


def _event(value: Json, where: str, index: int, *, size: int | None = None) -> Read:
    if not isinstance(value, dict):
        return Unreadable(where, f"is {_a(kind(value))}; an event is a JSON object.")
    size = len(json_text(value).encode()) if size is None else size
    if size > MAX_EVENT_BYTES:
        limit = f"{MAX_EVENT_BYTES:,} bytes"
        return Unreadable(where, f"is an event of {size:,} bytes; the limit is {limit}.")
    over = size > SEGMENT_EVENT_BYTES
    warning = f"{size:,} bytes; Segment's limit is {SEGMENT_EVENT_BYTES:,}." if over else ""
    return Event(index, value, f"{where}: {warning}" if over else "")


def _a(name: str) -> str:
    return name if name == "null" else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
