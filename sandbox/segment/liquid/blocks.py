"""Blocks: the pieces of a template read one after the other, each into a function that writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from sandbox.segment.errors import Thrown
from sandbox.segment.liquid.liquid_errors import placed, refuse
from sandbox.segment.liquid.pieces import TAG, Piece
from sandbox.segment.liquid.variables import Output, Variables
from sandbox.segment.not_simulated import MAX_NESTING

Writes: TypeAlias = Callable[[Variables, Output], None]
"""What a piece does when it is rendered: it writes, or changes the variables."""
Reads: TypeAlias = "Callable[[Piece, BlockReader], Writes]"
"""How a piece is read; the reader gives what of the following pieces belongs to it."""


@dataclass(frozen=True, slots=True)
class Block:
    """Pieces that were read, in order, each with what it writes."""

    parts: tuple[tuple[Piece, Writes], ...]

    def render(self, variables: Variables, output: Output) -> None:
        """Write all of it; what is thrown meanwhile tells where."""
        for piece, writes in self.parts:
            try:
                writes(variables, output)
            except Thrown as error:
                raise placed(error, "RenderError", piece.source, piece.start) from None


class BlockReader:
    """The pieces that are still to be read; a tag takes those of its block from it."""

    def __init__(
        self, pieces: Iterable[Piece], reads: Callable[[Piece], Reads], depth: int = 0
    ) -> None:
        """Read `pieces`; `reads` says how each is read, `depth` how deep it stands in blocks."""
        self._pieces = iter(pieces)
        self._reads = reads
        self._depth = depth

    def block(self, *ends: str) -> tuple[Block, Piece | None]:
        """Read up to one of the tags `ends`; return the block and that tag, None without it."""
        if self._depth > MAX_NESTING:
            refuse("nesting")
        self._depth += 1
        parts: list[tuple[Piece, Writes]] = []
        end = None
        for piece in self._pieces:
            if piece.kind == TAG and piece.name in ends:
                end = piece
                break
            parts.append((piece, self._read(piece)))
        self._depth -= 1
        return Block(tuple(parts)), end

    def skipped(self, end: str) -> list[Piece] | None:
        """Pass by everything up to the tag `end`; return what that was, None without the tag."""
        passed: list[Piece] = []
        for piece in self._pieces:
            if piece.kind == TAG and piece.name == end:
                return passed
            passed.append(piece)
        return None

    def inner(self, pieces: Iterable[Piece]) -> Block:
        """Read the lines of one tag, which are pieces of their own."""
        return BlockReader(pieces, self._reads, self._depth).block()[0]

    def _read(self, piece: Piece) -> Writes:
        try:
            return self._reads(piece)(piece, self)
        except Thrown as error:
            raise placed(error, "ParseError", piece.source, piece.start) from None
