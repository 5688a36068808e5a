"""Archive: the bytes of a slice to events, each with its place, and what is no event."""

from collections import Counter
from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import count, repeat
from typing import Final, TypeAlias, cast

import msgspec

from sandbox.event_input import Unreadable
from sandbox.inflating import InputError, Readable, all_of, inflated, pieces_of
from sandbox.line_blocks import LINE_TOO_LONG, Block, events_alone, line_blocks, told_apart
from sandbox.recording import read_exchange
from sandbox.replay.job import Slice
from sandbox.replay.lean_events import Decode, decode_whole
from sandbox.replay.tallies import Listed, Unread
from sandbox.segment.calls import BATCH, CALLS
from sandbox.segment.clock_correction import read_time
from sandbox.segment.intake import Kept, take_in
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import MAX_EVENT_DEPTH, InvalidJson, parse_json

MAX_BODY: Final = 10 * 1024 * 1024
"""The most bytes of one recorded request, inflated."""

_MAX_DEPTH: Final = 720  # a body inside {"log": {"entries": [ … ]}}
_SURELY_SHALLOW: Final = 2 * MAX_EVENT_DEPTH
_FAULTS: Final = (msgspec.MsgspecError, ValueError, RecursionError)

Seen: TypeAlias = tuple[int, int, dict[str, Json], bytes]
"""The number of a line, that of an event in it, the event, and the line where it holds more."""


class Aside:
    """What stands in an archive beside events; `source` is the one that is read."""

    def __init__(self) -> None:
        """Start empty."""
        self.source = ""
        self.unread = Listed()
        self.dropped: Counter[str] = Counter()
        self.other_calls = 0

    def bad(self, line: int, reason: str) -> None:
        """List a line that is no event, or the rest of the source where the line is 0."""
        self.unread.add(Unread(self.source, line, reason))


def events_in(content: bytes) -> Iterator[tuple[int, int, dict[str, Json]]]:
    """Yield line, item in the line, and event for each event of a file with this content."""
    whole = Slice(name="", url="", size=len(content), content=content)
    for seen in events_of(whole, BytesIO(content), decode_whole, Aside()):
        for line, item, event, _ in seen:
            yield line, item, event


def events_of(
    slice_: Slice, stream: Readable, decode: Decode, aside: Aside
) -> Iterator[Iterable[Seen]]:
    """Yield the events of a slice, block by block; `stream` has its bytes."""
    try:
        if slice_.stop is not None:
            blocks = line_blocks(pieces_of(stream), first=slice_.first_line)
        else:
            is_lines, pieces = told_apart(inflated(stream))
            if not is_lines:
                yield _of_whole(all_of(events_alone(pieces)), aside)
                return
            blocks = line_blocks(pieces)
        for block in blocks:
            yield _of_lines(block, decode, aside)
    except InputError as error:
        aside.bad(0, f"{error}.")


def _of_lines(block: Block, decode: Decode, aside: Aside) -> Iterable[Seen]:
    lines = cast("list[bytes]", block.lines)  # what is None raises TypeError
    try:
        events = [*map(decode if _is_utf_8(lines) else decode_whole, lines)]
        if all(map(_is_plain, events, lines)):
            return zip(count(block.first), repeat(0), events, lines)
    except (TypeError, *_FAULTS):
        pass  # one line after the other, then
    return _of_odd_lines(block, aside)


def _is_utf_8(lines: list[bytes]) -> bool:
    """Return whether strings that are left out are UTF-8, too: they are not looked at."""
    if all(map(bytes.isascii, lines)):
        return True
    try:
        return bool(b"".join(lines).decode())
    except UnicodeDecodeError:
        return False


def _is_plain(value: Json, line: bytes) -> bool:
    """Return whether a value is an event that is surely not too deep."""
    is_shallow = (
        len(line) < _SURELY_SHALLOW or line.count(b"{") + line.count(b"[") <= MAX_EVENT_DEPTH
    )
    return is_shallow and type(value) is dict and "type" in value


def _of_odd_lines(block: Block, aside: Aside) -> Iterator[Seen]:
    for number, line in enumerate(block.lines, block.first):
        if line is None:
            aside.bad(number, LINE_TOO_LONG)
        elif line.strip():
            try:
                value = decode_whole(line)
                is_event = _is_plain(value, line)
            except _FAULTS:  # said below, in words
                is_event = False
            if is_event:
                yield number, 0, value, line
            else:
                for parsed in _parsed(line, number, aside, max_depth=MAX_EVENT_DEPTH + 2):
                    yield from _of_value(parsed, number, aside)


def _of_whole(content: bytes, aside: Aside) -> Iterator[Seen]:
    for value in _parsed(content, 1, aside, max_depth=_MAX_DEPTH):
        for number, item in enumerate(value if isinstance(value, list) else [value], 1):
            yield from _of_value(item, number, aside)


def _parsed(text: bytes, line: int, aside: Aside, *, max_depth: int) -> list[Json]:
    """Return the value of a string, as a list, or nothing, where it holds none."""
    try:
        return [parse_json(text, max_depth=max_depth)] if text.strip() else []
    except InvalidJson as error:
        aside.bad(line, f"{error}.")
        return []


def _of_value(value: Json, line: int, aside: Aside) -> Iterator[Seen]:
    """Yield what a value holds: an event, an SDK body, a HAR file or one recorded exchange."""
    match value:
        case {"type": _}:
            yield line, 0, value, b""
        case {"batch": _}:
            yield from _of_body(value, BATCH, line, aside)
        case {"log": {"entries": [*entries]}}:
            for number, entry in enumerate(entries, 1):
                yield from _of_exchange(entry, number, aside)
        case {"request": {}}:
            yield from _of_exchange(value, line, aside)
        case {}:
            yield line, 0, value, b""
        case _:
            aside.bad(line, "is not a JSON object; an event is one.")


def _of_exchange(value: Json, line: int, aside: Aside) -> Iterator[Seen]:
    exchange = read_exchange(value, "")
    if isinstance(exchange, Unreadable):
        aside.bad(line, exchange.reason)
        return
    call = CALLS.get(exchange.target.partition("?")[0].rstrip("/").rpartition("/v1/")[2])
    if call is None or exchange.method != "POST":
        aside.other_calls += 1
        return
    try:
        body = parse_json(all_of(inflated(exchange.body), most=MAX_BODY), max_depth=_MAX_DEPTH)
    except (InputError, InvalidJson) as error:
        aside.bad(line, f"has a body that {error}.")
        return
    if not isinstance(body, dict):
        aside.bad(line, "has a body that is not a JSON object.")
        return
    yield from _of_body(body, call, line, aside, received=value.get("startedDateTime"))


def _of_body(
    body: dict[str, Json], call: str, line: int, aside: Aside, received: Json = None
) -> Iterator[Seen]:
    """Yield the messages of a body as Segment's intake hands them on.

    A body that tells nowhere when it was received was received when it was sent.
    """
    times = (read_time(each) for each in (received, body.get("sentAt")))
    received_at = next((time for time in times if time is not None), 0)
    numbers = count(1)
    taken = take_in(
        body, call=call, received_at=received_at, new_id=lambda: f"line-{line}-{next(numbers)}"
    )
    for item, each in enumerate(taken):
        if isinstance(each, Kept):
            yield line, item, each.message, b""
        else:
            aside.dropped[each.code] += 1
