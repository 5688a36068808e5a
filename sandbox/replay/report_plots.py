"""Report plots: bars by day, as SVG that follows the page's colours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final, NamedTuple

MOST_BARS: Final = 120
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 1000, 180, 60, 22


class Bar(NamedTuple):
    """What a bar stands for: its first and last day, and the count of each series, from below."""

    first: str
    last: str
    counts: dict[str, int]


def events_by_day(days: Mapping[str, int], series: Mapping[str, Mapping[str, int]]) -> list[Bar]:
    """Return one bar a day from the first to the last, or one for as many days as are needed."""
    first, last = (date.fromisoformat(day) for day in (min(days), max(days)))
    span = (last - first).days + 1
    step = -(-span // MOST_BARS)
    bars = [
        Bar(
            (first + timedelta(n)).isoformat(),
            (first + timedelta(min(n + step, span) - 1)).isoformat(),
            dict.fromkeys(series, 0),
        )
        for n in range(0, span, step)
    ]
    for name, counts in series.items():
        for day, count in counts.items():
            bars[(date.fromisoformat(day) - first).days // step].counts[name] += count
    return bars


def plot(bars: list[Bar]) -> str:
    """Return the bars as SVG; each tells its days and counts where the pointer rests."""
    most = max(*(sum(bar.counts.values()) for bar in bars), 1)
    room, tall = (_WIDTH - _LEFT) / len(bars), _HEIGHT - _BOTTOM - 12
    drawn = []
    for number, bar in enumerate(bars):
        x, y = _LEFT + number * room, float(_HEIGHT - _BOTTOM)
        days = bar.first if bar.first == bar.last else f"{bar.first} to {bar.last}"
        said = ", ".join(f"{count:,} {name}" for name, count in bar.counts.items())
        shapes = [f"<title>{days}: {said}</title>"]
        for name, count in bar.counts.items():
            high = tall * count / most
            y -= high
            shapes.append(
                f'<rect class="{name}" x="{x:.1f}" y="{y:.1f}" '
                f'width="{max(room * 0.8, 1):.1f}" height="{high:.1f}"/>'
            )
        drawn.append(f"<g>{''.join(shapes)}</g>")
    foot = _HEIGHT - _BOTTOM
    return (
        f'<div class="scroll"><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="Bars by day, up to {most:,}">'
        f'<text x="{_LEFT - 8}" y="18" text-anchor="end">{most:,}</text>'
        f'<text x="{_LEFT - 8}" y="{foot}" text-anchor="end">0</text>'
        f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{foot}" y2="{foot}"/>{"".join(drawn)}'
        f'<text x="{_LEFT}" y="{_HEIGHT - 6}">{bars[0].first}</text>'
        f'<text x="{_WIDTH}" y="{_HEIGHT - 6}" text-anchor="end">{bars[-1].last}</text></svg></div>'
    )
