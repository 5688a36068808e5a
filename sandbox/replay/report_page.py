"""Report page: a replay's report as one HTML file that needs no network."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Final

from sandbox.replay.mapping_lists import MappingList
from sandbox.replay.report import Counts, Report
from sandbox.replay.report_plots import events_by_day, plot
from sandbox.replay.report_tables import MAX_DEPTH, Table, tables
from sandbox.replay.tallies import Example
from sandbox.segment.json_text import parse_json
from sandbox.values import Json, members

TRY_IT: Final = "http://127.0.0.1:8020/"
"""Where `serve` shows its page Try it, unless it is told otherwise."""

_MOST_ROWS: Final = 50
_MOST_KINDS: Final = 30
_SIDES: Final = {"less": "before", "more": "after"}


def page(report: Report) -> str:
    """Return the report as HTML."""
    overview, *others = tables(report, most=_MOST_ROWS)
    style = Path(__file__).with_name("report.css").read_text(encoding="utf-8")
    parts = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Replay of {report.events:,} events</title><style>{style}</style></head><body>",
        "<main><header><h1>What these mappings would have done</h1>",
        *(_sentence(each) for each in overview.sentences),
        "</header>",
        _tiles(report),
        *_plots(report),
        *(_section(table) for table in others),
        *_examples("Differences", report.differences, report),
        *_examples("Rejected events", report.problems, report),
        *_examples("Suspicious calls", report.suspicions, report),
        (
            '<p class="muted">Nothing was sent. A link to Try it opens the event and its mapping '
            f'in the page of a running <code>toplyne-sandbox serve</code>, at <a href="{TRY_IT}">'
            f"{TRY_IT}</a>.</p></main></body></html>\n"
        ),
    ]
    return "\n".join(parts)


def _sentence(text: str) -> str:
    shouts = text.startswith(("WARNING", "INTERRUPTED"))
    return f"<p{' class=shout' if shouts else ''}>{escape(text)}</p>"


def _tiles(report: Report) -> str:
    rejected = sum(each.rejected for each in report.mappings)
    tiles = [("Events", report.events, ""), ("Calls to Toplyne", report.calls, "")]
    if report.job.old is None:
        tiles += [("Rejected", rejected, "rejected" if rejected else "")]
    else:
        all_ = report.totals
        tiles += [
            ("Same calls", all_.same, ""),
            ("Appeared", all_.appeared, "appeared"),
            ("Vanished", all_.vanished, "vanished"),
            ("Changed", all_.changed, "changed"),
        ]
    cells = "".join(
        f'<div><dt>{name}</dt><dd class="{look}">{number:,}</dd></div>'
        for name, number, look in tiles
    )
    return f'<dl class="tiles">{cells}</dl>'


def _plots(report: Report) -> Iterator[str]:
    days = {day: count for day, count in report.days.items() if day[0].isdigit()}
    if days:
        yield f"<section><h2>Events by day</h2>{plot(events_by_day(days, {'events': days}))}"
        differs = report.found.difference_days
        if differs:
            kinds = [
                k for k in ("appeared", "vanished", "changed") if any(differs[d, k] for d in days)
            ]
            series = {kind: {day: differs[day, kind] for day in days} for kind in kinds}
            key = "".join(f'<li class="{kind}">{kind}</li>' for kind in kinds)
            drawn = plot(events_by_day(days, series))
            yield f'<h2>Calls that differ, by day</h2><ul class="key">{key}</ul>{drawn}'
        yield "</section>"


def _section(table: Table) -> str:
    told = "".join(map(_sentence, table.sentences))
    return f"<section><h2>{escape(table.title)}</h2>{told}{_table(table)}</section>"


def _table(table: Table) -> str:
    if not table.rows:
        return ""
    looks = [' class="number"' if cell.replace(",", "").isdigit() else "" for cell in table.rows[0]]
    head = "".join(
        f"<th{look}>{escape(c)}</th>" for c, look in zip(table.heads, looks, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td{look}>{escape(c)}</td>" for c, look in zip(row, looks, strict=True))
        + "</tr>"
        for row in table.rows
    )
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'


def _examples(title: str, counts: list[Counts], report: Report) -> Iterator[str]:
    if counts:
        yield f"<section><h2>{title}: examples</h2>"
        for each in counts[:_MOST_KINDS]:
            shown = f"{len(each.examples)} of {each.times:,}"
            what = f"{each.what} {each.message}".strip()
            yield f"<h3>{escape(each.mapping)}: {escape(what)}</h3><p class=muted>{shown}</p>"
            yield from (_example(example, each, report) for example in each.examples)
        yield "</section>"


def _example(example: Example, of: Counts, report: Report) -> str:
    place = f"{example.place.source}, line {example.place.line}"
    sides = ""
    if example.before or example.after:
        names = {
            "less": report.job.old.file if report.job.old else "",
            "more": report.job.new.file,
        }
        texts = {"less": _pretty(example.before), "more": _pretty(example.after)}
        both = set(texts["less"]) & set(texts["more"])
        sides = "".join(
            f"<div><h4>{escape(names[look])}</h4>{_lines(lines, look, both)}</div>"
            for look, lines in texts.items()
            if names[look]
        )
        sides = f'<div class="sides">{sides}</div>'
    opening = f"<details><summary>{escape(place)}</summary>{sides}"
    if not example.event:
        return f"{opening}<p>The event is too large to show.</p></details>"
    return (
        f"{opening}"
        f'<p><a href="{escape(_link(example.event, of.mapping, report))}">Open in Try it</a></p>'
        f"<h4 class=muted>Event</h4>{_lines(_pretty(example.event), '', ())}</details>"
    )


def _lines(lines: list[str], look: str, both: Iterable[str]) -> str:
    if not lines:
        return "<p class=muted>No call.</p>"
    return (
        "<pre>"
        + "".join(
            f'<span class="{"" if line in both else look}">{escape(line)}</span>' for line in lines
        )
        + "</pre>"
    )


def _pretty(text: str) -> list[str]:
    if not text:
        return []
    value = parse_json(text, max_depth=MAX_DEPTH)
    return json.dumps(value, indent=2, ensure_ascii=False).split("\n")


def _link(event: str, mapping: str, report: Report) -> str:
    """Return the link that opens an event with its mapping of each side in the page Try it."""
    mappings = [
        each
        for side in (report.job.new, report.job.old)
        if side is not None
        for each in _drafts(side, mapping, report)
    ]
    pretty = "\n".join(_pretty(event))
    situation = {"eventText": pretty, "mappings": mappings, "rules": report.job.rules}
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(json.dumps(situation).encode()) + packer.flush()
    return f"{TRY_IT}#1.{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def _drafts(side: MappingList, label: str, report: Report) -> Iterator[Json]:
    for name, mapping in zip(side.labels, side.mappings, strict=True):
        if name == label:
            shown = name if report.job.old is None else f"{name} ({side.file})"
            parts = members(mapping, "action", "trigger", "fields", "enabled")
            yield {"name": shown, **parts}
