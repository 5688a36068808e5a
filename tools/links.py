"""Links: what the links of a Markdown page lead to, and which lead nowhere."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

_FENCE: Final = re.compile(r"^\s*(```+|~~~+).*?^\s*\1\s*$", re.MULTILINE | re.DOTALL)
_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
_CODE: Final = re.compile(r"`[^`\n]+`")
_LINK: Final = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
_REFERENCE: Final = re.compile(r"^\[[^\]]+\]:\s+(\S+)", re.MULTILINE)
_HEADING: Final = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)
_SCHEME: Final = re.compile(r"[a-z]+:")


@cache
def prose(page: Path) -> str:
    """Return a page without its code blocks and comments, which hold examples."""
    return _COMMENT.sub("", _FENCE.sub("", page.read_text(encoding="utf-8")))


def links(page: Path) -> list[str]:
    """Return the links of a page as they are written, images and references too."""
    text = _CODE.sub("", prose(page))
    return [*_LINK.findall(text), *_REFERENCE.findall(text)]


def linked_files(page: Path) -> set[Path]:
    """Return the files inside the repository that a page links to."""
    inside = (link.partition("#")[0] for link in links(page) if not _SCHEME.match(link))
    return {(page.parent / target).resolve() for target in inside if target}


def broken_links(page: Path) -> list[str]:
    """Return a sentence for each link that leads to no file, or to no heading of it."""
    broken = []
    for link in links(page):
        if _SCHEME.match(link):
            continue
        target, _, anchor = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        if not file.is_file():
            broken.append(f"{link}: there is no such file")
        elif anchor and (file.suffix != ".md" or anchor not in anchors(file)):
            broken.append(f"{link}: there is no such heading")
    return broken


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the anchors of a page's headings, as GitHub and the site make them."""
    found: list[str] = []
    for heading in _HEADING.findall(prose(page)):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.append(re.sub(r"[^\w\- ]", "", text).replace(" ", "-"))
    return frozenset(found)
