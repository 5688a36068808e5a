"""Nodes: what stands between python-liquid's tags and nodes and liquidjs' way to read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TextIO, TypeAlias, cast

from liquid import BlockNode, Environment, Node, RenderContext, TokenStream
from liquid.parser import get_parser
from liquid.tag import Tag
from liquid.token import TOKEN_CONTENT, TOKEN_EOF, TOKEN_OUTPUT, TOKEN_TAG, Token

from sandbox.segment.errors import Thrown
from sandbox.segment.liquid.context import Context
from sandbox.segment.liquid.faults import Fault, refuse
from sandbox.segment.liquid.pieces import OUTPUT, TAG, TEXT, Piece

Writes: TypeAlias = Callable[[Context, TextIO], None]
"""What a piece does when it is rendered: it writes, or changes the variables."""

_KINDS = {TEXT: TOKEN_CONTENT, OUTPUT: TOKEN_OUTPUT, TAG: TOKEN_TAG}


class PieceToken(Token):
    """A token of python-liquid that holds the piece it is made of."""

    piece: Piece


def tokens(pieces: Iterable[Piece]) -> Iterable[Token]:
    """Return the tokens python-liquid's parser takes, one a piece."""
    for piece in pieces:
        token = PieceToken(_KINDS[piece.kind], piece.name, piece.start, piece.source)
        token.piece = piece
        yield token


class Following:
    """The pieces that follow the one that is being read."""

    def __init__(self, env: Environment, stream: TokenStream) -> None:
        """Take python-liquid's stream, which is at the piece that is being read."""
        self._env = env
        self._stream = stream

    def block(self, *ends: str) -> tuple[BlockNode, Piece | None]:
        """Read up to one of the tags `ends`; return what was read and that tag, None at the end."""
        next(self._stream)
        block = get_parser(self._env).parse_block(self._stream, ends)
        return block, self._piece()

    def skipped(self, end: str) -> list[Piece] | None:
        """Pass by everything up to the tag `end`; return what that was, None without the tag."""
        passed: list[Piece] = []
        next(self._stream)
        while (piece := self._piece()) is not None:
            if piece.kind == TAG and piece.name == end:
                return passed
            passed.append(piece)
            next(self._stream)
        return None

    def inner(self, pieces: list[Piece]) -> BlockNode:
        """Read pieces that are not of the stream: the lines of one tag."""
        depth = self._stream.block_depth + 1
        if depth > self._env.block_nesting_limit:
            refuse("nesting")
        stream = TokenStream(iter(tokens(pieces)), block_depth_carry=depth)
        return BlockNode(self._stream.current, get_parser(self._env).parse(stream))

    def _piece(self) -> Piece | None:
        token = self._stream.current
        return None if token.kind == TOKEN_EOF else cast("PieceToken", token).piece


Reads: TypeAlias = Callable[[Piece, Following], Writes]
"""How a piece is read, with what of the following belongs to it."""


class ReadNode(Node):
    """A piece that was read; what is thrown while it writes tells where it stands."""

    __slots__ = ("piece", "writes")

    def __init__(self, token: Token, piece: Piece, writes: Writes) -> None:
        """Keep the piece for its place."""
        super().__init__(token)
        self.piece = piece
        self.writes = writes
        self.blank = False

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Write; raises Fault for what is thrown."""
        try:
            self.writes(cast("Context", context), buffer)
        except Thrown as error:
            piece = self.piece
            raise Fault.at("RenderError", error.message, piece.source, piece.start) from None
        return 1


class ReadTag(Tag):
    """A tag of python-liquid that is read by a function."""

    def __init__(self, env: Environment, reads: Reads) -> None:
        """Take the function."""
        super().__init__(env)
        self.reads = reads

    def parse(self, stream: TokenStream) -> Node:
        """Read the piece the stream is at; raises Fault for what is thrown meanwhile."""
        token = cast("PieceToken", stream.current)
        piece = token.piece
        try:
            return ReadNode(token, piece, self.reads(piece, Following(self.env, stream)))
        except Thrown as error:
            raise Fault.at("ParseError", error.message, piece.source, piece.start) from None
