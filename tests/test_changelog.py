"""The changelog: in the form that `tools/release.py` reads, one entry a line."""

import re
from pathlib import Path

LINES = (Path(__file__).parent.parent / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
ENTRIES = [line for line in LINES if line.startswith("- ")]


def test_what_is_not_released_stands_first():
    first = next(line for line in LINES if line.startswith("## "))

    assert first == "## Unreleased"


def test_each_entry_is_one_line_that_ends_as_a_sentence_does():
    below = LINES[LINES.index("## Unreleased") + 1 :]

    assert [line for line in below if line and not re.match(r"(- |#{2,4} )", line)] == []
    assert [entry for entry in ENTRIES if not entry.endswith((".", ".`", ".)"))] == []


def test_no_entry_stands_there_twice():
    assert len(set(ENTRIES)) == len(ENTRIES)
