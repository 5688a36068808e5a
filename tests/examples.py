"""The folder examples/: its YAML files, the commands in them, and how they are run."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import click
import yaml as pyyaml

from sandbox.cli import cli

FOLDER = Path(__file__).parent.parent / "examples"
GITHUB, GITLAB = "ci/github-actions.yml", "ci/gitlab-ci.yml"
NAME = "toplyne-sandbox"


def documents(name):
    """Return the documents of a YAML file."""
    return list(pyyaml.safe_load_all((FOLDER / name).read_text(encoding="utf-8")))


def yaml(name):
    """Return the document of a YAML file."""
    (document,) = documents(name)
    return document


def script(name, job):
    """Return the shell lines of a job of GitHub Actions or GitLab CI."""
    if name == GITHUB:
        return [step["run"] for step in yaml(name)["jobs"][job]["steps"] if "run" in step]
    return yaml(name)[job]["script"]


def commands():
    """Yield each command of ours that a YAML file holds, as words, with the file's name."""
    jobs = ("python", "mappings", "node", "java")
    for name in (GITHUB, GITLAB):
        for line in (line for job in jobs for line in script(name, job)):
            words = shlex.split(line, comments=True)
            if words[0] == NAME:
                end = next((i for i, word in enumerate(words) if word in {"|", ">>"}), len(words))
                yield name, words[1:end]
    for hook in yaml("pre-commit/pre-commit-config.yaml")["repos"][0]["hooks"]:
        yield "pre-commit", shlex.split(hook["entry"])[1:]
    yield "compose", yaml("compose/compose.yaml")["services"]["toplyne"]["command"]
    (run,) = documents("kubernetes/toplyne.yaml")[1]["spec"]["template"]["spec"]["containers"]
    yield "kubernetes", run["args"]


def parse(words):
    """Raise click's error where a command or an option of ours does not exist."""
    command, rest = cli, list(words)
    while isinstance(command, click.Group):
        command = command.get_command(click.Context(command), rest.pop(0))
        assert command is not None, words
    command.make_parser(click.Context(command)).parse_args(rest)


def shell(line, folder, *, path=Path(sys.executable).parent, **environment):
    """Run a line in a folder of the reader's, with our command on the PATH, and return it done."""
    known = {k: v for k, v in os.environ.items() if not k.startswith(("TOPLYNE_", "PYTEST_"))}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line],
        env={**known, "PATH": f"{path}:{known['PATH']}", "PIP_NO_COMPILE": "1", **environment},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
        timeout=600,
    )
