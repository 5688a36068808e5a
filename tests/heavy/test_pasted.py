"""README and tutorial, pasted by somebody who has nothing but a clone: all of it works."""

import re
import shutil
import subprocess
import venv
from pathlib import Path

import pytest

from tests.page_blocks import PageRun

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stranger") / "toplyne-sandbox"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
    return folder


def installed(page, environment):
    """Run the line of a page that installs packages, in an environment."""
    (line,) = re.findall(
        r"(?m)^pip (install .*)$", page.read_text("utf-8").partition("In a proj")[0]
    )
    line = line.replace("/path/to/toplyne-sandbox", str(page.parents[page.parent.name == "docs"]))
    python = environment / "bin/python"
    subprocess.run(f"{python} -m pip {line}", shell=True, check=True, capture_output=True)
    return str(python)


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed here")
def test_the_readme_works_when_it_is_pasted_into_a_clone(clone, tmp_path):
    made = subprocess.run(
        ["make", "demo"], cwd=clone, capture_output=True, encoding="utf-8", check=False
    )
    assert "3 of 3 wrong ones were refused" in made.stdout, made.stderr

    python = installed(clone / "README.md", clone / ".venv")

    PageRun(clone / "README.md", tmp_path, python).run()


def test_the_tutorial_works_from_nothing(clone, tmp_path):
    venv.create(tmp_path / "venv", with_pip=True)
    python = installed(clone / "docs/tutorial.md", tmp_path / "venv")
    (tmp_path / "shop").mkdir()

    PageRun(clone / "docs/tutorial.md", tmp_path / "shop", python).run()
