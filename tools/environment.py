"""Make the virtual environment that `make` works in, also where Python has no ensurepip.

    python3 tools/environment.py .venv

Debian takes ensurepip out of Python and puts it into python3-venv, which a small machine does not
have. Then uv makes the environment, or pip is taken out of the wheel that Debian has for it, from
the disk or from its package python3-pip-whl, which anybody may download; nothing of the system is
changed. This file imports the standard library alone, as there is nothing else yet.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEBIAN_WHEELS = Path("usr/share/python-wheels")
"""Where python3-pip-whl puts pip's wheel, below the root."""


class NoPip(Exception):
    """Nothing on this machine brings pip; the message says what would."""


def announce(folder: Path) -> None:
    """Say at once what is going to happen, as the first step takes seconds."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.split(r"[^\w.-]", each)[0] for each in declared["dependencies"]]
    print(
        f"Installing {declared['name']} into {folder}, which happens once and takes about half a "
        f"minute: Python {sys.version.split()[0]}, {', '.join(names)}.",
        file=sys.stderr,
        flush=True,
    )


def make(folder: Path) -> None:
    """Make the environment with pip in it; raises NoPip, or CalledProcessError."""
    if importlib.util.find_spec("ensurepip"):
        venv.create(folder, symlinks=os.name != "nt", with_pip=True)
        return
    if uv := shutil.which("uv"):
        said = ("--quiet", "--seed", "--allow-existing", "--python", sys.executable)
        subprocess.run([uv, "venv", *said, str(folder)], check=True)
        return
    venv.create(folder, symlinks=True)
    with tempfile.TemporaryDirectory() as scratch:
        wheel = pip_wheel(Path("/")) or downloaded_wheel(Path(scratch))
        if wheel is None:
            raise NoPip(
                f"{sys.executable} has no ensurepip, and no wheel of pip was found. Install "
                "python3-venv (apt-get install python3-venv), or uv."
            )
        install = ("-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--no-index")
        subprocess.run(
            [str(folder / "bin" / "python"), *install, str(wheel)],
            env=os.environ | {"PYTHONPATH": str(wheel)},  # a wheel is a zip file and can be run
            check=True,
        )


def pip_wheel(root: Path) -> Path | None:
    """Return Debian's wheel of pip below a root, None if there is none."""
    return next(iter(sorted((root / DEBIAN_WHEELS).glob("pip-*.whl"))), None)


def downloaded_wheel(scratch: Path) -> Path | None:
    """Download python3-pip-whl and unpack it here, None where that cannot be done."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return None
    lists = apt_lists(scratch)
    quiet = partial(subprocess.run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    get = ["apt-get", "-qq"]
    # the machine's own lists first; where there are none, as in most images, lists of our own
    steps = (
        [[*get, "download", "python3-pip-whl"]],
        [[*get, *lists, "update"], [*get, *lists, "download", "python3-pip-whl"]],
    )
    for step in steps:
        if all(quiet(call, check=False, cwd=scratch).returncode == 0 for call in step):
            package = next(scratch.glob("python3-pip-whl_*.deb"))
            subprocess.run(["dpkg-deb", "-x", str(package), str(scratch)], check=True)
            return pip_wheel(scratch)
    return None


def apt_lists(scratch: Path) -> list[str]:
    """Return the options by which apt keeps its lists in a folder that we may write."""
    for name in ("lists/partial", "cache/archives/partial"):
        (scratch / name).mkdir(parents=True)
    chosen = {"State::Lists": scratch / "lists", "Cache": scratch / "cache"}
    return [word for name, path in chosen.items() for word in ("-o", f"Dir::{name}={path}")]


def main(folder: Path) -> int:
    """Make the environment; return 1 with a sentence where that cannot be done."""
    announce(folder)
    try:
        make(folder)
    except NoPip as error:
        print(error, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"{folder} could not be made: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
