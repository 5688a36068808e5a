"""A user's own folder named like one of our packages gives a sentence, not a riddle."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", ["sandbox", "mock_server"])
def test_a_folder_that_hides_ours_is_named(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}

    result = subprocess.run(
        [sys.executable, "-m", "toplyne_sandbox", "--version"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert result.returncode == 2
    assert result.stderr == (
        f"toplyne-sandbox needs its own package '{name}', but Python finds {tmp_path / name} "
        "first; rename that folder, or start from another one (and mind PYTHONPATH).\n"
    )


MODULE = "def answer():\n    return 42\n"
TEST = "from {name}.theirs import answer\n\n\ndef test_it():\n    assert answer() == 42\n"
FIXTURE = "\n\ndef test_ours(toplyne):\n    toplyne.client.get('/auth/me')\n"
MARKED = (
    "\n\nimport pytest\n\n@pytest.mark.toplyne(rules='observed')\ndef test_ours(segment): ...\n"
)
BARE = "import sys, pytest; sys.path.remove(''); sys.exit(pytest.main(sys.argv[1:]))"
AS_MODULE = ["-m", "pytest"]


def project(folder, name, *, where="", init=True, more="", ini=""):
    package = folder / where / name
    package.mkdir(parents=True)
    (package / "theirs.py").write_text(MODULE)
    if init:
        (package / "__init__.py").write_text("")
    (folder / "tests").mkdir()
    (folder / "tests" / "test_theirs.py").write_text(TEST.format(name=name) + more)
    (folder / "pytest.ini").write_text(f"[pytest]\n{ini}\n")


def run(folder, start, *arguments):
    others = ("cacheprovider", "xdist", "pytest_httpx")  # of this environment, not of the project
    own = [*(word for name in others for word in ("-p", f"no:{name}")), *arguments]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, *start, *own],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("name", ["sandbox", "mock_server"])
@pytest.mark.parametrize(
    ("start", "where", "ini"),
    [
        (AS_MODULE, "", ""),
        (["-c", BARE], "", "pythonpath = ."),
        (["-c", BARE], "src", "pythonpath = src"),
    ],
    ids=["python -m pytest", "pytest", "src"],
)
def test_a_project_with_a_package_of_that_name_runs_as_without_us(
    tmp_path, name, start, where, ini
):
    project(tmp_path, name, where=where, ini=ini)

    result = run(tmp_path, start, "-W", "error")

    assert "1 passed" in result.stdout, result.stdout + result.stderr
    assert "toplyne" not in result.stderr


@pytest.mark.parametrize(
    ("name", "more", "start"),
    [("sandbox", FIXTURE, AS_MODULE), ("mock_server", MARKED, ["-c", BARE])],
    ids=["sandbox", "mock_server"],
)
def test_only_a_fixture_of_ours_says_which_folder_hides_ours(tmp_path, name, more, start):
    project(tmp_path, name, more=more, ini="pythonpath = .")

    result = run(tmp_path, start)

    assert "1 passed, 1 error in" in result.stdout, result.stdout + result.stderr
    assert f"needs its own package '{name}', but Python finds {tmp_path / name}" in result.stdout
    assert "pytest -p no:toplyne" in result.stdout
    assert "Traceback" not in result.stdout


@pytest.mark.parametrize("name", ["sandbox", "mock_server"])
@pytest.mark.parametrize("arguments", [(), ("-W", "error")], ids=["", "warnings are errors"])
def test_a_folder_that_ours_hides_is_named_with_the_cure(tmp_path, name, arguments):
    project(tmp_path, name, init=False, ini="pythonpath = .")
    (tmp_path / "tests" / "test_other.py").write_text("def test_it(): ...\n")

    result = run(tmp_path, AS_MODULE, "--continue-on-collection-errors", *arguments)

    said = " ".join((result.stdout + result.stderr).split())
    assert "1 passed" in said
    assert said.count(f"{tmp_path / name} cannot be imported as {name!r}: it has no") == 1
    (tmp_path / name / "__init__.py").write_text("")
    assert "2 passed" in run(tmp_path, AS_MODULE, *arguments).stdout
