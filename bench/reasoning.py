"""Explain and lint at 50 mappings, against the code of the commit before they read one trace.

That code is taken from the repository's own history, and runs in the same environment by turns.
"""

import os
import subprocess
import sys
from pathlib import Path

from bench import progress
from bench.peers import COMMIT, ROOT, PeerMissing, earlier_commit
from bench.results import Asked, Findings, Pair, Row

PEER = f"commit {COMMIT}"
SECONDS = 1.0
ROWS = {
    "explain": ("explain of one event at 50 mappings", "events/s"),
    "lint": ("lint of 50 mappings", "runs/s"),
}
WANTED = 2


def measure(asked: Asked) -> Findings:
    """Measure both rows, ours and theirs in turn."""
    wanted = [name for name, (row, _) in ROWS.items() if asked.wants("reasoning", row, PEER)]
    if not wanted:
        return Findings()
    progress.tell(f"explain and lint, against {PEER}")
    try:
        before = earlier_commit()
    except PeerMissing as error:
        return Findings(rows=tuple(_row(name, missing=str(error)) for name in wanted))
    found = []
    for name in wanted:
        turns = range(asked.pairs)
        pairs = [(_rate(name, ROOT, asked), _rate(name, before, asked)) for _ in turns]
        found.append(_row(name, tuple(pairs)))
    return Findings(rows=tuple(found))


def _row(name: str, pairs: tuple[Pair, ...] = (), missing: str = "") -> Row:
    row, unit = ROWS[name]
    note = "the same events and mappings; ours also tries each change through intake and fields"
    return Row(
        name=row,
        peer=PEER,
        wanted=WANTED,
        better="higher",
        unit=unit,
        pairs=pairs,
        note=note if name == "explain" else "the same mappings",
        missing=missing,
    )


def _rate(name: str, code: Path, asked: Asked) -> float:
    script = Path(__file__).with_name("reasoning_work.py")
    ran = subprocess.run(
        [sys.executable, str(script), name, str(SECONDS), asked.clock],
        env={**os.environ, "PYTHONPATH": str(code)},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(ran.stdout)
