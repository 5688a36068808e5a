"""Mutations: does the corpus notice when one thing in the mapper is wrong?

    python -m tests.conformance.mutate                 all modules of MODULES
    python -m tests.conformance.mutate --jobs 2 dates  those whose name ends so, two at a time

Each mutant is one module with one thing changed (mutants.py). It is killed when a recorded case
then gets another answer, else when one of the module's own tests fails. What neither kills changes
nothing anybody can see, or a case is missing: survivors.json says which, with the reason. Exits
with 1 where a mutant is left that is not in it, or an entry of it is not left any more, or where
the cases kill less than LEAST of all, or of what can be noticed in a module. Mutants are tried in
forked processes: this needs POSIX.
"""

import argparse
import ast
import importlib
import importlib.machinery
import importlib.util
import json
import os
import resource
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from tests.conformance import json_wire
from tests.conformance.mutants import Mutant, mutants, unchanged

ROOT = Path(__file__).parents[2]
CASES = ROOT / "fixtures" / "cases"
SURVIVORS = Path(__file__).with_name("survivors.json")
_LIQUID_TESTS = ("liquid", "liquid_rendering", "liquid_errors", "fields_limits")
_TRIGGERS = ("trigger_texts", "triggers")
MODULES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "sandbox.segment.triggers.lexer": (_TRIGGERS, ("triggers_lexer", "triggers_mistakes")),
    "sandbox.segment.triggers.parser": (
        _TRIGGERS,
        ("triggers_parser", "triggers_mistakes", "triggers_evaluation"),
    ),
    "sandbox.segment.triggers.operators": (_TRIGGERS, ("triggers_evaluation", "triggers_reasons")),
    "sandbox.segment.triggers.evaluation": (_TRIGGERS, ("triggers_evaluation",)),
    "sandbox.segment.fields.paths": (("fields",), ("fields_paths",)),
    "sandbox.segment.payload": (("payloads", "dates"), ("payload",)),
    "sandbox.segment.dates": (("dates", "payloads"), ("dates",)),
    "sandbox.segment.date_parser": (("dates",), ("date_parser", "legacy_dates", "dates")),
    "sandbox.segment.time_value": (("dates",), ("time_value", "dates")),
    "sandbox.segment.moments": (("liquid",), ("liquid", "liquid_rendering")),
    "sandbox.segment.liquid.filters.arguments": (("liquid",), _LIQUID_TESTS),
    "sandbox.segment.liquid.liquid_errors": (("liquid",), _LIQUID_TESTS),
    "sandbox.segment.liquid.expressions": (("liquid",), _LIQUID_TESTS),
    "sandbox.segment.liquid.blocks": (("liquid",), _LIQUID_TESTS),
    "sandbox.segment.liquid.variables": (("liquid",), _LIQUID_TESTS),
    "sandbox.segment.liquid.filters.value_filters": (("liquid",), _LIQUID_TESTS),
    "sandbox.segment.liquid.filters.web_filters": (("liquid",), _LIQUID_TESTS),
    "sandbox.segment.liquid.tags": (("liquid",), _LIQUID_TESTS),
    "sandbox.segment.liquid.tokenizer": (("liquid",), _LIQUID_TESTS),
    "sandbox.segment.liquid.liquid_values": (("liquid",), _LIQUID_TESTS),
    "sandbox.segment.liquid.expression_reader": (("liquid",), _LIQUID_TESTS),
    "sandbox.segment.liquid.filters.sequence_filters": (("liquid",), _LIQUID_TESTS),
    "sandbox.segment.liquid.filters.date_filters": (("liquid",), _LIQUID_TESTS),
}
"""The modules, each with the folders of cases and the tests (tests/test_….py) that look at it."""

JUDGES = ("tests.conformance.kinds", "tests.conformance.trigger_texts")
LEAST = 95.0
"""Percent that the cases alone must kill: of all mutants, and of those of a module that anybody can
notice."""
PATIENCE = 4
"""A mutant that takes so many times the time of the unchanged module runs on and on: noticed."""
MINUTES = 5
MOST_MEMORY = 4 * 2**30
KILLED, SURVIVED = 1, 0
PROJECT = {"sandbox", "mock_server", "toplyne_sandbox", "tests"}


class _Loader(importlib.machinery.SourceFileLoader):
    tree: ast.Module

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.tree, self.get_filename(fullname), "exec")


class _Finder:
    """Gives the mutant when its module is imported, and leaves all others alone."""

    def __init__(self, module: str, tree: ast.Module) -> None:
        self.module, self.tree = module, tree

    def find_spec(self, name: str, *_: Any) -> Any:
        if name != self.module:
            return None
        loader = _Loader(name, str(_file(name)))
        loader.tree = self.tree
        return importlib.util.spec_from_loader(name, loader)


def source_of(module: str) -> str:
    """Give the module's source."""
    return _file(module).read_text(encoding="utf-8")


def _file(module: str) -> Path:
    return ROOT / (module.replace(".", "/") + ".py")


Notices = Callable[[], bool]


def survivors(
    module: str, tried: Iterable[Mutant], notices: Notices, *, jobs: int = 1, seconds: int = 60
) -> list[Mutant]:
    """Give those of a module's mutants that go unnoticed, so many tried at the same time.

    One that takes more than so many seconds on the processor is noticed.
    """
    running: dict[int, Mutant] = {}
    left = []
    made_of(module)  # kept for all the processes to come
    waiting = list(reversed(list(tried)))
    while waiting or running:
        if waiting and len(running) < jobs:
            mutant = waiting.pop()
            running[_started(module, mutant, notices, seconds)] = mutant
            continue
        pid, status = os.wait()
        mutant = running.pop(pid)
        if status == SURVIVED:
            left.append(mutant)
    return sorted(left, key=lambda each: (each.number, each.change, each.nth))


def _started(module: str, mutant: Mutant, notices: Notices, seconds: int) -> int:
    """Try it in a process of its own, where the mutant takes the real module's place."""
    child = os.fork()
    if child == 0:
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
            signal.alarm(60 * MINUTES)
            for stream in (1, 2):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
            put_in_place(module, mutant.made())
            os._exit(KILLED if notices() else SURVIVED)
        except BaseException:  # noqa: BLE001 - a mutant that cannot even run is noticed
            os._exit(KILLED)
    return child


def put_in_place(module: str, tree: ast.Module) -> None:
    """Let the module, and all that is made of it, be imported anew, from the tree."""
    for name in made_of(module):
        package, _, own_name = name.rpartition(".")
        if package in sys.modules:  # else `from package import own_name` would find it there
            vars(sys.modules[package]).pop(own_name, None)
        del sys.modules[name]
    sys.meta_path.insert(0, _Finder(module, tree))


@cache
def made_of(module: str) -> frozenset[str]:
    """Give the loaded modules that import the module, or one that does; the rest stays loaded.

    So does the shop window `sandbox`, from which no case is answered.
    """
    imported = {
        name: _imports(Path(loaded.__file__))
        for name, loaded in sys.modules.items()
        if name.partition(".")[0] in PROJECT and getattr(loaded, "__file__", None)
    }
    found = {module} & imported.keys()
    while more := {name for name, used in imported.items() if used & found} - found:
        found |= more
    return frozenset(found - {"sandbox"})


def _imports(file: Path) -> frozenset[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(names)


def _seconds_for(module: str, source: str, notices: Notices) -> int:
    """Check that nothing is noticed where nothing was changed, and give the time to allow."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    if not survivors(module, [unchanged(source)], notices):
        sys.exit(f"{module}: the cases or the tests fail, or end in error, without any mutation")
    return 1 + round(PATIENCE * (resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before))


def _by_a_case(entries: dict[str, Any], folders: tuple[str, ...]) -> bool:
    return any(not _is_answered(folder, entry) for folder in folders for entry in entries[folder])


def _is_answered(folder: str, entry: Any) -> bool:
    """Tell whether the mapper, the mutant in its place, answers the case as it is recorded."""
    if folder == "trigger_texts":
        texts = importlib.import_module("tests.conformance.trigger_texts")
        return bool(texts.is_read_as_recorded(entry))
    return _verdict(folder, entry) == entry.get("verdict", "equal")


def _verdict(folder: str, entry: Any) -> str:
    kinds = importlib.import_module("tests.conformance.kinds")
    kind = kinds.kind_of_folder(folder)
    case = {key: value for key, value in entry.items() if key not in {"segment", "verdict"}}
    return str(kind.verdict(kinds.our_answer(kind, case), entry["segment"]))


def _by_a_test(patterns: tuple[str, ...]) -> bool:
    for name in [name for name in sys.modules if name.partition(".")[0] in PROJECT - {"tests"}]:
        del sys.modules[name]  # so that no test has hold of a module that stayed
    files = [str(f) for p in patterns for f in (ROOT / "tests").glob(f"test_{p}.py")]
    # plain assertions, for pytest cannot rewrite what was imported before it; and without our
    # plugin, which would find the real module
    own = ["--assert=plain", "-p", "no:toplyne", "-p", "no:cacheprovider"]
    return pytest.main(["-q", "-x", *own, *files]) != 0


@dataclass(frozen=True)
class Result:
    """What became of a module's mutants: `unseen` by the cases, `left` by the tests as well."""

    module: str
    made: int
    unseen: list[Mutant]
    left: list[Mutant]

    @property
    def counts(self) -> Counter[str]:
        unseen, left = len(self.unseen), len(self.left)
        return Counter(made=self.made, cases=self.made - unseen, tests=unseen - left, left=left)


def tried(module: str, entries: dict[str, Any], jobs: int) -> Result:
    """Try all mutants of a module."""
    folders, tests = MODULES[module]
    source = source_of(module)
    made = list(mutants(source))
    left = [made]
    for notices in (partial(_by_a_case, entries, folders), partial(_by_a_test, tests)):
        seconds = _seconds_for(module, source, notices)
        left.append(survivors(module, left[-1], notices, jobs=jobs, seconds=seconds))
    return Result(module, len(made), left[1], left[2])


def recorded_cases() -> dict[str, Any]:
    """Give the recorded cases of each folder; a template that is refused shall stay refused."""
    entries: dict[str, Any] = {}
    for file in sorted(CASES.glob("*/*.json")):
        entries.setdefault(file.parent.name, []).extend(json_wire.loads(file.read_bytes()))
    for each in entries["liquid"]:
        each["verdict"] = _verdict("liquid", each)
    return entries


def explained_survivors() -> dict[str, dict[tuple[str, str, int], str]]:
    """Give the reason of every survivor that has one, by module and by what names a mutant."""
    found: dict[str, dict[tuple[str, str, int], str]] = {}
    for each in json.loads(SURVIVORS.read_text(encoding="utf-8")):
        key = each["line"], each["change"], each.get("nth", 1)
        found.setdefault(each["module"], {})[key] = each["reason"]
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.mutate")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="how its name ends")
    parser.add_argument("--jobs", type=int, default=1, help="mutants tried at the same time")
    options = parser.parse_args(arguments)
    wanted = [m for m in MODULES if not options.modules or m.endswith(tuple(options.modules))]
    if not wanted:
        parser.error(f"no such module; known: {', '.join(MODULES)}")

    os.chdir(ROOT)
    for judge in JUDGES:  # loaded once here, so that a mutant's process loads little again
        importlib.import_module(judge)
    entries, explained = recorded_cases(), explained_survivors()
    total, failed = Counter[str](), False
    for module in wanted:
        result = tried(module, entries, options.jobs)
        total += result.counts
        _tell(module, result.counts)
        failed |= not _tell_survivors(result, explained.get(module, {}))
        noticeable = result.counts["made"] - result.counts["left"]
        failed |= 100 * result.counts["cases"] < LEAST * noticeable
    return 1 if _tell("all", total) < LEAST or failed else 0


def _tell(name: str, counts: Counter[str]) -> float:
    share = 100 * counts["cases"] / max(counts["made"], 1)
    print(
        f"{name}: {counts['made']} mutants, {counts['cases']} killed by the cases "
        f"({share:.1f} %), {counts['tests']} more by other tests, {counts['left']} left",
        flush=True,
    )
    return share


def _tell_survivors(result: Result, explained: dict[tuple[str, str, int], str]) -> bool:
    """Print who survived; tell whether exactly those are left that survivors.json explains."""
    left = {mutant.key for mutant in result.left}
    for mutant in result.unseen:
        if mutant.key not in left:
            print(f"  by a test  {mutant}")
        elif mutant.key in explained:
            print(f"  explained  {mutant}\n      {explained[mutant.key]}")
        else:
            print(f"  UNKNOWN    {mutant}")
    stale = explained.keys() - left
    for line, change, _nth in sorted(stale):
        print(f"  STALE      {SURVIVORS.name} explains what is not left: {line}\n      {change}")
    return not stale and left <= explained.keys()


if __name__ == "__main__":
    sys.exit(main())
