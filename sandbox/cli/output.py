"""Output: lines with colour on a terminal, plain when piped, JSON lines for machines."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Literal, TypeAlias

import click

from sandbox.segment.json_text import json_text
from sandbox.values import printable

if TYPE_CHECKING:
    from rich.console import Console

StyledText: TypeAlias = str | tuple[str, str]
"""A piece of a line: plain text, or text and a rich style."""

WIDTH = 100
_LEAST_WIDTH = 10
_LINE_ENDS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "\x85\u2028\u2029"}
"""Ends of lines to some readers that JSON does not escape."""


class Screen:
    """Where a command's lines go: stdout, coloured on a terminal, plain when piped.

    Text is folded at `width`: the terminal's, or COLUMNS, or 100. A longer line is cut, but only on
    a terminal. FORCE_COLOR colours piped output too, NO_COLOR turns colours off. With `is_json`
    records are printed instead of lines, one after the other.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        """Read the width and colours from stdout and the environment, once."""
        self.is_json = as_json
        self.cuts = sys.stdout.isatty()
        columns = os.environ.get("COLUMNS", "")
        self.width = int(columns) if columns.isdecimal() and int(columns) else WIDTH
        self._console: Console | None = None
        if not as_json and (self.cuts or os.environ.get("FORCE_COLOR")):
            from rich.console import Console  # only a terminal needs it

            system: Literal["auto", "standard"] = "auto" if self.cuts else "standard"
            self._console = Console(highlight=False, color_system=system)
            self.width = self._console.width if self.cuts else self.width

    def record(self, value: object) -> None:
        """Print the value as one line of JSON; without `--json` print nothing."""
        if self.is_json:
            click.echo(json_line(json_text(value)))

    def line(self, *parts: StyledText) -> None:
        """Print one line; on a terminal a line longer than the width is cut and ends in …."""
        if self.is_json:
            return
        styled = [(part, "") if isinstance(part, str) else part for part in parts]
        shown = [(printable(text), style) for text, style in styled]
        if self._console is None:
            click.echo("".join(text for text, _ in shown))
            return
        from rich.text import Text

        text = Text.assemble(*shown)
        if self.cuts:
            text.truncate(self.width, overflow="ellipsis")
        self._console.print(text, soft_wrap=True)

    def folded(
        self, text: str, *, indent: int, style: str = "", first: tuple[StyledText, ...] = ()
    ) -> None:
        """Print text of any length, folded after a comma or a space; `first` begins the first line.

        If too little room is left for text beside `first`, it gets its own line.
        """
        if self.width - indent < _LEAST_WIDTH:
            if first:
                self.line(*first)
            first, indent = (), min(indent, self.width // 4)
        begin: tuple[StyledText, ...] = first or (" " * indent,)
        for piece in _fold(printable(text), max(1, self.width - indent)):
            self.line(*begin, (piece, style))
            begin = (" " * indent,)

    def table(self, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
        """Print rows in aligned columns under their heads."""
        all_rows = [heads, *rows]
        widths = [max(map(len, column)) for column in zip(*all_rows, strict=True)]
        for number, row in enumerate(all_rows):
            cells = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.line((cells.rstrip(), "bold" if number == 0 else ""))


def _fold(text: str, width: int) -> Iterator[str]:
    start = 0
    while len(text) - start > width:
        half, most = start + width // 2, start + width
        end = max(text.rfind(",", half, most), text.rfind(" ", half, most)) + 1 or most
        yield text[start:end].rstrip(" ")
        start = end
        while text.startswith(" ", start):
            start += 1
    yield text[start:]


def json_line(text: str) -> str:
    """Return JSON that is one line also for Node's readline and Python's splitlines."""
    return text if text.isascii() else text.translate(_LINE_ENDS)


def complain(sentence: str) -> None:
    """Print a sentence to stderr; a stderr that cannot be written does not stop the work."""
    with suppress(OSError):
        click.echo("\n".join(map(printable, sentence.split("\n"))), err=True)


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int, str], None]]:
    """Yield a function that shows progress on a terminal: done, total (0 if unknown), a remark."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    with click.progressbar(
        length=1, file=sys.stderr, width=40, item_show_func=lambda remark: remark
    ) as bar:

        def show(done: int, total: int, remark: str) -> None:
            bar.length = total or None
            bar.update(done - bar.pos, remark)

        yield show
