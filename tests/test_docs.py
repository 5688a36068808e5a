"""The docs: every page is in the index, every link leads somewhere, every path named exists."""

import importlib
import json
import re
from pathlib import Path

import pytest

from tests.test_architecture import LAYERS, MOCK_LAYERS
from tools import site
from tools.links import broken_links, links, prose

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
INDEXES = (DOCS / "README.md", *sorted(DOCS.glob("*/README.md")))
ROOM_PAGES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")
PAGES = sorted([*(ROOT / name for name in ROOM_PAGES), *DOCS.rglob("*.md")])

CODE = re.compile(r"`([^`\n]+)`")
ROOMS = ("sandbox", "mock_server", "tests", "bench", "fixtures", "docs", "tools", ".ci")
FILE = re.compile(rf"(?<![\w./*-])(?:{'|'.join(map(re.escape, ROOMS))})/[\w./*-]*")
MODULE = re.compile(r"(?:sandbox|mock_server)(?:\.\w+)+")
PLACEHOLDER = re.compile(r"\b[A-Z]{4}\b|(?<=/)[A-Z]{4}(?=[_.])|(?<=_)[A-Z]{4}(?=\.)")


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def missing_names(path):
    """Return the files and modules that a page names in code marks and that do not exist."""
    missing = []
    for code in CODE.findall(prose(path)):
        for named in FILE.findall(code):
            pattern = PLACEHOLDER.sub("*", named.rstrip("/."))
            if not list(ROOT.glob(pattern)):
                missing.append(named)
        if MODULE.fullmatch(code.removesuffix("()")) and not is_there(code.removesuffix("()")):
            missing.append(code)
    return missing


def is_there(dotted):
    """Tell whether a dotted name is a module of ours, or a name in one."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:length])
        if place.is_dir() or place.with_suffix(".py").is_file():
            value = importlib.import_module(".".join(parts[:length]))
            for name in parts[length:]:
                if not hasattr(value, name):
                    return False
                value = getattr(value, name)
            return True
    return False


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_link_leads_to_a_file_and_a_heading(path):
    assert broken_links(path) == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_file_and_module_that_is_named_exists(path):
    assert missing_names(path) == []


@pytest.mark.parametrize("index", INDEXES, ids=name_of)
def test_every_page_has_a_line_of_its_own_in_the_index_of_its_folder(index):
    lines = [line for line in index.read_text(encoding="utf-8").splitlines() if "](" in line]
    pages = [page for page in index.parent.glob("*.md") if page != index]
    pages += [each for each in index.parent.glob("*/README.md") if each != index]

    counts = {
        name: sum(f"]({name})" in line for line in lines)
        for name in (page.relative_to(index.parent).as_posix() for page in pages)
    }

    assert {name: count for name, count in counts.items() if count != 1} == {}


def test_the_readme_leads_to_the_index_and_the_index_to_the_house():
    assert "docs/README.md" in links(ROOT / "README.md")
    assert {"../ARCHITECTURE.md", "../CONTRIBUTING.md"} <= set(links(DOCS / "README.md"))


def test_the_house_on_one_page_names_every_room_and_every_file_of_laws():
    page = prose(ROOT / "ARCHITECTURE.md")
    rooms = [
        file.parent
        for room in ("sandbox", "mock_server")
        for file in ROOT.glob(f"{room}/*/__init__.py")
    ]
    laws = ROOT.glob("tests/properties/test_*.py")

    named = [f"{name_of(room)}/" for room in rooms] + [name_of(law) for law in laws]

    assert [name for name in named if f"`{name}`" not in page] == []


@pytest.mark.parametrize(
    ("package", "held"),
    [
        ("sandbox", [{each.removeprefix("sandbox.") for each in layer} for layer in LAYERS]),
        ("mock_server", [set(layer) for layer in MOCK_LAYERS]),
    ],
    ids=["sandbox", "mock_server"],
)
def test_the_layers_of_the_page_are_those_that_are_held_in_their_order(package, held):
    page = prose(ROOT / "ARCHITECTURE.md")
    listed = page.partition(f"`{package}`, from the ground up:\n\n")[2].partition("\n\n")[0]

    left = iter(held)
    lost = [
        line for line in listed.splitlines() if not any(named_in(line) <= each for each in left)
    ]

    assert (lost, len(listed.splitlines()) > 10) == ([], True)


def named_in(line):
    return {name for name in CODE.findall(line) if name != "mock_server"}


@pytest.mark.parametrize("name", ["README.md", "docs/how-to/page.md"])
@pytest.mark.parametrize("target", ["gone.md", "gone.py", "page.md#gone", "folder"])
def test_no_site_is_built_with_a_broken_link(name, target, tmp_path):
    for each in {*site.ROOM_PAGES, site.INDEX, name}:
        (tmp_path / each).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / each).write_text("# Page\n", encoding="utf-8")
    page = tmp_path / name
    (page.parent / "page.md").write_text("# Page\n", encoding="utf-8")
    (page.parent / "folder").mkdir()
    page.write_text(f"# Page\n\n[link]({target})\n", encoding="utf-8")

    problems = site.build(tmp_path / "site", tmp_path)

    nothing = "heading" if "#" in target else "file"
    assert problems == [f"{name}: {target}: there is no such {nothing}"]


def test_the_site_has_every_page_and_its_navigation_those_of_the_indexes():
    nav = json.dumps(site.navigation())

    pages = {name_of(page) for page in site.pages()}

    assert {name_of(page) for page in PAGES} <= pages
    assert {name for name in pages if f'"{name}"' not in nav} <= {site.INDEX, "bench/RESULTS.md"}


def test_what_is_broken_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# One `page`\n\n[good](#one-page) [code](page.md) ![gone](gone.png) [no](#two)\n"
        "`sandbox/gone.py` `sandbox/cli/NAME_command.py` `sandbox.toplyne` `sandbox.topline`\n"
        "`mock_server.create_app()`\n```text\n[in code](gone.md)\n```\n\n[ref]: other.md\n",
        encoding="utf-8",
    )

    assert broken_links(page) == [
        "gone.png: there is no such file",
        "#two: there is no such heading",
        "other.md: there is no such file",
    ]
    assert missing_names(page) == ["sandbox/gone.py", "sandbox.topline"]
