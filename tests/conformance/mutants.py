"""Mutants: a module's source with one thing changed, again and again.

What can be changed is one table row a kind of node: a comparison's bound or sense, `and` and `or`
and their halves, `not`, a minus, arithmetic, numbers, texts, conditions, slices' bounds, the order
of two arguments, what is returned, and statements that are left out.
"""

import ast
import copy
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

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
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_ORDERLESS = {"min", "max", "isinstance"}
Changes = Iterator[ast.AST]


@dataclass(frozen=True)
class Mutant:
    """A change to a module: which line, what becomes of what, and which of several such it is."""

    number: int
    line: str
    change: str
    nth: int
    tree: ast.Module
    node: ast.AST
    changed: ast.AST

    def made(self) -> ast.Module:
        """Give the changed module; the tree it shares with the others changes: it is made once."""
        _put(self.tree, self.node, self.changed)
        return ast.fix_missing_locations(self.tree)

    @property
    def key(self) -> tuple[str, str, int]:
        """What names it as long as its line stays: no number that moves."""
        return self.line, self.change, self.nth

    def __str__(self) -> str:
        again = f" (the {self.nth}th such)" if self.nth > 1 else ""
        return f"line {self.number}: {self.line}\n      {self.change}{again}"


def mutants(source: str) -> Iterator[Mutant]:
    """Give each mutant of a module's source; annotations, docstrings and imports stay."""
    tree = ast.parse(source)
    lines = source.splitlines()
    seen = Counter[tuple[str, str]]()
    for node in _places(tree):
        for changed in _changes(node):
            number = _line_of(node)
            line, change = lines[number - 1].strip(), f"{_shown(node)}  ->  {_shown(changed)}"
            seen[line, change] += 1
            yield Mutant(number, line, change, seen[line, change], tree, node, changed)


def unchanged(source: str) -> Mutant:
    """Give the mutant in which nothing is changed."""
    tree = ast.parse(source)
    return Mutant(0, "", "nothing", 1, tree, tree.body[0], tree.body[0])


def _places(tree: ast.AST) -> list[ast.AST]:
    kinds = ast.expr | ast.stmt | ast.comprehension
    return [node for node in _code(tree) if isinstance(node, kinds)]


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
    # what is asserted always holds, and is there for the reader of types
    is_silent_kind = isinstance(node, ast.Import | ast.ImportFrom | ast.Assert)
    return is_docstring or is_alias or is_guard or is_silent_kind


def _changes(node: ast.AST) -> Changes:
    for kind, change in _CHANGES.items():
        if isinstance(node, kind):
            yield from change(node)


def _compare(node: Any) -> Changes:
    for at, operator in enumerate(node.ops):
        other = _COMPARISONS[type(operator)]()
        yield _with(node, ops=[*node.ops[:at], other, *node.ops[at + 1 :]])


def _boolean(node: Any) -> Changes:
    yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    for at in range(len(node.values)):
        left = node.values[:at] + node.values[at + 1 :]
        yield left[0] if len(left) == 1 else _with(node, values=left)


def _unary(node: Any) -> Changes:
    if isinstance(node.op, ast.Not | ast.USub):
        yield node.operand


def _arithmetic(node: Any) -> Changes:
    if type(node.op) in _OPERATORS:
        yield _with(node, op=_OPERATORS[type(node.op)]())


def _constant(node: Any) -> Changes:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        yield ast.Constant(value + 1)
        yield ast.Constant(value - 1)
    elif isinstance(value, str):
        yield ast.Constant(value + "X")


def _condition(node: Any) -> Changes:
    if not (isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not)):
        yield _with(node, test=ast.UnaryOp(op=ast.Not(), operand=node.test))


def _filters(node: Any) -> Changes:
    for at in range(len(node.ifs)):
        yield _with(node, ifs=node.ifs[:at] + node.ifs[at + 1 :])


def _bounds(node: Any) -> Changes:
    for name in ("lower", "upper", "step"):
        if getattr(node, name) is not None:
            yield _with(node, **{name: None})


def _arguments(node: Any) -> Changes:
    first_two = node.args[:2]
    if len(first_two) < 2 or ast.unparse(node.func) in _ORDERLESS:
        return
    same = ast.dump(first_two[0]) == ast.dump(first_two[1])
    if not same and not any(isinstance(argument, ast.Starred) for argument in first_two):
        yield _with(node, args=[*reversed(first_two), *node.args[2:]])


def _returned(node: Any) -> Changes:
    if node.value is not None and not isinstance(node.value, ast.Constant):
        yield _with(node, value=ast.Constant(None))


def _left_out(node: Any) -> Changes:
    is_own_name = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    if not is_own_name:  # without it the name would not even be there
        yield ast.Pass()


_CHANGES: dict[Any, Callable[[Any], Changes]] = {
    ast.Compare: _compare,
    ast.BoolOp: _boolean,
    ast.UnaryOp: _unary,
    ast.BinOp | ast.AugAssign: _arithmetic,
    ast.Constant: _constant,
    ast.If | ast.While | ast.IfExp: _condition,
    ast.comprehension: _filters,
    ast.Slice: _bounds,
    ast.Call: _arguments,
    ast.Return: _returned,
    ast.Expr | ast.Raise | ast.Assign | ast.AugAssign: _left_out,
    ast.Break: lambda _: iter([ast.Continue()]),
    ast.Continue: lambda _: iter([ast.Break()]),
}


def _with(node: Any, **changed: Any) -> ast.AST:
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


def _line_of(node: Any) -> int:
    return node.target.lineno if isinstance(node, ast.comprehension) else node.lineno


def _shown(node: ast.AST) -> str:
    if isinstance(node, ast.If | ast.While):
        return f"if {ast.unparse(node.test)}"
    return ast.unparse(node).strip().splitlines()[0][:90]
