"""`python -m bench`: measure ours and the peers in turn, print the ratios, write RESULTS.md.

A section alone (`python -m bench uploads --pairs 3`), a part (`--only WireMock`), and what
`--clock cpu` measures is only printed.
"""

import argparse
import datetime as dt
import os
from pathlib import Path

from bench import machine, progress
from bench.load import generator
from bench.peers import PeerMissing
from bench.report import Circumstances, markdown, text
from bench.results import Asked, Findings
from bench.sections import SECTIONS

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
PLOT = HERE / "RESULTS.svg"


def main() -> int:
    """Measure what was asked for; return 1 where a row does not hold."""
    sections, asked = _arguments()
    # without it Python keeps the bytecode of what it has read, as it does everywhere by default
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    around = _circumstances(asked.pairs)
    found, stopped = Findings(), []
    for name in sections:
        try:
            part = SECTIONS[name](asked)
        except (RuntimeError, OSError) as error:  # a server or a run of tests that failed
            stopped.append(name)
            progress.tell(f"{name} stopped: {error}")
            continue
        found = Findings(rows=found.rows + part.rows, curves=found.curves + part.curves)
        for row in part.rows:
            print(text(row), flush=True)

    if not found.rows and not found.curves:
        progress.tell(f"nothing was measured of {asked.only or 'it'!r}")
        return 2
    if stopped:
        progress.tell(f"{RESULTS.name} stays as it is, since there is nothing of {stopped}")
    elif sections == list(SECTIONS) and asked == Asked(pairs=asked.pairs):
        write(found, around)
    return 1 if stopped or any(row.holds is False for row in found.rows) else 0


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


def _arguments() -> tuple[list[str], Asked]:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help="of: " + ", ".join(SECTIONS))
    parser.add_argument("--pairs", type=int, default=5, help="of measurements, for each row")
    parser.add_argument("--only", default="", help="a part of a row's or a peer's name")
    parser.add_argument(
        "--clock", choices=("wall", "cpu"), default="wall",
        help="cpu: rates of uploads and mapper by the time the work got, for a busy machine",
    )  # fmt: skip
    given = parser.parse_args()
    if unknown := [name for name in given.sections if name not in SECTIONS]:
        parser.error(f"no section {unknown[0]!r}; there are {', '.join(SECTIONS)}")
    if given.pairs < 1:
        parser.error("--pairs must be at least 1")
    asked = Asked(pairs=given.pairs, only=given.only, clock=given.clock)
    return given.sections or list(SECTIONS), asked


if __name__ == "__main__":
    raise SystemExit(main())
