"""Peers: what the bench compares with, pinned, in an ignored folder of its own.

Nothing of it gets into `.venv`: pytest-httpserver would be loaded by every test run there, and
matplotlib is needed for one plot only.
"""

import functools
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "bench" / ".peers"
PYTHON_PACKAGES = FOLDER / "python"
COMMIT = "5334b3d"
"""The commit of our own that speed is compared with."""

_PINNED = ROOT / "bench" / "peers"
_NODE = _PINNED / "package.json"
_PYTHON = _PINNED / "requirements.txt"
_NPM_FLAGS = ("--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", "--silent")


class PeerMissing(Exception):
    """A peer cannot be had on this machine; the text says why."""


@functools.cache
def prism() -> Path:
    """Return Prism's command, installed where it was not; raises PeerMissing."""
    return _node_packages() / ".bin" / "prism"


@functools.cache
def wiremock() -> Path:
    """Return WireMock's jar, installed where it was not; raises PeerMissing."""
    if shutil.which("java") is None:
        raise PeerMissing("WireMock needs a Java runtime (11 or newer), and no java is on the PATH")
    return next((_node_packages() / "wiremock" / "build").glob("*.jar"))


@functools.cache
def earlier_commit() -> Path:
    """Return the folder of COMMIT's code, out of the repository's history; raises PeerMissing."""
    folder = FOLDER / f"commit-{COMMIT}"
    if not folder.is_dir():
        parts = ("sandbox", "mock_server", "fixtures", "toplyne_sandbox.py")
        command = ["git", "-C", str(ROOT), "archive", COMMIT, *parts]
        archived = subprocess.run(command, capture_output=True, check=False)
        if archived.returncode != 0:
            raise PeerMissing(f"the history of this repository does not hold {COMMIT}")
        folder.mkdir(parents=True)
        subprocess.run(["tar", "x", "-C", str(folder)], input=archived.stdout, check=True)
    return folder


@functools.cache
def python_packages() -> Path:
    """Return the folder of the pip peers, installed where they were not; raises PeerMissing."""
    _install(
        _PYTHON,
        PYTHON_PACKAGES,
        [
            *(sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"),
            *("--upgrade", "--target", str(PYTHON_PACKAGES), "--requirement", str(_PYTHON)),
        ],
    )
    return PYTHON_PACKAGES


@functools.cache
def versions() -> dict[str, str]:
    """Return the pinned version of each peer, by its package's name."""
    node = json.loads(_NODE.read_text(encoding="utf-8"))["dependencies"]
    python = re.findall(r"^([\w-]+)==(\S+)$", _PYTHON.read_text(encoding="utf-8"), re.MULTILINE)
    return {**node, **dict(python)}


def version(package: str) -> str:
    """Return one pinned version."""
    return versions()[package]


def _node_packages() -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise PeerMissing("the peer needs Node.js and npm, and no npm is on the PATH")
    FOLDER.mkdir(exist_ok=True)
    _install(
        _NODE,
        FOLDER / "node_modules",
        [npm, "install", "--prefix", str(FOLDER), *_NPM_FLAGS],
    )
    return FOLDER / "node_modules"


def _install(pinned: Path, folder: Path, command: list[str]) -> None:
    """Run the command, unless it ran before for the very same pinned versions."""
    done = FOLDER / pinned.name
    wanted = pinned.read_bytes()
    if folder.is_dir() and done.is_file() and done.read_bytes() == wanted:
        return
    FOLDER.mkdir(exist_ok=True)
    done.write_bytes(wanted)
    print(f"installing {pinned.name} into {folder.relative_to(ROOT)} …", flush=True)
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        done.unlink()
        raise PeerMissing(f"{command[0]} could not install it: {ran.stderr.strip()[-300:]}")
