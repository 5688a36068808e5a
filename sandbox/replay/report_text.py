"""Report text: a replay's report for a terminal, and as Markdown for a pull request."""

from __future__ import annotations

from typing import Final

from sandbox.replay.report import Report
from sandbox.replay.report_tables import Table, is_number, tables

WIDTH: Final = 100
MOST_ROWS: Final = 5
MOST_MARKDOWN: Final = 60_000
"""The most characters of Markdown; a comment on GitHub may have 65,536."""

_MARKDOWN_ROWS: Final = 20


def text_of(report: Report) -> str:
    """Return the report in lines of at most WIDTH columns; of long tables the first rows."""
    return "\n\n".join(_text(table) for table in tables(report, most=MOST_ROWS))


def _text(table: Table) -> str:
    lines = [_cut(line) for line in (table.title, *_folded(table.sentences))]
    cells = [_printable(row) for row in (table.heads, *table.rows) if row]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        aligned = [
            cell.rjust(width) if is_number(cells[-1][at]) else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(_cut(f"  {'  '.join(aligned)}".rstrip()))
    return "\n".join(lines)


def _printable(row: tuple[str, ...]) -> list[str]:
    return ["".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in cell) for cell in row]


def _folded(sentences: tuple[str, ...]) -> list[str]:
    lines = []
    for sentence in _printable(sentences):
        rest = f"  {sentence}"
        while len(rest) > WIDTH:
            end = rest.rfind(" ", 10, WIDTH + 1)
            end = end if end > 0 else WIDTH
            lines.append(rest[:end])
            rest = f"    {rest[end:].lstrip()}"
        lines.append(rest)
    return lines


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"


def markdown_of(report: Report) -> str:
    """Return the report as Markdown, at most MOST_MARKDOWN characters of it."""
    text = "\n\n".join(_markdown(table) for table in tables(report, most=_MARKDOWN_ROWS))
    if len(text) <= MOST_MARKDOWN:
        return text
    whole = text[:MOST_MARKDOWN].rpartition("\n")[0]
    return f"{whole}\n\n… the rest does not fit a comment; `--out` has it."


def _markdown(table: Table) -> str:
    lines = [f"### {_escaped(table.title)}", *(f"\n{_escaped(each)}" for each in table.sentences)]
    if table.rows:
        marks = ["---:" if is_number(cell) else "---" for cell in table.rows[0]]
        lines.append("")
        for row in (table.heads, marks, *table.rows):
            lines.append(f"| {' | '.join(row if row is marks else map(_escaped, row))} |")
    return "\n".join(lines)


def _escaped(text: str) -> str:
    (printable,) = _printable((text,))
    for sign in "&\\`*_[]<>|$":
        printable = printable.replace(sign, f"&#{ord(sign)};" if sign in "<>&|" else f"\\{sign}")
    return printable
