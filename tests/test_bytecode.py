"""Bytecode of the code under test: what runs is what stands in the file."""

import os
import subprocess
import sys

import pytest

from sandbox.check.cases import Case
from sandbox.check.commands import CommandMapper, python_mapper

EVENT = {"type": "track"}
FUNCTION = "def mapped(event):\n    return [{{'method': 'POST', 'path': '/{}', 'json': {{}}}}]\n"
PROGRAM = """
import json, sys, mine
for line in sys.stdin:
    print(json.dumps(mine.mapped(json.loads(line))), flush=True)
"""


@pytest.fixture
def edited(tmp_path, monkeypatch):
    """A module with bytecode of what it was before, which Python takes for what it is."""
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    module = tmp_path / "mine.py"
    module.write_text(FUNCTION.format("old"))
    os.utime(module, (1000, 1000.25))
    subprocess.run([sys.executable, "-c", "import mine"], check=True)
    (bytecode,) = (tmp_path / "__pycache__").iterdir()
    os.utime(bytecode, (1000, 1000.5))
    module.write_text(FUNCTION.format("new"))
    os.utime(module, (1000, 1000.75))
    (tmp_path / "program.py").write_text(PROGRAM)
    return tmp_path


def path_of(mapper):
    with mapper:
        (request,) = mapper.answer(Case(EVENT)).requests
    return request["path"]


def test_python_itself_takes_the_old_bytecode(edited):
    asked = subprocess.run(
        [sys.executable, "program.py"],
        input="{}",
        capture_output=True,
        encoding="utf-8",
        check=True,
    )

    assert "/old" in asked.stdout


def test_a_function_is_read_from_its_source(edited):
    assert path_of(python_mapper("mine:mapped", timeout=10)) == "/new"


def test_a_function_leaves_no_bytecode_that_the_next_check_could_take(edited):
    (bytecode,) = (edited / "__pycache__").iterdir()
    bytecode.unlink()

    assert path_of(python_mapper("mine:mapped", timeout=10)) == "/new"
    assert not bytecode.exists()


def test_a_command_finds_no_bytecode_that_may_be_older_than_its_source(edited):
    assert path_of(CommandMapper((sys.executable, "program.py"), timeout=10)) == "/new"


def test_bytecode_that_is_surely_newer_than_its_source_is_kept(edited):
    (bytecode,) = (edited / "__pycache__").iterdir()
    os.utime(bytecode, (1003, 1003))

    with CommandMapper((sys.executable, "-c", "input(); print('[]')"), timeout=10) as mapper:
        mapper.answer(Case(EVENT))

    assert bytecode.exists()
