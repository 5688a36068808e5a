"""Report tables: the sentences and tables of a report, as text, Markdown, and for its page."""

from collections.abc import Iterator
from functools import reduce
from operator import getitem
from textwrap import TextWrapper
from typing import Any, Final, NamedTuple

from sandbox.contract.wording import counted
from sandbox.recording import MAX_DEPTH
from sandbox.replay.report import MappingCounts, PairCounts, ReasonCount, ReplayReport
from sandbox.replay.tallies import Distinct
from sandbox.segment.json_text import json_text, parse_json
from sandbox.values import Path, printable

WIDTH: Final = 100
MOST_MARKDOWN: Final = 60_000
"""The most characters of Markdown; a comment on GitHub may have 65,536."""

_TEXT_ROWS: Final = 5
_MARKDOWN_ROWS: Final = 20
_SHOWN: Final = 40
_OUTCOMES: Final = ("Mapping", "Mapped", "Skipped", "Rejected", "Not simulated", "Suspicious")
_COMPARED: Final = ("Mapping", "Same", "Appeared", "Vanished", "Changed")
_MARKS: Final = str.maketrans(
    {s: f"&#{ord(s)};" for s in "<>&|"} | {s: f"\\{s}" for s in "\\`*_[]$"}
)


class Table(NamedTuple):
    """A title, sentences below it, and rows of cells; numbers are aligned to the right."""

    title: str
    sentences: tuple[str, ...]
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def is_number(cell: str) -> bool:
    """Return whether a cell is a number, which is aligned to the right."""
    return cell.replace(",", "").isdigit()


def tables(report: ReplayReport, *, most: int) -> list[Table]:
    """Return all tables of a report that are not empty, each with at most `most` rows."""
    new, old = report.job.new.file, report.job.old and report.job.old.file
    rows = tuple(map(_cells, report.mappings))
    found = [
        Table("Replay", tuple(_overview(report))),
        Table(f"Mappings of {new}", (), _OUTCOMES, rows),
    ]
    if old is not None:
        heads = ("Calls", "Mapping", "Path", f"{old} → {new}")
        found.append(_comparison(report, f"{new} compared with {old}", most))
        found.append(_counts("What changed", heads, report.paths, most))
    found += [
        _counts("Rejected", ("Events", "Mapping", "Path", "Problem"), report.problems, most),
        _counts("Suspicious", ("Calls", "Mapping", "What"), report.suspicions, most),
    ]
    return [each for each in found if each.sentences or each.rows]


def _overview(report: ReplayReport) -> Iterator[str]:
    found = report.found
    if found.is_interrupted:
        yield "INTERRUPTED: these are the results so far."
    days = [day for day in report.days if day[0] != "n"]
    span = f" from {days[0]} to {days[-1]}, by the UTC day of their timestamp" if days else ""
    types = ", ".join(f"{count:,} {type_}" for type_, count in report.types.items())
    yield f"{counted(report.events, 'event')}{span}: {types or 'none'}."
    a_day = f", {report.calls / len(found.calls):,.0f} a day" if found.calls else ""
    touched = _touched(found.users, found.accounts)
    yield f"{counted(report.calls, 'call')} to Toplyne{a_day}, for {touched}."
    for each in report.mappings:
        if each.rejected and not each.mapped:
            yield f"WARNING: {each.name} rejects every event that it takes."
    if unread := report.unread_count:
        yield f"{counted(unread, 'line or source', 'lines or sources')} cannot be read."
    codes = ", ".join(f"{code} {count:,}" for code, count in sorted(found.dropped.items()))
    for number, noun, said in (
        (found.held_back, "event", "not sent: their integrations object turns Toplyne off"),
        (found.dropped.total(), "message", f"of SDK bodies dropped by Segment's intake: {codes}"),
        (found.other_calls, "recorded exchange", "ignored: not calls of the Tracking API"),
    ):
        if number:
            yield f"{counted(number, noun)} {said}."


def _touched(*users_and_accounts: Distinct) -> str:
    pairs = zip(users_and_accounts, ("user", "account"), strict=True)
    return " and ".join("more than " * d.is_more + counted(d.count, noun) for d, noun in pairs)


def _comparison(report: ReplayReport, title: str, most: int) -> Table:
    all_, found = report.totals, report.found
    differing = [each for each in report.pairs if any(each[2:])]
    differing.sort(key=lambda each: -sum(each[2:]))
    differ = f"{all_.appeared:,} appeared, {all_.vanished:,} vanished, {all_.changed:,} changed"
    touched = _touched(found.differing_users, found.differing_accounts)
    sentences = (
        f"{counted(all_.same, 'call')} the same, {differ}.",
        f"The differences concern {touched}.",
        f"{report.identical:,} of {len(report.pairs):,} mappings are identical on both sides.",
        *_more(len(differing), most, "mapping"),
    )
    return Table(title, sentences, _COMPARED, tuple(map(_cells, differing[:most])))


def _cells(counts: MappingCounts | PairCounts) -> tuple[str, ...]:
    name, *numbers = counts
    return (str(name), *(f"{number:,}" for number in numbers))


def _counts(title: str, heads: tuple[str, ...], counts: list[ReasonCount], most: int) -> Table:
    noun = "path" if counts and counts[0].at else "kind"
    rows = []
    for each in counts[:most]:
        first = each.examples[0]
        change = " → ".join(_at(text, each.at) for text in (first.before, first.after))
        more = change if each.at else each.message
        spot = f"{first.place.source.rpartition('/')[2]}:{first.place.line}"
        rows.append((f"{each.times:,}", each.mapping, each.what, *filter(None, [more]), spot))
    return Table(title, _more(len(counts), most, noun), (*heads, "For example"), tuple(rows))


def _more(count: int, most: int, noun: str) -> tuple[str, ...]:
    left = count - most
    return (f"{counted(left, f'more {noun}')} not shown; --json has them.",) if left > 0 else ()


def _at(text: str, at: Path) -> str:
    """Return the value at a path in a request, shortened."""
    if not text:
        return "too large to show"
    try:
        value: Any = parse_json(text, max_depth=MAX_DEPTH)
        shown = json_text(reduce(getitem, at, value))
    except (LookupError, TypeError):
        return "nothing"
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


def report_text(report: ReplayReport) -> str:
    """Return the report in lines of at most WIDTH columns, with the first rows of long tables."""
    return "\n\n".join(_text(table) for table in tables(report, most=_TEXT_ROWS))


def _text(table: Table) -> str:
    fold = TextWrapper(WIDTH, "  ", "    ", break_on_hyphens=False).wrap
    lines = [line for sentence in table.sentences for line in fold(printable(sentence))]
    columns = map(_aligned, zip(table.heads, *table.rows, strict=True))
    rows = [f"  {'  '.join(row)}".rstrip() for row in zip(*columns, strict=True)]
    return "\n".join(map(_cut, (table.title, *lines, *rows)))


def _aligned(column: tuple[str, ...]) -> list[str]:
    """Return the cells of a column, all of the same width."""
    cells = [*map(printable, column)]
    width = max(map(len, cells))
    return [each.rjust(width) if is_number(cells[-1]) else each.ljust(width) for each in cells]


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"


def markdown_of(report: ReplayReport) -> str:
    """Return the report as Markdown, cut at MOST_MARKDOWN characters."""
    text = "\n\n".join(_markdown(table) for table in tables(report, most=_MARKDOWN_ROWS))
    if len(text) <= MOST_MARKDOWN:
        return text
    whole = text[:MOST_MARKDOWN].rpartition("\n")[0]
    return f"{whole}\n\n… the rest does not fit into a comment; `--out` writes all of it."


def _markdown(table: Table) -> str:
    lines = [f"### {_escaped(table.title)}", *(f"\n{_escaped(each)}" for each in table.sentences)]
    if table.rows:
        marks = ("---:" if is_number(cell) else "---" for cell in table.rows[0])
        heads, *rows = (map(_escaped, row) for row in (table.heads, *table.rows))
        lines += ["", *(f"| {' | '.join(row)} |" for row in (heads, marks, *rows))]
    return "\n".join(lines)


def _escaped(text: str) -> str:
    return printable(text).translate(_MARKS)
