"""Line blocks: the lines of a content of any length, and whether a content is lines at all.

    is_lines, pieces = told_apart(inflated(stream))
    for block in line_blocks(pieces): ...     # at most MAX_LINE bytes a line, in memory a block

Lines end at a line feed alone; a byte order mark before the first is no part of it.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final, NamedTuple

from sandbox.inflating import MAX_WHOLE, InputTooLarge

MAX_LINE: Final = 1_000_000
"""The most bytes of a line, and so of an event."""

MAX_UNQUOTED: Final = 15_000_000
"""The most bytes between two quotation marks of JSON that is read whole: an upload in base64."""
MAX_VALUES: Final = 3_000_000
"""The most values of JSON that is read whole."""

BOM: Final = b"\xef\xbb\xbf"
TOO_LONG: Final = None
"""What stands in a block for a line above MAX_LINE."""

LINE_TOO_LONG: Final = f"is a line of more than {MAX_LINE:,} bytes, the most an event may have."

_HEAD: Final = 64 * 1024


class Block(NamedTuple):
    """Lines that follow each other: the number of the first, and their bytes without the end."""

    first: int
    lines: list[bytes | None]


def told_apart(pieces: Iterator[bytes]) -> tuple[bool, Iterator[bytes]]:
    """Return whether the content is NDJSON, and its pieces, none of them lost.

    It is NDJSON where its beginning has two lines, of which at least half look like an object or
    the first like no JSON at all. A single line is not NDJSON, and neither is a pretty-printed
    object or array. A first line longer than a line may be is read to its end, to MAX_WHOLE, or
    as far as it can be one of JSON.
    """
    head, ended = _more(b"", pieces, _HEAD)
    while not ended and b"\n" not in head and len(head) <= MAX_WHOLE and _may_be_json(head):
        head, ended = _more(head, pieces, 2 * len(head))
    head = head.removeprefix(BOM)
    lines = head.split(b"\n") if ended else head.split(b"\n")[:-1] or [head]
    whole = [stripped for line in lines if (stripped := line.strip())]
    objects = sum(line.startswith(b"{") and line.endswith(b"}") for line in whole)
    several = len(whole) > 1 or (len(whole) == 1 and not ended and b"\n" in head)
    opens = whole[0] if whole else b""
    like_lines = objects * 2 >= len(whole) or len(opens) > MAX_LINE or opens[:1] not in b"{["
    is_lines = several and like_lines and opens not in {b"{", b"[", b"[{"}
    return is_lines, chain([head] if head else [], pieces)


def _may_be_json(head: bytes) -> bool:
    return len(head) <= MAX_UNQUOTED or b'"' in head[-MAX_UNQUOTED:]


def events_alone(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the pieces of JSON that is read whole; raises InputTooLarge for what is no events.

    A small file of one long string, or of a million empty lists, would fill the memory.
    """
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


def _more(head: bytes, pieces: Iterator[bytes], count: int) -> tuple[bytes, bool]:
    kept = [head]
    size = len(head)
    for piece in pieces:
        kept.append(piece)
        size += len(piece)
        if size >= count:
            return b"".join(kept), False
    return b"".join(kept), True


def line_blocks(pieces: Iterable[bytes], *, first: int = 1) -> Iterator[Block]:
    """Yield the lines in blocks; a line above MAX_LINE bytes is TOO_LONG, and is not kept."""
    tail = b""
    skipping = False
    for piece in pieces:
        content = tail + piece
        lines: list[bytes | None] = [*content.split(b"\n")]
        if skipping and len(lines) > 1:
            lines[0], skipping = TOO_LONG, False
        last = lines.pop() or b""
        tail = b"" if skipping else last
        if len(tail) > MAX_LINE:
            tail, skipping = b"", True
        if len(content) > MAX_LINE:
            lines = [TOO_LONG if each is None or len(each) > MAX_LINE else each for each in lines]
        if lines:
            yield Block(first, lines)
            first += len(lines)
    if skipping or tail:
        yield Block(first, [TOO_LONG if skipping else tail])
