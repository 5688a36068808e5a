"""Running: `toplyne-sandbox run` as a process of its own, and what it reports."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
RUN = [sys.executable, str(ROOT / "toplyne_sandbox.py"), "run"]


def _is_known(host):
    try:
        return bool(socket.getaddrinfo(host, None))
    except OSError:
        return False


def _can_isolate():
    words = ("unshare", *(() if os.geteuid() == 0 else ("--user",)), "--net", "--mount", "true")
    is_there = Path("/proc/self/ns/net").exists() and shutil.which("unshare")
    return is_there and not subprocess.run(words, capture_output=True, check=False).returncode


needs_localhost = pytest.mark.skipif(
    not _is_known("localhost"), reason="localhost has no address here, as without /etc/hosts"
)
needs_namespaces = pytest.mark.skipif(
    not _can_isolate(), reason="this machine allows no namespaces, as in most containers"
)
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is missing here")
EITHER_WAY = [
    pytest.param((), id="usual"),
    pytest.param(("--isolate",), id="isolated", marks=needs_namespaces),
]


class Ran(NamedTuple):
    """How a run ended: its exit code, what the command printed, and the report."""

    code: int
    stdout: str
    stderr: str
    report: dict


def run(*command, options=(), stdin="", **variables):
    """Run a command with the hosts caught; `variables` of None are taken out of the environment."""
    wanted = {**os.environ, **variables}
    done = subprocess.run(
        [*RUN, "--json", *options, "--", *map(str, command)],
        env={name: value for name, value in wanted.items() if value is not None},
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    *before, last = done.stderr.splitlines() or [""]
    is_report = last.startswith('{"exit_code"')
    return Ran(
        done.returncode,
        done.stdout,
        "\n".join(before if is_report else [*before, last]),
        json.loads(last) if is_report else {},
    )


def python(program, *arguments, flags=()):
    """Return the command that runs a Python program."""
    return (sys.executable, *flags, "-c", program, *arguments)


def caught_paths(ran):
    """Return the last words of the paths that were asked for below /v1/caught/."""
    return set(re.findall(r"GET /v1/caught/(\S+)", " ".join(ran.report["refusals"])))
