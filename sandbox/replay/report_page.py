"""Report page: a replay's report as one HTML file that needs no network."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from sandbox.replay.mapping_lists import MappingList
from sandbox.replay.report import MAX_DEPTH, Counts, Report
from sandbox.replay.report_plots import events_by_day, plot
from sandbox.replay.report_tables import Table, is_number, tables
from sandbox.replay.tallies import Example
from sandbox.segment.json_text import parse_json
from sandbox.values import Json, members

TRY_IT: Final = "http://127.0.0.1:8020/"
"""Where `serve` shows its page Try it, unless it is told otherwise."""

_MOST_ROWS: Final = 50
_MOST_KINDS: Final = 30
_DIFFERING: Final = ("appeared", "vanished", "changed")


def page(report: Report) -> str:
    """Return the report as HTML."""
    here = Path(__file__)
    overview, *others = tables(report, most=_MOST_ROWS)
    sections = (
        *_plots(report),
        *(_section(each.title, _told(each), _table(each)) for each in others),
        *_examples("Differences", report.differences, report),
        *_examples("Rejected events", report.problems, report),
        *_examples("Suspicious calls", report.suspicions, report),
    )
    return Template(here.with_name("report.html").read_text(encoding="utf-8")).substitute(
        events=f"{report.events:,}",
        style=here.with_name("report.css").read_text(encoding="utf-8"),
        overview=_told(overview),
        tiles="".join(_tiles(report)),
        sections="\n".join(sections),
        try_it=TRY_IT,
    )


def _tag(name: str, text: str, look: str = "") -> str:
    """Return an element of escaped text."""
    look = look and f' class="{look}"'
    return f"<{name}{look}>{escape(text)}</{name}>"


def _section(title: str, *parts: str) -> str:
    return f"<section>{_tag('h2', title)}{''.join(parts)}</section>"


def _told(table: Table) -> str:
    return "".join(
        _tag("p", text, "shout" if text.startswith(("WARNING", "INTERRUPTED")) else "")
        for text in table.sentences
    )


def _tiles(report: Report) -> Iterator[str]:
    tiles = [("Events", report.events, ""), ("Calls to Toplyne", report.calls, "")]
    if report.job.old is None:
        rejected = sum(each.rejected for each in report.mappings)
        tiles.append(("Rejected", rejected, "rejected" if rejected else ""))
    else:
        tiles.append(("Same calls", report.totals.same, ""))
        counts = members(report.totals, *_DIFFERING)
        tiles += [(kind.capitalize(), count, kind) for kind, count in counts.items()]
    for name, number, look in tiles:
        yield f"<div>{_tag('dt', name)}{_tag('dd', f'{number:,}', look)}</div>"


def _plots(report: Report) -> Iterator[str]:
    days = {day: count for day, count in report.days.items() if day[0].isdigit()}
    if days:
        yield _section("Events by day", plot(events_by_day(days, {"events": days})))
    differs = report.found.difference_days
    kinds = [kind for kind in _DIFFERING if any(differs[day, kind] for day in days)]
    if kinds:
        series = {kind: {day: differs[day, kind] for day in days} for kind in kinds}
        key = "".join(_tag("li", kind, kind) for kind in kinds)
        drawn = plot(events_by_day(days, series))
        yield _section("Calls that differ, by day", f'<ul class="key">{key}</ul>', drawn)


def _table(table: Table) -> str:
    if not table.rows:
        return ""
    looks = ["number" if is_number(cell) else "" for cell in table.rows[0]]
    rows = (
        "".join(_tag(name, cell, look) for cell, look in zip(row, looks, strict=True))
        for name, row in (("th", table.heads), *(("td", row) for row in table.rows))
    )
    lines = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<div class="scroll"><table>{lines}</table></div>'


def _examples(title: str, counts: list[Counts], report: Report) -> Iterator[str]:
    if counts:
        yield _section(
            f"{title}: examples",
            *(
                part
                for each in counts[:_MOST_KINDS]
                for part in (
                    _tag("h3", f"{each.mapping}: {each.what} {each.message}".strip()),
                    _tag("p", f"{len(each.examples)} of {each.times:,}", "muted"),
                    *(_example(example, each, report) for example in each.examples),
                )
            ),
        )


def _example(example: Example, of: Counts, report: Report) -> str:
    place = _tag("summary", f"{example.place.source}, line {example.place.line}")
    sides = ""
    if example.before or example.after:
        before, after = _pretty(example.before), _pretty(example.after)
        both = set(before) & set(after)
        old = report.job.old
        sides = f'<div class="sides">{_side(old.file, before, "less", both) if old else ""}'
        sides += f"{_side(report.job.new.file, after, 'more', both)}</div>"
    event = _tag("p", "The event is too large to show.")
    if example.event:
        link = f'<p><a href="{escape(_link(example.event, of.mapping, report))}">Open in Try it</a>'
        event = f"{link}</p>{_tag('h4', 'Event', 'muted')}{_lines(_pretty(example.event), '', ())}"
    return f"<details>{place}{sides}{event}</details>"


def _side(file: str, lines: list[str], look: str, both: Iterable[str]) -> str:
    return f"<div>{_tag('h4', file)}{_lines(lines, look, both)}</div>"


def _lines(lines: list[str], look: str, both: Iterable[str]) -> str:
    if not lines:
        return _tag("p", "No call.", "muted")
    return f"<pre>{''.join(_tag('span', s, '' if s in both else look) for s in lines)}</pre>"


def _pretty(text: str) -> list[str]:
    if not text:
        return []
    value = parse_json(text, max_depth=MAX_DEPTH)
    return json.dumps(value, indent=2, ensure_ascii=False).split("\n")


def _link(event: str, mapping: str, report: Report) -> str:
    """Return the link that opens an event with its mapping of each side in the page Try it."""
    sides = [side for side in (report.job.new, report.job.old) if side is not None]
    situation = {
        "eventText": "\n".join(_pretty(event)),
        "mappings": [
            draft for side in sides for draft in _drafts(side, mapping, is_one=len(sides) == 1)
        ],
        "rules": report.job.rules,
    }
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(json.dumps(situation).encode()) + packer.flush()
    return f"{TRY_IT}#1.{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def _drafts(side: MappingList, label: str, *, is_one: bool) -> Iterator[Json]:
    for name, mapping in zip(side.labels, side.mappings, strict=True):
        if name == label:
            parts = members(mapping, "action", "trigger", "fields", "enabled")
            yield {"name": name if is_one else f"{name} ({side.file})", **parts}
