"""Output: lines with colour on a terminal, plain when piped, JSON lines for machines."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal, TypeAlias

import click

from sandbox.segment.javascript import Json
from sandbox.segment.json_text import json_text

if TYPE_CHECKING:
    from rich.console import Console

Part: TypeAlias = str | tuple[str, str]
"""A piece of a line: plain text, or text and a rich style."""

WIDTH = 100


class Screen:
    """Where a command's lines go: stdout, coloured on a terminal, plain when piped.

    Text is folded at `width`: the terminal's, or COLUMNS, or 100. Only on a terminal a line that is
    longer is cut. FORCE_COLOR colours what is piped, NO_COLOR colours nothing.
    """

    def __init__(self) -> None:
        """Look at stdout once."""
        self.cuts = sys.stdout.isatty()
        columns = os.environ.get("COLUMNS", "")
        self.width = int(columns) if columns.isdecimal() and int(columns) else WIDTH
        self._console: Console | None = None
        if self.cuts or os.environ.get("FORCE_COLOR"):
            from rich.console import Console  # only a terminal needs it

            system: Literal["auto", "standard"] = "auto" if self.cuts else "standard"
            self._console = Console(highlight=False, color_system=system)
            self.width = self._console.width if self.cuts else self.width

    def line(self, *parts: Part) -> None:
        """Print one line; on a terminal it ends in … where it would pass the width."""
        pieces = [(part, "") if isinstance(part, str) else part for part in parts]
        if self.cuts:
            pieces = _cut(pieces, self.width)
        if self._console is None:
            click.echo("".join(text for text, _ in pieces))
            return
        from rich.text import Text

        self._console.print(Text.assemble(*pieces), soft_wrap=True)

    def folded(
        self, text: str, *, indent: int, style: str = "", first: tuple[Part, ...] = ()
    ) -> None:
        """Print text of any length, folded after a comma or a space; `first` begins its line."""
        begin: tuple[Part, ...] = first or (" " * indent,)
        for piece in _fold(text, self.width - indent):
            self.line(*begin, (piece, style))
            begin = (" " * indent,)


def _cut(pieces: list[tuple[str, str]], width: int) -> list[tuple[str, str]]:
    kept: list[tuple[str, str]] = []
    room = width
    for text, style in pieces:
        if len(text) > room:
            kept.append((text[: max(0, room - 1)] + "…", style))
            return kept
        kept.append((text, style))
        room -= len(text)
    return kept


def _fold(text: str, width: int) -> Iterator[str]:
    while len(text) > width:
        end = max(text.rfind(",", width // 2, width), text.rfind(" ", width // 2, width)) + 1
        yield text[: end or width].rstrip(" ")
        text = text[end or width :].lstrip(" ")
    yield text


def table(screen: Screen, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Print rows in aligned columns under their heads."""
    all_rows = [heads, *rows]
    widths = [max(len(row[i]) for row in all_rows) for i in range(len(heads))]
    for number, row in enumerate(all_rows):
        cells = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        screen.line((cells.rstrip(), "bold" if number == 0 else ""))


def json_line(value: Json) -> None:
    """Print the value as one line of JSON."""
    click.echo(json_text(value))


def complain(sentence: str) -> None:
    """Print a sentence to stderr."""
    click.echo(sentence, err=True)
