"""Build the docs as a site: `python -m tools.site [FOLDER]`, into site/ unless a folder is given.

The pages are the Markdown files of the repository, unchanged. They are copied to a folder of their
own with every file they link to, in the same places, so that each link holds there as it does here.
The order of the navigation is that of the links in docs/README.md and in the index of each folder.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tools.links import broken_links, linked_files, links

ROOT: Final = Path(__file__).resolve().parent.parent
INDEX: Final = "docs/README.md"
ROOM_PAGES: Final = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")

CONFIGURATION: Final = """\
[project]
site_name = "toplyne-sandbox"
docs_dir = "pages"
site_dir = "site"
use_directory_urls = false
nav = {nav}

[project.theme]
font = false
features = ["content.code.copy", "navigation.footer", "navigation.indexes", "navigation.sections",
  "navigation.top", "search.highlight"]

[[project.theme.palette]]
media = "(prefers-color-scheme: light)"
scheme = "default"
toggle.icon = "lucide/moon"
toggle.name = "Dark colours"

[[project.theme.palette]]
media = "(prefers-color-scheme: dark)"
scheme = "slate"
toggle.icon = "lucide/sun"
toggle.name = "Light colours"
"""
"""`font = false`: the fonts would come from Google. Nothing of the site comes from elsewhere."""


def pages(root: Path = ROOT) -> list[Path]:
    """Return every page of the site, those outside docs/ that a page links to as well."""
    found = [root / name for name in ROOM_PAGES] + sorted((root / "docs").rglob("*.md"))
    linked = {file for page in found for file in linked_files(page) if file.suffix == ".md"}
    linked = {file for file in linked if file.is_file()}
    return [*found, *sorted(linked - set(found))]


def navigation(root: Path = ROOT) -> list[dict[str, object]]:
    """Return the navigation: README, then what docs/README.md lists, folders with their pages."""
    entries: list[dict[str, object]] = [{"Start": "README.md"}]
    for page in _listed(root / INDEX):
        if page.name == "README.md" and page.parent != root:
            inside = [_entry(each, root) for each in _listed(page)]
            entries.append({_title(page): [_name(page, root), *inside]})
        else:
            entries.append(_entry(page, root))
    return [*entries, {"Changes": "CHANGELOG.md"}]


def build(into: Path, root: Path = ROOT) -> list[str]:
    """Build the site; return what is wrong, in sentences, and nothing if it was built."""
    broken = [f"{_name(page, root)}: {each}" for page in pages(root) for each in broken_links(page)]
    if broken:
        return broken
    with tempfile.TemporaryDirectory() as name:
        stage = Path(name)
        for file in {*pages(root), *(file for page in pages(root) for file in linked_files(page))}:
            copy = stage / "pages" / _name(file, root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
        nav = json.dumps(navigation(root), ensure_ascii=False)
        nav = re.sub(r'("(?:[^"\\]|\\.)*"): ', r"\1 = ", nav)  # the same as inline tables of TOML
        (stage / "zensical.toml").write_text(CONFIGURATION.format(nav=nav), encoding="utf-8")
        said = subprocess.run(
            [sys.executable, "-m", "zensical", "build", "--strict"],
            cwd=stage, capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip
        if said.returncode:
            shown = said.stdout + said.stderr.partition("Traceback")[0]
            return [re.sub(r"\x1b\[[\d;]*m", "", shown)]
        shutil.rmtree(into, ignore_errors=True)
        shutil.copytree(stage / "site", into)
    return []


def main(arguments: list[str]) -> int:
    """Build the site; return 1 and say what is wrong where it cannot be built."""
    into = Path(arguments[0]) if arguments else ROOT / "site"
    problems = build(into)
    print("\n".join(problems) or f"built: {into / 'index.html'}")
    return 1 if problems else 0


def _listed(index: Path) -> list[Path]:
    """Return the pages that the lines of an index link to, each once, in their order."""
    targets = ((index.parent / link.partition("#")[0]).resolve() for link in links(index))
    return list(dict.fromkeys(page for page in targets if page.suffix == ".md"))


def _entry(page: Path, root: Path) -> dict[str, object]:
    return {_title(page): _name(page, root)}


def _title(page: Path) -> str:
    found = re.search(r"^# (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1].replace("`", "") if found else page.stem


def _name(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
