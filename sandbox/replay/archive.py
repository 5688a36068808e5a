"""Archive: the bytes of a slice to events, each with its place, and what is no event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec

from sandbox.event_input import Unreadable
from sandbox.inflating import InputError, Readable, all_of, inflated, pieces_of
from sandbox.line_blocks import BOM, LINE_TOO_LONG, Block, line_blocks, told_apart
from sandbox.recording import read_exchange
from sandbox.replay.job import Slice
from sandbox.replay.lean_events import Decode, decode_whole
from sandbox.segment.calls import BATCH, CALLS
from sandbox.segment.clock_correction import read_time
from sandbox.segment.intake import Kept, take_in
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import MAX_EVENT_DEPTH, InvalidJson, parse_json

MAX_BODY: Final = 10 * 1024 * 1024
"""The most bytes of one recorded request, inflated."""

_MAX_DEPTH: Final = 720  # a body inside {"log": {"entries": [ … ]}}
_NOT_AN_EVENT: Final = "is not a JSON object; an event is one."


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that is no event; line 0 is the source from there on."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """A message of an SDK body that Segment drops on intake."""

    code: str


@dataclass(frozen=True, slots=True)
class OtherCall:
    """A recorded exchange that is no call of the Tracking API."""


Seen: TypeAlias = tuple[int, int, dict[str, Json], bytes]
"""The number of a line, that of an event in it, the event, and the line where it holds more."""

Entry: TypeAlias = Seen | Bad | Dropped | OtherCall

_FAULTS: Final = (msgspec.MsgspecError, ValueError, RecursionError)


def entries_of(
    slice_: Slice, stream: Readable, decode: Decode = decode_whole
) -> Iterator[Iterable[Entry]]:
    """Yield what stands in a slice, block by block; `stream` is at its start or a byte before."""
    try:
        if slice_.stop is not None:
            for block in line_blocks(_own_lines(slice_, stream), first=slice_.first_line):
                yield _of_lines(block, decode)
            return
        is_lines, pieces = told_apart(inflated(stream))
        if is_lines:
            for block in line_blocks(pieces):
                yield _of_lines(block, decode)
            return
        content = all_of(pieces)
        if content.strip():
            yield _of_whole(content)
    except InputError as error:
        yield [Bad(0, f"{error}.")]


def _own_lines(slice_: Slice, stream: Readable) -> Iterator[bytes]:
    """Yield the bytes of the lines that begin in the slice.

    One byte is read before it, to see whether a line begins at its start, and behind it up to the
    end of its last line.
    """
    assert slice_.stop is not None, "a whole source has no own lines"
    at = max(0, slice_.start - 1)
    skipping = slice_.start > 0
    for piece in pieces_of(stream):
        begin = len(BOM) if at == 0 and piece.startswith(BOM) else 0
        if skipping:
            begin = piece.find(b"\n") + 1
            skipping = begin == 0
            if skipping:
                at += len(piece)
                if at >= slice_.stop:
                    return
                continue
            if at + begin >= slice_.stop:
                return
        if at + len(piece) >= slice_.stop:
            end = piece.find(b"\n", max(begin, slice_.stop - 1 - at)) + 1
            if end:
                yield piece[begin:end]
                return
        yield piece[begin:]
        at += len(piece)


def _of_lines(block: Block, decode: Decode) -> list[Entry]:
    entries: list[Entry] = []
    for number, line in enumerate(block.lines, block.first):
        if not line:
            if line is None:
                entries.append(Bad(number, LINE_TOO_LONG))
            continue
        try:
            value = decode(line)
        except _FAULTS:
            pass  # said below, in words
        else:
            is_shallow = len(line) < _SURELY_SHALLOW or _brackets(line) <= MAX_EVENT_DEPTH
            if is_shallow and type(value) is dict and "type" in value:
                entries.append((number, 0, value, line))
                continue
        if line.strip():
            entries += _of_odd_line(number, line)
    return entries


_SURELY_SHALLOW: Final = 2 * MAX_EVENT_DEPTH


def _brackets(line: bytes) -> int:
    return line.count(b"{") + line.count(b"[")


def _of_odd_line(number: int, line: bytes) -> Iterator[Entry]:
    """Yield what a line holds that needs a closer look: malformed, deep, or no plain event."""
    try:
        value = parse_json(line, max_depth=MAX_EVENT_DEPTH + 2)
    except InvalidJson as error:
        yield Bad(number, f"{error}.")
        return
    yield from _of_value(value, number)


def _of_whole(content: bytes) -> Iterator[Entry]:
    try:
        value = parse_json(content, max_depth=_MAX_DEPTH)
    except InvalidJson as error:
        yield Bad(1, f"{error}.")
        return
    if isinstance(value, list):
        for number, item in enumerate(value, 1):
            yield from _of_value(item, number)
    else:
        yield from _of_value(value, 1)


def _of_value(value: Json, line: int) -> Iterator[Entry]:
    """Yield what a value holds: an event, an SDK body, a HAR file or one recorded exchange."""
    if not isinstance(value, dict):
        yield Bad(line, _NOT_AN_EVENT)
    elif "type" in value:
        yield line, 0, value, b""
    elif "batch" in value:
        yield from _of_body(value, BATCH, line)
    elif isinstance(value.get("log"), dict) and isinstance(value["log"].get("entries"), list):
        for number, entry in enumerate(value["log"]["entries"], 1):
            yield from _of_exchange(entry, number)
    elif isinstance(value.get("request"), dict):
        yield from _of_exchange(value, line)
    else:
        yield line, 0, value, b""


def _of_exchange(value: Json, line: int) -> Iterator[Entry]:
    exchange = read_exchange(value, "")
    if isinstance(exchange, Unreadable):
        yield Bad(line, exchange.reason)
        return
    call = CALLS.get(exchange.target.partition("?")[0].rstrip("/").rpartition("/v1/")[2])
    if call is None or exchange.method != "POST":
        yield OtherCall()
        return
    try:
        body = parse_json(all_of(inflated(exchange.body), most=MAX_BODY), max_depth=_MAX_DEPTH)
    except (InputError, InvalidJson) as error:
        yield Bad(line, f"has a body that {error}.")
        return
    if not isinstance(body, dict):
        yield Bad(line, "has a body that is not a JSON object.")
        return
    yield from _of_body(body, call, line, received=value.get("startedDateTime"))


def _of_body(body: dict[str, Json], call: str, line: int, received: Json = None) -> Iterator[Entry]:
    """Yield the messages of a body as Segment's intake hands them on.

    A body that tells nowhere when it was received was received when it was sent.
    """
    times = (read_time(each) for each in (received, body.get("sentAt")))
    received_at = next((time for time in times if time is not None), 0)
    numbers = iter(range(1, 1 << 62))
    taken = take_in(
        body, call=call, received_at=received_at, new_id=lambda: f"line-{line}-{next(numbers)}"
    )
    for item, each in enumerate(taken):
        if isinstance(each, Kept):
            yield line, item, each.message, b""
        else:
            yield Dropped(each.code)
