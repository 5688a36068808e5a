"""Starting: from the command to its first answer."""

import subprocess
import sys
import time
from collections import abc
from pathlib import Path
from typing import TypeAlias

from bench import progress
from bench.peers import PeerMissing
from bench.results import Asked, Findings, Row, paired
from bench.servers import HEALTHY, OURS, PRISM, Kind, running

ROOT = Path(__file__).parent.parent
Sides: TypeAlias = tuple[abc.Callable[[], float], abc.Callable[[], float]]

NAME = "start to first answer"
HEALTH = "start to first answer of health"
FLASK = "import flask"
RUN = "run -- true"
HALF_A_SECOND = "sleep 0.5"
_MOST_OF_PRISM = 0.2
_MOST_OF_FLASK = 2.5


def measure(asked: Asked) -> Findings:
    """Measure how long `serve` takes, beside Prism as typed and beside importing Flask."""
    rows = []
    if asked.wants("starting", NAME, PRISM.name):
        rows.append(_row(NAME, PRISM.name, _MOST_OF_PRISM, (_ours, _prisms), asked.pairs))
    if asked.wants("starting", HEALTH, FLASK):
        sides = (lambda: first_answer(HEALTHY), importing_flask)
        rows.append(_row(HEALTH, FLASK, _MOST_OF_FLASK, sides, asked.pairs))
    if asked.wants("starting", RUN, HALF_A_SECOND):
        rows.append(_row(RUN, HALF_A_SECOND, 1.0, (run_of_true, half_a_second), asked.pairs))
    return Findings(rows=tuple(rows))


def run_of_true() -> float:
    """Return the milliseconds of a run whose command does nothing, from its start to its end."""
    return _milliseconds([sys.executable, str(ROOT / "toplyne_sandbox.py"), "run", "--", "true"])


def half_a_second() -> float:
    """Return the milliseconds of half a second, as what starts a process measures them."""
    return _milliseconds(HALF_A_SECOND.split())


def _milliseconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, stderr=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - started) * 1000


def _ours() -> float:
    return first_answer(OURS)


def _prisms() -> float:
    return first_answer(PRISM)


def first_answer(kind: Kind) -> float:
    """Return the milliseconds from starting the command to the first answer."""
    with running(kind) as server:
        return server.first_answer * 1000


def importing_flask() -> float:
    """Return the milliseconds from starting Python to Flask being imported, its end not counted."""
    program = "import flask, sys; sys.stdout.write('imported'); sys.stdout.flush()"
    started = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        return (time.perf_counter() - started) * 1000


def _row(name: str, peer: str, wanted: float, sides: Sides, pairs: int) -> Row:
    progress.tell(f"{name}, against {peer}")
    figures: list[list[float]] = [[], []]
    missing = ""
    try:
        paired(sides, 1)  # the first of each writes bytecode and fills the disk's cache
        figures = paired(sides, pairs)
    except PeerMissing as error:
        missing = str(error)
        progress.tell(missing)
    ours, theirs = figures
    return Row(
        name=name,
        peer=peer,
        wanted=wanted,
        better="lower",
        unit="ms",
        pairs=tuple(zip(ours, theirs, strict=True)),
        note="the operating system's caches warm on both sides",
        missing=missing,
    )
