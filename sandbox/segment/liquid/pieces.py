"""Pieces: a template cut into text, outputs and tags, as liquidjs cuts it.

Indices count UTF-16 units; the source is held with one character a unit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from sandbox.segment.liquid.characters import BLANKS, QUOTES
from sandbox.segment.liquid.expression_reader import Reader, snapshot
from sandbox.segment.liquid.liquid_errors import LiquidError

TAG_OPENS: Final = "{%"
TAG_CLOSES: Final = "%}"
OUTPUT_OPENS: Final = "{{"
OUTPUT_CLOSES: Final = "}}"
TEXT, OUTPUT, TAG = "text", "output", "tag"


@dataclass(frozen=True, slots=True)
class Piece:
    """A string, an output or a tag: where all of it stands, and what is to be read in it.

    `name` is a tag's; `begin` and `stop` bound the content, a tag's after its name. `trims` tells
    whether white space is cut before and after it.
    """

    kind: str
    source: str
    start: int
    end: int
    begin: int
    stop: int
    name: str = ""
    trims: tuple[bool, bool] = (False, False)

    @property
    def all(self) -> str:
        """The piece as it stands in the template."""
        return self.source[self.start : self.end]

    @property
    def content(self) -> str:
        """What is to be read, or the text that is written."""
        return self.source[self.begin : self.stop]

    def reader(self) -> Reader:
        """Return what reads the content."""
        return Reader(self.source, self.begin, self.stop)


def cut(source: str) -> list[Piece]:
    """Cut a whole template; raises LiquidError where a piece is not closed or a tag has no name."""
    pieces: list[Piece] = []
    at = 0
    raw_at = -1
    while at < len(source):
        if raw_at >= 0:
            piece = _in_raw(source, at, raw_at)
        elif source.startswith(TAG_OPENS, at):
            piece = _tag(source, at)
        elif source.startswith(OUTPUT_OPENS, at):
            piece = _output(source, at)
        else:
            piece = _text(source, at, _text_end(source, at))
        pieces.append(piece)
        at = piece.end
        if piece.kind == TAG:
            raw_at = piece.start if piece.name == "raw" and raw_at < 0 else -1
    return _trimmed(pieces)


def _text_end(source: str, at: int) -> int:
    ends = (source.find(opens, at) for opens in (TAG_OPENS, OUTPUT_OPENS))
    return min((end for end in ends if end >= 0), default=len(source))


def _text(source: str, start: int, end: int) -> Piece:
    return Piece(TEXT, source, start, end, start, end)


def _output(source: str, start: int) -> Piece:
    reader = Reader(source, start)
    while not reader.at_end():
        if reader.peek() in QUOTES:
            reader.quoted()
            continue
        reader.at += 1
        if source.startswith(OUTPUT_CLOSES, reader.at - 2):
            begin, stop, trims = _content(source, start + 2, reader.at - 2)
            return Piece(OUTPUT, source, start, reader.at, begin, stop, trims=trims)
    raise _fault(f"output {snapshot(source[start:])} not closed", source, start)


def _tag(source: str, start: int) -> Piece:
    end = source.find(TAG_CLOSES, start + 1) + len(TAG_CLOSES)
    if end < len(TAG_CLOSES):
        raise _fault(f"tag {snapshot(source[start:])} not closed", source, start)
    return _named(source, (start, end), (start + 2, end - 2), "tag syntax, tag name expected")


def _named(source: str, all_of_it: tuple[int, int], content: tuple[int, int], what: str) -> Piece:
    begin, stop, trims = _content(source, *content)
    reader = Reader(source, begin, stop)
    reader.skip_blanks()
    name = "#" if source.startswith("#", reader.at) else reader.name()
    if not name:
        raise reader.fault(f"illegal {what}")
    reader.at += name == "#"
    reader.skip_blanks()
    return Piece(TAG, source, *all_of_it, reader.at, stop, name, trims)


def _content(source: str, begin: int, stop: int) -> tuple[int, int, tuple[bool, bool]]:
    """Return the bounds of a content without dashes and blanks, and which side has a dash."""
    trims = (source.startswith("-", begin), stop > 0 and source.startswith("-", stop - 1))
    begin, stop = begin + trims[0], stop - trims[1]
    while begin < stop and source[begin] in BLANKS:
        begin += 1
    while stop > begin and source[stop - 1] in BLANKS:
        stop -= 1
    return begin, stop, trims


def _in_raw(source: str, start: int, raw_at: int) -> Piece:
    """Return the text up to the next `endraw`, or the `endraw` that stands at `start`."""
    reader = Reader(source, start)
    reader.skip_past(TAG_OPENS)
    opens = reader.at - len(TAG_OPENS)
    while not reader.at_end():
        if reader.name() != "endraw":
            reader.skip_past(TAG_OPENS)
            opens = reader.at - len(TAG_OPENS)
        elif end := _raw_end(source, reader):
            if opens > start:
                return _text(source, start, opens)
            content = (start + 2, end - 2)
            return _named(source, (start, end), content, "tag syntax, tag name expected")
    raise _fault(f"raw {snapshot(source[raw_at:])} not closed", source, start)


def _raw_end(source: str, reader: Reader) -> int:
    """Return where the tag that `reader` is in closes, 0 if another one opens before it does."""
    while reader.at <= len(source):
        if source.startswith(TAG_CLOSES, reader.at - 2):
            return reader.at
        if source.startswith(TAG_OPENS, reader.at - 2):
            return 0
        reader.at += 1
    return 0


def lines(source: str, begin: int, stop: int) -> list[Piece]:
    """Cut the content of a `liquid` tag into its lines, each of them a tag."""
    pieces: list[Piece] = []
    reader = Reader(source, begin, stop)
    while not reader.at_end():
        reader.skip_blanks()
        if reader.at_end():
            break
        start = reader.at
        reader.skip_past("\n")
        line = (start, reader.at)
        pieces.append(_named(source, line, line, "liquid tag syntax"))
    return pieces


def _trimmed(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces with the white space gone that dashes take away; in `raw` they do not."""
    left, right = [False] * len(pieces), [False] * len(pieces)
    in_raw = False
    for index, piece in enumerate(pieces):
        if piece.trims[0] and not in_raw and index:
            right[index - 1] = True
        if piece.kind == TAG and piece.name in {"raw", "endraw"}:
            in_raw = piece.name == "raw"
        if piece.trims[1] and not in_raw and index + 1 < len(pieces):
            left[index + 1] = True
    return [_without_blanks(*each) for each in zip(pieces, left, right, strict=True)]


def _without_blanks(piece: Piece, left: bool, right: bool) -> Piece:  # noqa: FBT001
    if piece.kind != TEXT:
        return piece
    begin, stop = piece.begin, piece.stop
    while left and begin < stop and piece.source[begin] in BLANKS:
        begin += 1
    while right and stop > begin and piece.source[stop - 1] in BLANKS:
        stop -= 1
    return replace(piece, begin=begin, stop=stop)


def _fault(message: str, source: str, at: int) -> LiquidError:
    return LiquidError.at("TokenizationError", message, source, at)
