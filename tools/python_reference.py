"""Python reference: the public names of the packages with signatures, and the pytest fixtures."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise
from textwrap import dedent
from types import ModuleType, UnionType
from typing import Any, Final

import pytest

from mock_server.testing import pytest_plugin
from mock_server.testing.fixture_checks import OPTIONS
from sandbox.values import Json
from tools.bound_reference import described
from tools.markdown_tables import code, table

MODULES: Final = (
    "sandbox",
    "sandbox.explain",
    "sandbox.lint",
    "sandbox.replay",
    "sandbox.rule_coverage",
    "sandbox.strategies",
    "sandbox.workspace",
    "mock_server",
)
"""What is meant to be imported; its `__all__` is kept stable."""
_OURS: Final = ("sandbox", "mock_server")
_DOTTED: Final = re.compile(r"(?<![\w.])(?:[a-z_]+\.)+(?=[A-Z])")
_LONG: Final = 40


def python_page() -> str:
    """Return a section for each module, with its names."""
    return "\n\n".join(part for module in MODULES for part in _module(module))


def fixtures_table() -> str:
    """Return the fixtures of the pytest plugin."""
    rows = ((code(name), _first_sentence(fixture)) for name, fixture in fixtures().items())
    return table(("Fixture", "What it is"), rows)


def fixtures() -> dict[str, Any]:
    """Return the fixtures of the pytest plugin by their names, except internal ones."""
    kind = type(pytest.fixture(lambda: None))
    found = {n: f for n, f in vars(pytest_plugin).items() if isinstance(f, kind)}
    return {name: fixture for name, fixture in found.items() if not name.startswith("_")}


def marker_table() -> str:
    """Return what the marker `toplyne` takes, its default first."""
    rows = (
        (
            code(name),
            code(repr(values[0])),
            ", ".join(code(repr(v)) for v in values[1:]) or "a number",
        )
        for name, values in OPTIONS.items()
    )
    return table(("Option", "Default", "Other values"), rows)


def pytest_options_table() -> str:
    """Return the options that the plugin adds to pytest."""
    options = _Options()
    pytest_plugin.pytest_addoption(options)  # type: ignore[arg-type]
    return table(("Option", "What it does"), options.rows)


class _Options:
    """Stands in for pytest's parser, whose class nobody may make."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str]] = []

    def getgroup(self, *_: str) -> _Options:
        return self

    def addoption(self, name: str, *, help: str, **more: Any) -> None:  # noqa: A002 - pytest's name
        self.rows.append((code(f"{name} {more.get('metavar', '')}".strip()), help))


def public_names(module: str) -> list[str]:
    """Return the names that a module offers."""
    names: list[str] = import_module(module).__all__
    return names


def members_of(kind: type) -> dict[str, Any]:
    """Return the public methods and properties of a class, those of our base classes too."""
    found: dict[str, Any] = {}
    for each in reversed(kind.__mro__):
        if each.__module__.partition(".")[0] in _OURS:
            found |= {n: v for n, v in vars(each).items() if not n.startswith("_") and _tells(v)}
    return found


def _tells(value: object) -> bool:
    return inspect.isfunction(value) or isinstance(value, property | classmethod | staticmethod)


def _module(name: str) -> Iterator[str]:
    module = import_module(name)
    yield f"## {name}"
    yield _paragraph((module.__doc__ or "").partition("\n\n")[0])
    for each in module.__all__:
        yield from _entry(each, getattr(module, each), name)


def _entry(name: str, value: Any, module: str) -> Iterator[str]:
    yield f"### {name}"
    if not isinstance(value, type) and not inspect.isfunction(value):
        yield _constant(name, value, module)
        return
    if not _takes_a_message(value):
        yield f"```text\n{signature(name, value)}\n```"
    said = (value.__doc__ or "").split("\n\n")
    yield from (_paragraph(part) for part in said if not part.lstrip().startswith(">>>"))
    members = members_of(value) if isinstance(value, type) else {}
    rows = [(code(attribute), text) for attribute, text in _attributes(value)]
    rows += [(_call(each, of), _first_sentence(of)) for each, of in members.items()]
    if rows:
        yield table(("Member", "What it is"), rows)


def _attributes(kind: Any) -> Iterator[tuple[str, str]]:
    """Yield the attributes that a class of ours sets when it is made and describes there."""
    made = vars(kind).get("__init__") if isinstance(kind, type) else None
    if not inspect.isfunction(made) or made.__module__.partition(".")[0] not in _OURS:
        return
    try:
        (function,) = ast.parse(dedent(inspect.getsource(made))).body
    except OSError:  # a dataclass writes its own
        return
    assert isinstance(function, ast.FunctionDef)
    for node, below in pairwise(function.body):
        match node, below:
            case (
                ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)]),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, _paragraph(text)


def _constant(name: str, value: object, module: str) -> str:
    """Return what is said of a constant below the line that makes it."""
    home = home_of(name, module)
    said = dict(described(ast.parse(inspect.getsource(home)).body)).get(name, "")
    return f"{said} {code(written(value))}" if isinstance(value, UnionType) else said


def _takes_a_message(value: Any) -> bool:
    """Return whether it is an exception that is made as Python's own are."""
    return isinstance(value, type) and value.__init__ is Exception.__init__  # type: ignore[misc]


def home_of(name: str, module: str) -> ModuleType:
    """Return the module that makes a name which another one takes from it."""
    found = import_module(module)
    for node in ast.walk(ast.parse(inspect.getsource(found))):
        if isinstance(node, ast.ImportFrom) and name in {each.name for each in node.names}:
            return home_of(name, node.module or "")
    return found


def signature(name: str, function: Any) -> str:
    """Return how a function is called, its annotations as they are written."""
    told = inspect.signature(function)
    parts: list[str] = []
    kinds = [each.kind for each in told.parameters.values()]
    for number, each in enumerate(told.parameters.values()):
        if each.kind is each.KEYWORD_ONLY and each.KEYWORD_ONLY not in kinds[:number]:
            parts += ["*"] if each.VAR_POSITIONAL not in kinds else []
        if each.name != "self":
            parts.append(_parameter(each))
    is_function = inspect.isfunction(function)
    result = f" -> {written(told.return_annotation)}" if is_function else ""
    return f"{name}({', '.join(parts)}){result}"


def _parameter(each: inspect.Parameter) -> str:
    stars = "*" * (each.kind is each.VAR_POSITIONAL) + "**" * (each.kind is each.VAR_KEYWORD)
    kind = "" if each.annotation is each.empty else f": {written(each.annotation)}"
    if each.default is each.empty:
        return f"{stars}{each.name}{kind}"
    default = repr(each.default)
    if len(default) > _LONG or default.startswith("<"):
        default = "…"
    return f"{each.name}{kind} = {default}"


def written(annotation: Any) -> str:
    """Return a type as it is written, without the modules it is in."""
    text = getattr(annotation, "__forward_arg__", annotation)
    if isinstance(text, type) and not getattr(text, "__args__", ()):
        text = text.__name__
    return _DOTTED.sub("", str(text)).replace(_DOTTED.sub("", str(Json)), "Json")


def _call(name: str, value: Any) -> str:
    if isinstance(value, property):
        return code(name)
    return code(signature(name, getattr(value, "__func__", value)).replace("(cls, ", "("))


def _first_sentence(value: Any) -> str:
    return _paragraph((inspect.getdoc(value) or "").partition("\n\n")[0])


def _paragraph(text: str) -> str:
    return " ".join(text.split())
