"""Branches: the tags `if` and `unless`, which differ in more than the test."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.segment.errors import Thrown
from sandbox.segment.json_text import text_literal
from sandbox.segment.liquid.blocks import Block, BlockReader, Writes
from sandbox.segment.liquid.expressions import Filtered
from sandbox.segment.liquid.liquid_values import is_true
from sandbox.segment.liquid.pieces import Piece
from sandbox.segment.liquid.variables import Output, Variables


@dataclass(frozen=True, slots=True)
class Branch:
    """What is written when the test comes out as it should; without a test it always does."""

    test: Filtered | None
    outcome: bool
    block: Block


def if_(piece: Piece, following: BlockReader) -> Writes:
    """Read `if` up to `endif`; after `else` there is neither another nor an `elsif`."""
    branches: list[Branch] = []
    test: Filtered | None = piece.reader().filtered()
    while True:
        block, end = following.block("elsif", "else", "endif")
        branches.append(Branch(test, True, block))
        if end is None:
            raise not_closed(piece)
        if end.name == "elsif":
            if test is None:
                raise Thrown("unexpected elsif after else")
            test = end.reader().filtered()
            continue
        if end.content:
            raise Thrown(f"unexpected {text_literal(end.content)}")
        if end.name == "endif":
            return _first(branches)
        if test is None:
            raise Thrown("duplicated else")
        test = None


def unless(piece: Piece, following: BlockReader) -> Writes:
    """Read `unless` up to `endunless`; what comes after the first `else` but one is ignored."""
    branches: list[Branch] = []
    test: Filtered | None = piece.reader().filtered()
    outcome = False
    while True:
        block, end = following.block("elsif", "else", "endunless")
        if test is not None or not branches or branches[-1].test is not None:
            branches.append(Branch(test, outcome, block))
        if end is None:
            raise not_closed(piece)
        if end.name == "endunless":
            return _first(branches)
        if end.name == "else":
            test = None
        elif test is not None:
            test, outcome = end.reader().filtered(), True


def _first(branches: list[Branch]) -> Writes:
    def writes(variables: Variables, output: Output) -> None:
        for branch in branches:
            test, outcome = branch.test, branch.outcome
            if test is None or is_true(test.evaluate(variables)) is outcome:
                branch.block.render(variables, output)
                return

    return writes


def not_closed(piece: Piece) -> Thrown:
    """Return the error of a tag whose end is missing."""
    return Thrown(f"tag {piece.all} not closed")
