"""The blocks of the docs are run: each prints what its page shows, or its page says why not."""

import re

import pytest

from tests.page_blocks import ROOT, PageRun, blocks_of, matches, renewed

PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md"]
EVERY_PAGE = [*PAGES, ROOT / "README.md"]
RUN = [page for page in PAGES if any(block.is_run for block in blocks_of(page.read_text("utf-8")))]
SLOW = {"docs/tutorial.md", "docs/how-to/check.md"}
NOT_RUN = 17
"""How many blocks say why they are not run, pages apart that say so of all their blocks."""


def name_of(page):
    return page.relative_to(ROOT).as_posix()


def marked(page):
    slow = [pytest.mark.laws] if name_of(page) in SLOW else []
    return pytest.param(page, id=name_of(page), marks=slow)


@pytest.mark.parametrize("page", [marked(page) for page in RUN])
def test_every_block_prints_what_its_page_shows(page, tmp_path):
    PageRun(page, tmp_path).run()


@pytest.mark.parametrize("page", EVERY_PAGE, ids=name_of)
def test_no_block_is_overlooked(page):
    text = page.read_text(encoding="utf-8")

    fences = re.findall(r"(?m)^\s*(?:>\s*)?(?:```|~~~)", text)

    assert len(blocks_of(text)) * 2 == len(fences)


def test_few_blocks_are_not_run_and_each_says_why():
    blocks = [block for page in EVERY_PAGE for block in blocks_of(page.read_text("utf-8"))]

    reasons = [block.comment for block in blocks if block.comment.startswith("not run: ")]

    assert len([each for each in reasons if each != "not run: the page says so"]) == NOT_RUN


def test_a_block_is_found_in_lists_and_quotes_with_the_comment_above_it():
    page = (
        "<!-- exits 1 -->\n\n```console\n$ a\n```\n\n"
        "- b\n\n      c\n\n  ```\n  d\n  ```\n> ~~~\n> e\n> ~~~\n"
    )

    found = [(block.language, block.text, block.comment) for block in blocks_of(page)]

    assert found == [
        ("console", "$ a\n", "exits 1"),
        ("", "c\n", ""),
        ("", "d\n", ""),
        ("", "e\n", ""),
    ]


@pytest.mark.parametrize(
    ("expected", "printed", "holds"),
    [
        ("one\ntwo\n", "one\ntwo\n", True),
        ("one\n", "one\ntwo\n", False),
        ("", "", True),
        ("", "one\n", False),
        ("one\n…\n", "one\ntwo\nthree\n", True),
        ("…\nthree\n", "one\ntwo\nthree\n", True),
        ("one\n…\nthree\n", "one\nthree\n", True),
        ("1 passed in …\n", "1 passed in 0.12s\n", True),
        ("1 passed in …\n", "2 passed in 0.12s\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_three_dots_stand_for_anything(expected, printed, holds):
    assert matches(expected, printed) is holds


def test_what_is_written_anew_shows_as_much_as_before():
    printed = "one\nTWO\nthree\nFOUR\nfive\n"

    assert renewed("old\n", printed) == "one\nTWO\nthree\nFOUR\nfive"
    assert renewed("one\ntwo\n…\nthree\nfour\n", printed) == "one\nTWO\n…\nthree\nFOUR"


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("```console\n$ echo two\none\n```", "`echo two` prints this, not what the page shows"),
        ("```console\n$ false\n```", "`false` ended with 1"),
        ("```python\nprint(1)\n```", "this is printed, not what the page shows"),
        ("```json\n{}\n```", "it is not said how this block is run, or why it is not"),
    ],
)
def test_a_wrong_block_fails_and_its_line_is_named(block, said, tmp_path, monkeypatch):
    monkeypatch.setattr("tests.page_blocks.ROOT", tmp_path)
    monkeypatch.setattr("tests.page_blocks.UPDATE", False)
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n{block}\n", encoding="utf-8")

    with pytest.raises((AssertionError, pytest.fail.Exception), match=f"page.md:3: {said}"):
        PageRun(page, tmp_path).run()
