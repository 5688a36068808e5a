"""The README is run: each block prints what it shows. `UPDATE_README=1` writes that anew."""

from tests.page_blocks import ROOT, PageRun

README = ROOT / "README.md"


def test_every_block_of_the_readme_prints_what_it_shows(tmp_path):
    PageRun(README, tmp_path).run()


def test_the_readme_is_read_in_minutes():
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 220
