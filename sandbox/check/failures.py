"""Failures: the rules that a mapper or a server breaks, with the smallest case, saved in files.

Each saved failure is three files of one name under `.toplyne-sandbox/failures/`: the case as JSON,
a pytest, and a shell script with the curl line. The next check can try them first.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import msgspec

from sandbox.segment.definition import Rule, Rules
from sandbox.segment.json_text import InvalidJson, parse_json
from sandbox.values import Difference, Json, members

CheckKind: TypeAlias = Literal["mapper", "server"]

MOST_FOUND: Final = 40
"""A check stops by default after this many broken rules."""

FOLDER: Final = Path(".toplyne-sandbox") / "failures"
_MAX_DEPTH: Final = 800


class CheckError(Exception):
    """Raised if a check is impossible: a command does not start, a key is refused.

    The message is one sentence for the person who runs the check.
    """


@dataclass(frozen=True, slots=True)
class Broken:
    """One rule that an answer breaks, with a sentence and the places that differ.

    `right` is the right answer, `found` the actual one; `aspect` is what a test of it asserts.
    `case` is a case that shows it, None for the one that was tried.
    """

    rule: Rule
    sentence: str
    differences: tuple[Difference, ...] = ()
    right: Any = None
    found: object = None
    aspect: str = ""
    case: Any = None


def by_rule(found: Iterable[Broken], /, **members: Any) -> dict[str, Broken]:
    """Return the first breach of each rule, by the rule's key, with these members."""
    broken: dict[str, Broken] = {}
    for each in found:
        broken.setdefault(each.rule.key, replace(each, **members))
    return broken


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure(Broken):
    """A broken rule and the smallest case that shows it.

    `case` is the input of the mapper or server, `right` the right answers, `found` the actual
    answer; all as JSON. `sentence` says what differs, `why` what the rule means for this case.
    `unstable` says that the same case was also answered correctly.
    """

    check: CheckKind
    case: dict[str, Json]
    why: str = ""
    unstable: bool = False

    @property
    def stem(self) -> str:
        """The name of its files: check, rule and a few letters of the case."""
        case = json.dumps(self.case, sort_keys=True).encode()
        return f"{self.check}-{self.rule.key}-{hashlib.sha256(case).hexdigest()[:8]}"

    def to_json(self) -> dict[str, object]:
        """Return the failure as a JSON object."""
        return {
            "check": self.check,
            "rule": self.rule.key,
            **members(self.rule, "statement", "assumed"),
            "evidence": self.rule.evidence.to_json(),
            **members(self, "sentence", "why", "case", "right", "found", "unstable"),
            "differences": [difference.to_json() for difference in self.differences],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """The result of a check: the failures, every rule it tested, and the number of cases.

    `ended` says why the check ended before all cases were tried, "" if it did not.
    """

    check: CheckKind
    failures: tuple[Failure, ...]
    rules: tuple[Rule, ...]
    examples: int
    ended: str = ""

    @property
    def known(self) -> tuple[Failure, ...]:
        """The failures of rules that are recorded, documented or in Segment's source."""
        return tuple(failure for failure in self.failures if not failure.rule.assumed)

    @property
    def assumed(self) -> tuple[Failure, ...]:
        """The failures of rules that are assumed."""
        return tuple(failure for failure in self.failures if failure.rule.assumed)


class Target(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is checked: a command, a function `module:function`, or a server's URL."""

    command: tuple[str, ...] = ()
    python: str = ""
    url: str = ""


class Reproduction(NamedTuple):
    """How to reproduce a failure: its target, a test module, shell lines, bodies by file suffix."""

    target: Target
    pytest: str
    lines: tuple[str, ...]
    bodies: Mapping[str, bytes] = {}


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """A failure that was saved: its case, its target, its rules, and its file."""

    format: Literal[1]
    check: CheckKind
    rule: str
    case: dict[str, object]
    target: Target
    rules: Rules
    path: Path = Path()

    def drop(self) -> None:
        """Delete the files of the failure."""
        for path in (_test_file(self.path), *self.path.parent.glob(f"{self.path.stem}.*")):
            path.unlink(missing_ok=True)


def save(failure: Failure, reproduction: Reproduction, rules: Rules) -> Path:
    """Write the files of a failure and return the path of its case; raises OSError."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{failure.stem}.json"
    target = msgspec.to_builtins(reproduction.target)
    kept = {"format": 1, **failure.to_json(), "target": target, "rules": rules}
    path.write_text(json.dumps(kept, indent=2) + "\n", encoding="ascii")
    _test_file(path).write_text(reproduction.pytest, encoding="utf-8")
    script = "\n".join(("#!/bin/sh", *reproduction.lines, ""))
    path.with_suffix(".sh").write_text(script, encoding="utf-8", errors="surrogateescape")
    for suffix, body in reproduction.bodies.items():
        path.with_suffix(f".{suffix}").write_bytes(body)
    return path


def saved(complain: Callable[[str], None]) -> Iterator[Saved]:
    """Yield the saved failures in order of their names; `complain` is called for invalid files."""
    for path in sorted(FOLDER.glob("*.json")):
        try:
            kept = parse_json(path.read_bytes(), max_depth=_MAX_DEPTH)
            yield msgspec.structs.replace(msgspec.convert(kept, Saved), path=path)
        except (InvalidJson, msgspec.ValidationError):
            complain(f"{path} is not a saved failure; delete it.")


def _test_file(path: Path) -> Path:
    return path.with_name(f"test_{path.stem.replace('-', '_')}.py")
