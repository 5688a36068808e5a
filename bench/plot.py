"""Plot: the ratios of a run and its growth curves as one SVG.

Drawn by matplotlib: logarithmic axes with readable ticks are its daily work, and it is kept by many
people. It lives in the folder of the peers only, so that nobody but the bench installs it.
"""

import math
import sys
from pathlib import Path
from typing import Any

from bench import peers
from bench.results import Curve, Findings, Row

# Colours that people with any colour vision tell apart (Okabe and Ito); ours is the strong one.
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
_COLUMNS = 2
_HEIGHT = 3.0  # inches, of one panel


def draw(findings: Findings, file: Path) -> None:
    """Write the drawing; raises PeerMissing where matplotlib cannot be installed."""
    folder = str(peers.python_packages())
    sys.path.append(folder)
    try:
        _draw(findings, file)
    finally:
        sys.path.remove(folder)


def _draw(findings: Findings, file: Path) -> None:
    import matplotlib as mpl  # noqa: PLC0415 - it is there only now

    mpl.use("svg")
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "bench", "font.size": 9})
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above

    measured = [row for row in findings.rows if row.pairs]
    lines = -(-len(findings.curves) // _COLUMNS)
    heights = (0.3 * len(measured) + 1, _HEIGHT * lines)
    figure = Figure(figsize=(11, sum(heights)), layout="constrained")
    # Two parts, each laid out of its own: the long names above must not squeeze the curves below.
    above, below = figure.subfigures(2, 1, height_ratios=heights)
    _ratios(above.add_subplot(), measured)
    colours = _colours(findings.curves)
    for number, curve in enumerate(findings.curves):
        _curve(below.add_subplot(lines, _COLUMNS, number + 1), curve, colours)
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})


def _ratios(panel: Any, rows: list[Row]) -> None:
    """Draw how many times better than wanted each row is: left of 1 it does not hold."""
    for place, row in enumerate(reversed(rows)):
        low, middle, high = (_better_than_wanted(row, ratio) for ratio in _spread(row))
        colour = "#0072b2" if row.holds else "#d55e00"
        panel.plot((low, high), (place, place), color=colour, linewidth=2, alpha=0.5)
        panel.plot(middle, place, "o", color=colour, markersize=5)
    panel.axvline(1, color="black", linewidth=0.8)
    _logarithmic(panel, "x", "{x:g}×")
    panel.set_ylim(-0.6, len(rows) - 0.4)
    panel.set_yticks(range(len(rows)), [f"{row.name} | {row.peer}" for row in reversed(rows)])
    panel.set_title("How many times better than wanted (median; line from lowest to highest)")
    panel.grid(axis="x", which="both", alpha=0.2)


def _spread(row: Row) -> tuple[float, float, float]:
    return row.ratios[0], row.ratio, row.ratios[-1]


def _better_than_wanted(row: Row, ratio: float) -> float:
    return ratio / row.wanted if row.better == "higher" else row.wanted / ratio


def _curve(panel: Any, curve: Curve, colours: dict[str, str]) -> None:
    for name, points in curve.lines.items():
        at, values = zip(*points, strict=True)
        panel.plot(at, values, "o-", label=name, color=colours[name], markersize=4, clip_on=False)
    panel.set_xscale("log")
    panel.xaxis.set_major_formatter("{x:,.12g}")
    _logarithmic(panel, "y", "{x:,.12g}")
    panel.set_title(curve.name)
    panel.set_xlabel(curve.x)
    panel.set_ylabel(curve.y)
    panel.grid(which="both", alpha=0.2)
    panel.legend(fontsize=8)


def _logarithmic(panel: Any, axis: str, form: str) -> None:
    """Let an axis go from one power of ten to another, so that none looks steeper than it is."""
    panel.set(**{f"{axis}scale": "log"})
    low, high = panel.dataLim.intervalx if axis == "x" else panel.dataLim.intervaly
    limits = 10 ** math.floor(math.log10(low)), 10 ** math.ceil(math.log10(high) + 0.01)
    panel.set(**{f"{axis}lim": limits})
    getattr(panel, f"{axis}axis").set_major_formatter(form)


def _colours(curves: tuple[Curve, ...]) -> dict[str, str]:
    names = dict.fromkeys(name for curve in curves for name in curve.lines)
    return {name: _COLOURS[number % len(_COLOURS)] for number, name in enumerate(names)}
