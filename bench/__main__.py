"""`python -m bench`: measure ours and the peers in turn, print the ratios, write RESULTS.md.

A section alone (`python -m bench uploads --pairs 3`) or a part (`--only WireMock`) is only printed.
"""

import argparse
import datetime as dt
import os
from pathlib import Path

from bench import machine, progress
from bench.load import generator
from bench.peers import PeerMissing
from bench.report import Circumstances, markdown, text
from bench.results import Findings
from bench.sections import SECTIONS

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
PLOT = HERE / "RESULTS.svg"


def main() -> int:
    """Measure what was asked for; return 1 where a row does not hold."""
    asked = _arguments()
    around = _circumstances(asked.pairs)
    parts = [SECTIONS[name](asked.pairs, asked.only) for name in asked.sections or SECTIONS]
    found = Findings(
        rows=tuple(row for part in parts for row in part.rows),
        curves=tuple(curve for part in parts for curve in part.curves),
    )
    if not found.rows and not found.curves:
        progress.tell(f"nothing is called {asked.only!r}")
        return 2
    if not asked.sections and not asked.only:
        write(found, around)
    for row in found.rows:
        print(text(row))
    return 1 if any(row.holds is False for row in found.rows) else 0


def write(found: Findings, around: Circumstances) -> None:
    """Write RESULTS.md, and the plot where there is something to draw with."""
    plot: str | None = PLOT.name
    try:
        from bench.plot import draw  # noqa: PLC0415 - with the report, not before

        draw(found, PLOT)
    except PeerMissing as error:
        progress.tell(f"no plot: {error}")
        plot = None
    RESULTS.write_text(markdown(found, around, plot), encoding="utf-8")
    progress.tell(f"written: {RESULTS}")


def _circumstances(pairs: int) -> Circumstances:
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return Circumstances(
        date=dt.datetime.now(dt.UTC).strftime("%Y-%m-%d"),
        machine=machine.described(),
        load_average=load,
        versions=machine.versions(),
        pairs=pairs,
        generator=generator(),
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help="of: " + ", ".join(SECTIONS))
    parser.add_argument("--pairs", type=int, default=5, help="of measurements, for each row")
    parser.add_argument("--only", default="", help="a part of a row's or a peer's name")
    asked = parser.parse_args()
    if unknown := [name for name in asked.sections if name not in SECTIONS]:
        parser.error(f"no section {unknown[0]!r}; there are {', '.join(SECTIONS)}")
    if asked.pairs < 1:
        parser.error("--pairs must be at least 1")
    return asked


if __name__ == "__main__":
    raise SystemExit(main())
