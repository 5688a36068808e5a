"""Report: the table of a run, for the terminal and as bench/RESULTS.md."""

from collections import abc
from dataclasses import dataclass

from bench.results import Curve, Findings, Row

_HEAD = """# Results

Written by `make bench`: ours and each peer measured in turn, in one run. A ratio is ours divided by
the peer's figure of the same round; shown is the median, with the lowest and the highest. Where
more is better it must be at least the wanted one, where less is better at most.

"""
_COLUMNS = ("Work", "Against", "Ours", "Theirs", "Ratio", "Wanted", "Holds")
_ALIGN = ("---", "---", "---:", "---:", "---:", "---:", "---")


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """Where, when and with what a run was made."""

    date: str
    machine: str
    load_average: str
    versions: abc.Mapping[str, str]
    pairs: int
    generator: str


def markdown(findings: Findings, circumstances: Circumstances, plot: str | None) -> str:
    """Return the whole of RESULTS.md; `plot` is the name of the drawing beside it."""
    parts = [_HEAD, _told(circumstances), table(findings.rows), _notes(findings.rows)]
    if findings.curves:
        parts.append(_growth(findings.curves, plot))
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def table(rows: abc.Iterable[Row]) -> str:
    """Return the rows as a Markdown table."""
    return _table([_COLUMNS, _ALIGN, *map(_cells, rows)])


def text(row: Row) -> str:
    """Return one row as the terminal shows it."""
    name, peer, ours, theirs, ratio, wanted, holds = _cells(row)
    if row.missing:
        return f"{name}, against {peer}: not measured: {row.missing}"
    return f"{name}, against {peer}: {ratio}, wanted {wanted}: {holds}; {ours} against {theirs}"


def _cells(row: Row) -> tuple[str, ...]:
    sign = "≥" if row.better == "higher" else "≤"
    wanted = f"{sign} {_short(row.wanted)}×"
    if not row.pairs:
        return (row.name, row.peer, "", "", "", wanted, f"not measured: {row.missing}")
    spread = f"{_short(row.ratios[0])} to {_short(row.ratios[-1])}"
    return (
        row.name,
        row.peer,
        f"{_short(row.ours)} {row.unit}",
        f"{_short(row.theirs)} {row.unit}",
        f"{_short(row.ratio)}× ({spread})",
        wanted,
        "yes" if row.holds else "**no**",
    )


def _short(number: float) -> str:
    """Return a number with three digits that count, at least: 0.123, 4.56, 78.9, 1,234."""
    size = abs(number)
    if size >= 100 or number == int(number):
        return f"{number:,.0f}"
    return f"{number:.{1 if size >= 10 else 2 if size >= 1 else 3}f}"


def _told(circumstances: Circumstances) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in circumstances.versions.items())
    return (
        f"- Date: {circumstances.date}\n"
        f"- Machine: {circumstances.machine}; load average at the start "
        f"{circumstances.load_average}\n"
        f"- Versions: {versions}\n"
        f"- Pairs: {circumstances.pairs}, unless a note says otherwise\n"
        f"- Load: {circumstances.generator}, 16 kept connections, one request under way on each; "
        "a server is bound to one core unless it is said to have all, the load to another\n\n"
    )


def _notes(rows: abc.Iterable[Row]) -> str:
    lines = dict.fromkeys(
        f"- {row.name}, against {row.peer}: {row.note}.\n" for row in rows if row.note
    )
    return "## How it was measured\n\n" + "".join(lines) + "\n"


def _growth(curves: abc.Iterable[Curve], plot: str | None) -> str:
    shown = f"![Ratios and growth]({plot})\n\n" if plot else ""
    return "## How it grows\n\n" + shown + "\n".join(map(_curve, curves))


def _curve(curve: Curve) -> str:
    xs = sorted({x for points in curve.lines.values() for x, _ in points})
    by_line = [dict(points) for points in curve.lines.values()]
    rows = [
        (curve.x, *curve.lines),
        ("---:",) * (1 + len(by_line)),
        *((_short(x), *(_short(line[x]) if x in line else "" for line in by_line)) for x in xs),
    ]
    note = f" ({curve.note})" if curve.note else ""
    return f"**{curve.name}**, {curve.y}{note}\n\n" + _table(rows)


def _table(lines: abc.Iterable[abc.Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
