"""Plan: divide the sources of a replay into parts of about equal work.

A gzip file cannot be split; large plain files are split by bytes, and small files are grouped.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import accumulate, chain, groupby
from typing import Final

from sandbox.event_input import BOM, detect_lines
from sandbox.inflating import InputError, byte_pieces, inflated
from sandbox.replay.storage import Slice, files_of, is_url, opened, unreadable_reason
from sandbox.replay.tallies import Listed, UnreadLine
from sandbox.replay.workers import Results

PART_BYTES: Final = 4 * 1024 * 1024
"""The approximate stored size of a part; smaller if a worker would otherwise have none."""

LEAST_PART_BYTES: Final = 256 * 1024
PARTS_A_WORKER: Final = 4
MANY_PARTS: Final = 1_000
"""The approximate number of parts of the largest archive; one process adds up their summaries."""

MOST_FILES: Final = 1_000
"""The most files of a part."""

_PIECE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPart:
    """Slices that are processed in one go; `number` is the part's place in the plan."""

    number: int
    slices: tuple[Slice, ...]

    def __str__(self) -> str:
        more = len(self.slices) - 1
        return f"{self.slices[0].name}{f' and {more} more' if more else ''}"

    @property
    def size(self) -> int:
        """The number of bytes to read."""
        return sum(each.size for each in self.slices)


def plan_of(
    sources: Iterable[str], *, part_bytes: int | None = None, workers: int = 0
) -> tuple[tuple[PlanPart, ...], Listed]:
    """Return the parts in the order of their sources, and the sources that cannot be listed.

    A source is a file, a folder, a pattern, a URL or `-`; each file is read once.
    """
    files: dict[str, Slice] = {}
    unread = Listed()
    for source in sources:
        try:
            found = files_of(source)
        except Exception as error:  # noqa: BLE001 - an fsspec filesystem may raise anything
            unread.add(UnreadLine(source, 0, f"{unreadable_reason(error)}."))
            continue
        if not found:
            unread.add(UnreadLine(source, 0, "contains no file."))
        for each in found:
            files.setdefault(each.url, each)

    if part_bytes is None:
        size = sum(each.size for each in files.values())
        fair = size // (PARTS_A_WORKER * workers) if workers else PART_BYTES
        part_bytes = max(LEAST_PART_BYTES, min(PART_BYTES, fair), size // MANY_PARTS)
    slices = (part for each in files.values() for part in _split(each, part_bytes))
    groups = enumerate(_grouped(slices, part_bytes))
    return tuple(PlanPart(number=number, slices=tuple(group)) for number, group in groups), unread


def _split(whole: Slice, part_bytes: int) -> Iterator[Slice]:
    if whole.size <= 2 * part_bytes or (begin := _begin_of_lines(whole)) is None:
        yield whole
        return
    for start in range(begin, whole.size, part_bytes):
        stop = min(start + part_bytes, whole.size)
        yield replace(whole, start=start, stop=stop, size=stop - start)


def _begin_of_lines(whole: Slice) -> int | None:
    """Return the offset of the first line of plain NDJSON, None for any other content."""
    if is_url(whole.url) and whole.url.startswith("http"):
        return None  # read from start to end, as the server's sizes are not trusted
    try:
        with opened(whole) as stream:
            head = stream.read(_PIECE)
            is_plain = next(inflated(head[:4]), b"") == head[:4]
            is_lines, _ = detect_lines(chain([head], byte_pieces(stream)))
    except InputError:
        return None  # the part that reads it says why
    return len(BOM) * head.startswith(BOM) if is_plain and is_lines else None


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


def numbered(parts: Sequence[PlanPart], results: Results) -> tuple[PlanPart, ...]:
    """Return the parts with slices cut at line ends, each with the number of its first line.

    `results` counts the lines. A line belongs to the slice in which the line before it ends.
    """
    slices = [each for part in parts for each in part.slices if each.stop is not None]
    found = dict(results(_newlines, slices, lambda *_: False))
    whole: dict[Slice, Slice] = {}
    for _, group in groupby(slices, key=lambda each: each.url):
        cut = tuple(group)
        counts, begins = zip(*(found[each] for each in cut), strict=True)
        stops = [*accumulate(reversed(begins[1:]), min, initial=cut[-1].start + cut[-1].size)][::-1]
        starts = (cut[0].start, *stops[:-1])
        numbers = (1, *(before + 2 for before in accumulate(counts[:-1])))
        for each, start, stop, line in zip(cut, starts, stops, numbers, strict=True):
            size = stop - start
            whole[each] = replace(each, start=start, stop=stop, size=size, first_line=line)
    return tuple(
        replace(part, slices=tuple(whole.get(each, each) for each in part.slices)) for part in parts
    )


def _newlines(slice_: Slice, _tick: object = None) -> tuple[int, int]:
    """Return how many lines end in a slice, and the offset after the first of these ends.

    The offset is sys.maxsize if no line ends in the slice.
    """
    found, at, begin = 0, slice_.start, sys.maxsize
    with suppress(InputError), opened(slice_) as stream:  # the part that reads it says why
        for piece in byte_pieces(stream):
            if not found and b"\n" in piece:
                begin = at + piece.index(b"\n") + 1
            found += piece.count(b"\n")
            at += len(piece)
    return found, begin
