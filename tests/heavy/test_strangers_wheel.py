"""The wheel alone, in an empty environment, serves a stranger's tests as the tree does."""

import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.test_strangers_project import WRONG

ROOT = Path(__file__).parent.parent.parent
PROJECT = ROOT / "tests" / "strangers_project"
pytestmark = pytest.mark.heavy


def run(*command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The Python of an environment with nothing but the wheel, what it needs, and pytest-xdist."""
    folder = tmp_path_factory.mktemp("wheel")
    build = (sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT)
    built = run(*build, folder=folder)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")

    venv.create(folder / "environment", with_pip=True)
    own = folder / "environment" / "bin" / "python"
    install = (own, "-m", "pip", "install", "--quiet", f"{wheel}[testing]", "pytest-xdist")
    installed = run(*install, folder=folder)
    assert installed.returncode == 0, installed.stderr
    return own


@pytest.fixture
def project(tmp_path):
    for file in PROJECT.glob("*.py"):
        (tmp_path / file.name).write_text(file.read_text())
    return tmp_path


def test_the_packages_are_those_of_the_wheel(python, project):
    program = "import sandbox, mock_server; print(sandbox.__file__, mock_server.__file__)"

    printed = run(python, "-I", "-c", program, folder=project).stdout.split()

    assert [("site-packages" in path, str(ROOT) in path) for path in printed] == [(True, False)] * 2


def test_the_forty_right_tests_pass_on_four_workers(python, project):
    result = run(python, "-m", "pytest", "right_tests.py", "-n", "4", "-W", "error", folder=project)

    assert "40 passed, 1 xfailed in" in result.stdout, result.stdout
    assert "4 workers" in result.stdout
    assert result.returncode == 0


def test_each_of_the_fifteen_wrong_tests_fails_and_names_the_field(python, project):
    result = run(python, "-m", "pytest", "wrong_tests.py", folder=project)

    sections = re.split(r"_{3,} (?:ERROR at teardown of )?(\w+) _{3,}", result.stdout)
    said = dict(zip(sections[1::2], sections[2::2], strict=True))
    assert set(said) == set(WRONG)
    assert [name for name, text in WRONG.items() if not re.search(text, said[name])] == []


def test_pytest_neither_rewrites_our_modules_nor_warns_of_them_when_it_runs_again(python, project):
    (project / "test_one.py").write_text("def test_one(toplyne): toplyne.client.get('/auth/me')")
    program = """if True:
        import sys, pytest
        runs = [pytest.main(["-q", "-W", "error", "test_one.py"]) for _ in range(2)]
        ours = [each for name, each in sys.modules.items() if name.startswith("sandbox.")]
        print(*map(int, runs), *{type(each.__loader__).__name__ for each in ours})
    """

    ran = run(python, "-c", program, folder=project)

    assert ran.stdout.endswith("\n0 0 _LoadedOnce\n"), ran.stdout + ran.stderr


def test_mypy_strict_finds_the_types_of_the_wheel(python, tmp_path):
    (tmp_path / "stranger.py").write_text((ROOT / "tests/typed/stranger.py").read_text())
    options = ("--strict", "--python-executable", python)

    checked = run(sys.executable, "-m", "mypy", *options, "stranger.py", folder=tmp_path)

    assert checked.stdout.splitlines() == ["Success: no issues found in 1 source file"]
