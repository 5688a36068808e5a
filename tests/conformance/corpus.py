"""The corpus: cases with Segment's answer, kept as files that need no Node to be tried again.

A file is a JSON array, a case a line: the case's own members, then `segment`, what the runtime
answered. Numbers beyond a double are written 1e400; undefined and NaN are marked (json_wire.py).
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from tests.conformance import json_wire
from tests.conformance.compare import Case, Told
from tests.conformance.kinds import Kind

CASES = Path(__file__).parents[2] / "fixtures" / "cases"
ANSWER = "segment"


def read(file: Path) -> list[tuple[Case, Told]]:
    """Give the cases of a file, each with Segment's answer."""
    entries = json_wire.loads(file.read_bytes())
    return [
        ({key: value for key, value in entry.items() if key != ANSWER}, entry[ANSWER])
        for entry in entries
    ]


def write(file: Path, entries: Iterable[tuple[Case, Told]]) -> None:
    """Write cases and answers, a line each."""
    lines = [json_wire.dumps({**case, ANSWER: told}) for case, told in entries]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="ascii")


def save_found(kind: Kind, case: Case, told: Told) -> Path:
    """Keep a case the two sides disagreed on; the same case always gets the same name."""
    name = hashlib.sha256(json_wire.dumps(case).encode()).hexdigest()[:10]
    file = CASES / kind.folder / f"found-{name}.json"
    write(file, [(case, told)])
    return file
