"""Archive: read the bytes of a slice into events with their places, and list what is not one."""

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Final, NamedTuple, TypeAlias

import msgspec

from sandbox.event_input import (
    LINE_TOO_LONG,
    MAX_LINE,
    BadInput,
    Lines,
    detect_lines,
    line_blocks,
    too_large,
    whole_of,
)
from sandbox.inflating import InputError, all_of, byte_pieces, inflated
from sandbox.recording import MAX_DEPTH, NO_HAR, read_exchange
from sandbox.replay.storage import Slice, opened
from sandbox.replay.tallies import ReplaySummary, UnreadLine
from sandbox.segment.calls import BATCH, CALLS
from sandbox.segment.clock_correction import read_time
from sandbox.segment.ingest_checks import size_of
from sandbox.segment.intake import Kept, take_in
from sandbox.segment.json_text import MAX_EVENT_DEPTH, InvalidJson, parse_json
from sandbox.values import Json, as_object

MAX_BODY: Final = 10 * 1024 * 1024
"""The most bytes of one recorded request, inflated."""

_SURELY_SHALLOW: Final = 2 * MAX_EVENT_DEPTH
_FAULTS: Final = (msgspec.MsgspecError, ValueError, RecursionError)
_decode: Final = msgspec.json.Decoder().decode

EventAt: TypeAlias = tuple[int, int, dict[str, Json]]
"""The number of a line, the number of an event in it, and the event."""


def events_in(content: bytes) -> Iterator[EventAt]:
    """Yield (line, item in the line, event) for each event of a file with this content."""
    whole = Slice(name="", url="", size=len(content), content=content)
    for seen, _ in events_of(whole, ReplaySummary()):
        yield from seen


def events_of(slice_: Slice, found: ReplaySummary) -> Iterator[tuple[Iterable[EventAt], int]]:
    """Yield the events of a slice in blocks, each with the number of bytes read so far.

    `found` counts what is not an event. What cannot be read is listed, and reading continues.
    """
    reader = _SourceReader(slice_.name, found)
    try:
        with opened(slice_) as stream:
            if slice_.stop is not None:
                is_lines, pieces = True, byte_pieces(stream)
            else:
                is_lines, pieces = detect_lines(inflated(stream))
            if not is_lines:
                yield reader.events_of_whole(whole_of(pieces)), stream.count
                return
            for block in line_blocks(pieces, first=slice_.first_line):
                yield reader.events_of_lines(block), stream.count
    except InputError as error:
        reader.bad(0, f"{error}.")


class _SourceReader(NamedTuple):
    """Reads one source; `found` counts what is not an event."""

    source: str
    found: ReplaySummary

    def bad(self, line: int, reason: str) -> None:
        """List a line that is not an event, or with line 0 the rest of the source."""
        self.found.unread.add(UnreadLine(self.source, line, reason))

    def events_of_lines(self, block: Lines) -> Iterator[EventAt]:
        """Yield the events of some lines."""
        for number, line in enumerate(block.lines, block.first):
            if line is None:
                self.bad(number, LINE_TOO_LONG)
            elif (event := _plain_event(line)) is not None:
                yield number, 0, event
            else:
                for value in self._parsed(line, number, max_depth=MAX_EVENT_DEPTH + 2):
                    # an empty array is not an event
                    for at, each in enumerate((isinstance(value, list) and value) or [value]):
                        found = self._of_value(each, number)
                        yield from ((place, at + item, event) for place, item, event in found)

    def events_of_whole(self, content: bytes) -> Iterator[EventAt]:
        """Yield the events of a file that is not NDJSON."""
        is_large = len(content) > MAX_LINE
        for value in self._parsed(content, 1):
            for number, item in enumerate(value if isinstance(value, list) else [value], 1):
                yield from self._of_value(item, number, size_of(item) if is_large else 0)

    def _parsed(self, text: bytes, line: int, *, max_depth: int = MAX_DEPTH) -> list[Json]:
        """Return a list of the text's JSON value, [] if the text is blank or invalid."""
        try:
            return [parse_json(text, max_depth=max_depth)] if text.strip() else []
        except InvalidJson as error:
            self.bad(line, f"{error}.")
            return []

    def _of_value(self, value: Json, line: int, size: int = 0) -> Iterator[EventAt]:
        """Yield the events in a value: an event, an SDK body, a HAR file or a recorded exchange.

        `size` is that of the value as compact JSON, where it may be too large for an event.
        """
        if not isinstance(value, dict):
            self.bad(line, "is not a JSON object. Expected an event.")
            return
        match {} if "type" in value else value:
            case {"batch": _}:
                yield from self._of_body(value, BATCH, line)
            case {"log": {"entries": [*entries]}}:
                for number, entry in enumerate(entries, 1):
                    yield from self._of_exchange(entry, number)
            case {"log": _}:
                self.bad(line, f"{NO_HAR}.")
            case {"request": {}}:
                yield from self._of_exchange(value, line)
            case _ if reason := too_large(size):
                self.bad(line, reason)
            case _:
                yield line, 0, value

    def _of_exchange(self, value: Json, line: int) -> Iterator[EventAt]:
        exchange = read_exchange(value, "")
        if isinstance(exchange, BadInput):
            self.bad(line, exchange.reason)
            return
        call = CALLS.get(exchange.target.partition("?")[0].rstrip("/").rpartition("/v1/")[2])
        if call is None or exchange.method != "POST":
            self.found.other_calls += 1
            return
        body = _body_of(exchange.body or b"", call)
        if isinstance(body, str):
            self.bad(line, body)
        else:
            yield from self._of_body(body, call, line, as_object(value).get("startedDateTime"))

    def _of_body(
        self, body: dict[str, Json], call: str, line: int, received: Json = None
    ) -> Iterator[EventAt]:
        """Yield the messages of a body as Segment's intake passes them on.

        A body without the time of its receipt counts as received when it was sent.
        """
        times = (read_time(each) for each in (received, body.get("sentAt")))
        received_at = next((time for time in times if time is not None), 0)
        ids = map(f"line-{line}-{{}}".format, count(1))
        taken = take_in(body, call=call, received_at=received_at, new_id=ids.__next__)
        for item, each in enumerate(taken):
            if isinstance(each, Kept):
                yield line, item, each.message
            else:
                self.found.dropped[each.code] += 1


def _body_of(received: bytes, call: str) -> dict[str, Json] | str:
    """Return the body of a recorded call, or why it cannot be read."""
    try:
        content = all_of(inflated(received), most=MAX_BODY)
        body = parse_json(content, max_depth=MAX_DEPTH)
    except InputError as error:
        return f"has a body that {error}."
    except InvalidJson as error:
        return f"has a body that is {error}." if content else "has no body in the recording."
    if call != BATCH and (reason := too_large(len(content))):
        return f"has a body that {reason}"
    return body if isinstance(body, dict) else "has a body that is not a JSON object."


def _plain_event(line: bytes) -> dict[str, Json] | None:
    """Return the event of a line that surely is one and is not too deep, None for any other."""
    if len(line) >= _SURELY_SHALLOW and line.count(b"{") + line.count(b"[") > MAX_EVENT_DEPTH:
        return None
    try:
        value: Json = _decode(line)
    except _FAULTS:  # parse_json says why, later
        return None
    return value if isinstance(value, dict) and "type" in value else None
