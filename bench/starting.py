"""Starting: from the command to its first answer."""

import subprocess
import sys
import time
from collections import abc

from bench import progress
from bench.peers import PeerMissing
from bench.results import Asked, Findings, Row, paired
from bench.servers import OURS, PRISM, Kind, running

NAME = "start to first answer"
FLASK = "import flask"
_MOST_OF_PRISM = 0.2
_MOST_OF_FLASK = 2.0


def measure(asked: Asked) -> Findings:
    """Measure how long `serve` takes, beside Prism as typed and beside importing Flask."""
    rows = []
    if asked.wants("starting", NAME, PRISM.name):
        rows.append(_row(PRISM.name, _MOST_OF_PRISM, lambda: first_answer(PRISM), asked.pairs))
    if asked.wants("starting", NAME, FLASK):
        rows.append(_row(FLASK, _MOST_OF_FLASK, importing_flask, asked.pairs))
    return Findings(rows=tuple(rows))


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


def _row(peer: str, wanted: float, theirs: abc.Callable[[], float], pairs: int) -> Row:
    progress.tell(f"{NAME}, against {peer}")
    sides = (lambda: first_answer(OURS), theirs)
    figures: list[list[float]] = [[], []]
    missing = ""
    try:
        paired(sides, 1)  # the first of each writes bytecode and fills the disk's cache
        figures = paired(sides, pairs)
    except PeerMissing as error:
        missing = str(error)
        progress.tell(missing)
    ours, other = figures
    return Row(
        name=NAME,
        peer=peer,
        wanted=wanted,
        better="lower",
        unit="ms",
        pairs=tuple(zip(ours, other, strict=True)),
        note="the operating system's caches warm on both sides",
        missing=missing,
    )
