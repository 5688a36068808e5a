"""The examples as their readers run them: npm, Maven, Jupyter, pre-commit, lines of CI files."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests import examples
from tests.examples import FOLDER, GITHUB, GITLAB, shell
from tests.image import ROOT

pytestmark = pytest.mark.examples

DEBIANS_JUNIT = Path("/usr/share/maven-repo/org/junit/jupiter/junit-jupiter/5.9.2")
MAVEN_OFFLINE = """
<settings><mirrors><mirror>
  <id>debian</id><mirrorOf>*</mirrorOf><url>file:///usr/share/maven-repo</url>
</mirror></mirrors></settings>
"""
MAVEN_CONFIG = (
    "-s settings.xml -Dmaven.repo.local=.repository"
    " -Djunit.version=5.9.2 -Djackson.version=2.14.0 -Dsurefire.version=2.22.3"
)
AS_SOMEBODY = "git -c user.name=Somebody -c user.email=somebody@example.com"
NEW_MAPPING = """
[[destinations.mappings]]
name = "Refunds"
action = "sendEvents"
trigger = 'event = "Order Refunded"'
"""


def run(line, folder, **settings):
    done = shell(line, folder, **settings)
    assert done.returncode == 0, f"`{line}` ended with {done.returncode}:\n{done.stdout}"
    return done.stdout


def project(name, folder):
    """Copy an example to where its reader has it."""
    place = folder / name
    ignored = shutil.ignore_patterns("node_modules", "generated", "target", "__pycache__")
    shutil.copytree(FOLDER / name, place, ignore=ignored)
    return place


def test_every_line_of_the_jobs_for_python_runs_in_an_empty_environment(tmp_path):
    origin = project("flask", tmp_path)
    run("git init -q -b main && git add .", origin)
    run(f"{AS_SOMEBODY} commit -qm One", origin)
    run("git clone -q flask clone", tmp_path)
    clone = tmp_path / "clone"
    with (clone / "workspace.toml").open("a") as file:
        file.write(NEW_MAPPING)
    run(f"{sys.executable} {ROOT}/tools/environment.py {tmp_path}/venv", tmp_path)
    settings = {
        "path": tmp_path / "venv/bin",
        "PIP_FIND_LINKS": str(ROOT / "dist"),
        "GITHUB_BASE_REF": "main",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "mappings.md"),
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
    }

    for file in (GITHUB, GITLAB):
        printed = run("\n".join(examples.script(file, "python")), clone, **settings)
        assert "6 passed" in printed
        assert (clone / "report.xml").read_text().count("<testcase") == 6
        run("\n".join(examples.script(file, "mappings")), clone, **settings)

    for summary in (tmp_path / "mappings.md", clone / "mappings.md"):
        assert "4 calls the same, 1 appeared, 0 vanished, 0 changed." in summary.read_text()


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed here")
def test_every_line_of_the_job_for_node_runs(tmp_path):
    place = project("jest", tmp_path)
    in_gitlab = [line.replace(" --cache .npm", "") for line in examples.script(GITLAB, "node")]
    lines = examples.script(GITHUB, "node")
    run("npm install --package-lock-only --ignore-scripts --no-audit --no-fund", place)

    printed = run("\n".join(lines), place, npm_config_audit="false", npm_config_fund="false")

    assert re.search(r"Tests: +4 passed, 4 total", printed), printed
    assert in_gitlab == lines


@pytest.mark.skipif(
    shutil.which("mvn") is None or not DEBIANS_JUNIT.exists(),
    reason="Maven and JUnit of Debian 12 are not installed here; .ci/run names their packages",
)
def test_every_line_of_the_job_for_java_runs_with_debians_packages(tmp_path):
    place = project("junit", tmp_path)
    (place / "settings.xml").write_text(MAVEN_OFFLINE)
    (place / ".mvn").mkdir()
    (place / ".mvn/maven.config").write_text(MAVEN_CONFIG)
    in_gitlab = [line.replace("=.m2 ", "=.repository ") for line in examples.script(GITLAB, "java")]

    printed = run("\n".join(examples.script(GITHUB, "java")), place)

    assert "Tests run: 3, Failures: 0, Errors: 0, Skipped: 0" in printed
    assert list(place.glob("target/surefire-reports/*.xml"))
    assert in_gitlab[-1].replace("-Dmaven.repo.local=.repository ", "") == "mvn --batch-mode test"


def test_pre_commit_lets_no_trap_be_committed(tmp_path):
    run("git init -q", tmp_path)
    config = FOLDER / "pre-commit/pre-commit-config.yaml"
    shutil.copy(config, tmp_path / ".pre-commit-config.yaml")
    workspace = Path(shutil.copy(FOLDER / "flask/workspace.toml", tmp_path))
    settings = {"PIP_FIND_LINKS": str(ROOT / "dist"), "PRE_COMMIT_HOME": str(tmp_path / "home")}

    passed = run("git add *.toml && pre-commit run", tmp_path, **settings)
    text = workspace.read_text().replace('event = "Order Completed"', "event = Order Completed")
    workspace.write_text(text)
    failed = shell("git add *.toml && pre-commit run", tmp_path, **settings)

    assert re.search(r"lint Segment mappings\.+Passed", passed), passed
    assert failed.returncode == 1
    assert "Big orders" in failed.stdout, failed.stdout


def test_the_notebook_shows_the_same_in_jupyters_kernel(tmp_path):
    project("flask", tmp_path)
    place = project("notebook", tmp_path)

    run("jupyter execute --inplace replay.ipynb", place)

    told, shown = (
        [cell.get("outputs") for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
        for path in (place / "replay.ipynb", FOLDER / "notebook/replay.ipynb")
    )
    assert told == shown


@pytest.mark.parametrize(
    ("checker", "file"),
    [
        ("check-jsonschema --builtin-schema vendor.github-workflows", GITHUB),
        ("check-jsonschema --builtin-schema vendor.gitlab-ci", GITLAB),
        ("check-jsonschema --builtin-schema vendor.compose-spec", "compose/compose.yaml"),
        ("kubernetes-validate --strict", "kubernetes/toplyne.yaml"),
    ],
)
def test_the_files_are_what_their_service_takes(checker, file, tmp_path):
    run(f"{checker} {FOLDER / file}", tmp_path)

    wrong = (FOLDER / file).read_text().replace("image:", "imagee:").replace("runs-on:", "run-on:")
    (tmp_path / Path(file).name).write_text(wrong)
    assert shell(f"{checker} {Path(file).name}", tmp_path).returncode == 1
