"""Report page: a replay's report as one HTML file that needs no network.

The page is the template `report.html`; this module makes its values.
"""

import base64
import json
import zlib
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from sandbox.recording import MAX_DEPTH
from sandbox.replay.job import MappingList
from sandbox.replay.report import ReplayReport
from sandbox.replay.report_tables import is_number, tables
from sandbox.segment.json_text import parse_json
from sandbox.values import Json, members

TRY_IT: Final = "http://127.0.0.1:8020/"
"""The default address of the page Try it of `serve`."""

_MOST_ROWS: Final = 50
_MOST_KINDS: Final = 30
_MOST_BARS: Final = 120
_DIFFERING: Final = ("appeared", "vanished", "changed")
_WIDTH, _LEFT, _FOOT = 1000, 60, 158
_DRAWING: Final = {"width": _WIDTH, "height": 180, "left": _LEFT, "foot": _FOOT}


def page(report: ReplayReport) -> str:
    """Return the report as HTML."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - few need it

    overview, *others = tables(report, most=_MOST_ROWS)
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return templates.get_template("report.html").render(
        report=report,
        overview=overview,
        tables=others,
        plots=list(_plots(report)),
        differing=_DIFFERING,
        most_kinds=_MOST_KINDS,
        try_it=TRY_IT,
        **_DRAWING,
        is_number=is_number,
        pretty=_pretty,
        link=_link,
    )


def _plots(report: ReplayReport) -> Iterator[dict[str, Any]]:
    days = {day: count for day, count in report.days.items() if day[0].isdigit()}
    if days:
        yield {"title": "Events by day", "key": (), **_plot(days, {"events": days})}
    differs = report.found.difference_days
    kinds = [kind for kind in _DIFFERING if any(differs[day, kind] for day in days)]
    if kinds:
        series = {kind: {day: differs[day, kind] for day in days} for kind in kinds}
        yield {"title": "Calls that differ, by day", "key": kinds, **_plot(days, series)}


def _plot(days: Mapping[str, int], series: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """Return one bar for each day from the first to the last, or for several days each.

    Each bar is a title with its days and counts, and a rectangle for each series, stacked upwards.
    """
    first, last = (date.fromisoformat(day) for day in (min(days), max(days)))
    span = (last - first).days + 1
    step = -(-span // _MOST_BARS)
    counts = [dict.fromkeys(series, 0) for _ in range(0, span, step)]
    for name, by_day in series.items():
        for day, count in by_day.items():
            counts[(date.fromisoformat(day) - first).days // step][name] += count

    most = max(*(sum(each.values()) for each in counts), 1)
    room = (_WIDTH - _LEFT) / len(counts)
    bars = []
    for number, each in enumerate(counts):
        begin = first + timedelta(number * step)
        end = min(begin + timedelta(step - 1), last)
        said = ", ".join(f"{count:,} {name}" for name, count in each.items())
        shapes, y = [], float(_FOOT)
        for name, count in each.items():
            high = (_FOOT - 12) * count / most
            y -= high
            box = _LEFT + number * room, y, max(room * 0.8, 1), high
            shapes.append((name, *(f"{size:.1f}" for size in box)))
        bars.append((f"{begin}: {said}" if begin == end else f"{begin} to {end}: {said}", shapes))
    return {"most": most, "bars": bars, "first": first, "last": last}


def _pretty(text: str) -> list[str]:
    if not text:
        return []
    value = parse_json(text, max_depth=MAX_DEPTH)
    return json.dumps(value, indent=2, ensure_ascii=False).split("\n")


def _link(event: str, mapping: str, report: ReplayReport) -> str:
    """Return a link that opens an event, with its mapping on each side, in the page Try it."""
    sides = [side for side in (report.job.new, report.job.old) if side is not None]
    is_one, text = len(sides) == 1, "\n".join(_pretty(event))
    drafts = [draft for side in sides for draft in _drafts(side, mapping, is_one=is_one)]
    situation = {"eventText": text, "mappings": drafts, "rules": report.job.rules}
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(json.dumps(situation).encode()) + packer.flush()
    return f"{TRY_IT}#1.{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def _drafts(side: MappingList, label: str, *, is_one: bool) -> Iterator[Json]:
    for name, mapping in zip(side.labels, side.mappings, strict=True):
        if name == label:
            parts = members(mapping, "action", "trigger", "fields", "enabled")
            yield {"name": name if is_one else f"{name} ({side.file})", **parts}
