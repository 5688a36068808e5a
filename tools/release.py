"""Release: from a clean tree to a checked wheel, an sdist and a tag: `make release VERSION=0.2.0`.

    python -m tools.release 0.2.0

The version goes into pyproject.toml, and what the changelog has under Unreleased gets its heading
and the date. Nothing is uploaded or pushed. Where building or checking fails, both files stay as
they were and nothing is committed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
_VERSION: Final = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+((a|b|rc)[0-9]+)?")
_DECLARED: Final = re.compile(r'^version = "([^"]+)"$', re.MULTILINE)
_UNRELEASED: Final = re.compile(r"^## Unreleased\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


class NoRelease(Exception):
    """Something speaks against the release; the message says what."""


def release(version: str, *, root: Path = ROOT, today: date, build: Callable[[Path], None]) -> str:
    """Release the tree at `root`; return the tag. Raises NoRelease, or what `build` raises."""
    tag = f"v{version}"
    project, changelog = root / "pyproject.toml", root / "CHANGELOG.md"
    before = {file: file.read_text(encoding="utf-8") for file in (project, changelog)}
    _refuse_wrong(version, before[changelog], _git(root, "tag", "--list", tag))
    if dirty := _git(root, "status", "--porcelain"):
        raise NoRelease(f"The tree has changes that are not committed:\n{dirty}")

    project.write_text(_DECLARED.sub(f'version = "{version}"', before[project]), encoding="utf-8")
    changelog.write_text(with_heading(before[changelog], version, today), encoding="utf-8")
    try:
        build(root)
    except BaseException:
        for file, text in before.items():
            file.write_text(text, encoding="utf-8")
        raise

    _git(root, "commit", "--quiet", "--all", "--message", f"Release {version}")
    _git(root, "tag", "--annotate", tag, "--message", f"toplyne-sandbox {version}")
    return tag


def with_heading(changelog: str, version: str, today: date) -> str:
    """Return the changelog with what is unreleased under the version, and Unreleased empty."""
    return changelog.replace(
        "## Unreleased\n", f"## Unreleased\n\n## {version} - {today.isoformat()}\n", 1
    )


def build_and_check(root: Path) -> None:
    """Build the sdist and the wheel into dist/, and let twine check both."""
    shutil.rmtree(root / "dist", ignore_errors=True)
    _run(root, sys.executable, "-m", "build", "--outdir", "dist", ".")
    files = sorted(str(file.relative_to(root)) for file in (root / "dist").iterdir())
    _run(root, sys.executable, "-m", "twine", "check", "--strict", *files)


def _refuse_wrong(version: str, changelog: str, tagged: str) -> None:
    if not _VERSION.fullmatch(version):
        raise NoRelease(f"VERSION is like 0.2.0 or 0.2.0rc1, not {version!r}.")
    if tagged:
        raise NoRelease(f"There is a tag {tagged} already.")
    unreleased = _UNRELEASED.search(changelog)
    if unreleased is None or "\n- " not in unreleased[1]:
        raise NoRelease("CHANGELOG.md has nothing under Unreleased.")


def _run(root: Path, *command: str) -> None:
    subprocess.run(command, cwd=root, check=True)


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=root, check=True, capture_output=True, encoding="utf-8"
    )
    return done.stdout.rstrip()


def main(arguments: list[str]) -> int:
    """Release the version that is named, else the one of pyproject.toml."""
    declared = _DECLARED.search((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    version = arguments[0] if arguments and arguments[0] else (declared[1] if declared else "")
    try:
        tag = release(version, today=datetime.now(UTC).date(), build=build_and_check)
    except NoRelease as error:
        print(error, file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as error:
        print(f"Nothing is released: {error}\n{error.stderr or ''}".rstrip(), file=sys.stderr)
        return 1
    print(f"Tagged {tag}. Next: git push --follow-tags; twine upload dist/*")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
