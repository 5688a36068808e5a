"""The blocks of the docs are run: each prints what its page shows, or its page says why not."""

import re

import pytest

from tests.page_blocks import ROOT, PageRun, blocks_of

PAGES = sorted((ROOT / "docs").rglob("*.md"))
EVERY_PAGE = [*PAGES, *(ROOT / f"{name}.md" for name in ("README", "ARCHITECTURE", "CONTRIBUTING"))]
RUN = [page for page in PAGES if any(block.is_run for block in blocks_of(page.read_text("utf-8")))]


def name_of(page):
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", RUN, ids=name_of)
def test_every_block_prints_what_its_page_shows(page, tmp_path):
    PageRun(page, tmp_path).run()
