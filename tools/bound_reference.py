"""Bound reference: the limits that the code declares, with their numbers and what they are of."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from mock_server import Limits, bounds
from mock_server.bounds import Bounds
from sandbox.segment import ingest_checks
from tools.markdown_tables import code, table

ROOT: Final = Path(__file__).parents[1]
_NAMED: Final = re.compile(r"(MAX|MOST|LONGEST)_[A-Z_]+")
_TUNING: Final = (
    "sandbox/compiled",
    "sandbox/strategies",
    "sandbox/check/searching.py",
    "sandbox/replay/report",
    "sandbox/segment/javascript.py",
)
"""Where such a number changes the speed or what is drawn or shown, and refuses nothing."""


def socket_bounds() -> str:
    """Return what a connection may take; `MockServer(bounds=…)` changes each."""
    return _of_class(Bounds)


def kept_limits() -> str:
    """Return how much of each kind a tenant keeps; `MockServer(limits=…)` changes each."""
    return _of_class(Limits)


def intake_limits() -> str:
    """Return what Segment's intake takes."""
    return _of_class(ingest_checks.IngestLimits)


def named_bounds() -> str:
    """Return every other bound, by module and name."""
    rows = (
        (code(f"{module}.{name}"), _number(value), said) for module, name, value, said in declared()
    )
    return table(("Bound", "Number", "What it is of"), rows)


def declared() -> Iterator[tuple[str, str, Any, str]]:
    """Yield each named bound: its module, its name, its value and what is said of it."""
    files = [bounds.__file__, *(file for room in ("sandbox", "mock_server") for file in _in(room))]
    for file in files:
        path = Path(file).relative_to(ROOT)
        module = ".".join(path.with_suffix("").parts)
        for name, said in described(ast.parse(Path(file).read_text(encoding="utf-8")).body):
            if file == bounds.__file__ or _NAMED.fullmatch(name):
                value = getattr(import_module(module), name)
                if isinstance(value, int | float):
                    yield module, name, value, said


def _in(room: str) -> Iterator[str]:
    for file in sorted((ROOT / room).rglob("*.py")):
        path = file.relative_to(ROOT).as_posix()
        if path != "mock_server/bounds.py" and not path.startswith(_TUNING):
            yield str(file)


def described(body: Iterable[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Yield the public names that statements assign, with the text below each."""
    for node, below in pairwise([*body, ast.Pass()]):
        target = _target(node)
        if target is not None and not target.startswith("_"):
            yield target, _text(below)


def _target(node: ast.stmt) -> str | None:
    match node:
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
    return None


def _text(node: ast.stmt) -> str:
    match node:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return " ".join(text.split())
    return ""


def _of_class(kind: type) -> str:
    body = ast.parse(inspect.getsource(kind)).body[0]
    assert isinstance(body, ast.ClassDef)
    said = dict(described(body.body))
    rows = (
        (code(field.name), _number(field.default), said[field.name])
        for field in fields(kind)
        if isinstance(field.default, int | float)
    )
    return table(("Bound", "Number", "What it is of"), rows)


def _number(value: float) -> str:
    return f"{value:,}"
