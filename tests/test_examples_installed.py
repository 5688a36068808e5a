"""The examples as their readers run them: npm, Maven, Jupyter, pre-commit, lines of CI files."""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from mock_server import MockServer
from sandbox.workspace import load_workspace
from tests import examples
from tests.examples import FOLDER, GITHUB, GITLAB, shell
from tests.image import ROOT
from tests.wire import http

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


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("flask/shop.py", 'float(request.form["total"])', 'request.form["total"]'),
        ("pytest/nightly.py", ", 500)", ", 600)"),
        ("pytest/nightly.py", "answer.status_code == 202", "answer.status_code < 600"),
        ("pytest/nightly.py", '"accountId"', '"account"'),
    ],
)
def test_a_mistake_in_a_project_fails_its_tests(file, right, wrong, tmp_path):
    place = project(file.partition("/")[0], tmp_path)
    code = place / Path(file).name
    assert right in code.read_text()

    code.write_text(code.read_text().replace(right, wrong))

    done = shell("python -m pytest -q", place)
    assert re.search(r"[1-6] failed", done.stdout), done.stdout


def test_the_shop_of_the_compose_file_sends_to_the_sandbox(tmp_path):
    shop = examples.yaml("compose/compose.yaml")["services"]["shop"]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    line = shop["command"].replace("0.0.0.0", f"127.0.0.1 --port {port}").replace("&& ", "&& exec ")
    with MockServer(workspace=load_workspace(FOLDER / "flask/workspace.toml")) as toplyne:
        host = shop["environment"]["SEGMENT_HOST"].replace("http://toplyne:8020", toplyne.url)
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        own = {**os.environ, "PATH": path, **shop["environment"], "SEGMENT_HOST": host}
        place = project("flask", tmp_path)
        with subprocess.Popen(shlex.split(line), cwd=place, env=own) as process:
            try:
                customer = {"id": "c1", "email": "ada@example.com", "plan": "pro"}
                assert sent_when_it_answers(f"http://127.0.0.1:{port}/customers", customer) == 201
                toplyne.wait_for(profiles=1, timeout=20)
            finally:
                process.terminate()

        assert [each["userId"] for each in toplyne.profiles] == ["c1"]


def sent_when_it_answers(url, form):
    end = time.monotonic() + 60
    while True:
        try:
            return http.post(url, data=form).status_code
        except httpx.ConnectError:
            assert time.monotonic() < end, f"nothing answers at {url}"
            time.sleep(0.1)


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
