"""The mutation run's own tools: which changes are made, one at a time, and what names them."""

import ast
import subprocess
import sys

import pytest

from tests.conformance import mutate
from tests.conformance.mutants import mutants, unchanged


def made_of(source):
    """Return the texts of all mutants; the tree is parsed anew for each."""
    count = len(list(mutants(source)))
    return [ast.unparse(list(mutants(source))[at].made()) for at in range(count)]


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("a < b", ["a <= b"]),
        ("a is b", ["a is not b"]),
        ("a <= b < c", ["a < b < c", "a <= b <= c"]),
        ("a and b", ["a or b", "b", "a"]),
        ("a or b or c", ["a and b and c", "b or c", "a or c", "a or b"]),
        ("not a", ["a"]),
        ("-a", ["a"]),
        ("a + b", ["a - b"]),
        ("a ** b", ["a * b"]),
        ("7", ["8", "6"]),
        ("True", ["False"]),
        ("a['t']", ["a['tX']"]),
        ("a if b else c", ["a if not b else c"]),
        ("[a for a in b if c]", ["[a for a in b]"]),
        ("a[b:c]", ["a[:c]", "a[b:]"]),
        ("f(a, b)", ["f(b, a)"]),
        ("f(a, *b)", []),
        ("isinstance(a, b)", []),
    ],
)
def test_an_expression_is_changed_in_each_way_once(source, changed):
    assert made_of(f"v = {source}") == [f"v = {text}" for text in changed]


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("if a:\n    b()", ["if not a:\n    b()", "if a:\n    pass"]),
        ("if not a:\n    b = c", ["if a:\n    b = c"]),
        ("while a:\n    break", ["while not a:\n    break", "while a:\n    continue"]),
        ("while a:\n    continue", ["while not a:\n    continue", "while a:\n    break"]),
        ("def f():\n    return a", ["def f():\n    return None"]),
        ("def f():\n    return", []),
        ("raise a", ["pass"]),
        ("a.b = c", ["pass"]),
        ("a = b", []),
        ("a += b", ["a -= b", "pass"]),
        ("f()", ["pass"]),
    ],
)
def test_a_statement_is_turned_around_or_left_out(source, changed):
    assert made_of(source) == changed


@pytest.mark.parametrize(
    "source",
    ['"""Text."""', "import a", "from a import b", "a: TypeAlias = 7", "assert a > 7", "a: 'b'"],
)
def test_what_does_not_run_is_left_alone(source):
    assert made_of(source) == []


def test_a_mutant_is_named_by_its_line_and_by_what_becomes_of_it_and_not_by_a_number():
    moved = [mutant.key for mutant in mutants("\n\na = 1\n")]

    assert moved == [mutant.key for mutant in mutants("a = 1\n")]
    assert moved == [("a = 1", "1  ->  2", 1), ("a = 1", "1  ->  0", 1)]
    assert [mutant.nth for mutant in mutants("a = [True, True]\n")] == [1, 2]


def test_the_unchanged_module_is_what_it_was():
    assert ast.unparse(unchanged("a = 1\nb = 2").made()) == "a = 1\nb = 2"


def test_every_explained_survivor_is_a_mutant_of_its_module():
    for module, explained in mutate.explained_survivors().items():
        keys = {mutant.key for mutant in mutants(mutate.source_of(module))}

        assert explained.keys() <= keys
        assert all(reason.endswith(".") for reason in explained.values())


@pytest.mark.heavy
def test_the_run_over_a_small_module_ends_well():
    done = subprocess.run(
        [sys.executable, "-m", "tests.conformance.mutate", "--jobs", "2", "paths"],
        cwd=mutate.ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("sandbox.segment.fields.paths: ")
