"""Blocks: read the pieces of a template one after the other, each into a function that writes."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

from sandbox.segment.errors import Thrown
from sandbox.segment.json_text import text_literal
from sandbox.segment.liquid.expressions import Filtered
from sandbox.segment.liquid.liquid_errors import placed, refuse
from sandbox.segment.liquid.liquid_values import is_true
from sandbox.segment.liquid.tokenizer import Piece
from sandbox.segment.liquid.variables import LiquidVariables, Output
from sandbox.segment.not_simulated import MAX_NESTING

Writes: TypeAlias = Callable[[LiquidVariables, Output], object]
"""Renders a piece: it writes output, or changes the variables."""
Reads: TypeAlias = "Callable[[Piece, BlockReader], Writes]"
"""Reads a piece; the reader gives it the following pieces that belong to it."""
Branch: TypeAlias = "tuple[Filtered | None, bool, Block]"
"""A test, the outcome for which its block is written, and the block; None always writes it."""


class Block(NamedTuple):
    """Pieces in order, each with the function that renders it."""

    parts: tuple[tuple[Piece, Writes], ...]

    def render(self, variables: LiquidVariables, output: Output) -> None:
        """Render all pieces; errors get the place of their piece."""
        for piece, writes in self.parts:
            try:
                writes(variables, output)
            except Thrown as error:
                raise placed(error, "RenderError", piece.source, piece.start) from None


class BlockReader:
    """Reads pieces in order; a tag takes the pieces of its block from it."""

    def __init__(
        self, pieces: Iterable[Piece], reads: Callable[[Piece], Reads], depth: int = 0
    ) -> None:
        """Read `pieces`; `reads` gives the function for each, `depth` is the depth of blocks."""
        self._pieces = iter(pieces)
        self._reads = reads
        self._depth = depth

    def everything(self) -> Block:
        """Read all remaining pieces."""
        return self._up_to(())[0]

    def block(self, opening: Piece, *ends: str) -> tuple[Block, Piece]:
        """Read the block of a tag up to one of the tags `ends`; return it and that tag."""
        block, end = self._up_to(ends)
        if end is None:
            raise _not_closed(opening)
        return block, end

    def _up_to(self, ends: tuple[str, ...]) -> tuple[Block, Piece | None]:
        if self._depth > MAX_NESTING:
            refuse("nesting")
        self._depth += 1
        parts: list[tuple[Piece, Writes]] = []
        end = None
        for piece in self._pieces:
            if piece.name in ends:
                end = piece
                break
            parts.append((piece, self._read(piece)))
        self._depth -= 1
        return Block(tuple(parts)), end

    def skipped(self, opening: Piece) -> list[Piece]:
        """Skip all pieces up to the end of a tag; return them."""
        passed: list[Piece] = []
        for piece in self._pieces:
            if piece.name == f"end{opening.name}":
                return passed
            passed.append(piece)
        raise _not_closed(opening)

    def inner(self, pieces: Iterable[Piece]) -> Block:
        """Read the lines of one `liquid` tag, which are its own pieces."""
        return BlockReader(pieces, self._reads, self._depth).everything()

    def _read(self, piece: Piece) -> Writes:
        try:
            return self._reads(piece)(piece, self)
        except Thrown as error:
            raise placed(error, "ParseError", piece.source, piece.start) from None


def _not_closed(piece: Piece) -> Thrown:
    return Thrown(f"tag {piece.all} not closed")


def conditional(piece: Piece, following: BlockReader) -> Writes:
    """Read `if` or `unless` up to its end.

    After `else`, `if` allows neither another `else` nor an `elsif`; `unless` ignores both, and the
    blocks after them are never rendered.
    """
    branches: list[Branch] = []
    test: Filtered | None = piece.reader().filtered()
    is_if = outcome = piece.name == "if"
    while True:
        block, end = following.block(piece, "elsif", "else", f"end{piece.name}")
        branches.append((test, outcome, block))
        if is_if and end.name != "elsif" and end.content:
            raise Thrown(f"unexpected {text_literal(end.content)}")
        if end.name not in {"elsif", "else"}:
            return _first(branches)
        if is_if and test is None:
            raise Thrown("duplicated else" if end.name == "else" else "unexpected elsif after else")
        if end.name == "else":
            test = None
        elif test is not None:
            test, outcome = end.reader().filtered(), True


def _first(branches: list[Branch]) -> Writes:
    def writes(variables: LiquidVariables, output: Output) -> None:
        for test, outcome, block in branches:
            if test is None or is_true(test.evaluate(variables)) is outcome:
                block.render(variables, output)
                return

    return writes
