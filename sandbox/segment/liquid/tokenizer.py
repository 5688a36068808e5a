"""Tokenizer: cut a template into text, outputs and tags, as liquidjs does.

Indices count UTF-16 units; the source has one character for each unit.
"""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import Final, NamedTuple

from sandbox.segment.liquid.expression_reader import BLANKS, QUOTED, WORD, Reader, snapshot
from sandbox.segment.liquid.liquid_errors import LiquidError

TAG_CLOSES: Final = "%}"
TEXT, OUTPUT, TAG = "text", "output", "tag"

_OPENS = re.compile(r"\{[{%]|\Z")
_OUTPUT = re.compile(rf"(?:{QUOTED}|(?!\}}\}})[^\"'])*\}}\}}", re.DOTALL)
_STRING = re.compile(QUOTED, re.DOTALL)
# a tag that opens before `endraw` is closed may be another `endraw`, which closes both
_TO_OTHER_END = r"(?:(?!%\}|\{%).)*"
_ENDRAW_OPENS = rf"\{{%[{BLANKS}]*+endraw(?!{WORD}){_TO_OTHER_END}"
_ENDRAW = re.compile(rf"{_ENDRAW_OPENS}(?:{_ENDRAW_OPENS})*%\}}", re.DOTALL)
_LINE = re.compile(rf"[^{BLANKS}][^\n]*\n?")


class Piece(NamedTuple):
    """Text, an output or a tag: from `start` to `end` in the template.

    `name` is the name of a tag. `begin` and `stop` bound the content, which for a tag follows the
    name. `trims` says whether white space before and after the piece is removed.
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
        """The whole piece as written in the template."""
        return self.source[self.start : self.end]

    @property
    def content(self) -> str:
        """The content of an output or tag, or the text."""
        return self.source[self.begin : self.stop]

    def reader(self) -> Reader:
        """Return a reader of the content."""
        return Reader(self.source, self.begin, self.stop)

    def without_blanks(self, *, left: bool, right: bool) -> Piece:
        """Return the piece without white space at the left or right of its content."""
        kept = self.content.lstrip(BLANKS) if left else self.content
        begin = self.begin + len(self.content) - len(kept)
        return self._replace(begin=begin, stop=begin + len(kept.rstrip(BLANKS) if right else kept))


def cut(source: str) -> list[Piece]:
    """Cut a whole template; raises LiquidError if a piece is not closed or a tag has no name."""
    pieces: list[Piece] = []
    at = 0
    raw: Piece | None = None
    while at < len(source):
        piece = _next(source, at) if raw is None else _in_raw(source, at, raw)
        pieces.append(piece)
        at = piece.end
        if piece.kind == TAG:
            raw = piece if piece.name == "raw" else None
    return _trimmed(pieces)


def _next(source: str, start: int) -> Piece:
    if source.startswith("{%", start):
        close = source.find(TAG_CLOSES, start)
        if close == -1:
            raise _not_closed(TAG, source, start, start)
        return _tag(source, start, close + len(TAG_CLOSES))
    if source.startswith("{{", start):
        found = _OUTPUT.match(source, start)
        if found is None:
            for string in _STRING.finditer(
                source, start
            ):  # liquidjs throws for a wrong escape in one of them
                Reader(source, string.start()).quoted()
            raise _not_closed(OUTPUT, source, start, start)
        return _bounded(Piece(OUTPUT, source, start, found.end(), start + 2, found.end() - 2))
    opens = _OPENS.search(source, start)
    assert opens is not None, "the end is found where nothing opens"
    return _text(source, start, opens.start())


def _text(source: str, start: int, end: int) -> Piece:
    return Piece(TEXT, source, start, end, start, end)


def _tag(source: str, start: int, end: int) -> Piece:
    piece = Piece(TAG, source, start, end, start + 2, end - 2)
    return _named(piece, "tag syntax, tag name expected")


def _named(tag: Piece, what: str) -> Piece:
    """Return a tag with its name; the content starts after it."""
    tag = _bounded(tag)
    reader = tag.reader()
    name = "#" if tag.source.startswith("#", reader.at) else reader.name()
    if not name:
        raise reader.fault(f"illegal {what}")
    reader.skip_blanks()
    return tag._replace(name=name, begin=reader.at)


def _bounded(piece: Piece) -> Piece:
    """Return a piece with its content between dashes and white space."""
    source, begin, stop = piece.source, piece.begin, piece.stop
    trims = source.startswith("-", begin), source.startswith("-", stop - 1)
    piece = piece._replace(begin=begin + trims[0], stop=stop - trims[1], trims=trims)
    return piece.without_blanks(left=True, right=True)


def _in_raw(source: str, start: int, raw: Piece) -> Piece:
    """Return the text up to the next `endraw`, or the `endraw` at `start`."""
    found = _ENDRAW.search(source, start)
    if found is None:
        raise _not_closed("raw", source, raw.start, start)
    if found.start() > start:
        return _text(source, start, found.start())
    return _tag(source, start, found.end())


def lines(source: str, begin: int, stop: int) -> list[Piece]:
    """Cut the content of a `liquid` tag into its lines, each of which is a tag."""
    spans = (found.span() for found in _LINE.finditer(source, begin, stop))
    found = [Piece(TAG, source, start, end, start, end) for start, end in spans]
    return [_named(piece, "liquid tag syntax") for piece in found]


def _trimmed(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces without the white space that dashes remove."""
    trimmed: list[Piece] = []
    left = False
    for piece, after in zip_longest(pieces, pieces[1:]):
        right = after is not None and after.trims[0]
        is_text = piece.kind == TEXT
        trimmed.append(piece.without_blanks(left=left, right=right) if is_text else piece)
        left = piece.trims[1]
    return trimmed


def _not_closed(what: str, source: str, shown_from: int, at: int) -> LiquidError:
    message = f"{what} {snapshot(source[shown_from:])} not closed"
    return LiquidError.at("TokenizationError", message, source, at)
