"""Failures: saved in files, so that the next check can try them first.

Each failure is three files of one name under `.toplyne-sandbox/failures/`: the case as JSON, a
pytest, and a shell script with the curl line.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import msgspec

from sandbox.check.failure import Failure, Kind
from sandbox.segment.definition import Rules
from sandbox.segment.javascript import Json
from sandbox.segment.json_text import InvalidJson, parse_json

FOLDER: Final = Path(".toplyne-sandbox") / "failures"
_FORMAT: Final = 1
_MAX_DEPTH: Final = 800


@dataclass(frozen=True, slots=True)
class Reproduction:
    """How to show a failure again: its target, a test module, shell lines, a body as a file."""

    target: dict[str, Json]
    pytest: str
    lines: tuple[str, ...]
    body: bytes | None = None


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """A failure that was saved: its case, its target, its rules, and its file."""

    format: Literal[1]
    check: Kind
    rule: str
    case: dict[str, Json]
    target: dict[str, Json]
    rules: Rules
    path: Path = Path()

    def drop(self) -> None:
        """Delete the files of the failure."""
        others = (self.path.with_suffix(suffix) for suffix in (".sh", ".body"))
        for path in (self.path, _test_file(self.path.parent, self.path.stem), *others):
            path.unlink(missing_ok=True)


def stem_of(failure: Failure) -> str:
    """Return the name of a failure's files: check, rule and a few letters of the case."""
    case = json.dumps(failure.case, sort_keys=True).encode()
    return f"{failure.check}-{failure.rule.key}-{hashlib.sha256(case).hexdigest()[:8]}"


def _test_file(folder: Path, stem: str) -> Path:
    return folder / f"test_{stem.replace('-', '_')}.py"


def save(failure: Failure, reproduction: Reproduction, rules: Rules, folder: Path = FOLDER) -> Path:
    """Write the files of a failure and return the one of the case; raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = stem_of(failure)
    kept = {"format": _FORMAT, **failure.to_json(), "target": reproduction.target}
    kept["rules"] = rules
    path = folder / f"{stem}.json"
    path.write_text(json.dumps(kept, indent=2) + "\n", encoding="ascii")
    _test_file(folder, stem).write_text(reproduction.pytest, encoding="utf-8")
    script = "\n".join(("#!/bin/sh", *reproduction.lines, ""))
    (folder / f"{stem}.sh").write_text(script, encoding="utf-8", errors="surrogateescape")
    if reproduction.body is not None:
        (folder / f"{stem}.body").write_bytes(reproduction.body)
    return path


def saved(folder: Path = FOLDER, *, complain: Callable[[str], None]) -> Iterator[Saved]:
    """Yield the saved failures in order of their names; `complain` is told of invalid files."""
    for path in sorted(folder.glob("*.json")):
        try:
            kept = parse_json(path.read_bytes(), max_depth=_MAX_DEPTH)
            yield msgspec.structs.replace(msgspec.convert(kept, Saved), path=path)
        except (InvalidJson, msgspec.ValidationError):
            complain(f"{path} is not a saved failure; delete it.")
