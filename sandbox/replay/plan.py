"""Plan: the sources of a replay as parts of about equal work.

A gzip file does not split; large plain files are split by bytes, and small files go together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sandbox.inflating import InputError, inflated
from sandbox.line_blocks import told_apart
from sandbox.replay.job import Part, ReplayError, Slice
from sandbox.replay.storage import STANDARD_INPUT, is_url, listed, opened, why
from sandbox.replay.tallies import Listed, Unread

PART_BYTES: Final = 4 * 1024 * 1024
"""How many bytes, as they are stored, a part has about; fewer where a worker would have none."""

LEAST_PART_BYTES: Final = 256 * 1024
PARTS_A_WORKER: Final = 4
MANY_PARTS: Final = 1_000
"""About how many parts the largest archive has: each has a summary, which all go to one process."""

MOST_FILES: Final = 1_000
"""How many files a part has at most."""

_PIECE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The parts in the order of their sources, and the sources that cannot be listed."""

    parts: tuple[Part, ...]
    unread: Listed

    @property
    def size(self) -> int:
        """How many bytes all parts have."""
        return sum(part.size for part in self.parts)


def plan_of(sources: Iterable[str], *, part_bytes: int | None = None, workers: int = 0) -> Plan:
    """Return the plan for files, folders, patterns, URLs and `-`, each file once."""
    files: dict[str, Slice] = {}
    unread = Listed()
    for source in sources:
        try:
            found = [("standard input", "-", 0)] if source == STANDARD_INPUT else listed(source)
        except (OSError, InputError, ReplayError) as error:
            unread.add(Unread(source, 0, f"{why(error)}."))
            continue
        if not found:
            unread.add(Unread(source, 0, "holds no file."))
        for name, url, size in found:
            files.setdefault(url, Slice(name=name, url=url, size=size))

    if part_bytes is None:
        size = sum(each.size for each in files.values())
        fair = size // (PARTS_A_WORKER * workers) if workers else PART_BYTES
        part_bytes = max(LEAST_PART_BYTES, min(PART_BYTES, fair), size // MANY_PARTS)
    slices = (part for each in files.values() for part in _split(each, part_bytes))
    parts = enumerate(_grouped(slices, part_bytes))
    return Plan(
        parts=tuple(Part(number=number, slices=tuple(group)) for number, group in parts),
        unread=unread,
    )


def _split(whole: Slice, part_bytes: int) -> Iterator[Slice]:
    if whole.size <= 2 * part_bytes or not _is_plain_ndjson(whole):
        yield whole
        return
    for start in range(0, whole.size, part_bytes):
        stop = min(start + part_bytes, whole.size)
        yield replace(whole, start=start, stop=stop, size=stop - start)


def _is_plain_ndjson(whole: Slice) -> bool:
    if is_url(whole.url) and whole.url.startswith("http"):
        return False  # read from front to end, whatever the server says
    try:
        with opened(whole.url) as stream:
            head = stream.read(4)
            plain = next(inflated(head), b"") == head
        with opened(whole.url) as stream:
            return plain and told_apart(iter(lambda: stream.read(_PIECE), b""))[0]
    except InputError:
        return False  # said by the part that reads it


def _grouped(slices: Iterable[Slice], part_bytes: int) -> Iterator[list[Slice]]:
    group: list[Slice] = []
    size = 0
    for each in slices:
        if group and (size + each.size > part_bytes or len(group) >= MOST_FILES):
            yield group
            group, size = [], 0
        group.append(each)
        size += each.size
    if group:
        yield group


def newlines(slice_: Slice, _tick: object = None) -> int:
    """Return how many lines end in the bytes of a slice, each taken one byte earlier."""
    left = slice_.size - (1 if slice_.start == 0 else 0)
    found = 0
    with opened(slice_.url, max(0, slice_.start - 1)) as stream:
        while left > 0 and (piece := stream.read(min(_PIECE, left))):
            found += piece.count(b"\n")
            left -= len(piece)
    return found


def numbered(
    parts: Sequence[Part], count: Callable[[list[Slice]], dict[Slice, int]]
) -> tuple[Part, ...]:
    """Return the parts with the number of each slice's first line; `count` counts `newlines`."""
    lines = count([each for part in parts for each in part.slices if each.stop is not None])
    before: Counter[str] = Counter()

    def with_line(each: Slice) -> Slice:
        if each.stop is None:
            return each
        first = before[each.url] + 2 if each.start else 1
        before[each.url] += lines[each]
        return replace(each, first_line=first)

    return tuple(replace(part, slices=tuple(map(with_line, part.slices))) for part in parts)
