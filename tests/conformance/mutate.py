"""Mutations: does the corpus notice when one thing in the mapper is wrong?

    python -m tests.conformance.mutate                 all modules of MODULES
    python -m tests.conformance.mutate dates           those whose name ends so

Each mutant is one module with one operator, constant or condition changed. It is killed when a
recorded case then gets another answer, else when one of the module's own tests fails (texts that
explain are in no case). What no case kills is printed; what is left changes nothing anybody can
see, or a case is missing. Mutants are tried in forked processes, so this needs a POSIX system.
"""

import ast
import copy
import importlib
import importlib.machinery
import importlib.util
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Any

import httpx  # noqa: F401 - loaded once here, so that the mutants' processes need not
import hypothesis  # noqa: F401 - as above
import pytest

from tests.conformance import json_wire

ROOT = Path(__file__).parents[2]
CASES = ROOT / "fixtures" / "cases"
MODULES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "sandbox.segment.triggers.lexer": (("triggers",), ("triggers_lexer",)),
    "sandbox.segment.triggers.parser": (("triggers",), ("triggers_parser",)),
    "sandbox.segment.triggers.conditions": (("triggers",), ("triggers_evaluation",)),
    "sandbox.segment.triggers.operators": (("triggers",), ("triggers_evaluation",)),
    "sandbox.segment.triggers.evaluation": (("triggers",), ("triggers_evaluation",)),
    "sandbox.segment.fields.paths": (("fields",), ("fields_paths",)),
    "sandbox.segment.payload": (("payloads", "dates"), ("payload",)),
    "sandbox.segment.dates": (("dates", "payloads"), ("dates",)),
    "sandbox.segment.date_parser": (("dates",), ("date_parser", "dates")),
    "sandbox.segment.legacy_dates": (("dates",), ("legacy_dates", "dates")),
    "sandbox.segment.time_value": (("dates",), ("time_value", "dates")),
}
"""The modules, each with the folders of cases and the tests (tests/test_….py) that look at it."""

SECONDS = 20
KILLED, SURVIVED = 1, 0

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}


@dataclass(frozen=True)
class Mutant:
    line: int
    what: str
    tree: ast.Module


def mutants(source: str) -> Iterator[Mutant]:
    """Give each mutant of a module's source; annotations, docstrings and imports stay."""
    tree = ast.parse(source)
    places = [node for node in _code(tree) if isinstance(node, ast.expr | ast.stmt)]
    for place, node in enumerate(places):
        for changed in _changes(node):
            mutant = copy.deepcopy(tree)
            target = [n for n in _code(mutant) if isinstance(n, ast.expr | ast.stmt)][place]
            _put(mutant, target, changed)
            what = f"{_shown(node)}  ->  {_shown(changed)}"
            yield Mutant(node.lineno, what, ast.fix_missing_locations(mutant))


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """Walk the tree without what does not run or is not behaviour."""
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list", "bases"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_silent(child):
                yield child
                yield from _code(child)


def _is_silent(node: ast.AST) -> bool:
    is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    is_alias = isinstance(node, ast.AnnAssign) and "TypeAlias" in ast.unparse(node.annotation)
    is_guard = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    return is_docstring or is_alias or is_guard or isinstance(node, ast.Import | ast.ImportFrom)


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(ops=[operator]):
            yield _with(node, ops=[_COMPARISONS[type(operator)]()])
        case ast.BoolOp(op=operator):
            yield _with(node, op=ast.Or() if isinstance(operator, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.BinOp(op=operator) | ast.AugAssign(op=operator) if type(operator) in _OPERATORS:
            yield _with(node, op=_OPERATORS[type(operator)]())
        case ast.Constant(value=value):
            yield from _constants(value)
        case ast.If() | ast.While() | ast.IfExp():
            yield _with(node, test=ast.UnaryOp(op=ast.Not(), operand=node.test))
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()


def _constants(value: Any) -> Iterator[ast.Constant]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        yield ast.Constant(value + 1)
        yield ast.Constant(value - 1)
    elif isinstance(value, str):
        yield ast.Constant(value + "X" if value else "X")


def _with(node: ast.AST, **changed: Any) -> ast.AST:
    made = copy.copy(node)
    for name, value in changed.items():
        setattr(made, name, value)
    return made


def _put(tree: ast.AST, target: ast.AST, new: ast.AST) -> None:
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if value is target:
                setattr(node, name, new)
            elif isinstance(value, list) and any(item is target for item in value):
                setattr(node, name, [new if item is target else item for item in value])


def _shown(node: ast.AST) -> str:
    if isinstance(node, ast.If | ast.While):
        return f"if {ast.unparse(node.test)}"
    return ast.unparse(node).splitlines()[0][:90]


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


def _file(module: str) -> Path:
    return ROOT / (module.replace(".", "/") + ".py")


def _survives(module: str, mutant: Mutant, notices: Callable[[], bool]) -> bool:
    """Try it in a process of its own, for the mutant takes the real module's place."""
    child = os.fork()
    if child == 0:
        try:
            signal.alarm(SECONDS)
            for stream in (1, 2):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
            sys.meta_path.insert(0, _Finder(module, mutant.tree))
            os._exit(KILLED if notices() else SURVIVED)
        except BaseException:  # noqa: BLE001 - a mutant that cannot even run is noticed
            os._exit(KILLED)
    _, status = os.waitpid(child, 0)
    return status == SURVIVED


def _check_unchanged(module: str, source: str, notices: Callable[[], bool]) -> None:
    """Check that nothing is noticed where nothing was changed: else every mutant would be."""
    if not _survives(module, Mutant(0, "nothing", ast.parse(source)), notices):
        sys.exit(f"{module}: the cases or the tests fail, or end in error, without any mutation")


def _by_a_case(entries: dict[str, Any], folders: tuple[str, ...]) -> bool:
    kinds = importlib.import_module("tests.conformance.kinds")
    for folder in folders:
        kind = kinds.kind_of_folder(folder)
        for entry in entries[folder]:
            case = {key: value for key, value in entry.items() if key != "segment"}
            if kind.verdict(kinds.our_answer(kind, case), entry["segment"]) != kinds.EQUAL:
                return True
    return False


def _by_a_test(patterns: tuple[str, ...]) -> bool:
    files = [str(f) for p in patterns for f in (ROOT / "tests").glob(f"test_{p}.py")]
    # plain assertions, for pytest cannot rewrite what was imported before it
    return pytest.main(["-q", "-x", "--assert=plain", "-p", "no:cacheprovider", *files]) != 0


def main(wanted: list[str]) -> int:
    os.chdir(ROOT)
    entries: dict[str, Any] = {}
    for file in sorted(CASES.glob("*/*.json")):
        entries.setdefault(file.parent.name, []).extend(json_wire.loads(file.read_bytes()))
    total = Counter[str]()
    for module, (folders, tests) in MODULES.items():
        if wanted and not module.endswith(tuple(wanted)):
            continue
        source = _file(module).read_text()
        _check_unchanged(module, source, partial(_by_a_case, entries, folders))
        _check_unchanged(module, source, partial(_by_a_test, tests))
        made = list(mutants(source))
        unseen = [m for m in made if _survives(module, m, partial(_by_a_case, entries, folders))]
        left = [m for m in unseen if _survives(module, m, partial(_by_a_test, tests))]
        counts = Counter(mutants=len(made), cases=len(made) - len(unseen))
        counts["tests"] = len(unseen) - len(left)
        _tell(module, counts)
        for mutant in unseen:
            seen_by = "left     " if mutant in left else "by a test"
            print(f"  {seen_by}  line {mutant.line}: {mutant.what}", flush=True)
        total += counts
    _tell("all", total)
    return 0


def _tell(name: str, counts: Counter[str]) -> None:
    made = counts["mutants"]
    share = 100 * counts["cases"] / max(made, 1)
    print(
        f"{name}: {made} mutants, {counts['cases']} killed by the cases ({share:.1f} %), "
        f"{counts['tests']} more by other tests, {made - counts['cases'] - counts['tests']} left",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
